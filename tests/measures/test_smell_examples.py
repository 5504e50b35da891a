"""Every row of the catalogue, in each of its languages, by an example that it holds for and one that it does not.

`smell_examples/` has a file a language: what stands below ``=== name`` must have the smell, what stands below
``--- name`` must not. Rows that are a matter of size are in `test_smells_of_size.py`.
"""

from pathlib import Path

import pytest
from smell_languages import SUFFIXES

from faultcast.measures import read
from faultcast.measures.smells import BY_NAME, CATALOGUE

FOLDER = Path(__file__).parent / "smell_examples"


def _examples() -> list[tuple[str, str, bool, str]]:
    """(language, smell, whether it holds, code) of every example."""
    found = []
    for page in sorted(FOLDER.iterdir()):
        sections = ("\n" + page.read_text("utf-8")).replace("\n--- ", "\n=== not ").split("\n=== ")[1:]
        for section in sections:
            head, _, code = section.partition("\n")
            found.append((page.stem, head.removeprefix("not "), not head.startswith("not "), code + "\n"))
    return found


EXAMPLES = _examples()


@pytest.mark.parametrize(
    ("language", "smell", "holds", "code"),
    EXAMPLES,
    ids=[f"{language}-{smell}-{'yes' if holds else 'no'}" for language, smell, holds, _ in EXAMPLES],
)
def test_a_smell_is_found_where_it_is_and_nowhere_else(language: str, smell: str, holds: bool, code: str) -> None:
    version = read(f"a{SUFFIXES[language]}", code.encode(), memo=None)
    assert version is not None
    assert (smell in dict(version.smells)) == holds, version.smells


@pytest.mark.parametrize(
    "smell", [row.name for row in CATALOGUE if not row.threshold or row.name == "complex_condition"]
)
def test_every_row_has_both_examples_in_each_of_its_languages(smell: str) -> None:
    for holds in (True, False):
        shown = {language for language, name, found, _ in EXAMPLES if name == smell and found == holds}
        assert shown >= set(BY_NAME[smell].languages), (smell, holds)
