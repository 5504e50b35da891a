"""Repositories planted to stop the reading: small on disk, endless once unfolded.

Every function tells one bomb into a story; `between_peers` puts an ordinary commit before and behind it.
Git does not check the name of an object that it only reads, so giants get made-up names and are never hashed here.
"""

import hashlib
import random
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from story import FILE, Story, lines

FOLDER = "40000"
MEBIBYTE = 1 << 20

Bomb = Callable[[Story], object]


def between_peers(story: Story, plant: Bomb) -> tuple[str, str]:
    """An ordinary commit, the bomb, an ordinary commit beside it; return the two ordinary ones."""
    before = story.commit("Before", files={"a.py": lines("a = 1")})
    plant(story)
    return before, story.commit("After", files={"a.py": lines("a = 2")}, day=400)


def tree_of(story: Story, entries: Iterable[tuple[bytes, str, str]]) -> str:
    """Write one tree object of (name, mode, id) as they are."""
    body = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(found) for name, mode, found in entries)
    return story._write("tree", body)


def write_under(story: Story, kind: str, name: str, parts: Iterable[tuple[bytes, int]]) -> str:
    """Write an object of repeated parts under a made-up name, without ever holding it whole."""
    size = sum(len(part) * times for part, times in parts)
    packer = zlib.compressobj(9)
    header = f"{kind} {size}\0".encode()
    out = [packer.compress(header), packer.flush(zlib.Z_FULL_FLUSH)]
    check = zlib.adler32(header)
    for part, times in parts:
        own = zlib.compressobj(9, zlib.DEFLATED, -15)
        block = own.compress(part) + own.flush(zlib.Z_FULL_FLUSH)
        out.append(block * times)
        for _ in range(times):
            check = zlib.adler32(part, check)
    out += [b"\x03\x00", struct.pack(">I", check)]
    place = story.loose(name)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"".join(out))
    return name


def giant(story: Story, size_mib: int, seed: str) -> str:
    """A blob of zeros, a thousandth of its size on disk."""
    return write_under(story, "blob", hashlib.sha1(seed.encode()).hexdigest(), [(bytes(MEBIBYTE), size_mib)])


def folding_tree(story: Story, leaf: str, levels: int = 10, width: int = 10) -> str:
    """A tree of `width` to the power of `levels` files from `levels` objects."""
    found, mode = story.blob(leaf), FILE
    for _ in range(levels):
        found, mode = tree_of(story, [(b"%03d" % n, mode, found) for n in range(width)]), FOLDER
    return found


def nested_tree(story: Story, levels: int, name: bytes = b"d") -> str:
    """Folders in folders."""
    found, mode = story.blob("deep\n"), FILE
    for _ in range(levels):
        found, mode = tree_of(story, [(name, mode, found)]), FOLDER
    return found


def plant_tree(story: Story) -> None:
    story.commit("Bomb", entries={"bomb": (FOLDER, folding_tree(story, "x"))}, day=1)
    story.commit("Beside", files={"beside.py": lines("b")}, day=2)


def plant_trees_in_a_row(story: Story, count: int = 600) -> None:
    first, second = folding_tree(story, "x"), folding_tree(story, "y")
    for number in range(count):
        story.commit(f"Bomb {number}", entries={"bomb": (FOLDER, (first, second)[number % 2])}, day=number / 10)


def plant_crowds_in_a_row(story: Story, count: int = 100) -> None:
    """Each commit alone is only large."""
    first, second = (folding_tree(story, leaf, levels=2, width=220) for leaf in "xy")
    for number in range(count):
        story.commit(f"Crowd {number}", entries={"crowd": (FOLDER, (first, second)[number % 2])}, day=number)


def plant_giant(story: Story) -> None:
    story.commit("Giant", entries={"giant.py": (FILE, giant(story, 3000, "giant"))}, day=1)


def plant_renamed_giants(story: Story, count: int = 40) -> None:
    """To find renames git would load both whole."""
    names = [giant(story, 700, "even"), write_under(story, "blob", "e" * 40, [(bytes(MEBIBYTE), 700), (b"x", 1)])]
    for number in range(count):
        story.commit(
            f"Move {number}", tree={b"%d.py" % number: (FILE, names[number % 2]), b"a.py": (FILE, story.blob("a"))}
        )


def plant_deep(story: Story, levels: int = 10_000) -> None:
    story.commit("Deep", entries={"deep": (FOLDER, nested_tree(story, levels))}, day=1)


def plant_deep_long(story: Story) -> None:
    """Paths a hundred times as long as the operating system's."""
    story.commit("Deep", entries={"deep": (FOLDER, nested_tree(story, 1500, b"n" * 250))}, day=1)


def plant_long_name(story: Story) -> None:
    story.commit(
        "Long",
        entries={"long": (FOLDER, tree_of(story, [(b"n" * (20 * MEBIBYTE), FILE, story.blob("long\n"))]))},
        day=1,
    )


def plant_names(story: Story) -> None:
    blob = story.blob("odd\n")
    names = [b"..", b".", b".git", b"a/../../b", b"/etc/passwd", b"\x1b[2J.py", b"con:", b"~", b"\xff\xfe.py"]
    story.commit("Names", entries={"odd": (FOLDER, tree_of(story, [(name, FILE, blob) for name in names]))}, day=1)


def plant_nameless(story: Story) -> None:
    blob = story.blob("odd\n")
    story.commit("Nameless", entries={"odd": (FOLDER, tree_of(story, [(b"", FILE, blob)]))}, day=1)
    story.commit("Beside", files={"beside.py": lines("b")}, day=2)


def plant_cut_tree(story: Story) -> None:
    """A tree that ends in the middle of an entry, and one of nonsense."""
    for number, body in enumerate((b"100644 a.py\0short", b"\xff" * 4000, b"999999 x\0" + b"x" * 20, b"")):
        story.commit(f"Cut {number}", entries={"cut": (FOLDER, story._write("tree", body))}, day=number)


def plant_dates(story: Story) -> None:
    odd = ["-62135596800", str(2**63), str(2**64), "soon", "1e9", "", "9" * 4000, "0x10", "-1"]
    for number, date in enumerate(odd):
        story.commit(f"Date {number}", files={"d.py": lines(str(number))}, dates=(f"{date} +0000", f"{date} +99999"))


def plant_encodings(story: Story) -> None:
    odd = [b"../../etc/passwd", b"UTF-8//IGNORE", b"UTF-7", b"x" * MEBIBYTE, b"\xff", b"UTF-16", b"no such", b""]
    for number, name in enumerate(odd):
        story.commit(
            b"Encoding \xff\xfe \xc3\x28 \0 behind a NUL",
            files={"e.py": lines(str(number))},
            headers=b"encoding " + name + b"\n",
        )


def plant_long_line(story: Story) -> None:
    story.commit("Line", files={"line.js": b"x" * (20 * MEBIBYTE)}, day=1)
    for number in range(12):
        text = (b"%d" % number) * (MEBIBYTE - 10)
        story.commit(f"Line {number}", files={"shorter.js": text[: 2 * MEBIBYTE - 10]}, day=number)


def plant_message(story: Story) -> None:
    """A message of 300 MB, and six of 8 MB."""
    tree = story._write_tree({b"m.py": (FILE, story.blob("m"))})
    who = b"Ana <ana@example.org> 1609718400 +0000"
    for number, (name, size_mib) in enumerate([("f" * 40, 300), *((f"{n:040x}", 8) for n in range(1, 7))]):
        head = (
            f"tree {tree}\nparent {story.tips['main']}\n".encode() + b"author " + who + b"\ncommitter " + who + b"\n\n"
        )
        line = b"Fixes #1 " + b"a" * (MEBIBYTE - 10) + b"\n"
        write_under(story, "commit", name, [(head, 1), (line if number % 2 else b"a" * MEBIBYTE, size_mib)])
        story.trees[name], story._parents[name] = {b"m.py": (FILE, story.blob("m"))}, ()
        story.point("main", name)


def plant_mailmap(story: Story) -> None:
    line = b"Ana <ana@example.org> <a%07d@example.org>\n"
    text = b"".join(line % number for number in range(20_000))
    name = write_under(story, "blob", "d" * 40, [(text, 400)])
    story.commit("Mailmap", entries={".mailmap": (FILE, name)}, day=1)


def plant_blank_lines(story: Story) -> None:
    """Sixty million short lines in one commit."""
    names = [story.blob(b"%d\n" % n + b"a\n" * (MEBIBYTE - 20)) for n in range(60)]
    story.commit("Blank", entries={f"blank{n}.py": (FILE, name) for n, name in enumerate(names)}, day=1)


def plant_scattered_lines(story: Story) -> None:
    """As many hunks as lines."""
    first, second = (b"".join(b"%s\n-\n" % mark for _ in range(400_000)) for mark in (b"a", b"b"))
    names = [[story.blob(text + b"%d\n" % n) for n in range(12)] for text in (first, second)]
    for number in range(2):
        story.commit(f"Scatter {number}", entries={f"s{n}.py": (FILE, name) for n, name in enumerate(names[number])})


def plant_texts_in_a_row(story: Story, count: int = 40) -> None:
    """Commits of as much text as may be kept, one behind the other."""
    sides = []
    for side in "ab":
        text = "".join(f"{side}{number:06d}{'ж' * 390}\n" for number in range(1_000))
        sides.append([story.blob(text + f"{n}\n") for n in range(8)])
    for number in range(count):
        entries = {f"t{n}.py": (FILE, name) for n, name in enumerate(sides[number % 2])}
        story.commit(f"Text {number}", entries=entries, day=number)


def plant_similar_files(story: Story) -> None:
    """Four hundred renames to find among four hundred files, each as large as may be read."""
    chance = random.Random(7)
    for side in range(2):
        entries: dict[bytes, tuple[str, str]] = {}
        for number in range(100):
            words = [b"%d\n" % chance.randrange(10**9) for _ in range(2_000)]
            entries[b"%d/%d.py" % (side, number)] = (FILE, story.blob(b"".join(words * 6)))
        story.commit(f"Side {side}", tree=dict(entries), day=1 + side)


def plant_parents(story: Story, count: int = 400) -> None:
    base = story.tips["main"]
    parents = [story.commit(f"Parent {n}", files={"p.py": lines(str(n))}, parents=[base], on="p") for n in range(count)]
    story.commit("Octopus", files={"p.py": lines("all")}, parents=parents, day=300)


def plant_delta_chain(story: Story, depth: int = 8_000) -> None:
    """Blobs in a pack, each the change of the one before it."""
    names = pack_chain(story.git_dir / "objects" / "pack", depth)
    for number in range(6):
        story.commit(f"Chain {number}", entries={"chain.py": (FILE, names[-1 - 37 * number])}, day=number)


def pack_chain(folder: Path, depth: int) -> list[str]:
    """Write a pack whose last blob is `depth` changes away from its first, and its index."""
    base = b"".join(b"line %07d\n" % number for number in range(150_000))
    size, names = len(base), [hashlib.sha1(b"chain %d" % number).hexdigest() for number in range(depth)]
    copy = b"\xf0" + struct.pack("<I", size)[:3]
    change = _varint(size) + _varint(size) + copy
    rows, out, place = [], [], 12
    for number in range(depth):
        if number:
            body = _entry(6, len(change)) + _distance(place - rows[-1][0]) + zlib.compress(change)
        else:
            body = _entry(3, size) + zlib.compress(base, 9)
        rows.append((place, zlib.crc32(body)))
        out.append(body)
        place += len(body)
    pack = b"PACK" + struct.pack(">II", 2, depth) + b"".join(out)
    pack += hashlib.sha1(pack).digest()
    order = sorted(range(depth), key=names.__getitem__)
    firsts = [int(names[number][:2], 16) for number in order]
    fan = b"".join(struct.pack(">I", sum(first <= n for first in firsts)) for n in range(256))
    index = b"\xfftOc" + struct.pack(">I", 2) + fan + b"".join(bytes.fromhex(names[n]) for n in order)
    index += b"".join(struct.pack(">I", rows[n][1]) for n in order)
    index += b"".join(struct.pack(">I", rows[n][0]) for n in order) + pack[-20:]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"pack-{'c' * 40}.pack").write_bytes(pack)
    (folder / f"pack-{'c' * 40}.idx").write_bytes(index + hashlib.sha1(index).digest())
    return names


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _entry(kind: int, size: int) -> bytes:
    """A pack entry's header: the kind and the lowest four bits of the size, then seven bits a byte."""
    first, rest = kind << 4 | size & 0xF, size >> 4
    return bytes([first | 0x80]) + _varint(rest) if rest else bytes([first])


def _distance(number: int) -> bytes:
    out = [number & 0x7F]
    while number := number >> 7:
        number -= 1
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def plant_large_tree(story: Story) -> None:
    """One folder of three million entries."""
    blob = bytes.fromhex(story.blob("x"))
    part = b"".join(b"100644 %07d\0" % number + blob for number in range(30_000))
    name = write_under(story, "tree", "b" * 40, [(part, 100)])
    story.commit("Large folder", entries={"large": (FOLDER, name)}, day=1)


BOMBS: dict[str, Bomb] = {
    name.removeprefix("plant_"): found for name, found in list(globals().items()) if name.startswith("plant_")
}
