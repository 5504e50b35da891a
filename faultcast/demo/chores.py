"""Changes that are no work on the code: documentation, dependencies, formatting, renames, releases."""

from collections.abc import Callable

from faultcast.demo.authors import Slot
from faultcast.demo.codebase import JAVASCRIPT, TERRAFORM, SourceFile
from faultcast.demo.draft import Draft
from faultcast.demo.shop import FOLDERS, Shop
from faultcast.demo.vocabulary import NOUNS, messages


def docs(shop: Shop, slot: Slot) -> Draft:
    draft = Draft(slot)
    path = shop.rng.choice(["README.md", *(f"docs/{noun}.md" for noun in NOUNS[:12])])
    sentences = [shop.say((sentence,)) for sentence in shop.rng.sample(messages.SENTENCES, shop.rng.randint(1, 4))]
    old = shop.texts.get(path, f"# {path.rsplit('/', 1)[-1].removesuffix('.md').capitalize()}\n")
    write(shop, draft, path, old + "\n" + "\n".join(sentences) + "\n")
    draft.subject = shop.say(_wording(shop, "docs", messages.DOCS))
    return draft


def dependencies(shop: Shop, slot: Slot) -> Draft:
    draft = Draft(slot)
    names = ("httpx", "redis", "sqlalchemy", "pydantic", "uvicorn", "jinja2")
    rows = [f"{name}=={shop.rng.randint(1, 4)}.{shop.rng.randint(0, 30)}.{shop.rng.randint(0, 9)}" for name in names]
    old = shop.texts.get("requirements.txt", "").splitlines()
    if old:
        place = shop.rng.randrange(len(rows))
        rows = [*old[:place], rows[place], *old[place + 1 :]]
    write(shop, draft, "requirements.txt", "\n".join(rows) + "\n")
    draft.subject = shop.say(_wording(shop, "dependencies", messages.DEPENDENCIES))
    return draft


def release(shop: Shop, slot: Slot) -> Draft:
    draft = Draft(slot, subject=f"Release 1.{shop.version}.0")
    write(shop, draft, "VERSION", f"1.{shop.version}.0\n")
    entry = f"## 1.{shop.version}.0\n\n- {shop.say(messages.DOCS)}\n\n"
    write(shop, draft, "CHANGELOG.md", entry + shop.texts.get("CHANGELOG.md", ""))
    shop.version += 1
    return draft


def write(shop: Shop, draft: Draft, path: str, text: str) -> None:
    shop.texts[path] = text
    draft.texts[path] = text


def cosmetic(shop: Shop, slot: Slot) -> Draft | None:
    """Change how code looks, often just where a fault sits, so that plain blame goes astray."""
    faulty = [fault.where.file for fault in shop.faults if shop.is_free(fault.where.file)]
    files = faulty if faulty and shop.rng.random() < 0.7 else shop.available(shop.rng.choice(tuple(FOLDERS)))
    files = [file for file in files if id(file) not in shop.pinned]
    if not files:
        return None
    draft = Draft(slot, subject=shop.say(_wording(shop, "cosmetic", messages.COSMETIC)))
    file = shop.rng.choice(files)
    before = {id(fault): fault.wrong_text for fault in shop.faults}
    draft.touch(file)
    old = file.render()
    shop.rng.choice(_STYLES)(shop, file)
    if file.render() == old:
        comment_lines(shop, file)
    for fault in shop.faults:
        fault.is_masked = fault.is_masked or before[id(fault)] != fault.wrong_text
    return draft


def comment_lines(shop: Shop, file: SourceFile) -> None:
    """Comment behind some lines, with a preference for those that puzzle people."""
    faulty = [fault.line for fault in shop.faults if fault.where.file is file and fault.line]
    lines = [line for unit in file.units for line in unit.lines() if line.values and not line.comment]
    chosen = shop.rng.sample(lines, min(len(lines), 3)) + faulty[:2]
    for line in chosen:
        line.comment = shop.say(
            ("see the notes on @nouns", "agreed with support", "@field, see #@big", "as in the old shop")
        )


def restyle(shop: Shop, file: SourceFile) -> None:
    """Semicolons for JavaScript, double quotes for Python, alignment for Terraform."""
    if file.language is JAVASCRIPT:
        file.semicolons = True
    elif file.language is TERRAFORM:
        file.aligned = not file.aligned
    else:
        file.single_quotes = not file.single_quotes
    reindent(shop, file)


def reindent(_: Shop, file: SourceFile) -> None:
    """Whitespace only: JavaScript's indentation, and blanks at line ends elsewhere."""
    if file.language is JAVASCRIPT:
        file.width = 4 if file.width == 2 else 2
    for unit in file.units:
        for line in unit.lines():
            line.trailing = ""


def loosen(shop: Shop, file: SourceFile) -> None:
    """Somebody's editor leaves blanks at line ends."""
    for unit in file.units:
        for line in unit.lines():
            line.trailing = " " if shop.rng.random() < 0.2 else line.trailing


_STYLES: tuple[Callable[[Shop, SourceFile], None], ...] = (
    comment_lines,
    comment_lines,
    restyle,
    restyle,
    reindent,
    loosen,
)


def rename(shop: Shop, slot: Slot) -> Draft | None:
    """Move a file, rather one with a fault that a later fix will look for under its new name."""
    faulty = [fault.where.file for fault in shop.faults if shop.is_free(fault.where.file)]
    area = shop.rng.choice(tuple(FOLDERS))
    files = faulty if faulty and shop.rng.random() < 0.6 else shop.available(area)
    files = [file for file in files if id(file) not in shop.pinned]
    if not files:
        return None
    file = shop.rng.choice(files)
    area = file.path.split("/")[0]
    folder, name = file.path.rsplit("/", 1)
    places = [f"{other}/{name}" for other in FOLDERS[area] if other != folder]
    places = [place for place in places if place not in shop.files]
    if not places:
        return None
    old = file.path
    draft = Draft(slot, subject=f"Move {name} to {(place := shop.rng.choice(places)).rsplit('/', 1)[0]}")
    del shop.files[old]
    file.path = place
    shop.files[place] = file
    draft.texts[old] = None
    draft.touch(file)
    return draft


def _wording(shop: Shop, kind: str, plain: tuple[str, ...]) -> tuple[str, ...]:
    """Some messages claim a fix where there is none."""
    return messages.MISLEADING[kind] if shop.rng.random() < shop.noise else plain
