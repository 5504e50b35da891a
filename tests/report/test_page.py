"""The page as text: what it must say, and what it must never let through."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from report_story import HOSTILE, LAST, story, story_without_model

from faultcast.report import ReportInputs, render

VOID = {"meta", "link", "input", "br", "img"}


class Outline(HTMLParser):
    """Tags with their attributes, and whether every tag is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.found)


@pytest.mark.parametrize("inputs", [story(), story_without_model()], ids=["model", "no model"])
def test_the_page_is_well_formed_small_and_fetches_nothing(inputs: ReportInputs) -> None:
    page = render(inputs)
    outline = Outline(page)
    assert outline.open == []
    assert len(page.encode("utf-8")) < 1_500_000
    sources = [a[name] for _, a in outline.found for name in ("src", "href", "data", "action", "poster") if name in a]
    assert all(source is not None and source.startswith(("#", "data:")) for source in sources)
    assert not re.search(r"@import|url\(", page)
    assert outline.count("section") == 6


def test_hostile_subjects_and_paths_stay_text() -> None:
    page = render(story())
    outline = Outline(page)
    assert outline.count("script") == 1
    assert outline.count("img") == 0
    assert not any(name.startswith("on") for _, attributes in outline.found for name in attributes)
    assert "&lt;script&gt;document.title" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page)
    assert "x" * 200 not in page


def test_a_hostile_name_cannot_leave_the_title_or_a_command() -> None:
    name = "</title><script>alert(1)</script>"
    hostile = dataclasses.replace(story(), repository=name, location="a; rm -rf '$HOME'", command=name)
    page = render(hostile)
    assert Outline(page).count("script") == 1
    assert "faultcast score &#39;a; rm -rf " in page  # quoted for a shell, escaped for HTML


def test_hostile_languages_rules_and_verdict_texts_stay_text() -> None:
    reason = {"rule": HOSTILE[0], "outcome": "FAIL", "found": None, "expected": None, "text": HOSTILE[0]}
    hostile = dataclasses.replace(
        story(),
        languages={HOSTILE[0]: 3},
        fixes_by_rule={HOSTILE[0]: 2},
        verdict={"outcome": "FAIL", "reasons": [reason]},
    )
    assert Outline(render(hostile)).count("script") == 1


def test_the_summary_gives_the_model_beside_lines_added_and_the_verdict() -> None:
    inputs = story()
    page = render(inputs)
    recall, lines = inputs.entry["recall_at"]["20"], inputs.baseline["recall_at"]["20"]
    assert f"meets {100 * recall:.0f}\u00a0%" in page
    assert f"lines added alone meets {100 * lines:.0f}\u00a0%" in page
    assert "Labels are inferred." in page
    assert "PASS" in page
    assert page.count('<svg class="chart') == 6  # the time line twice, wide and narrow


def test_without_a_model_the_page_says_so_and_shows_the_ranking_by_size() -> None:
    page = render(story_without_model())
    assert "Insufficient samples: 41 judged changes, at least 200 are needed" in page
    assert "The largest changes" in page
    assert "Rewrite the retry loop" in page
    assert 'class="meter' not in page


def test_a_failed_model_is_shown_with_the_reason_and_not_relied_on() -> None:
    full = story()
    reason = {
        "rule": "beats_lines_added",
        "outcome": "FAIL",
        "found": 0.6,
        "expected": 0.7,
        "text": "AUC 0.600 against 0.700.",
    }
    predictions = {**full.predictions, "model": {"name": "lines_added", "version": "", "basis": "lines_added"}}
    failed = dataclasses.replace(full, verdict={"outcome": "FAIL", "reasons": [reason]}, predictions=predictions)
    page = render(failed)
    assert "the new model was not registered" in page
    assert "AUC 0.600 against 0.700." in page
    assert "There is no model to rely on yet" in page
    assert "How well it ranks" in page


def test_where_the_champion_stays_its_own_numbers_come_first() -> None:
    full = story()
    assert full.evaluation is not None
    models = full.evaluation["models"]
    evaluation = {**full.evaluation, "models": {**models, "champion": models["simple"]}}
    reason = {
        "rule": "f1_over_champion",
        "outcome": "FAIL",
        "found": 0.5,
        "expected": 0.6,
        "text": "the champion stays.",
    }
    stays = dataclasses.replace(full, evaluation=evaluation, verdict={"outcome": "FAIL", "reasons": [reason]})
    page = render(stays)
    assert f"meets {100 * models['simple']['recall_at']['20']:.0f}\u00a0%" in page
    assert "the champion ranks an inducing change" in page
    unjudged = dataclasses.replace(stays, evaluation=full.evaluation)
    assert "could not be measured" in render(unjudged)


def test_inputs_survive_a_round_trip_through_json() -> None:
    inputs = story()
    again = ReportInputs.from_dict(json.loads(json.dumps(dataclasses.asdict(inputs))))
    assert render(again) == render(inputs)


def test_an_empty_history_still_renders() -> None:
    bare = ReportInputs(
        repository="empty",
        location=".",
        commits=0,
        authors=0,
        first_commit_at=LAST,
        last_commit_at=LAST,
        languages={},
        fixes_by_rule={},
        inducing=0,
    )
    page = render(bare)
    assert "No change is recent enough to be ranked." in page
    assert "No fix was recognised." in page


def test_the_same_inputs_give_the_same_page() -> None:
    assert render(story()) == render(story())


@pytest.mark.parametrize("months", [1, 27, 300])
def test_any_length_of_history_gives_a_readable_time_line(months: int) -> None:
    full = story()
    long = tuple(
        dataclasses.replace(full.months[i % len(full.months)], month=f"{1990 + i // 12}-{i % 12 + 1:02d}")
        for i in range(months)
    )
    page = render(dataclasses.replace(full, months=long))
    assert page.count('class="judged"') <= 2 * 3 * 64
    assert "nan" not in page
