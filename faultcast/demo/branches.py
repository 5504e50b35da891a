"""Feature branches: a few commits on files of their own, then a merge; at times with a conflict to resolve."""

from dataclasses import dataclass, field

from faultcast.demo.authors import Author, Slot
from faultcast.demo.changes import add_unit, build, extend, finish
from faultcast.demo.codebase import SourceFile, Unit
from faultcast.demo.draft import Draft
from faultcast.demo.shop import Shop


@dataclass(slots=True)
class Branch:
    """An open branch. ``clash`` is a file that both sides will change; ``base`` is its text where they part."""

    name: str
    author: Author
    tip: str
    commits_left: int
    paths: dict[str, SourceFile] = field(default_factory=dict)
    clash: SourceFile | None = None
    base: str = ""
    waiting: Unit | None = None  # the branch's part of the clash, until it is merged
    stage: str = "work"  # work -> ours -> theirs -> merge, the middle two only with a clash


def open_branch(shop: Shop, slot: Slot, main: str, number: int) -> Branch | None:
    """Start a branch that holds two to four files of one area."""
    files = [file for file in shop.available(shop.rng.choice(slot.author.areas)) if file.units]
    if len(files) < 6:
        return None
    held = shop.rng.sample(files, shop.rng.randint(2, 4))
    word = held[0].path.rsplit("/", 1)[1].split(".")[0]
    branch = Branch(f"{word}-{number}", slot.author, main, shop.rng.randint(2, 5))
    for file in held:
        shop.held[id(file)] = branch.name
    if shop.rng.random() < 0.3:
        branch.clash = shop.rng.choice([file for file in files if file not in held])
        branch.base = branch.clash.render()
        shop.pinned.add(id(branch.clash))
    return branch


def work(shop: Shop, slot: Slot, branch: Branch) -> Draft:
    """One more commit on the branch."""
    draft = build(shop, Slot(branch.author, slot.when), branch.name)
    branch.paths.update(draft.files)
    branch.commits_left -= 1
    if branch.commits_left <= 0:
        branch.stage = "ours" if branch.clash else "merge"
    return draft


def ours(shop: Shop, slot: Slot, branch: Branch) -> Draft:
    """The branch adds to the end of the clashing file as it knows it."""
    file = _clash(branch)
    draft = Draft(Slot(branch.author, slot.when))
    draft.touch(file)
    _append(shop, draft, file)
    branch.waiting = file.units.pop()
    finish(shop, draft, branch.name)
    branch.stage = "theirs"
    return draft


def ours_contents(draft: Draft, branch: Branch) -> dict[str, str | None]:
    """What the branch's tree gets: the old text and the new function, without what main did since."""
    file = _clash(branch)
    added = SourceFile(
        file.path, file.language, "", [_waiting(branch)], file.width, file.single_quotes, file.semicolons, file.aligned
    )
    return {**draft.contents(), file.path: branch.base + added.render()}


def theirs(shop: Shop, slot: Slot, branch: Branch) -> Draft:
    """Main adds to the end of the same file."""
    file = _clash(branch)
    draft = Draft(slot)
    draft.touch(file)
    _append(shop, draft, file)
    finish(shop, draft, "")
    branch.stage = "merge"
    return draft


def merge(shop: Shop, slot: Slot, branch: Branch) -> Draft:
    """Bring the branch in; a clash is resolved by keeping both sides and a few lines that join them."""
    number = shop.next_issue()
    draft = Draft(slot, subject=f"Merge branch '{branch.name}'")
    if shop.rng.random() < 0.6:
        draft.subject = f"Merge pull request #{number} from shop/{branch.name}"
    for file in branch.paths.values():
        draft.files[file.path] = file
    if branch.clash and branch.waiting:  # `_clash` files keep their place: see Shop.pinned
        branch.clash.units.append(branch.waiting)
        extend(shop, draft, branch.clash, 1, branch.waiting)
        draft.files[branch.clash.path] = branch.clash
        draft.body = f"Conflicts:\n\t{branch.clash.path}"
        shop.pinned.discard(id(branch.clash))
    shop.held = {key: name for key, name in shop.held.items() if name != branch.name}
    return draft


def _append(shop: Shop, draft: Draft, file: SourceFile) -> None:
    add_unit(shop, draft, file, file.path.rsplit("/", 1)[1].split(".")[0].split("_")[0])


def _waiting(branch: Branch) -> Unit:
    if branch.waiting is None:
        raise AssertionError(branch.name)
    return branch.waiting


def _clash(branch: Branch) -> SourceFile:
    if branch.clash is None:
        raise AssertionError(branch.name)
    return branch.clash
