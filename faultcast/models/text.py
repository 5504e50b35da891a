"""The text of a change, taken apart into lines that know what they are.

Sample of the input (see the features' `text`):

    Fix crash on empty input

    <file> src/parser.py
    <in> parse
    +    if not text:
    -    return parse(text)
"""

MESSAGE, PLACE, ADDED, DELETED = 1, 2, 3, 4
SEGMENTS = 5  # 0 is padding
FILE_MARK, FUNCTION_MARK = "<file> ", "<in> "
_MAX_LINE = 120
_MAX_MESSAGE = 400


def parts(text: str) -> tuple[str, str]:
    """A change's text as (message, diff).

    >>> parts("Fix it\\n\\n<file> a.py\\n+x = 1")
    ('Fix it\\n', '<file> a.py\\n+x = 1')
    """
    if text.startswith(FILE_MARK):
        return "", text
    message, mark, diff = text.partition("\n" + FILE_MARK)
    return message, (FILE_MARK + diff if mark else "")


def marked_lines(text: str, max_characters: int) -> list[tuple[str, int]]:
    """(line without its mark, kind) of the message and of the diff's first `max_characters`.

    Lines are cut at 120 characters, so that one minified line does not fill the window.

    >>> marked_lines("Fix it\\n\\n<file> a.py\\n+x = 1\\n-y", 100)
    [('Fix it', 1), ('a.py', 2), ('x = 1', 3), ('y', 4)]
    """
    message, diff = parts(text)
    lines = [(line, MESSAGE) for line in message[:_MAX_MESSAGE].split("\n")]
    for line in diff[:max_characters].split("\n"):
        if line.startswith(FILE_MARK):
            lines.append((line[len(FILE_MARK) :][:_MAX_LINE], PLACE))
        elif line.startswith(FUNCTION_MARK):
            lines.append((line[len(FUNCTION_MARK) :][:_MAX_LINE], PLACE))
        elif line.startswith(("+", "-")):
            lines.append((line[1 : _MAX_LINE + 1], ADDED if line[0] == "+" else DELETED))
    return [(line, segment) for line, segment in lines if line.strip()]
