"""What a change says: its message and its changed lines as one bounded text, the same for training and serving.

Handle an empty cart
<file> src/cart.py
-    return sum(prices) / len(prices)
+    return sum(prices) / len(prices) if prices else 0
"""

from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, FileChange

MESSAGE_CHARACTERS = 1_200
FILE_CHARACTERS = 1_500
TEXT_CHARACTERS = 6_000

FILE_MARK = "<file> "

_KIND_ORDER = {"source": 0, "configuration": 1, "test": 2, "other": 3, "documentation": 4}


def semantic_text(commit: Commit) -> str:
    """Return the message, then the files' changed lines: source first, each file's share bounded."""
    parts = [commit.message[:MESSAGE_CHARACTERS]]
    room = TEXT_CHARACTERS - len(parts[0]) - 1
    for file in sorted(commit.files, key=lambda file: (_KIND_ORDER[file_kind(file.path)], file.path)):
        if room < len(FILE_MARK) + 40:
            break
        parts.append(_file_text(file, min(room, FILE_CHARACTERS)))
        room -= len(parts[-1]) + 1
    return "\n".join(parts)


def _file_text(file: FileChange, room: int) -> str:
    lines = [f"{FILE_MARK}{' '.join(file.path.splitlines())}"[:room]]
    left = room - len(lines[0])
    for hunk in file.hunks:
        for mark, texts in (("-", hunk.deleted), ("+", hunk.added)):
            for text in texts:
                left -= len(text) + 2
                if left < 0:
                    return "\n".join(lines)
                lines.append(mark + text)
    return "\n".join(lines)
