"""Whatever bytes a history holds, measuring ends soon, raises nothing and gives the same numbers again."""

import dataclasses
import random

import pytest
from hypothesis import given, settings, strategies as st

from faultcast.measures import measure, measure_functions
from faultcast.measures.languages import LANGUAGES
from faultcast.measures.text import MAX_BYTES, MAX_LINE_CHARS

SUFFIXES = [row.suffixes[0] for row in LANGUAGES]
COMMENTS = {"python": b"# note", "ruby": b"# note", "hcl": b"# note"}

SAMPLES = {
    ".py": b"import a\n\n\ndef f(x):\n    if x and a:\n        return 1\n    return 2\n",
    ".java": b"class A { int f(int a) { return a > 0 && a < 9 ? 1 : 2; } }\n",
    ".js": b"function f(a) { if (a) { return 1; } return 2; }\n",
    ".ts": b"function f(a: number) { if (a) { return 1; } return 2; }\n",
    ".tsx": b"const f = (a: number) => { return a ? <b>{a}</b> : null; };\n",
    ".go": b"package m\nfunc f(a int) int { if a > 0 { return 1 }; return 2 }\n",
    ".c": b"int f(int a) { return a ? 1 : 2; }\n",
    ".cc": b"int A::f(int a) { return a ? 1 : 2; }\n",
    ".cs": b"class A { int F(int a) { return a > 0 ? 1 : 2; } }\n",
    ".rs": b"fn f(a: i32) -> i32 { if a > 0 { 1 } else { 2 } }\n",
    ".rb": b"def f(a)\n  a ? 1 : 2\nend\n",
    ".tf": b'resource "a" "b" {\n  count = var.a ? 1 : 0\n}\n',
}


def rows_of(text: bytes) -> bytes:
    """Break an endless line, as the longest line is limited."""
    return b"\n".join(text[i : i + 400] for i in range(0, len(text), 400))


HOSTILE = {
    "brackets": rows_of(b"(" * 100_000),
    "closed brackets": b"x = " + rows_of(b"(" * 50_000 + b"1" + b")" * 50_000),
    "braces": rows_of(b"{" * 50_000),
    "ifs in ifs": b"if (a) {\n" * 20_000,
    "indentation": b"".join(b" " * depth + b"if a:\n" for depth in range(400)),
    "one long expression": b"x = (" + b"a +\n" * 60_000 + b"a)",
    "one condition": b"x = (" + b"a and\n" * 8_000 + b"a)",
    "calls": b"a" + b"\n.b()" * 30_000,
    "generics": rows_of(b"a<" * 50_000),
    "minus": b"x = " + rows_of(b"-" * 100_000),
    "else if": b"if (a) {}\n" + b"else if (b) {}\n" * 10_000,
    "elif": b"if a:\n  pass\n" + b"elif b:\n  pass\n" * 3_000,
    "functions": b"function f() {\n" * 900,
    "strings left open": rows_of(b"\"'" * 20_000),
    "latin-1": b'x = "\xff\xfe"\n# caf\xe9\n' * 50,
    "a mark before the text": b"\xef\xbb\xbfx = 1\r\ny = 2\r\n",
    "an unknown encoding": b"# -*- coding: no-such-thing -*-\nx = 1\n",
    "Python 2": b"def f(x):\n    if x: print 'a'\n    exec 'b' in {}\n",
}


@pytest.mark.parametrize("suffix", [".py", ".cs", ".js", ".tf"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_neither_raises_nor_hangs(name: str, suffix: str) -> None:
    source = HOSTILE[name]
    first = measure("x" + suffix, source)
    if first is not None:
        assert 0 <= first.code_lines + first.comment_lines <= first.lines
        assert first.cyclomatic_max <= first.cyclomatic


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_cut_and_stirred_code_still_gives_numbers(suffix: str, data: st.DataObject) -> None:
    source = bytearray(SAMPLES[suffix] * 3)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source) - 1))
        source[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=3)).replace(b"\0", b"(")
        source = source or bytearray(b"x")
    found = measure("x" + suffix, bytes(source))
    if found is not None:
        assert found.code_lines + found.comment_lines <= found.lines
        assert found.halstead_volume is not None
        assert len(measure_functions("x" + suffix, bytes(source))) == found.functions


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=10, deadline=None)
@given(comments=st.integers(1, 5), blanks=st.integers(0, 3))
def test_an_appended_comment_changes_only_the_numbers_about_lines(suffix: str, comments: int, blanks: int) -> None:
    path = "x" + suffix
    before = measure(path, SAMPLES[suffix])
    assert before is not None
    comment = COMMENTS.get(before.language, b"// note")
    after = measure(path, SAMPLES[suffix] + b"\n" * blanks + (comment + b"\n") * comments)
    assert after == dataclasses.replace(
        before, lines=before.lines + comments + blanks, comment_lines=before.comment_lines + comments
    )
    assert measure_functions(path, SAMPLES[suffix]) == measure_functions(path, SAMPLES[suffix] + comment)


@pytest.mark.parametrize("suffix", [".py", ".js"])
def test_one_expression_of_a_megabyte_is_measured(suffix: str) -> None:
    found = measure("x" + suffix, b"x = (" + b"a +\n" * 240_000 + b"a)")
    assert found is not None
    assert (found.lines, found.cyclomatic) == (240_001, 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_bytes_give_the_same_numbers(suffix: str) -> None:
    assert measure("x" + suffix, SAMPLES[suffix]) == measure("x" + suffix, SAMPLES[suffix])


def test_broken_code_keeps_the_functions_that_can_be_read() -> None:
    broken = SAMPLES[".py"] + b"def broken(:\n    if x\n"
    assert [f.cyclomatic for f in measure_functions("a.py", broken) if f.name == "f"] == [3]


def test_python_2_is_counted_too() -> None:
    source = b"def f(x):\n    if x and y:\n        print 'a'\n    exec 'b'\n"
    assert [f.cyclomatic for f in measure_functions("a.py", source)] == [3]


def test_what_is_no_readable_source_has_no_measures() -> None:
    noise = random.Random(3).randbytes(4_000).replace(b"\0", b"x")
    assert measure("a.py", b"x = 1\0") is None
    assert measure("a.py", noise) is None
    assert measure("a.py", b"#\n" * MAX_BYTES) is None
    assert measure("a.js", b"var a=1;" * MAX_LINE_CHARS) is None
    assert measure("a.go", b"// Code generated by protoc-gen-go. DO NOT EDIT.\npackage m\n") is None
    assert measure("a.cs", rows_of(b"a<" * 10_000)) is None
    assert measure("notes.txt", b"x = 1\n") is None
    assert measure_functions("a.py", b"x = 1\0") == ()
    assert measure_functions("notes.txt", b"x = 1\n") == ()
