"""Functions are kept by their text: whatever was read before, the same bytes give the same numbers."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from faultcast.measures import Memo, read
from faultcast.measures.kinds import row_of
from faultcast.measures.languages import LANGUAGES

SUFFIXES = [row.suffixes[0] for row in LANGUAGES]

FUNCTIONS = {
    "python": ["def f(a):\n    '''Doc.'''\n    return a and 1\n", "def g():\n    def h(b):\n        return b\n"],
    "java": ["int f(int a) { return a > 0 ? 1 : 2; }\n", "/** Doc. */\nint g() { for (;;) { if (a) {} } }\n"],
    "javascript": ["function f(a) { return a && 1; }\n", "const g = (a) => { function h() { return `${a}`; } };\n"],
    "typescript": ["function f(a: number) { return a ?? 1; }\n", "const g = (a: A) => { if (a) { b(); } };\n"],
    "go": ["func f(a int) int { if a > 0 { return 1 }; return 2 }\n", "// g is one.\nfunc (r *R) g() { h() }\n"],
    "c": ["int f(int a) { return a ? 1 : 2; }\n", "/* g */\nvoid g(void) { while (a) { b(); } }\n"],
    "cpp": ["int A::f(int a) { return a ? 1 : 2; }\n", "void g() { auto l = [&] { return a && b; }; }\n"],
    "csharp": ["int F(int a) { return a > 0 ? 1 : 2; }\n", "int P { get { return p ?? 1; } set { p = value; } }\n"],
    "rust": ["fn f(a: i32) -> i32 { if a > 0 { 1 } else { 2 } }\n", "/// g\nfn g() { let k = |x| x; }\n"],
    "ruby": ["def f(a)\n  a ? 1 : 2\nend\n", "# g\ndef g\n  xs.each { |x| x && y }\nend\n"],
    "hcl": ['resource "a" "b" {\n  count = var.a ? 1 : 0\n}\n', 'module "c" {\n  x { y = [for s in z : s] }\n}\n'],
}
AROUND = {
    "python": "class A:\n{}\n",
    "java": "class A {{\n{}}}\n",
    "javascript": "class A {{ m() {{\n{} }} }}\n",
    "typescript": "class A {{ m() {{\n{} }} }}\n",
    "cpp": "struct A {{\n{}}};\n",
    "csharp": "class A {{\n{}}}\n",
    "rust": "impl A {{\n{}}}\n",
    "ruby": "class A\n{}end\n",
}
SEPARATORS = ["", "\n\n", "{comment} note\n", "x = 1\n"]


def comment_of(language: str) -> str:
    return "#" if language in {"python", "ruby", "hcl"} else "//"


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """Some versions of a file: functions moved, wrapped into a class, repeated, cut."""
    suffix = draw(st.sampled_from(SUFFIXES))
    row = row_of("x" + suffix)
    assert row is not None
    found = []
    for _ in range(draw(st.integers(2, 4))):
        text = ""
        for _ in range(draw(st.integers(1, 4))):
            text += draw(st.sampled_from(SEPARATORS)).format(comment=comment_of(row.name))
            function = draw(st.sampled_from(FUNCTIONS[row.name]))
            if draw(st.booleans()) and row.name in AROUND:
                indented = "".join("    " + line for line in function.splitlines(keepends=True))
                function = AROUND[row.name].format(indented)
            text += function
        cut = draw(st.integers(0, 30))
        found.append(text.encode()[cut if draw(st.booleans()) else 0 :])
    return "x" + suffix, found


@settings(max_examples=80, deadline=None)
@given(versions(), st.sampled_from([1, 60, 10_000]))
def test_what_was_read_before_changes_no_number(case: tuple[str, list[bytes]], most_bytes: int) -> None:
    path, sources = case
    memo = Memo(most_bytes)
    for source in [*sources, *reversed(sources)]:
        assert read(path, source, memo) == read(path, source, None)


def test_a_function_that_moved_is_told_with_its_new_lines_and_its_new_class() -> None:
    memo = Memo()
    first = read("a.py", b"def f(a):\n    return a and 1\n", memo)
    moved = read("a.py", b"import os\n\n\nclass A:\n    x = 1\n\ndef f(a):\n    return a and 1\n", memo)
    inside = read("a.java", b"class A { int f() { return a ? 1 : 2; } }", memo)
    renamed = read("a.java", b"\nclass B { int f() { return a ? 1 : 2; } }", memo)
    assert first is not None
    assert moved is not None
    assert inside is not None
    assert renamed is not None
    assert (first.functions[0].start_line, moved.functions[0].start_line) == (1, 7)
    assert [f.name for f in (*inside.functions, *renamed.functions)] == ["A.f", "B.f"]
    assert len(memo) == 2


def test_a_memo_stays_as_small_as_it_was_told() -> None:
    memo = Memo(most_bytes=10_000)
    for at in range(2_000):
        read("a.py", f"def f{at:04}():\n    return {at:04}\n".encode(), memo)
    assert 300 < len(memo) < 1_000  # two halves of 10,000 bytes, 29 bytes a function


def test_broken_functions_are_never_kept() -> None:
    memo = Memo()
    read("a.c", b"int f(int a) { return a ? 1 : ; }\n", memo)
    assert len(memo) == 0


def deep(language: str) -> str:
    """Levels inside levels, as many as are parsed at all."""
    return {
        "python": "".join(" " * depth + "if a:\n" for depth in range(300)) + " " * 300 + "b\n",
        "ruby": "if a\n" * 5_000 + "end\n" * 5_000,
        "hcl": "a {\n" * 900 + "}\n" * 900,
    }.get(language, "void f() {\n" + "if (a) {\n" * 900 + "}\n" * 901)


def one_token(language: str) -> str:
    return ("a " * 100 + "\n") * 1_000 if language != "python" else "a\n" * 100_000


def many_functions(language: str) -> str:
    """One short function after the other."""
    function = FUNCTIONS[language][0]
    text = AROUND[language].format(function) if language in {"java", "csharp"} else function
    return text * (250_000 // len(text))


@pytest.mark.parametrize("build", [deep, one_token, many_functions])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_text_in_every_language_is_soon_done_with(suffix: str, build: Callable[[str], str]) -> None:
    row = row_of("x" + suffix)
    assert row is not None
    source = build(row.name).encode()
    first = read("x" + suffix, source, Memo())
    if first is not None:
        assert first.measures.lines == source.count(b"\n")
