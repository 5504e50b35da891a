"""Two years in a web shop: in each slot somebody does something, and now and then it goes wrong."""

import random

from faultcast.demo import branches, changes, chores, repairs
from faultcast.demo.authors import Slot, draw_slots
from faultcast.demo.branches import Branch
from faultcast.demo.draft import Draft, true_risk
from faultcast.demo.shop import LANGUAGES, Fault, Shop
from faultcast.demo.truth import PlantedFault, Truth
from faultcast.demo.writer import Revision, Writer

FOUNDING_COMMITS = 12
QUIET_END = 25
"""Slots at the end in which no branch is opened and open ones are merged."""
OPEN_BRANCHES = 2


class Simulation:
    """Plays the slots in order; every commit is written as soon as it is made."""

    def __init__(self, writer: Writer, seed: int, commits: int, noise: float) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.shop = Shop(self.rng, noise)
        self.slots = draw_slots(self.rng, commits)
        self.writer = writer
        self.main = ""
        self.open: list[Branch] = []
        self.opened = 0
        self.planted: list[PlantedFault] = []
        self.propensity: dict[str, float] = {}
        self.recent: list[tuple[str, Draft]] = []
        self.reverts = 0

    def play(self) -> Truth:
        for number, slot in enumerate(self.slots):
            if number < FOUNDING_COMMITS:
                self._found(slot)
            elif self._is_closing(number):
                self._on_branch(slot, self.open[0])
            else:
                self._ordinary(slot, number)
        undiscovered = [
            PlantedFault(fault.inducing, "", fault.where.file.path, fault.what, "direct", is_told=False)
            for fault in self.shop.faults
        ]
        return Truth(self.seed, self.main, (*self.planted, *undiscovered), self.propensity)

    def _is_closing(self, number: int) -> bool:
        return bool(self.open) and number >= len(self.slots) - QUIET_END

    def _found(self, slot: Slot) -> None:
        """The first commits start the shop; they are sound."""
        draft = Draft(slot, creates_files=True)
        for area in LANGUAGES:
            path, noun = self.shop.free_path(area)
            file = self.shop.create(path, LANGUAGES[area], noun, LANGUAGES[area].preamble)
            draft.touch(file)
            changes.add_unit(self.shop, draft, file, noun)
        chores.write(self.shop, draft, "README.md", "# Shop\n\nA small web shop.\n")
        draft.subject = "Start the shop" if not self.main else f"Lay out {noun} handling"
        self._commit(draft, risk=0.0)

    def _ordinary(self, slot: Slot, number: int) -> None:
        noticed = repairs.due_faults(self.shop, slot.when)
        if noticed and self.rng.random() < 0.85:
            self._fix(slot, noticed[0])
        elif self.open and self.rng.random() < 0.4:
            self._on_branch(slot, self.rng.choice(self.open))
        elif self._may_open(number) and self.rng.random() < 0.045:
            self._open(slot)
        elif self.rng.random() < 0.012 and self._revert(slot):
            return
        else:
            self._on_main(slot)

    def _may_open(self, number: int) -> bool:
        return len(self.open) < OPEN_BRANCHES and 60 < number < len(self.slots) - 2 * QUIET_END

    def _open(self, slot: Slot) -> None:
        branch = branches.open_branch(self.shop, slot, self.main, self.opened)
        if branch is None:
            self._on_main(slot)
            return
        self.opened += 1
        self.open.append(branch)
        self._on_branch(slot, branch)

    def _on_main(self, slot: Slot) -> None:
        kinds = (changes.build, changes.adjustment, changes.more_tests, chores.docs, chores.dependencies,
                 chores.cosmetic, chores.rename, chores.release)  # fmt: skip
        draft = self.rng.choices(kinds, (72, 5, 5, 6, 4, 8, 3, 1.5))[0](self.shop, slot)
        self._commit(draft if draft and (draft.files or draft.texts) else chores.docs(self.shop, slot))

    def _on_branch(self, slot: Slot, branch: Branch) -> None:
        if branch.stage == "merge":
            self.open.remove(branch)
            draft = branches.merge(self.shop, slot, branch)
            self.main = self._write(draft, (self.main, branch.tip), draft.contents())
            return
        if branch.stage == "theirs":
            self._commit(branches.theirs(self.shop, slot, branch))
            return
        if branch.stage == "ours":
            draft = branches.ours(self.shop, slot, branch)
            faults, risk = self._slip(draft)
            branch.paths.update({path: file for path, file in draft.files.items() if file is not branch.clash})
            contents = branches.ours_contents(draft, branch)
        else:
            draft = branches.work(self.shop, slot, branch)
            faults, risk = self._slip(draft)
            contents = draft.contents()
        branch.tip = self._write(draft, (branch.tip,), contents)
        self._record(branch.tip, draft, faults, risk)

    def _fix(self, slot: Slot, fault: Fault) -> None:
        draft, repaired = repairs.fix(self.shop, slot, fault)
        commit = self._commit(draft)
        self.planted += [
            PlantedFault(one.inducing, commit, one.path, one.what, one.trace, one.is_told) for one in repaired
        ]

    def _revert(self, slot: Slot) -> bool:
        """Take a recent change back because minds changed, not because it was faulty."""
        guilty = {id(fault.draft) for fault in self.shop.faults}
        for commit, draft in reversed(self.recent):
            if id(draft) not in guilty and repairs.can_be_taken_back(self.shop, draft):
                self._commit(repairs.take_back(self.shop, slot, draft, commit))
                return True
        return False

    def _slip(self, draft: Draft) -> tuple[list[Fault], float]:
        """Let chance decide by the true risk whether the change carries a fault, at times two."""
        name = draft.slot.author.name
        risk = true_risk(self.rng, draft, self.shop.experience.get(name, 0))
        faults: list[Fault] = []
        if self.rng.random() < risk:
            for _ in range(2 if self.rng.random() < 0.12 else 1):
                fault = repairs.plant(self.shop, draft)
                faults += [fault] if fault else []
        return faults, risk

    def _commit(self, draft: Draft, risk: float | None = None) -> str:
        """Commit on main."""
        faults: list[Fault] = []
        if risk is None:
            faults, risk = self._slip(draft)
        self.main = self._write(draft, (self.main,) if self.main else (), draft.contents())
        self._record(self.main, draft, faults, risk)
        return self.main

    def _write(self, draft: Draft, parents: tuple[str, ...], contents: dict[str, str | None]) -> str:
        author = draft.slot.author
        message = f"{draft.subject}\n\n{draft.body}\n" if draft.body else f"{draft.subject}\n"
        return self.writer.commit(Revision(author.identity, draft.slot.when, author.zone, message, parents, contents))

    def _record(self, commit: str, draft: Draft, faults: list[Fault], risk: float) -> None:
        for fault in faults:
            fault.inducing = commit
        self.shop.faults += faults
        self.propensity[commit] = round(risk, 6)
        name = draft.slot.author.name
        self.shop.experience[name] = self.shop.experience.get(name, 0) + 1
        for file in draft.files.values():
            file.touched_by[name] = file.touched_by.get(name, 0) + 1
        self.recent = [*self.recent[-30:], (commit, draft)]
