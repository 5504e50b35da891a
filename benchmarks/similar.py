"""Whether similar past changes tell anything: the share of inducing ones among the nearest, as a ranking.

    faultcast demo && python benchmarks/similar.py [--write]

On the last run's repository: for each change of the second half of its history whose outcome is known today, its
nearest past changes as the page shows them (known then, labels of then). AUC of the share of inducing ones among the
five, beside lines added alone on the same changes; intervals are bootstrapped over changes (2,000 draws, seeded).
Nothing is fitted here, so there is no training set; today's labels judge, and nothing else uses them.
"""

import argparse
import sys

import numpy as np
from numpy.typing import NDArray
from page import head, line, machine, write

from faultcast import settings
from faultcast.validation.metrics import auc
from serving.gateway.page.detail import similar
from serving.gateway.page.history import History

DRAWS = 2_000


def main() -> int:
    """Measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    snapshot = History(settings.load().home).snapshot()
    if snapshot is None:
        sys.exit("found no finished run: type `faultcast demo` first")
    past, shares, lines, labels = snapshot.past, [], [], []
    for change in past.changes[len(past.changes) // 2 :]:
        label = past.label(change.commit, snapshot.run.as_of)
        if label is not None and (found := similar(snapshot, change.commit)):
            shares.append(np.mean([one["outcome"]["label"] == "inducing" for one in found]))
            lines.append(change.lines_added)
            labels.append(int(label.is_inducing))
    label_N = np.array(labels)
    table = head("ranked by", "AUC", "95 % interval")
    for name, score in (("inducing among the five most similar", shares), ("lines added alone", lines)):
        low, high = interval(label_N, np.array(score, float))
        table.append(line([name, f"{auc(label_N, np.array(score, float)):.3f}", f"{low:.2f} to {high:.2f}"]))
    told = f"{machine()}; {snapshot.repository}, {len(label_N):,} later changes, {label_N.sum():,} of them inducing"
    text = "\n".join([f"{told}, `python benchmarks/similar.py`", "", *table])
    print(text)
    if options.write:
        write("similar", text)
    return 0


def interval(label_N: NDArray[np.int64], score_N: NDArray[np.float64]) -> tuple[float, float]:
    """95 % by percentile bootstrap."""
    random = np.random.default_rng(7)
    drawn = [random.integers(0, len(label_N), len(label_N)) for _ in range(DRAWS)]
    low, high = np.quantile([auc(label_N[at], score_N[at]) for at in drawn], [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    sys.exit(main())
