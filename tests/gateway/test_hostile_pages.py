"""A real browser: the documentation under its policy, and a page of another site that tries to use the gateway."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
import uvicorn
from chromium import chromium
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from serving.gateway.app import served
from serving.listening import config, listen

PATIENCE_SECONDS = 30
EVIL = """<!doctype html><title>evil</title><pre id="told"></pre><script>
const gateway = GATEWAY, told = [];
const tell = (what) => { told.push(what); document.getElementById("told").textContent = told.join("\\n"); };
const tried = [
  ["read", () => fetch(`${gateway}/models`).then((answer) => answer.text())],
  ["post json", () => fetch(`${gateway}/predict`, {method: "POST", body: "{}", headers: {"Content-Type": "application/json"}})],
  ["post blind", () => fetch(`${gateway}/models/champion/reload`, {method: "POST", mode: "no-cors"})
    .then((answer) => { throw new Error(answer.type); })],
];
(async () => {
  for (const [name, attempt] of tried) await attempt().then(() => tell(`${name}: let in`), () => tell(`${name}: refused`));
  const form = Object.assign(document.createElement("form"), {method: "POST", target: "frame"});
  form.action = `${gateway}/models/champion/reload`;
  const frame = Object.assign(document.createElement("iframe"), {name: "frame"});
  document.body.append(frame, form);
  frame.onload = () => tell("done");
  form.submit();
})();
</script>"""


@contextmanager
def listening(app):
    """An app on a port of its own; its URL."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(config(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def gateway(parts):
    """(URL, statuses of the POSTs that came) of a gateway on loopback that asks nobody who they are."""
    seen, inside = [], served(replace(parts, start=(), stop=()))

    async def watched(scope, receive, send):
        async def told(message):
            if message["type"] == "http.response.start" and scope["method"] == "POST":
                seen.append((scope["path"], message["status"]))
            await send(message)

        await inside(scope, receive, told)

    with listening(watched) as url:
        yield url, seen


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile"), logs=("browser",)) as found:
        yield found


def test_the_documentation_works_under_its_policy(browser, gateway):
    browser.get_log("browser")
    browser.get(f"{gateway[0]}/docs")
    WebDriverWait(browser, PATIENCE_SECONDS).until(lambda b: b.find_elements(By.CSS_SELECTOR, ".opblock"))
    assert [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_site_gets_nothing_and_changes_nothing(browser, gateway, name):
    """Another port is another site's page, whichever of its names loopback goes by."""
    url, seen = gateway
    seen.clear()

    async def evil(request):
        return HTMLResponse(EVIL.replace("GATEWAY", f'"{url}"'))

    with listening(Starlette(routes=[Route("/", evil)])) as there:
        browser.get(there.replace("127.0.0.1", name))
        told = WebDriverWait(browser, PATIENCE_SECONDS).until(
            lambda b: "done" in (text := b.find_element(By.ID, "told").text) and text
        )
    assert told.splitlines()[:3] == ["read: refused", "post json: refused", "post blind: refused"]
    assert {path for path, _ in seen} == {"/models/champion/reload"}
    assert [status for _, status in seen] == [403, 403]


def test_no_page_can_put_the_gateway_into_a_frame(browser, gateway):
    async def evil(request):
        return HTMLResponse(f'<iframe src="{gateway[0]}/docs"></iframe>')

    with listening(Starlette(routes=[Route("/", evil)])) as there:
        browser.get_log("browser")
        browser.get(there)
        messages = " ".join(line["message"] for line in browser.get_log("browser"))
    assert "frame-ancestors" in messages
