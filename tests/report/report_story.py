"""A run worth reporting: seeded labels and risks judged by the real validation code."""

import dataclasses
from typing import Any

import numpy as np

from faultcast.report import ReportInputs, count_months
from faultcast.validation import Bounds, as_dict, choose_thresholds, decide, evaluate

DAY = 86400
FIRST = 1_640_995_200  # 2022-01-01
LAST = FIRST + 800 * DAY

SUBJECTS = (
    "Rewrite the retry loop of the upload client",
    "Cache parsed templates between requests",
    "Move session handling into its own module",
    "Support several issuers in token validation",
    "Speed up the diff of large manifests",
    "Add a bounded queue between reader and writer",
)
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "\"quotes\" & 'more' </title></style></textarea>",
    "fix \U0001f469\u200d\U0001f4bb emoji \U0001f525 and \u202egnp.exe\u202c override",
    "x" * 10_000,
    "escape \x1b[31mred\x1b[0m and \udcff bytes",
    "",
)
HOSTILE_PATH = '"><script>document.title="owned"</script>/\u202ecod.py'


def history() -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    n = 900
    labels = (random.uniform(0, 1, n) < 0.16).astype(np.int64)
    skill = random.normal(0, 1, n)
    simple = 1 / (1 + np.exp(-(-2.1 + 0.8 * skill + 1.1 * labels)))
    hybrid = 1 / (1 + np.exp(-(-2.3 + 0.7 * skill + 1.5 * labels + random.normal(0, 0.3, n))))
    return (
        labels,
        {"simple": simple, "hybrid": hybrid},
        random.lognormal(3 + 0.7 * labels, 1).round(),
        random.integers(20, 900, n).astype(float),
    )


def evaluated() -> tuple[dict[str, Any], dict[str, Any]]:
    labels, risks, added, before = history()
    early, late = slice(0, 450), slice(450, None)
    thresholds = choose_thresholds(labels[early], {k: v[early] for k, v in risks.items()}, added[early])
    later = {name: risk[late] for name, risk in risks.items()}
    found = evaluate(labels[late], later, added[late], before[late], thresholds=thresholds, known_rate=0.15)
    found["chosen"] = "hybrid"
    verdict = decide(found["models"]["hybrid"], found["baselines"]["lines_added"], None, Bounds())
    return found, as_dict(verdict)


def change(rank: int, subject: str, paths: list[str]) -> dict[str, Any]:
    risk = 0.74 * 0.93**rank
    band = "high" if risk > 0.4 else "medium" if risk > 0.15 else "low"
    reasons = [
        ("lines_added", 412 - rank, 31, 0.19, f"{412 - rank} lines added; 31 are typical"),
        ("author_file_share", 0.0, 0.6, 0.08, "the author has never changed these files before"),
        ("entropy", 2.4, 0.7, 0.05, "the change is spread over many files (2.4 bits; 0.7 is typical)"),
        ("test_lines_added", 64, 0, -0.06, "64 lines of tests added; none are typical"),
    ]
    return {
        "commit": f"{rank * 7919 + 1:040x}"[::-1],
        "subject": subject,
        "committed_at": LAST - rank * DAY,
        "author": f"author-{rank % 7:04x}",
        "paths": paths,
        "risk": risk,
        "band": band,
        "reasons": [dict(zip(("feature", "value", "typical", "effect", "text"), r, strict=True)) for r in reasons],
    }


def story() -> ReportInputs:
    """A history of 1,284 commits with a good model and hostile subjects among the riskiest."""
    random = np.random.default_rng(5)
    at = np.sort(FIRST + 800 * DAY * random.beta(1.4, 1.1, 1284)).astype(int)
    fixes, inducing = random.choice(at, 203, replace=False), random.choice(at[:1060], 171, replace=False)
    evaluation, verdict = evaluated()
    subjects = [*SUBJECTS, *HOSTILE, *(f"{s}, part {i}" for i in range(2, 6) for s in SUBJECTS)]
    paths = [["src/upload/client.py", "src/upload/retry.py", "tests/test_client.py"], [HOSTILE_PATH], ["a b/c.tf"] * 20]
    return ReportInputs(
        repository="harbour/freight",
        location="../freight",
        commits=1284,
        authors=17,
        first_commit_at=FIRST,
        last_commit_at=LAST,
        languages={"Python": 214, "JavaScript": 96, "Terraform": 31, "Markdown": 40, "YAML": 22, "Shell": 7},
        fixes_by_rule={"keyword in the message": 148, "issue reference": 41, "revert": 14},
        inducing=171,
        inducing_confidences=tuple(random.beta(5, 2.2, 171).tolist()),
        months=count_months(
            at.tolist(), fixes.tolist(), inducing.tolist(), [t for t in at.tolist() if t > LAST - 90 * DAY]
        ),
        dataset={
            "as_of": LAST,
            "ripening_days": 90.0,
            "train_until": FIRST + 430 * DAY,
            "validation_until": FIRST + 560 * DAY,
            "counts": {
                "train": {"changes": 512, "inducing": 79},
                "validation": {"changes": 171, "inducing": 26},
                "test": {"changes": 450, "inducing": 72},
                "recent": {"changes": 151, "inducing": 0},
            },
            "data_fingerprint": "9f2c51aa03e1b77c6d",
        },
        predictions={
            "model": {"name": "faultcast-freight-1a2b3c4d", "version": "3", "basis": "model"},
            "changes": [change(i, s, paths[i % 3]) for i, s in enumerate(subjects)],
        },
        evaluation=evaluation,
        verdict=verdict,
        model={"kind": "hybrid", "seed": 7, "code_version": "0.1.0"},
        command="faultcast run ../freight",
        seconds=143.0,
        generated_at=LAST + DAY,
    )


def story_without_model() -> ReportInputs:
    """Too little history: nothing was evaluated, and changes are ranked by lines added."""
    text = "Insufficient samples: 41 judged changes, at least 200 are needed for a decision."
    reason = {"rule": "enough_samples", "outcome": "INCONCLUSIVE", "found": 41, "expected": 200, "text": text}
    full = story()
    changes = [{**one, "risk": None, "band": "", "reasons": one["reasons"][:1]} for one in full.predictions["changes"]]
    return dataclasses.replace(
        full,
        commits=88,
        months=full.months[:6],
        fixes_by_rule={"keyword in the message": 4},
        inducing=3,
        inducing_confidences=(0.4, 0.8, 0.9),
        dataset={},
        evaluation=None,
        verdict={"outcome": "INCONCLUSIVE", "reasons": [reason]},
        predictions={"model": {"name": "lines_added", "version": "", "basis": "lines_added"}, "changes": changes},
        model={},
    )
