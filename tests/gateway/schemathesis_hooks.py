"""What a change must be beyond any schema, mended in what Schemathesis makes up: said in docs/api.md, refused with 400.

A hunk has as many lines as its counts say; a renamed file was called otherwise before; a file comes with its hunks or
with a text. A body that is not of this form is sent as it is.
"""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict) and isinstance(case.body.get("files"), list) and case.operation.path == "/predict":
        for file in case.body["files"]:
            if isinstance(file, dict) and isinstance(file.get("path"), str):
                mend(file)


def mend(file):
    hunks = file.get("hunks")
    if file.get("status") == "R" and file.get("old_path") in (None, "", file["path"]):
        file["old_path"] = file["path"] + "-before"
    if not any(name in file and file[name] is not None for name in ("hunks", "before", "after")):
        file["before"] = "a\n"
    for hunk in hunks if isinstance(hunks, list) else ():
        for counts, lines in (("old_lines", "deleted"), ("new_lines", "added")):
            if (
                isinstance(hunk, dict)
                and isinstance(hunk.get(lines), list)
                and hunk[lines]
                and is_count(hunk.get(counts))
            ):
                hunk[counts] = len(hunk[lines])


def is_count(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**31 and value == int(value)
