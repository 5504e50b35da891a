"""The page in a real headless Chromium, in front of a real gateway: what a person sees, by mouse and by keyboard."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from chromium import chromium, coloured, sized, weak_colours
from fastapi import FastAPI, Request, Response
from finished_run import HOSTILE, Finished, finish, served
from gateway_story import gateway
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from story import Story

from serving.gateway import problems
from serving.gateway.page import History, router
from serving.listening import listen

PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        found = finish(folder / "home", Story(folder / "shop"), patch)
        served(found, patch)
        yield found


@pytest.fixture(scope="module")
def url(finished: Finished) -> Iterator[str]:
    with gateway(finished.home, finished.home.parent / "gateway.log") as started:
        yield started.url


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), logs=("browser", "performance")) as found:
        yield found


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """An app on a port of its own."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def show(browser: webdriver.Chrome, address: str, until: str, width: int = 1200) -> None:
    """Load a view and wait for something in it."""
    sized(browser, width)
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get("about:blank")
    browser.get(address)
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, until))


def wait(browser: webdriver.Chrome, holds: Callable[[], object]) -> None:
    WebDriverWait(browser, PATIENCE_SECONDS, poll_frequency=0.05).until(lambda _: holds())


def press(browser: webdriver.Chrome, key: str, times: int = 1) -> None:
    for _ in range(times):
        browser.switch_to.active_element.send_keys(key)


def texts(browser: webdriver.Chrome, selector: str) -> list[str]:
    return [found.text for found in browser.find_elements(By.CSS_SELECTOR, selector)]


VIEWS = {"list": ("#/", ".changes tbody tr"), "change": ("#/changes/{}", ".alone .number"), "model": ("#/model", "#drift-h ~ div p")}  # fmt: skip


def view(name: str, url: str, finished: Finished) -> tuple[str, str]:
    place, until = VIEWS[name]
    return f"{url}/page{place.format(finished.commits[-1])}", until


@pytest.mark.parametrize("name", VIEWS)
def test_each_view_loads_quietly_from_here_alone_and_fits_every_screen(
    browser: webdriver.Chrome, url: str, finished: Finished, name: str
) -> None:
    address, until = view(name, url, finished)
    for width in (1200, 390):
        show(browser, address, until, width)
        assert browser.get_log("browser") == []
        events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        assert len(asked) > 5
        assert {one for one in asked if not one.startswith((url, "about:"))} == set()
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_list_tells_what_the_gateway_knows(browser: webdriver.Chrome, url: str) -> None:
    show(browser, f"{url}/page", ".changes tbody tr")
    assert len(texts(browser, ".changes tbody tr")) == 30
    assert texts(browser, "#repository") == ["shop"]
    assert texts(browser, ".count") == ["30 of 30 changes"]
    assert set(texts(browser, "td.risk .band")) <= {"low", "medium", "high"}
    assert all(text.startswith("+") for text in texts(browser, "td.lines .number"))
    assert "50 % of those that introduced a fault" in texts(browser, "#lead")[0]


def test_what_a_committer_wrote_is_text(browser: webdriver.Chrome, url: str, finished: Finished) -> None:
    show(browser, f"{url}/page", ".changes tbody tr")
    assert HOSTILE in texts(browser, "td.what a")
    show(browser, f"{url}/page#/changes/{finished.commits[-3]}", ".alone .number")
    assert texts(browser, "h1") == [HOSTILE]
    assert browser.title == f"{HOSTILE} · faultcast"
    browser.execute_script("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    assert browser.title != "1"  # even markup that got in could not run


def test_a_change_is_found_opened_and_left_by_keyboard_alone(browser: webdriver.Chrome, url: str) -> None:
    show(browser, f"{url}/page", ".changes tbody tr")
    press(browser, Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the content"
    press(browser, Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"
    press(browser, Keys.TAB, 5)  # four bands, then the search
    assert browser.switch_to.active_element.get_attribute("id") == "find"
    browser.switch_to.active_element.send_keys("part week-57")
    wait(browser, lambda: texts(browser, ".count") == ["1 of 30 changes"])
    press(browser, Keys.TAB, 4)  # three columns to sort by, then the change
    link = browser.switch_to.active_element
    assert link.text == "Extend part 3 for week-57"
    assert link.value_of_css_property("outline-style") == "solid"
    press(browser, Keys.ENTER)
    wait(browser, lambda: texts(browser, "h1") == ["Extend part 3 for week-57"])
    assert browser.switch_to.active_element.tag_name == "h1"
    assert browser.title.startswith("Extend part 3")
    browser.back()
    wait(browser, lambda: texts(browser, ".count") == ["1 of 30 changes"])
    wait(browser, lambda: browser.switch_to.active_element.text == "Extend part 3 for week-57")


def test_columns_sort_and_bands_narrow(browser: webdriver.Chrome, url: str) -> None:
    show(browser, f"{url}/page", ".changes tbody tr")
    browser.find_element(By.CSS_SELECTOR, "button[data-sort=lines]").click()
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "th.lines[aria-sort=descending]"))
    found = [int(text[1:]) for text in texts(browser, "td.lines .number")]
    assert found == sorted(found, reverse=True)
    assert "sort=lines" in browser.current_url
    band = texts(browser, "td.risk .band")[0]
    browser.find_element(By.CSS_SELECTOR, f"button[data-band={band}]").click()
    wait(browser, lambda: set(texts(browser, "td.risk .band")) == {band} and "band=" in browser.current_url)
    browser.refresh()  # the address holds it
    wait(browser, lambda: set(texts(browser, "td.risk .band")) == {band})
    browser.find_element(By.ID, "find").send_keys("nothing is called this")
    wait(browser, lambda: texts(browser, ".empty h2") == ["No change fits"])
    browser.find_element(By.CSS_SELECTOR, ".empty button").click()
    wait(browser, lambda: len(texts(browser, ".changes tbody tr")) == 30)


def test_a_change_is_told_in_depth(browser: webdriver.Chrome, url: str, finished: Finished) -> None:
    show(browser, f"{url}/page#/changes/{finished.commits[-1]}", ".alone .number")
    assert texts(browser, "main h2") == [
        "Risk", "What became of it", "What drove the risk", "Where", "Similar past changes", "Message",
    ]  # fmt: skip
    scale = browser.find_element(By.CSS_SELECTOR, ".scale")
    assert scale.get_attribute("role") == "img"
    assert "Medium starts at 30 %, high at 60 %" in scale.get_attribute("aria-label")
    assert len(texts(browser, ".reasons li")) >= 1
    assert len(texts(browser, ".blocks li")) == 30
    assert sum(bool(text) for text in texts(browser, ".alone")) == 12
    assert set(texts(browser, ".similar .label")) <= {"inducing", "clean", "✕ inducing", "✓ clean"}
    wide = browser.execute_script("return [...document.querySelectorAll('.track > span')].map(s => s.offsetWidth)")
    assert all(width > 0 for width in wide)  # drawn under the policy that forbids inline styles


def test_feedback_is_sent_and_stored(browser: webdriver.Chrome, url: str, finished: Finished) -> None:
    commit = finished.commits[-2]
    show(browser, f"{url}/page#/changes/{commit}", ".feedback button")
    for label, words in (
        ("bug_inducing", "held to be inducing"),
        ("withdrawn", "no vote of yours counts"),
        ("clean", "held to be clean"),
    ):
        browser.find_element(By.CSS_SELECTOR, f".feedback [data-label={label}]").send_keys(Keys.SPACE)
        wait(browser, lambda words=words: any(words in said for said in texts(browser, ".answer")))
        pressed = browser.find_elements(By.CSS_SELECTOR, ".feedback [aria-pressed=true]")
        assert [button.get_attribute("data-label") for button in pressed] == [label]
    assert stored(finished.home, commit) == ["inducing", "withdrawn", "clean"]


def stored(home: Path, commit: str) -> list[str]:
    """Opinions that the log holds of a commit, in the order in which they came."""
    for path in home.rglob("*.db"):
        with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if {"votes", "predictions"} <= tables:
                query = 'SELECT opinion FROM votes JOIN predictions USING (prediction_id) WHERE "commit" = ? ORDER BY votes.number'
                return [opinion for (opinion,) in database.execute(query, (commit,))]
    return []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: webdriver.Chrome, url: str, scheme: str) -> None:
    """Contrast of at least 4.5 for text, 3 for what can be operated (WCAG 2.2 AA), in both colour schemes."""
    coloured(browser, scheme)
    try:
        show(browser, f"{url}/page", ".changes tbody tr")
        inks = ["ink", "soft", "chosen", "inducing", "fix", "high", "medium", "low"]
        assert weak_colours(browser, ["page", "card", "wash"], inks, 4.5) == {}
        assert weak_colours(browser, ["warn"], ["ink", "soft"], 4.5) == {}
        assert weak_colours(browser, ["page", "card"], ["edge"], 3.0) == {}
        ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, ground[4:-1].split(","))) < 120) == (scheme == "dark")
    finally:
        coloured(browser, "light")


@pytest.mark.parametrize("name", VIEWS)
def test_everything_that_can_be_operated_has_a_name(
    browser: webdriver.Chrome, url: str, finished: Finished, name: str
) -> None:
    """What a screen reader is told, from Chromium's own accessibility tree."""
    show(browser, *view(name, url, finished))
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]
    operable = {"link", "button", "searchbox", "textbox", "image", "table", "region", "search", "navigation"}
    assert [role for role, title in told if role in operable and not title.strip() and role != "search"] == []
    roles = [role for role, _ in told]
    assert (roles.count("main"), roles.count("banner"), roles.count("contentinfo")) == (1, 1, 1)
    headings = [n for n in nodes if n.get("role", {}).get("value") == "heading" and not n["ignored"]]
    levels = [p["value"]["value"] for n in headings for p in n["properties"] if p["name"] == "level"]
    assert levels.count(1) == 1
    assert set(levels) <= {1, 2}
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert browser.execute_script("return document.documentElement.lang") == "en"


def test_where_nothing_has_run_the_page_says_what_to_do(browser: webdriver.Chrome, tmp_path: Path) -> None:
    app = FastAPI()
    problems.install(app)
    app.include_router(router(History(tmp_path), None))
    with listening(app) as url:
        show(browser, f"{url}/page", ".empty")
        assert texts(browser, ".empty h2") == ["No change has been scored yet"]
        assert "faultcast run PATH" in texts(browser, ".empty")[0]


def test_where_the_gateway_cannot_answer_the_page_says_so_and_asks_again(
    browser: webdriver.Chrome, finished: Finished
) -> None:
    app, away = FastAPI(), threading.Event()
    problems.install(app)
    app.include_router(router(History(finished.home), None))

    @app.middleware("http")
    async def refuse(request: Request, answer: Callable) -> Response:
        if away.is_set() and request.url.path.startswith("/changes"):
            return problems.problem(503, "Something <b>is</b> not there now.", headers={"retry-after": "2"})
        return await answer(request)

    away.set()
    with listening(app) as url:
        show(browser, f"{url}/page", ".error")
        alert = browser.find_element(By.CSS_SELECTOR, "[role=alert]")
        assert "Service Unavailable" in alert.text
        assert "Something <b>is</b> not there now." in alert.text
        assert "asks again in 2 s" in alert.text
        away.clear()
        wait(browser, lambda: len(texts(browser, ".changes tbody tr")) == 30)  # nobody pressed anything
        away.set()
        browser.find_element(By.CSS_SELECTOR, "td.what a").click()
        wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".error"))
        away.clear()
        browser.find_element(By.CSS_SELECTOR, ".error button").click()
        wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".scale"))
        # This gateway takes no feedback at all: its refusal is shown as text.
        browser.find_element(By.CSS_SELECTOR, ".feedback button").click()
        wait(browser, lambda: any("Not Found" in said for said in texts(browser, ".answer.bad")))
    show_gone = "return document.querySelector('nav [data-view=model]').click()"
    browser.execute_script(show_gone)
    wait(browser, lambda: "The gateway does not answer" in "".join(texts(browser, ".error")))


def test_where_callers_have_to_log_in_a_token_opens_the_list(browser: webdriver.Chrome, finished: Finished) -> None:
    app = FastAPI()
    problems.install(app)
    app.include_router(router(History(finished.home), None))

    @app.middleware("http")
    async def door(request: Request, answer: Callable) -> Response:
        if request.url.path.startswith("/changes") and request.headers.get("authorization") != "Bearer right":
            return problems.problem(401, "Nobody knows who asks.")
        return await answer(request)

    with listening(app) as url:
        show(browser, f"{url}/page", "#token")
        assert browser.find_element(By.CSS_SELECTOR, "label[for=token]").text == "Access token or API key"
        browser.find_element(By.ID, "token").send_keys("wrong", Keys.ENTER)
        wait(browser, lambda: browser.find_element(By.ID, "token").get_attribute("value") == "")
        browser.find_element(By.ID, "token").send_keys("right", Keys.ENTER)
        wait(browser, lambda: len(texts(browser, ".changes tbody tr")) == 30)
        assert browser.execute_script("return [localStorage.length, sessionStorage.length, document.cookie]") == [
            0,
            0,
            "",
        ]
