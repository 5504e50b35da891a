"""What is said to be planted is really there, and can be learned but not guessed."""

import re
from collections.abc import Iterator
from statistics import median

import numpy as np
from demo_shop import Written

from faultcast.demo import PlantedFault, Truth, recovery, truth_path
from faultcast.demo.recovery import auc
from faultcast.demo.truth import Trace

DAY_SECONDS = 86_400
FAULT_WORDS = re.compile(r"\b(?:fix(?:es|ed)?|bug|revert)\b", re.IGNORECASE)
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? ")


def deleted_lines(shop: Written, commit: str, path: str) -> Iterator[int]:
    """Numbers of the lines that a commit takes out of a file, counted in its parent."""
    for row in shop.git("diff-tree", "-p", "-U0", "--no-renames", f"{commit}^", commit, "--", path).splitlines():
        if found := HUNK.match(row):
            start, count = int(found[1]), int(found[2] or 1)
            yield from range(start, start + count)


def blamed(shop: Written, commit: str, path: str) -> set[str]:
    """Who wrote the lines that a commit deletes, whitespace and moved lines followed."""
    lines = list(deleted_lines(shop, commit, path))
    ranges = [f"-L{line},{line}" for line in lines]
    if not ranges:
        return set()
    rows = shop.git("blame", "-w", "-C", "-s", "-l", *ranges, f"{commit}^", "--", path).splitlines()
    return {row.split()[0].lstrip("^") for row in rows}


def test_direct_fixes_change_a_line_that_the_inducing_commit_wrote(shop: Written) -> None:
    direct = [fault for fault in shop.truth.faults if fault.fix and fault.trace == "direct"]
    sample = direct[::3]
    assert len(sample) > 40
    missed = [fault for fault in sample if fault.inducing not in blamed(shop, fault.fix, fault.path)]
    assert not missed


def test_cosmetics_lead_blame_astray_and_some_fixes_only_add(shop: Written) -> None:
    fixed = [fault for fault in shop.truth.faults if fault.fix]
    masked = [fault for fault in fixed if fault.trace == "masked"]
    assert len(masked) >= 10
    astray = [fault for fault in masked if fault.inducing not in blamed(shop, fault.fix, fault.path)]
    assert len(astray) >= len(masked) / 2
    added = [fault for fault in fixed if fault.trace == "added"]
    assert len(added) >= 10
    counts = [shop.git("show", "--numstat", "--format=", fault.fix, "--", fault.path).split()[:2] for fault in added]
    assert all(int(plus) > 0 for plus, _ in counts)
    assert sum(minus == "0" for _, minus in counts) > len(added) / 2  # unless another fault was fixed with it


def test_shares_and_latencies_are_as_announced(shop: Written) -> None:
    truth = shop.truth
    assert 0.13 < len(truth.inducing) / len(truth.propensity) < 0.21
    when = dict(row.split() for row in shop.git("log", "--format=%H %ct").splitlines())
    days = [(int(when[fix]) - int(when[inducing])) / DAY_SECONDS for fix, inducing in truth.links]
    assert min(days) > 0
    assert 9 < median(days) < 16
    assert max(days) < 75


def test_messages_tell_most_but_not_all(shop: Written) -> None:
    subjects = dict(row.split(" ", 1) for row in shop.git("log", "--no-merges", "--format=%H %s").splitlines())
    telling = {commit for commit, subject in subjects.items() if FAULT_WORDS.search(subject)}
    told = {fault.fix for fault in shop.truth.faults if fault.fix and fault.is_told}
    assert told <= telling
    silent = shop.truth.fixes - told
    assert not silent & telling
    assert 0.08 < len(silent) / len(shop.truth.fixes) < 0.25
    assert len(telling - shop.truth.fixes) > 20  # "Fix typo in docs" and the like


def test_some_faults_are_fixed_under_another_path(shop: Written) -> None:
    moved = 0
    for fault in shop.truth.faults:
        names = shop.git("show", "--name-only", "--format=", fault.inducing).split() if fault.fix else [fault.path]
        moved += fault.path not in names
    assert moved >= 3


def test_risk_can_be_learned_but_not_from_size_alone(shop: Written, lines_added: dict[str, int]) -> None:
    commits = sorted(lines_added)
    planted = np.array([commit in shop.truth.inducing for commit in commits])
    by_size = auc(planted, np.array([float(lines_added[commit]) for commit in commits]))
    by_risk = auc(planted, np.array([shop.truth.propensity[commit] for commit in commits]))
    assert 0.58 < by_size < 0.75
    assert by_risk > 0.75
    assert by_risk > by_size + 0.1


def test_the_truth_is_written_beside_the_repository_and_reads_back(shop: Written) -> None:
    path = truth_path(shop.folder)
    assert shop.folder not in path.parents
    assert Truth.load(path) == shop.truth
    assert set(shop.truth.propensity) == set(shop.git("rev-list", "--no-merges", "HEAD").split())


def small_truth() -> Truth:
    def fault(inducing: str, fix: str, trace: Trace = "direct") -> PlantedFault:
        return PlantedFault(inducing, fix, "src/a.py", "limit", trace, is_told=True)

    faults = (fault("a", "x"), fault("b", "y", "added"), fault("c", ""))
    return Truth(7, "y", faults, {"a": 0.9, "b": 0.6, "c": 0.5, "d": 0.1, "x": 0.2, "y": 0.0})


def test_recovery_counts_fixes_changes_and_pairs() -> None:
    found = recovery(small_truth(), {"x", "d"}, [("x", "a"), ("d", "b"), ("d", "b")], {})
    assert (found.fixes.found, found.fixes.planted, found.fixes.right) == (2, 2, 1)
    assert (found.inducing.precision, found.inducing.recall) == (1.0, 1.0)
    assert found.links.precision == found.links.recall == found.links.f1 == 0.5
    assert found.untraceable == 1
    assert found.auc is None
    assert "risk" not in found.text()


def test_recovery_of_risks_counts_faults_that_nobody_has_found_yet() -> None:
    truth = small_truth()
    perfect = recovery(truth, truth.fixes, truth.links, truth.propensity)
    assert perfect.auc == perfect.best_auc == 1.0
    assert perfect.rank_correlation is not None
    assert abs(perfect.rank_correlation - 1) < 1e-12
    assert perfect.links.f1 == 1.0
    blind = recovery(truth, set(), [], dict.fromkeys(truth.propensity, 0.3))
    assert blind.auc == 0.5
    assert blind.rank_correlation is None
    assert blind.fixes.precision is None
    assert blind.fixes.recall == 0
    partial = recovery(truth, set(), [], {"a": 0.1, "d": 0.7, "unknown": 0.9})
    assert (partial.scored, partial.auc) == (2, 0.0)


def test_recovery_says_first_that_this_is_no_claim_about_real_code() -> None:
    truth = small_truth()
    first, *rest = recovery(truth, truth.fixes, truth.links, truth.propensity).text().splitlines()
    assert first.startswith("This repository was written by faultcast itself")
    assert "no claim about real code" in first
    assert 3 <= len(rest) <= 6
