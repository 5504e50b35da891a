"""A seeded history in which both the features and the text say something about faults."""

import numpy as np
import pandas as pd

from faultcast.dataset import assemble, plan_split, write
from faultcast.dataset.table import instants
from faultcast.features.catalogue import CATALOGUE

DAY = 86_400
CALM = ["tidy", "rename", "document", "simplify", "describe", "typo", "comment", "format"]
RISKY = ["cache", "retry", "thread", "pointer", "offset", "timeout", "lock", "buffer"]
NEUTRAL = ["update", "handler", "parser", "module", "config", "loader", "client", "helper", "view", "model"]


def make_changes(n: int = 900, seed: int = 5, of_text: float = 1.5, of_features: float = 1.0) -> pd.DataFrame:
    """`n` changes, four a day; the weights say how much text and features count."""
    rng = np.random.default_rng(seed)
    lines = np.round(np.exp(rng.normal(3, 1.2, n))).astype(int)
    experience = rng.integers(0, 300, n)
    risky = rng.integers(0, 2, n)
    pull = of_features * (np.log1p(lines) - 3) - of_features * 0.6 * (np.log1p(experience) - 4)
    chance = 1 / (1 + np.exp(-(pull + of_text * (2 * risky - 1) - 1)))
    changes = pd.DataFrame({
        "repository": "synthetic",
        "commit": [f"{i:040x}" for i in range(n)],
        "event_timestamp": instants(np.arange(n) * DAY // 4),
        "author": [f"author{i}" for i in rng.integers(0, 5, n)],
        "text": [_text(rng, RISKY if one else CALM) for one in risky],
        "label": (rng.random(n) < chance).astype(float),
        "confidence": 0.9,
    })  # fmt: skip
    changes["subject"] = changes["text"].str.partition("\n")[0]
    values = {f.name: rng.integers(0, 2, n) == 1 if f.dtype == "bool" else rng.poisson(5, n) for f in CATALOGUE}
    values |= {"lines_added": lines, "author_changes": experience}
    changes = changes.assign(**values)
    changes["cognitive"] = changes["cognitive"].where(rng.random(n) < 0.7).astype("Float64")  # not every language
    return changes


def _text(rng: np.random.Generator, words: list[str]) -> str:
    message = " ".join([*rng.choice(NEUTRAL, 2), rng.choice(words)])
    code = [f"{rng.choice(list('+-'))}    {rng.choice(NEUTRAL)}.{rng.choice(NEUTRAL)}(x)" for _ in range(4)]
    return "\n".join([message, "", "<file> src/app.py", *code])


def write_dataset(changes: pd.DataFrame, path):
    at = np.arange(len(changes)) * DAY // 4
    plan = plan_split(at, as_of=int(at[-1]), ripening_days=7, min_test=100)
    table = assemble(changes, plan)
    write(table, plan, path)
    return table
