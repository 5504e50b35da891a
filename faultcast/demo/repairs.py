"""Faults: how they slip in, how they are noticed and fixed, and how changes are taken back."""

import math

from faultcast.demo.authors import Slot
from faultcast.demo.changes import add_test, extend, pick_file
from faultcast.demo.codebase import Line
from faultcast.demo.draft import Draft, Insertion
from faultcast.demo.shop import Fault, Shop
from faultcast.demo.truth import PlantedFault, Trace
from faultcast.demo.vocabulary import messages

MEDIAN_LATENCY_DAYS = 12
MAX_LATENCY_DAYS = 65
GUARD_SHARE = 0.25
"""How often, where there is a guard, it is what was forgotten; fixing that only adds lines."""
DAY_SECONDS = 86_400


def plant(shop: Shop, draft: Draft) -> Fault | None:
    """Let one slip happen in what a change wrote; None when nothing in it can go wrong.

    A wrong line must read like no other line of its file, so that blame has one answer.
    """
    slips: list[tuple[Insertion, int, int]] = []  # place, line (-1: its guard), choice
    for one in draft.code:
        slips += [(one, row, slot) for row, line in enumerate(one.passage.lines) for slot in range(len(line.values))]
    shop.rng.shuffle(slips)
    guarded = [one for one in draft.code if one.passage.guard and not any(map(_is_wrong, one.passage.guard))]
    if guarded and shop.rng.random() < GUARD_SHARE:
        slips.insert(0, (shop.rng.choice(guarded), -1, 0))
    days = min(MAX_LATENCY_DAYS, max(0.2, shop.rng.lognormvariate(math.log(MEDIAN_LATENCY_DAYS - 1), 0.75)))
    due = draft.slot.when + int(days * DAY_SECONDS)
    for one, row, slot in slips:
        if row < 0:
            return _omit_guard(draft, one, due)
        line = one.passage.lines[row]
        right = line.values[slot]
        if _is_wrong(line):
            continue
        line.values[slot] = line.alternatives[slot]
        text = line.read()
        if sum(text == other.read() for unit in one.file.units for other in unit.lines()) == 1:
            return Fault("", draft, one, _what(one, right, line.alternatives[slot]), due, line, slot, right)
        line.values[slot] = right
    return None


def _is_wrong(line: Line) -> bool:
    """Whether a slip happened in this line already: a wrong choice has no other alternative left."""
    return any(value == alternative for value, alternative in zip(line.values, line.alternatives, strict=True))


def _omit_guard(draft: Draft, one: Insertion, due: int) -> Fault:
    place = one.passage.lines.index(one.passage.guard[0])
    anchor = one.passage.lines[place - 1] if place else None
    omitted = tuple(one.passage.guard)
    one.passage.guard = []
    one.passage.lines = [line for line in one.passage.lines if line not in omitted]
    return Fault("", draft, one, "guard", due, omitted=omitted, anchor=anchor)


def _what(one: Insertion, right: str, wrong: str) -> str:
    """The kind of fault, which decides what its fix is called."""
    if one.file.path.endswith(".tf"):
        return "range"
    if ", " in right:
        return "arguments"
    if one.is_head:
        return "default"
    both = {right, wrong}
    return "limit" if both <= {"<", "<=", ">", ">=", "0", "1", "2"} else "value"


def due_faults(shop: Shop, now: int) -> list[Fault]:
    """Faults that somebody has noticed and whose file is not held by a branch, oldest first."""
    noticed = [fault for fault in shop.faults if fault.due <= now and shop.is_free(fault.where.file)]
    noticed = [fault for fault in noticed if fault.where.unit in fault.where.file.units]
    return sorted(noticed, key=lambda fault: fault.due)


def fix(shop: Shop, slot: Slot, fault: Fault) -> tuple[Draft, list[PlantedFault]]:
    """Repair one fault, at times together with another one in the same file."""
    is_told = shop.rng.random() >= shop.noise / 2
    if is_told and shop.rng.random() < 0.06 and can_be_taken_back(shop, fault.draft):
        return _fix_by_revert(shop, slot, fault)
    draft = Draft(slot)
    neighbours = [
        other for other in due_faults(shop, slot.when) if other.where.file is fault.where.file and other is not fault
    ]
    together = [fault, *neighbours[: 1 if shop.rng.random() < 0.5 else 0]]
    repaired = []
    for one in together:
        draft.touch(one.where.file)
        repair(shop, one)
        trace: Trace = "added" if one.omitted else "masked" if one.is_masked else "direct"
        repaired.append(PlantedFault(one.inducing, "", one.where.file.path, one.what, trace, is_told))
    if shop.rng.random() < 0.3:
        add_test(shop, draft, fault.where.file)
    if shop.rng.random() < shop.noise / 2:  # a tangled fix: something else comes along
        other = pick_file(shop, slot, "")
        if other is not None and other.units:
            draft.touch(other)
            extend(shop, draft, other, 1)
    draft.subject = _subject(shop, fault, is_told)
    return draft, repaired


def _subject(shop: Shop, fault: Fault, is_told: bool) -> str:
    if not is_told:
        return shop.say(messages.SILENT, fault.where.passage.words)
    subject = shop.say(messages.TELLING[fault.what], fault.where.passage.words)
    return f"{subject} (#{shop.next_issue()})" if shop.rng.random() < 0.6 else subject


def repair(shop: Shop, fault: Fault) -> None:
    """Set exactly the faulty line right."""
    if fault.line is not None:
        wrong = fault.line.values[fault.choice]
        fault.line.values[fault.choice], fault.line.alternatives[fault.choice] = fault.right, wrong
    else:
        lines = fault.where.passage.lines
        place = lines.index(fault.anchor) + 1 if fault.anchor in lines else 0
        lines[place:place] = fault.omitted
    shop.faults.remove(fault)


def can_be_taken_back(shop: Shop, draft: Draft) -> bool:
    """A change that only inserted code into old files, all of it still there and nothing built upon it."""
    if draft.creates_files or not draft.code or draft.subject.startswith("Revert"):
        return False
    own = {id(one.passage) for one in draft.insertions}
    for one in draft.insertions:
        if (
            not shop.is_free(one.file)
            or id(one.file) in shop.pinned
            or one.unit not in one.file.units
            or one.passage not in one.unit.passages
        ):
            return False
        if one.is_head and any(id(passage) not in own for passage in one.unit.passages):
            return False
    return all(fault.draft is draft or id(fault.where.passage) not in own for fault in shop.faults)


def take_back(shop: Shop, slot: Slot, taken: Draft, commit: str) -> Draft:
    """Revert a change."""
    draft = Draft(slot, subject=f'Revert "{taken.subject}"', body=f"This reverts commit {commit}.")
    for one in taken.insertions:
        draft.touch(one.file)
        one.unit.passages.remove(one.passage)
        if not one.unit.passages:
            one.file.units.remove(one.unit)
    shop.faults = [fault for fault in shop.faults if fault.draft is not taken]
    return draft


def _fix_by_revert(shop: Shop, slot: Slot, fault: Fault) -> tuple[Draft, list[PlantedFault]]:
    path, commit = fault.where.file.path, fault.inducing
    draft = take_back(shop, slot, fault.draft, commit)
    noun = fault.where.unit.words["noun"]
    draft.body += f"\n\nIt broke {noun} pages, a regression; see #{shop.next_issue()}."
    return draft, [PlantedFault(commit, "", path, fault.what, "direct", is_told=True)]
