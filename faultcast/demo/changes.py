"""What authors do to the code: features, extensions, rework, adjustments, tests."""

from faultcast.demo.authors import Slot
from faultcast.demo.codebase import (
    JAVASCRIPT,
    PYTHON,
    SourceFile,
    Unit,
    extend_unit,
    other_noun,
    write_test,
    write_unit,
)
from faultcast.demo.draft import TOPIC_RISK, Draft, Insertion
from faultcast.demo.shop import LANGUAGES, Shop
from faultcast.demo.vocabulary import messages

BIG_FILE_LINES = 420
TOPICS = tuple(TOPIC_RISK)
AREA_TOPICS = {
    "src": (10, 7, 6, 7, 9, 6, 9, 10, 20, 8, 4),
    "web": (8, 7, 6, 5, 7, 8, 1, 8, 18, 6, 20),
    "infra": (0, 10, 0, 0, 0, 30, 20, 0, 25, 0, 0),
}
"""How often each topic of `TOPICS` comes up in an area."""


def build(shop: Shop, slot: Slot, branch: str = "") -> Draft:
    """One change of code. `branch` names the branch it is made on; other branches' files are left alone."""
    kinds = (new_file, feature, extension, rework)
    return shop.rng.choices(kinds, (8, 38, 38, 16))[0](shop, slot, branch)


def new_file(shop: Shop, slot: Slot, branch: str = "") -> Draft:
    draft = Draft(slot, creates_files=True)
    area = shop.rng.choice(slot.author.areas)
    path, noun = shop.free_path(area)
    file = shop.create(path, LANGUAGES[area], noun, LANGUAGES[area].preamble, branch)
    draft.touch(file)
    for _ in range(shop.rng.randint(1, 2)):
        add_unit(shop, draft, file, noun)
    return finish(shop, draft, branch)


def feature(shop: Shop, slot: Slot, branch: str = "") -> Draft:
    """New functions and longer ones, spread over one to four files."""
    draft = Draft(slot)
    for _ in range(shop.rng.choices((1, 2, 3, 4), (45, 28, 17, 10))[0]):
        file = pick_file(shop, slot, branch)
        if file is None:
            continue
        draft.touch(file)
        if shop.rng.random() < 0.5 or not file.units:
            add_unit(shop, draft, file, file.path.rsplit("/", 1)[1].split(".")[0].split("_")[0])
        else:
            extend(shop, draft, file, shop.rng.randint(1, 3))
    return finish(shop, draft, branch) if draft.files else new_file(shop, slot, branch)


def extension(shop: Shop, slot: Slot, branch: str = "") -> Draft:
    """A few lines more in one or two functions."""
    draft = Draft(slot)
    for _ in range(shop.rng.choices((1, 2), (70, 30))[0]):
        file = pick_file(shop, slot, branch)
        if file is None or not file.units:
            continue
        draft.touch(file)
        extend(shop, draft, file, shop.rng.choices((1, 2), (65, 35))[0])
    return finish(shop, draft, branch) if draft.files else new_file(shop, slot, branch)


def rework(shop: Shop, slot: Slot, branch: str = "") -> Draft:
    """Old passages make way for new ones. Faulty ones stay, or nobody would ever find them."""
    file = pick_file(shop, slot, branch)
    if file is None or not file.units:
        return new_file(shop, slot, branch)
    draft = Draft(slot)
    draft.touch(file)
    unit = shop.rng.choice(file.units)
    for passage in unit.passages[1:-1]:
        if shop.rng.random() < 0.5 and shop.is_sound(passage):
            unit.passages.remove(passage)
    extend(shop, draft, file, shop.rng.randint(1, 3), unit)
    draft.subject = shop.say(messages.REWORK, unit.words)
    return finish(shop, draft, branch)


def adjustment(shop: Shop, slot: Slot, branch: str = "") -> Draft | None:
    """A requirement changes: a choice becomes the other one. It looks just like a fix and is none."""
    file = pick_file(shop, slot, branch)
    if file is None:
        return None
    lines = [
        (unit, line) for unit in file.units for passage in unit.passages if shop.is_sound(passage)
        for line in passage.lines if line.values
    ]  # fmt: skip
    if not lines:
        return None
    draft = Draft(slot)
    draft.touch(file)
    unit, line = shop.rng.choice(lines)
    line.values[0], line.alternatives[0] = line.alternatives[0], line.values[0]
    draft.subject = shop.say(messages.ADJUST, unit.words)
    return draft


def more_tests(shop: Shop, slot: Slot) -> Draft:
    draft = Draft(slot)
    file = pick_file(shop, slot, "")
    for _ in range(shop.rng.randint(1, 3)):
        add_test(shop, draft, file)
    misleading = shop.rng.random() < shop.noise
    draft.subject = shop.say(messages.MISLEADING["tests"] if misleading else messages.TESTS)
    return draft


def pick_file(shop: Shop, slot: Slot, branch: str) -> SourceFile | None:
    """A file to work on: rather one that the author knows, rather not a huge one."""
    files = shop.available(shop.rng.choice(slot.author.areas), branch)
    files = [file for file in files if file.length < BIG_FILE_LINES]
    if not files:
        return None
    weights = [1 + file.touched_by.get(slot.author.name, 0) ** 0.5 for file in files]
    return shop.rng.choices(files, weights)[0]


def add_unit(shop: Shop, draft: Draft, file: SourceFile, noun: str) -> None:
    """A new function or resource, last in its file."""
    unit = write_unit(shop.rng, file.language, noun, [])
    while any(unit.name == other.name for other in file.units):
        unit = write_unit(shop.rng, file.language, other_noun(shop.rng, noun), [])
    file.units.append(unit)
    draft.insertions += [Insertion(file, unit, passage, is_head=True) for passage in unit.passages]
    extend(shop, draft, file, shop.rng.randint(1, 4), unit)


def extend(shop: Shop, draft: Draft, file: SourceFile, count: int, unit: Unit | None = None) -> None:
    unit = unit or shop.rng.choice(file.units)
    area = file.path.split("/")[0]
    for topic in shop.rng.choices(TOPICS, AREA_TOPICS[area], k=count):
        passage = extend_unit(shop.rng, file.language, unit, topic)
        if passage is not None:
            draft.insertions.append(Insertion(file, unit, passage))


def add_test(shop: Shop, draft: Draft, tested: SourceFile | None, branch: str = "") -> None:
    """A test for a file, in the test file that stands for its folder."""
    if tested is None or tested.language not in (PYTHON, JAVASCRIPT):
        return
    folder = tested.path.split("/")[-2]
    stem = tested.path.rsplit("/", 1)[1].split(".")[0]
    path = f"tests/{folder}/test_{stem}.py" if tested.language is PYTHON else f"tests/{folder}/{stem}.test.js"
    file = shop.files.get(path) or shop.create(path, tested.language, stem, tested.language.test_preamble, branch)
    if not shop.is_free(file, branch) or file.length > BIG_FILE_LINES:
        return
    unit = write_test(shop.rng, file.language, stem)
    if any(unit.name == other.name for other in file.units):
        return
    draft.files.setdefault(file.path, file)
    file.units.append(unit)
    draft.insertions.append(Insertion(file, unit, unit.passages[0]))
    draft.has_tests = True


def finish(shop: Shop, draft: Draft, branch: str) -> Draft:
    """Add tests by the author's habit, and say what was done by what was mostly written."""
    if shop.rng.random() < draft.slot.author.test_share:
        for file in list(draft.files.values()):
            add_test(shop, draft, file, branch)
    if not draft.subject:
        told = [one for one in draft.code if not one.is_head] or draft.code
        if not told:
            draft.subject = shop.say(messages.REWORK)
            return draft
        one = shop.rng.choice(told)
        draft.subject = shop.say(messages.FEATURES[one.passage.topic], one.passage.words)
    if shop.rng.random() < 0.25:
        draft.body = shop.say(messages.BODIES)
    if draft.slot.author.conventional:
        draft.subject = f"feat: {draft.subject[0].lower()}{draft.subject[1:]}"
    return draft
