"""A real headless Chromium for tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium(profile: Path, *, logs: tuple[str, ...] = ("browser",)) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own; `logs` are kept for `get_log`."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.fail("chromium and chromedriver are needed: apt-get install chromium chromium-driver (or your system's)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", dict.fromkeys(logs, "ALL"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as found:
        yield found


def sized(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    """Give the page a window of that size, in CSS pixels."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def coloured(browser: webdriver.Chrome, scheme: str) -> None:
    """Prefer light or dark."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def contrast(one: str, other: str) -> float:
    """Contrast of two colours ``#rrggbb``, as WCAG 2.2 defines it: 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour.strip()[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def weak_colours(browser: webdriver.Chrome, grounds: list[str], inks: list[str], least: float) -> dict[str, float]:
    """Names of custom properties whose contrast with one of the grounds is below what is needed."""
    read = "const s = getComputedStyle(document.body); return arguments[0].map(n => s.getPropertyValue('--' + n))"
    found = dict(zip([*grounds, *inks], browser.execute_script(read, [*grounds, *inks]), strict=True))
    pairs = {f"{ink} on {ground}": contrast(found[ink], found[ground]) for ink in inks for ground in grounds}
    return {pair: value for pair, value in pairs.items() if value < least}
