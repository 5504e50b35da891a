"""No skew: what serving makes of a change's JSON is, to the last column, what training stored of it.

Three histories, each commit read alone as `faultcast change` reads it, made into JSON, read as the server reads it, and
scored with the past as of then, which was saved and loaded again.
"""

import contextlib
import json
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from story import KEY, LINK, SUBMODULE, Story, history, lines

from faultcast.errors import BadChange
from faultcast.features import NAMES, Past, describe, is_measured
from faultcast.features.measured import touched_history
from faultcast.features.table import to_rows, to_table
from faultcast.history import Pseudonyms, open_repository
from faultcast.models.baseline import Baseline
from serving.scoring.scorer import Scorer
from serving.wire.change import to_instance
from serving.wire.instances import parse_v1

CODE = "def total(prices):\n    if not prices:\n        return 0\n    return sum(prices)\n"
BLOCK = 'resource "aws_instance" "web" {\n  count = 2\n  ami = "x"\n}\n'


class Listener:
    """A model that keeps the texts that it was given."""

    name, basis, reads_text = "listener", "lines_added", True
    typical_C, band, risk, risk_of = Baseline().typical_C, Baseline().band, Baseline().risk, Baseline().risk_of  # noqa: N815

    def read(self, texts):
        self.texts = texts
        return np.empty((len(texts), 0), dtype=np.float32)


def of_everyday(story):
    """Edits, new functions, renames, deletions, reviewers, reverts, issue numbers, several languages, two branches."""
    story.commit("Start", files={"shop/cart.py": CODE, "README.md": "# Shop\n", "infra/main.tf": BLOCK})
    story.commit("Fix #12: empty cart", by="ben", day=1, files={"shop/cart.py": CODE.replace("return 0", "return 0.0")})
    story.branch("side")
    story.commit("Move", by="ana", day=2, renames={"shop/cart.py": "shop/basket.py"})
    story.commit("Work beside", by="cyd", day=2.5, on="side", files={"web/app.js": "const f = (x) => x ? 1 : 2\n"})
    story.commit("Move and edit", by="ana", day=3, renames={"shop/basket.py": "lib/basket.py"},
                 files={"lib/basket.py": CODE + "\n\ndef tax(x):\n    return x * 0.2 if x else 0\n"})  # fmt: skip
    story.merge("side", day=4)
    story.commit("Grow\n\nReviewed-by: Ben <ben@example.org>\nReviewed-by: Eve <eve@example.org>\n", by="dan", day=5,
                 files={"infra/main.tf": BLOCK.replace("2", "3") + BLOCK.replace("web", "db"),
                        "web/app.js": "const g = (x) => x && x.y ? 1 : 2\n", "tests/test_cart.py": "assert True\n"})  # fmt: skip
    story.commit('Revert "Grow"\n\nThis reverts commit 0123456789abcdef.', by="ben", day=6,
                 files={"infra/main.tf": BLOCK, "web/app.js": None})  # fmt: skip
    story.commit("Take the rest away", by="ana", day=7, files={"lib/basket.py": None})


def of_oddities(story):
    """All that git can hold and a JSON text cannot say plainly."""
    story.commit("Empty", files={"empty.py": "", "a.py": "x = 1\n"})
    story.commit("", by="ben", files={"empty.py": "y = 1"})  # no message, no newline at the end, the same second
    story.commit(b"Caf\xe9 na\xefve\r\n\r\n\x01 and \0", by="ben", day=1, author=b"R\xe9mi <remi@example.org>",
                 files={b"na\xefve.py": b"# caf\xe9\nX = '\xff\xfe'\n", "wide.py": "x = '\u2028 \U0001f600'\n"})  # fmt: skip
    story.commit("Bytes", day=2, files={b"na\xefve.py": b"# caf\xe9\nX = 2\n", "logo.png": b"\x89PNG\0\1\2"})
    story.commit("Windows", day=3, files={"a.py": "x = 1\r\nif x:\r\n    y = 2\r\n", "logo.png": b"\x89PNG\0\1\3"})
    story.commit("Old Mac", day=4, files={"a.py": "x = 1\rif x:\r    y = 2\r", "form.py": "a = 1\f\nb = 2\v\n"})
    story.commit("Mode alone", day=5, modes={"a.py": "100755"})
    story.commit(
        "Links",
        day=6,
        entries={"link.py": (LINK, story.blob("a.py")), "module": (SUBMODULE, "1" * len(story.tips["main"]))},
    )
    story.commit(
        "A link becomes a file",
        day=7,
        modes={"link.py": "100644"},
        entries={"module": (SUBMODULE, "2" * len(story.tips["main"]))},
    )
    story.commit("Nothing at all", day=8)
    story.commit("Before its time", dates=("0 +0000", "86400 -1200"), files={"a.py": lines("x = 1", "x = 2")})
    story.commit("Broken code", day=9, files={"a.py": "def f(:\n  return ((\n", "b.tf": "resource {{{\n"})
    story.commit("Long lines", day=10, files={"a.py": f"x = '{'y' * 70_000}'\n", "quote'\"\\\n.py": "a = 1\n"})
    story.commit("Swap", day=11, files={"a.py": "b = 1\n" * 3, "b.py": CODE})
    story.commit("Swap them", day=12, renames={"a.py": "c.py", "b.py": "a.py"})


def of_chance(story):
    """A hundred commits by dice."""
    dice = random.Random(7)
    files = {}
    for day in range(60):
        changed, renames = {}, {}
        for _ in range(dice.randint(1, 4)):
            path = f"{dice.choice('ab')}/{dice.choice('xyz')}.{dice.choice(['py', 'js', 'go', 'tf', 'md'])}"
            if path in files and dice.random() < 0.15:
                changed[path] = files.pop(path) and None
            elif path not in renames.values():
                old = files.get(path, "").splitlines()
                old[dice.randint(0, len(old)):dice.randint(0, len(old))] = [
                    dice.choice(["if a:", "    return a", "def f(a):", "}", "x = 1", ""]) for _ in range(dice.randint(1, 6))
                ]  # fmt: skip
                changed[path] = files[path] = lines(*old)
        story.commit(dice.choice(["Fix crash", "Add", "Refactor x\n\nmore"]), by=dice.choice("abcd"),
                     day=day * dice.random(), files=changed)  # fmt: skip


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("told", [of_everyday, of_oddities, of_chance])
def test_the_row_at_serving_is_the_row_of_training(told, object_format, tmp_path):
    story = Story(tmp_path / "repository", object_format)
    told(story)
    listener, compared, past = Listener(), 0, Past()
    commits = history(story.path)
    with open_repository(story.path) as repository:
        for commit, touched in touched_history(repository, commits):
            past.save(tmp_path / "past")
            if not commit.is_merge:
                (stored,) = to_rows(to_table([describe(commit, past, touched)], "shop"))
                scorer = Scorer(listener, "", "", past=Past.load(tmp_path / "past"))
                (answer,) = scorer.score(parse_v1(body(sent(repository, commit.id))), top=0)
                assert {name: repr(value) for name, value in answer.values.items()} == {
                    name: repr(value) for name, value in stored.values.items()
                }, commit.subject
                assert listener.texts == [stored.text], commit.subject
                assert answer.assumed == ()
                compared += 1
            past.observe(commit, touched)
    assert compared == sum(not commit.is_merge for commit in commits) >= 8


def sent(repository, commit):
    """What `faultcast change` prints of a commit."""
    read = repository.commit(commit, Pseudonyms(KEY))
    blobs = [blob for file in filter(is_measured, read.files) for blob in (file.old_blob, file.new_blob) if blob]
    return to_instance(read, dict(repository.blobs(blobs)))


def body(*instances):
    return json.dumps({"instances": instances}).encode()


# --- requests that are not quite what `faultcast change` prints -----------------------------


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A scorer with the past of an everyday history, and the changes of that one and of an odd one as instances."""
    everyday, odd = (Story(tmp_path_factory.mktemp(name) / "repository") for name in ("everyday", "odd"))
    of_everyday(everyday)
    of_oddities(odd)
    past, instances = Past(), []
    for story in (everyday, odd):
        with open_repository(story.path) as repository:
            commits = list(touched_history(repository, history(story.path)))
            instances += [sent(repository, commit.id) for commit, _ in commits[-7:] if not commit.is_merge]
            for commit, touched in commits[:-7]:
                past.observe(commit, touched)
    return Scorer(Baseline(), "", "", past=past), instances


def shuffled(value, dice):
    """The same JSON, every object's fields in another order."""
    if isinstance(value, dict):
        names = list(value)
        dice.shuffle(names)
        return {name: shuffled(value[name], dice) for name in names}
    return [shuffled(one, dice) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_fields_means_nothing(known, seed):
    scorer, instances = known
    mixed = [shuffled(one, random.Random(seed)) for one in instances]
    assert scorer.score(parse_v1(body(*mixed))) == scorer.score(parse_v1(body(*instances)))


def places(value, path=()):
    """Every place in a JSON value, as the way to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_a_field_that_is_missing_is_assumed_and_said_so_or_refused(known, data):
    scorer, instances = known
    instance = json.loads(json.dumps(data.draw(st.sampled_from(instances))))
    (before,) = scorer.score(parse_v1(body(instance)))
    path = data.draw(st.sampled_from([one for one in places(instance) if isinstance(one[-1], str)]))
    del at(instance, path[:-1])[path[-1]]
    try:
        (after,) = scorer.score(parse_v1(body(instance)))
    except BadChange:
        return
    changed = [name for name in NAMES if after.values[name] != before.values[name]]
    assert not changed or after.assumed, (path, changed)


@settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_whatever_stands_in_a_field_is_answered_or_refused(known, data):
    scorer, instances = known
    instance = json.loads(json.dumps(data.draw(st.sampled_from(instances))))
    path = data.draw(st.sampled_from(list(places(instance))))
    kind = data.draw(st.sampled_from(["other", "extra"]))
    if kind == "other":
        at(instance, path[:-1])[path[-1]] = data.draw(JSON)
    else:
        holder = at(instance, path[:-1])
        name = data.draw(st.text(max_size=8))
        holder.update({name: 1}) if isinstance(holder, dict) else holder.append(data.draw(JSON))
    found = []
    with contextlib.suppress(BadChange):  # and nothing else
        found = scorer.score(parse_v1(body(instance)))
    assert all(0 <= answer.prediction.risk <= 1 for answer in found)
