"""The page of a look: made of real predictions and a real reference, opened in a real browser."""

import copy
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium, coloured, sized, weak_colours
from selenium import webdriver
from selenium.webdriver.common.by import By

from faultcast.cli import main
from faultcast.monitoring.settled import Given, Settled, performance
from faultcast.report.drift_page import render_drift
from faultcast.settings import load
from faultcast.steps.monitor import Asked, monitor

sys.path.insert(0, str(Path(__file__).parents[1] / "monitoring"))
from looks import asked, farther, teach

SECTIONS = ["summary", "together", "features", "risks", "answers", "performance", "reading"]
HOSTILE = "</table><script>document.title='owned'</script><img src=x onerror=alert(1)>\u202e"
DAY = 86_400


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What three looks found: changes as ever, all of them changed, and none at all."""
    folder = tmp_path_factory.mktemp("looks")
    model, later = teach(folder)
    found = {}
    for name, factor in (("calm", 1.0), ("far", 30.0), ("none", None)):
        now = replace(load(), home=folder / name, min_samples_for_decision=100)
        if factor is not None:
            asked(now, model, farther(later, factor))
        found[name] = monitor(Asked("", time.time(), model), now)
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def page_of(look: dict[str, Any]) -> str:
    return Path(look["report"]).read_text(encoding="utf-8")


def words_of(page: str) -> str:
    """What a reader sees, roughly."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def labelled(count: int) -> list[Settled]:
    """So many predictions, four months old, whose labels have come: risky ones were inducing more often."""
    return [
        Settled(Given(f"c{at}", 0.0, at % 10 / 10, "shop", "3", "champion"), at % 10 / 10 > at % 7 / 7, 1)
        for at in range(count)
    ]


@pytest.mark.parametrize("name", ["calm", "far", "none"])
@pytest.mark.parametrize("width", [390, 1200])
def test_a_look_leaves_a_page_that_opens_quietly_and_fits_the_screen(
    browser: webdriver.Chrome, looks: dict[str, dict[str, Any]], name: str, width: int
) -> None:
    sized(browser, width)
    browser.get_log("browser")
    browser.get(Path(looks[name]["report"]).as_uri())
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    sections = browser.find_elements(By.CSS_SELECTOR, "main > section")
    assert [section.get_attribute("id") for section in sections] == SECTIONS
    assert all(section.is_displayed() and section.size["height"] > 40 for section in sections)


def test_the_document_and_the_page_have_one_stamp_and_the_document_names_the_page(
    looks: dict[str, dict[str, Any]],
) -> None:
    file, report = Path(looks["far"]["file"]), Path(looks["far"]["report"])
    assert file.stem.removeprefix("monitoring_") == report.stem.removeprefix("drift_report_")
    home = file.parents[3]
    assert report.parent == home / "monitoring" / "reports" / "drift_reports"
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert home / kept["report"] == report
    assert render_drift(kept) == page_of(looks["far"])  # it can be made again from what was kept


def test_without_a_shift_it_gives_no_alarm_and_shows_how_near_it_came(looks: dict[str, dict[str, Any]]) -> None:
    drift, told = looks["calm"]["drift"], words_of(page_of(looks["calm"]))
    assert "No alarm: " in told
    assert f"Mean PSI {drift['mean_psi']:.3f}: not beyond {drift['margin'] * drift['usual_mean_psi']:.3f}" in told
    assert f"judged on {drift['changes']} distinct changes" in told
    assert "72 more features, which moved less" in told
    assert drift["risk_shift"] == "none"
    assert sum(drift["risk_shares"]["before"]) == pytest.approx(1)
    assert sum(drift["risk_shares"]["now"]) == pytest.approx(1)


def test_a_shift_is_told_and_the_features_beyond_their_usual_come_first(
    browser: webdriver.Chrome, looks: dict[str, dict[str, Any]]
) -> None:
    drift = looks["far"]["drift"]
    told = words_of(page_of(looks["far"]))
    assert "Drift: what is asked has moved farther" in told
    assert f"{len(drift['moved_features'])} features are beyond the usual" in told
    assert f"72 more features, {len(drift['moved_features']) - 15} of them beyond their usual" in told
    assert "The risks themselves have moved far" in told
    sized(browser, 1200)
    browser.get(Path(looks["far"]["report"]).as_uri())
    browser.find_element(By.CSS_SELECTOR, ".more summary").click()
    rows = browser.find_elements(By.CSS_SELECTOR, ".features tbody tr")
    moved = [row.find_element(By.TAG_NAME, "bdi").text for row in rows if "moved" in row.get_attribute("class")]
    assert moved == [name.replace("_", " ") for name in drift["moved_features"]]
    assert all("moved" in row.get_attribute("class") for row in rows[: len(moved)])
    first = drift["columns"][drift["moved_features"][0]]
    cells = [cell.text for cell in rows[0].find_elements(By.TAG_NAME, "td")][1:]
    assert cells[:3] == [f"{first[key]:.2f}" for key in ("psi", "usual_psi", "ks")]
    assert "lines added in text files" in told


def test_where_nothing_can_be_told_it_says_so_and_why(looks: dict[str, dict[str, Any]]) -> None:
    told = words_of(page_of(looks["none"]))
    assert "Unknown whether anything drifts: 0 changes were asked for, at least 100 are needed to decide." in told
    assert "Unknown is no alarm, and no all-clear." in told
    assert "INCONCLUSIVE No label has come" in told
    assert "found 0 labelled predictions, at least 100 are needed" in told


def test_a_model_without_a_reference_leaves_drift_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path))
    assert main(["monitor"]) == 0
    said = capsys.readouterr().out
    page = Path(re.search("Page: (.+)", said)[1])
    assert "nothing is known of what the model was taught with; train it again" in words_of(page.read_text())


def test_once_labels_have_come_it_tells_how_good_it_was(looks: dict[str, dict[str, Any]]) -> None:
    found = performance(labelled(140), as_of=120 * DAY, ripening_days=90, min_samples=100)
    few = performance(labelled(60), as_of=120 * DAY, ripening_days=90, min_samples=100)
    told = words_of(render_drift(looks["calm"] | {"performance": [*found, *few]}))
    low, high = found[0]["auc_interval"]
    assert f"{found[0]['auc']:.3f} {low:.3f} to {high:.3f}" in told
    assert f"{found[0]['brier']:.3f}" in told
    assert "INCONCLUSIVE 60 predictions have a ripe label, at least 100 are needed" in told


def test_hostile_names_stay_text(browser: webdriver.Chrome, looks: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    look = copy.deepcopy({name: part for name, part in looks["far"].items() if name not in ("file", "report")})
    drift = look["drift"]
    drift["columns"] = {HOSTILE + name: one for name, one in drift["columns"].items()}
    drift["columns"][HOSTILE] = {**drift["columns"][HOSTILE + "files"], "psi": None, "p": None}
    drift["moved_features"] = [HOSTILE + name for name in drift["moved_features"]]
    look["model"] = {"model_name": HOSTILE, "model_version": HOSTILE}
    look["repository"] = HOSTILE
    look["stats"]["models"] = [look["stats"]["models"][0] | look["model"] | {"alias": HOSTILE}]
    look["performance"] = [one | look["model"] | {"alias": HOSTILE} for one in performance(
        labelled(140), as_of=120 * DAY, ripening_days=90, min_samples=100
    )]  # fmt: skip
    page = render_drift(look)
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    file = tmp_path / "hostile.html"
    file.write_text(page, encoding="utf-8")
    browser.get_log("browser")
    browser.get(file.as_uri())
    assert browser.get_log("browser") == []
    assert "owned" not in browser.title.split(":")[-1]
    browser.execute_script("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    assert browser.title != "1"  # even markup that got in could not run
    hostile_unknown = drift | {"status": "unknown", "text": HOSTILE, "mean_psi": None}
    assert "<script" not in render_drift(look | {"drift": hostile_unknown})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    browser: webdriver.Chrome, looks: dict[str, dict[str, Any]], scheme: str
) -> None:
    """Contrast of at least 4.5 (WCAG 2.2 AA) for every colour that text is written in."""
    coloured(browser, scheme)
    browser.get(Path(looks["far"]["report"]).as_uri())
    inks = ["ink", "soft", "chosen", "inducing", "fix", "medium"]
    assert weak_colours(browser, ["page", "card"], inks, 4.5) == {}
