"""Pictures of the pages for the documentation, of the repository that `faultcast demo` writes.

    faultcast demo && python docs/screenshots.py

Starts `faultcast serve` on the last run, opens it in a headless Chromium, asks it for the newest changes, looks at what
it answered (`faultcast monitor`), and writes docs/images/*.png.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))

from chromium import chromium, coloured, sized  # noqa: E402

from faultcast import settings  # noqa: E402
from faultcast.adapters import runs  # noqa: E402

IMAGES = ROOT / "docs" / "images"
PATIENCE_SECONDS = 90
MOST_BYTES = 200_000
ASKED = 400
"""Changes that are asked for before the look: twice as many as a look needs to decide."""


def main() -> None:
    """Write the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with serving() as url, tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser:
        browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        picture(browser, f"{url}/page#/?sort=risk", "page-list-light", "light", ".changes tbody tr", 800)
        link = browser.find_element(By.CSS_SELECTOR, "td.what a").get_attribute("data-commit")
        picture(browser, f"{url}/page#/changes/{link}", "page-change-dark", "dark", ".alone .number", 1320)
        ask(url)
        picture(browser, look(), "drift-report", "light", ".features", 1250)


def picture(browser: webdriver.Chrome, address: str, name: str, scheme: str, until: str, height: int) -> None:
    """Open a view, wait for something in it, write what a window of 1200 x `height` shows."""
    coloured(browser, scheme)
    sized(browser, 1200, height)
    browser.get("about:blank")
    browser.get(address)
    wait(lambda: browser.find_elements(By.CSS_SELECTOR, until))
    path = IMAGES / f"{name}.png"
    browser.save_screenshot(str(path))
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path}: found {size:,} bytes, expected at most {MOST_BYTES:,}")
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")


def ask(url: str) -> None:
    """Ask for the newest changes to source code, as models learn from, that the feature store knows."""
    run = runs.last(settings.load().home.resolve(), None)
    source = ("--", "*.py", ":!tests")
    command = ["git", "-C", run.location, "rev-list", f"--max-count={ASKED}", run.revision, *source]
    for commit in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split():
        body = json.dumps({"commit": commit}).encode()
        request = urllib.request.Request(f"{url}/predict", body, {"Content-Type": "application/json"})  # noqa: S310  ours
        try:
            urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()  # noqa: S310  our own address
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise


def look() -> str:
    """The address of the page that a look leaves."""
    command = [sys.executable, "-m", "faultcast", "monitor", "--quiet", "--json"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Path(json.loads(found)["report"]).as_uri()


@contextmanager
def serving() -> Iterator[str]:
    """A gateway on the last run, once its model is loaded."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "faultcast", "serve", "--quiet", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(lambda: ready(process, url))
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def ready(process: "subprocess.Popen[bytes]", url: str) -> bool:
    """Whether it answers; ends this program if it has ended."""
    if process.poll() is not None:
        sys.exit("`faultcast serve` has ended; run `faultcast demo` first")
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def wait(holds: Callable[[], object]) -> None:
    """Until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE_SECONDS} s")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
