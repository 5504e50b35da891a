"""The page in a real headless Chromium: what a reader sees, by mouse, keyboard and small screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import chromium, coloured, sized, weak_colours
from report_story import story, story_without_model
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from faultcast.report import render


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "full.html").write_text(render(story()), encoding="utf-8")
    (folder / "none.html").write_text(render(story_without_model()), encoding="utf-8")
    return folder


def show(browser: webdriver.Chrome, page: Path, width: int = 1200) -> None:
    sized(browser, width)
    browser.get_log("browser")
    browser.get(page.as_uri())


@pytest.mark.parametrize("name", ["full.html", "none.html"])
@pytest.mark.parametrize("width", [400, 1200])
def test_it_loads_quietly_from_one_file_and_fits_the_screen(
    browser: webdriver.Chrome, pages: Path, name: str, width: int
) -> None:
    show(browser, pages / name, width)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    sections = browser.find_elements(By.CSS_SELECTOR, "main > section")
    assert [s.get_attribute("id") for s in sections] == ["summary", "data", "time", "quality", "changes", "next"]
    assert all(s.is_displayed() and s.size["height"] > 40 for s in sections)


def test_a_script_in_a_subject_never_runs(browser: webdriver.Chrome, pages: Path) -> None:
    show(browser, pages / "full.html")
    assert browser.title == "harbour/freight: fault forecast"
    browser.execute_script("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    assert browser.title == "harbour/freight: fault forecast"  # even markup that got in could not run


def test_reasons_open_by_keyboard(browser: webdriver.Chrome, pages: Path) -> None:
    show(browser, pages / "full.html")
    row = browser.find_element(By.CSS_SELECTOR, ".changes details")
    why = row.find_element(By.CSS_SELECTOR, ".why")
    assert not why.is_displayed()
    row.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert why.is_displayed()
    assert "412 lines added" in why.text


def test_changes_are_filtered_by_band_and_by_words(browser: webdriver.Chrome, pages: Path) -> None:
    show(browser, pages / "full.html")
    browser.find_element(By.CSS_SELECTOR, "button[data-band=high]").click()
    shown = [r for r in browser.find_elements(By.CSS_SELECTOR, ".changes > li") if r.is_displayed()]
    assert {row.get_attribute("data-band") for row in shown} == {"high"}
    browser.find_element(By.ID, "find").send_keys("templates")
    assert browser.find_element(By.ID, "count").text.startswith("1 of ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: webdriver.Chrome, pages: Path, scheme: str) -> None:
    """Contrast of at least 4.5 (WCAG 2.2 AA) for every colour that text is written in."""
    coloured(browser, scheme)
    show(browser, pages / "full.html")
    inks = ["ink", "soft", "chosen", "inducing", "fix", "high", "medium", "low"]
    assert weak_colours(browser, ["page", "card"], inks, 4.5) == {}
