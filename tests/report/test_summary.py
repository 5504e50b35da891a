"""The last lines of a run, as a terminal shows them."""

import dataclasses
import re

import pytest
from report_story import HOSTILE, story, story_without_model
from rich.cells import cell_len

from faultcast.report import text_summary
from faultcast.wording import plain

REPORT = ".faultcast/repositories/freight-1a2b3c4d/report.html"


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("has_model", [True, False])
def test_no_line_is_wider_than_the_terminal(width: int, has_model: bool) -> None:
    lines = text_summary(story() if has_model else story_without_model(), REPORT, width=width)
    wide = [line for line in lines if cell_len(line) > width and REPORT not in line]
    assert wide == []


def test_it_says_what_was_found_how_good_it_is_and_what_next() -> None:
    inputs = story()
    text = "\n".join(text_summary(inputs, REPORT))
    assert "203 fixes recognised, 171 changes traced" in text
    assert re.search(rf"hybrid .*\* +{inputs.entry['auc']:.3f}", text)
    assert re.search(rf"lines added alone +{inputs.baseline['auc']:.3f}", text)
    assert "Verdict PASS" in text
    assert REPORT in text
    assert "faultcast score ../freight HEAD" in text


def test_it_lists_the_ten_riskiest_with_reasons() -> None:
    lines = text_summary(story(), REPORT)
    ranked = [line for line in lines if re.match(r"  +\d+ +\d+ %  (high|medium|low)", line)]
    assert len(ranked) == 10
    assert sum("lines added; 31 are typical" in line for line in lines) == 10


def test_no_byte_of_a_subject_reaches_the_terminal_as_a_command() -> None:
    changes = [{**one, "subject": HOSTILE[4]} for one in story().predictions["changes"]]
    hostile = dataclasses.replace(story(), predictions={**story().predictions, "changes": changes})
    text = "\n".join(text_summary(hostile, REPORT))
    assert "\x1b" not in text
    assert text.encode("utf-8")


def test_without_a_model_it_says_so() -> None:
    text = "\n".join(text_summary(story_without_model(), REPORT))
    assert "no model to rely on" in text
    assert "Insufficient samples: 41 judged changes" in text
    assert "a baseline, not a forecast" in text
    assert "faultcast serve" not in text


def test_a_failed_verdict_says_why() -> None:
    reason = {
        "rule": "beats_lines_added",
        "outcome": "FAIL",
        "found": 0.6,
        "expected": 0.7,
        "text": "AUC 0.600 against 0.700.",
    }
    failed = dataclasses.replace(story(), verdict={"outcome": "FAIL", "reasons": [reason]})
    text = "\n".join(text_summary(failed, REPORT))
    assert "Verdict FAIL: the new model was not registered." in text
    assert "FAIL: AUC 0.600 against 0.700." in text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\tb\r\nc", "a b c"),
        ("\u202egnp", "\\u202egnp"),
        ("\x00\x07", "\\u0000\\u0007"),
        ("\udcff", "\ufffd"),
        ("x" * 10_000, "x" * 159 + "…"),
        ("naïve 日本 \U0001f525", "naïve 日本 \U0001f525"),
    ],
)
def test_plain_keeps_what_is_visible_and_spells_out_what_is_not(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown
