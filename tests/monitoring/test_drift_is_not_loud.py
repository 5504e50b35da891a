"""Simulated days: where nothing has moved the alarm is silent, where something has it is found."""

from dataclasses import replace

import numpy as np
from windows import FEATURES, HOUR, NAMES, NOW, World, reference_of, window_of

from faultcast.monitoring.drifted import drift
from faultcast.validation.drift import compare, summarise
from faultcast.validation.reference import freeze, thaw

DAYS = 40
A_DAY = 1_200
"""Changes asked for in two days, so that each look at the last 24 hours sees about 600."""
EVERY_HOURS = 3
MIN_ROWS = 200


def looks_of_a_day(world, reference, shift=0.0):
    """What each look of one day says; the windows of neighbouring looks overlap by 21 of 24 hours."""
    values_NF, risk_N = world.changes(A_DAY, shift), world.risks(A_DAY)
    at_N = np.linspace(NOW + 24 * HOUR, NOW - 24 * HOUR, A_DAY)
    whole = window_of(values_NF, risk_N, at_N=at_N)
    for hour in range(EVERY_HOURS, 25, EVERY_HOURS):
        until = NOW + hour * HOUR
        seen = np.flatnonzero((at_N < until) & (at_N >= until - 24 * HOUR))
        part = window_of(values_NF[seen], risk_N[seen], at_N=at_N[seen])
        yield drift(part, reference, since=until - 24 * HOUR, min_rows=MIN_ROWS, version="1")
    assert len(whole) == A_DAY


def test_no_more_than_one_day_in_twenty_alarms_where_nothing_moved():
    alarms = 0
    for day in range(DAYS):
        world = World(day)
        reference = reference_of(world)
        alarms += any(found["drift_detected"] for found in looks_of_a_day(world, reference))
    assert alarms <= 0.05 * DAYS


def test_no_more_than_one_window_in_twenty_alarms_at_the_smallest_size_that_is_decided():
    windows, alarms = 100, 0
    for seed in range(windows):
        world = World(seed)
        window = window_of(world.changes(MIN_ROWS), world.risks(MIN_ROWS))
        found = drift(window, reference_of(world, 500), since=0, min_rows=MIN_ROWS, version="1")
        alarms += bool(found["drift_detected"])
    assert alarms <= 0.05 * windows


def test_a_real_shift_is_found_within_the_day_and_named():
    days, found_days, named = 10, 0, 0
    for day in range(days):
        world = World(1_000 + day)
        reference = reference_of(world)
        *_, last = looks_of_a_day(world, reference, shift=1.5)
        found_days += bool(last["drift_detected"])
        moved = {f"f{number:02d}" for number in range(FEATURES // 4)}
        named += len(moved & set(last["drifted_features"])) >= 2
    assert found_days == days
    assert named >= 0.9 * days


def test_a_change_that_is_asked_for_again_and_again_is_one_change():
    """Without that, a build that is run a thousand times alarms: 20 changes look like a thousand."""
    world = World(7)
    reference = reference_of(world)
    values_NF, risk_N = world.changes(250), world.risks(250)
    again = np.concatenate([np.arange(250), np.repeat(np.arange(5), 400)])
    window = window_of(values_NF[again], risk_N[again], changes=[f"c{number}" for number in again])
    found = drift(window, reference, since=0, min_rows=MIN_ROWS, version="1")
    assert (found["changes"], found["drift_detected"]) == (250, False)


def test_what_was_not_sent_is_not_counted_as_missing():
    world = World(8)
    reference = reference_of(world)
    values_NF = world.changes(600)
    assumed = np.arange(600) % 2 == 0
    values_NF[assumed, : FEATURES // 2] = np.nan
    sparse = window_of(values_NF, world.risks(600), assumed=assumed)
    assert drift(sparse, reference, since=0, min_rows=MIN_ROWS, version="1")["status"] == "no_drift"
    lost = window_of(values_NF, world.risks(600))  # sent in full, and yet nothing there: that is drift
    assert drift(lost, reference, since=0, min_rows=MIN_ROWS, version="1")["status"] == "drift"


def test_of_few_fields_what_is_usual_is_that_of_the_same_fields():
    """Clients that send a handful of fields are not held against how all of them move together."""
    alarms, found = 0, 0
    for seed in range(40):
        world = World(2_000 + seed)
        reference = reference_of(world, 500)
        few = sorted(np.random.default_rng(seed).choice(FEATURES, 3, replace=False))
        for shift in (0.0, 3.0):
            values_NF = np.full((MIN_ROWS, FEATURES), np.nan)
            values_NF[:, few] = world.changes(MIN_ROWS)[:, few] * (1 + shift) + shift
            asked = window_of(values_NF, world.risks(MIN_ROWS), assumed=np.ones(MIN_ROWS, bool))
            rings = drift(asked, reference, since=0, min_rows=MIN_ROWS, version="1")["drift_detected"]
            alarms, found = alarms + (rings and not shift), found + (rings and shift > 0)
    assert alarms <= 2
    assert found >= 36


def test_changes_without_source_code_are_left_out_as_in_training():
    world = World(10)
    reference = reference_of(world)
    values_NF, source_files_N = world.changes(600), np.arange(600) % 2.0
    values_NF[source_files_N == 0] = 1e6
    window = window_of(values_NF, world.risks(600))
    window = replace(window, features={**window.features, "source_files": source_files_N})
    touched = summarise({"source_files": np.ones(1_500)})
    usual = replace(reference.usual, columns={**reference.usual.columns, "source_files": 0.0})
    known = replace(reference, features={**reference.features, **touched}, usual=usual)
    found = drift(window, known, since=0, min_rows=MIN_ROWS, version="1")
    assert (found["changes"], found["status"]) == (300, "no_drift")


def test_too_few_changes_decide_nothing_unless_earlier_ones_help():
    world = World(9)
    reference = reference_of(world)
    values_NF, risk_N = world.changes(300), world.risks(300)
    at_N = NOW - np.arange(300) * HOUR  # one an hour
    window = window_of(values_NF, risk_N, at_N=at_N)
    found = drift(window, reference, since=NOW - 24 * HOUR, min_rows=MIN_ROWS, version="1")
    assert (found["changes"], found["status"]) == (MIN_ROWS, "no_drift")  # eight days of them
    few = window_of(values_NF[:50], risk_N[:50], at_N=at_N[:50])
    found = drift(few, reference, since=NOW - 24 * HOUR, min_rows=MIN_ROWS, version="1")
    assert (found["status"], found["drift_detected"], found["drifted_feature_count"]) == ("unknown", None, None)
    assert "50 changes were asked for, at least 200" in found["text"]


def test_without_a_reference_nothing_is_decided():
    world = World(10)
    found = drift(window_of(world.changes(300), world.risks(300)), None, since=0, min_rows=MIN_ROWS, version="1")
    assert (found["status"], found["outcome"]) == ("unknown", "INCONCLUSIVE")


def test_the_risks_of_the_model_that_is_judged_are_told_apart():
    world = World(11)
    reference = reference_of(world)
    window = window_of(world.changes(400), np.full(400, 0.9), version="2")
    assert drift(window, reference, since=0, min_rows=MIN_ROWS, version="1")["risk_shift"] == "unknown"
    assert drift(window, reference, since=0, min_rows=MIN_ROWS, version="2")["risk_shift"] == "large"


def test_a_history_too_short_to_know_its_ways_decides_nothing():
    world = World(12)
    found = drift(
        window_of(world.changes(300), world.risks(300)),
        reference_of(world, 150),
        since=0,
        min_rows=MIN_ROWS,
        version="1",
    )
    assert (found["status"], found["drifted_feature_count"]) == ("unknown", None)
    assert "so short a history" in found["text"]


def wandering(seed, rows):
    """A history with phases: every 100 changes all columns wander, as far as their own spread."""
    random = np.random.default_rng(seed)
    phases_PF = random.normal(size=(rows // 100 + 1, FEATURES))
    return random.normal(size=(rows, FEATURES)) + np.repeat(phases_PF, 100, axis=0)[:rows]


def test_a_history_that_always_wanders_is_no_news_but_a_jump_is():
    """A two-sample test alone calls each of these windows drifted."""
    alarms = jumps = plain = 0
    for seed in range(20):
        values_NF = wandering(seed, 2_000)
        risk_N = np.random.default_rng(seed).beta(1, 6, 2_000)
        reference = thaw(freeze(values_NF[:1_300], values_NF[1_300:1_700], NAMES, risk_N[1_300:1_700]))
        later_NF = values_NF[1_700:]
        plain += bool(compare(reference.features, dict(zip(NAMES, later_NF.T, strict=True)))["drifted"])
        for shift in (0.0, 4.0):
            window = window_of(later_NF + shift, risk_N[1_700:])
            found = drift(window, reference, since=0, min_rows=MIN_ROWS, version="1")
            if shift:
                jumps += found["drift_detected"]
            else:
                alarms += found["drift_detected"]
    assert plain == 20
    assert alarms <= 1
    assert jumps == 20
