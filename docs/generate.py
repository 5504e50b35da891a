"""Writes the reference pages that repeat what the code says: settings.md, features.md and smells.md.

`python docs/generate.py` writes them, `--check` only tells whether they are current (exit 1 if not).
"""

import argparse
import ast
import inspect
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from faultcast import settings
from faultcast.features.catalogue import CATALOGUE, GROUPS, KAMEI_14
from faultcast.measures.smells import CATALOGUE as SMELLS
from faultcast.measures.smells.row import ALL, CODE
from faultcast.setting_tables import CONTRACT_NAMES

HERE = Path(__file__).parent
MADE = "<!-- Written by docs/generate.py; change the code and run it again. -->\n"
FEATURES = """\
# Features

{made}
A change is described by {count} numbers, in this order, from what was known before it. The table is
`faultcast/features/catalogue.py`; Feast's schema, a model's input and this page follow it. Missing is not zero: a
number that cannot be known (the measures of a file in an unknown language) stays empty.

K13 is Kamei et al. 2013, *A large-scale empirical study of just-in-time quality assurance*; its {kamei} metrics are
here under their short names; FC is faultcast's own. The last column says what one expects a larger value to do to the
risk: a model is free to find otherwise. A value outside its range is refused: by the stage `materialize`, before
anything enters the feature store (Pandera, `faultcast/features/validation.py`), and in requests to the model server.
How source code is measured: [measures.md](measures.md). Which groups help to forecast, measured:
`benchmarks/results.md`, *Features*.

- *Earlier faults* are those that were known when the change was made: a fault is known once its fix has landed. A fix
  is recognised by its message and the kinds of its files ([labels.md](labels.md)), so no link to whatever it repaired
  is needed, and nothing of the future gets into a row.
- *Touched functions* are those that hold a changed line, on the old side or the new; in Terraform they are the
  top-level blocks. A line inside a nested function is the nested one's. A function stays the same one through moves
  and renames.
- *Reviewers* are those whom the message's trailers name (`Reviewed-by:`); in a history that never names one they are
  missing, not none.
- *Files that usually change with a touched one*: together in at least 3 earlier changes, and in half of all the touched
  file's; changes of more than 30 files do not count.
- *Before the change* is said where only the past is asked: who imports a file that the change creates is not known yet.
"""
STRUCTURE = """\
# Smells, patterns and structure

{made}
{count} smells, anti-patterns and patterns are counted in each version of a file, for the file and for each function
(in Terraform: each block). The table is `faultcast/measures/smells/catalogue.py`. Every row has an example and a
counter-example in each of its languages in `tests/measures/smell_examples/`, and sizes are held on both sides of their
threshold: all of them are tests. A smell is a hint, not a fault; whether it matters is for the model to find.

How a row is recognised: by numbers that are measured anyway, by the name of what is called, by the shape of the syntax,
or by a few words of text. Nothing is resolved, inferred or run. "All" are the eleven languages of
[measures.md](measures.md), "code" is all but Terraform.
"""
RELATIONS = (
    (
        "imports",
        (
            "names as written; resolved to a file, or a folder where the language imports folders, by the rules of the"
            " language and the files there are; nothing is installed or built"
        ),
        "`faultcast.measures.imports`",
    ),
    (
        "fan-in, fan-out",
        (
            "files that import a file or its folder; files and folders of the repository that it imports, each once;"
            " kept up commit by commit, the same for a tree whatever its past"
        ),
        "`imports.ImportGraph`",
    ),
    (
        "calls",
        "distinct last names of what a function calls; in Terraform the blocks that a block refers to",
        "`FunctionMeasures.calls`",
    ),
    (
        "call degree",
        (
            "functions that call something of this name; called names that the repository defines; by name alone, so"
            " approximate"
        ),
        "`call_graph.CallGraph`, `call_graph.called_in_file`",
    ),
    (
        "LCOM4",
        "groups of methods of a class that share no field and no call (Hitz & Montazeri 1995)",
        "`ClassMeasures.lcom4`",
    ),
    (
        "TCC",
        (
            "share of pairs of methods that use a field together (Bieman & Kang 1995), 0 to 1; of a file, the mean of"
            " its classes"
        ),
        "`ClassMeasures.tcc`, `cohesion.cohesion`",
    ),
)
COHESION = """\
Constructors and destructors are left out of LCOM4 and TCC. Fields are read as `self.x`, `this.x` and `@x` where the
language writes that, elsewhere (Java, C#, C++) as declared in the class. Inherited fields are not seen. Go, C and
Terraform have no classes here, and a class without fields or with a single method has no TCC: missing, not zero.
"""
DIRECTIONS = {"+": "raises", "-": "lowers", "?": "either way"}


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is not current")
    check = parser.parse_args().check
    stale = [page for page, text in pages().items() if not page.is_file() or page.read_text("utf-8") != text]
    for page in stale:
        if not check:
            page.write_text(pages()[page], "utf-8")
        print(f"{page.name}: {'not current; run `python docs/generate.py`' if check else 'written'}", file=sys.stderr)
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """The text of every page."""
    return {
        HERE / "settings.md": settings_page(),
        HERE / "features.md": features_page(),
        HERE / "smells.md": smells_page(),
    }


def settings_page() -> str:
    """One row a setting, told by the docstring below its field."""
    meanings = docstrings(inspect.getsource(settings.Settings))
    rows = []
    for field in fields(settings.Settings):
        names = [f"`FAULTCAST_{field.name.upper()}`"]
        if field.name in CONTRACT_NAMES:
            names.append(f"`{CONTRACT_NAMES[field.name]}`")
        rows.append((" or ".join(names), shown(field.default), meanings[field.name]))
    return (
        f"# Settings\n\n{MADE}\n"
        "faultcast is set up by environment variables, read in one place (`faultcast/settings.py`). An empty variable\n"
        "counts as not set. Where two names are given, the first wins. Options of the command line win over both.\n\n"
        + table(("variable", "default", "meaning"), rows)
    )


def docstrings(source: str) -> dict[str, str]:
    """Map each annotated field of a class to the string below it; a field without one is left out."""
    body = ast.parse(inspect.cleandoc(source)).body[0]
    if not isinstance(body, ast.ClassDef):
        raise TypeError("expected the source of a class")
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return found


def shown(default: object) -> str:
    """A default as one would type it."""
    return f"`{default}`" if str(default) else "empty"


def features_page() -> str:
    """The feature catalogue, a table a group."""
    parts = [FEATURES.format(made=MADE, count=len(CATALOGUE), kamei=len(KAMEI_14))]
    for heading, members in GROUPS.items():
        rows = [
            (f"`{f.name}`", f.dtype, f.unit, f.range, f.meaning, f.source, DIRECTIONS[f.direction]) for f in members
        ]
        columns = ("feature", "type", "unit", "range", "meaning", "after", "risk")
        parts.append(f"## {heading[0].upper()}{heading[1:]}\n\n{table(columns, rows)}")
    return "\n".join(parts)


def smells_page() -> str:
    """The catalogue of smells, a table a kind, and what is told of a file's structure."""
    parts = [STRUCTURE.format(made=MADE, count=len(SMELLS))]
    for kind in ("smell", "anti-pattern", "pattern"):
        rows = [
            (f"`{row.name}`", row.meaning, row.threshold, spoken(row.languages), row.source)
            for row in SMELLS
            if row.kind == kind
        ]
        parts.append(
            f"## {kind[0].upper()}{kind[1:]}s\n\n{table(('name', 'what', 'from', 'languages', 'after'), rows)}"
        )
    parts.append(f"## Imports, calls, cohesion\n\n{table(('what', 'how', 'where'), RELATIONS)}")
    return "\n".join((*parts, COHESION))


def spoken(languages: tuple[str, ...]) -> str:
    """Languages as one names them; "all" and "code" for most of them."""
    return {ALL: "all", CODE: "code"}.get(languages) or ", ".join(languages)


def table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
