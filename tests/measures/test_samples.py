"""One small sample a language; every expected number is counted by hand, and the comment beside it says from what."""

import pytest

from faultcast.measures import measure, measure_functions
from faultcast.records import Measures

PYTHON = '''"""A module."""
import os
from a import b


def f(a, *rest, c=1, **more):
    """What f does."""
    # a comment
    if a and c:  # a comment behind code is code
        for x in rest:
            if x:
                print(f"{x if a else c}")
    elif c:
        pass
    else:
        pass
    try:
        os.remove(a)
    except OSError:
        return [y for y in rest if y]
    return lambda: 1
'''

JAVA = """import a.b.C;
/** A class. */
abstract class A {
  abstract int g();
  int f(int a, String... b) {
    if (a > 1 && b == null) { a++; }
    else if (a < 0 || a > 9 || a == 5) { a--; }
    else { a = 0; }
    switch (a) { case 1: case 2: break; default: a = 3; }
    for (int x : y) { try { g(); } catch (E e) { return x > 0 ? 1 : 2; } }
    Runnable r = () -> { if (a > 0) { g(); } };
    return a;
  }
}
"""

JAVASCRIPT = """import a from "b";
const fs = require("fs"); // one
export function f(a, b = 1, ...c) {
  if (a && b) { g(); } else if (c) { h(); } else { i(); }
  switch (a) { case 1: break; default: g(); }
  for (const x of c) { while (x) { g(`${x ? 1 : 2}`); } }
  return c.map((x) => x ?? 1);
}
const g = async (x) => { return x; };
class A { m(a) { return a; } }
"""

TYPESCRIPT = """import { A } from "b";
function f(a?: number): number;
function f(a?: number): number {
  return a === undefined || a === null ? 0 : a;
}
class B { constructor(private a: number, b: string) { if (b) { this.a = 1; } } }
"""

GO = """package m
import (
	"a"
	"b"
)
func (r *R) F(a, b int, c ...string) (int, error) {
	if x := a; x > 0 && b > 0 { g() } else if b > 1 { h() } else { i() }
	switch a { case 1, 2: g(); default: h() }
	select { case <-ch: default: }
	for i := range c { func() { if a > i { g() } }() }
	return 0, nil
}
"""

C = """#include "a.h"
/* two
   lines */
static int *f(int a, char *b, ...) {
  if (a && b) return 0;
  do { a--; } while (a);
  switch (a) { case 1: case 2: break; default: a = 1; }
  goto end;
end:
  return a ? b : 0;
}
int g(void) { return 1; }
"""

CPP = """#include <a>
template <class T> int A::f(int a, T&& b) {
  for (auto x : b) { if (x and a) { g(); } }
  try { g(); } catch (E& e) { h(); }
  auto l = [&](int x) { return x > 0 ? 1 : 2; };
  return l(a);
}
struct B { B() = default; ~B() {} int g(void); };
"""

CSHARP = """using System;
class A {
  int P { get { return p ?? 1; } set { p = value; } }
  abstract int G();
  int F(int a, params int[] b) {
    if (a > 1 && b == null) { a = 1; } else if (a < 0) { a = 2; } else { a = 3; }
    foreach (var c in b) { try { G(); } catch (E e) { a = 0; } }
    return a switch { 1 => 2, 2 => 3, _ => 4 };
  }
}
"""

RUST = """use a::b;
/// Documented.
fn f(a: i32, mut b: &str) -> i32 {
    if a > 1 && c { g(); } else if let Some(x) = y { h(); } else { i(); }
    match a { 1 | 2 => 3, x if x > 2 => 4, _ => 5 };
    'outer: for i in 0..3 { loop { break 'outer; } }
    let k = |x, y| if x { y } else { 0 };
    a
}
"""

RUBY = """require 'x'
class A
  # a comment
  def f(a, b = 1, *c, k: 2, &d)
    if a && b
      1
    elsif c or d
      2
    else
      3
    end
    xs.each { |x| puts "#{x ? 1 : 2}" if x }
    case a
    when 1, 2 then 3
    else 4
    end
  rescue E
    while a do g end
  end
  def self.g; end
end
"""

TERRAFORM = """# storage
module "a" {
  source = "./a"
  count  = var.on ? 1 : 0
}

resource "aws_s3_bucket" "logs" {
  names = [for s in var.names : upper(s) if s != "" && var.on]
  dynamic "rule" {
    for_each = var.rules
    content { name = "x-${var.on ? "a" : "b"}" }
  }
}
"""


def numbers(found: Measures | None) -> dict[str, object]:
    assert found is not None
    computed = {"halstead_volume", "maintainability", "docstring_share"}  # have tests of their own
    return {name: getattr(found, name) for name in Measures.__slots__ if name not in computed}


CASES = {
    "a.py": (
        PYTHON,
        {
            "language": "python",
            "lines": 21,
            "code_lines": 16,  # 21 less 2 blank, 2 docstrings, 1 comment
            "comment_lines": 3,
            "functions": 1,  # the lambda belongs to f
            "cyclomatic": 10,  # 1, if, and, for, if, x-if-a, elif, except, comprehension, its if
            "cyclomatic_max": 10,
            # if 1, and 1, for 2, if 3, x-if-a 4, elif 1, else 1, except 1
            "cognitive": 14,
            "nesting_max": 4,
            "function_lines_max": 16,  # lines 6 to 21
            "parameters_max": 4,
            "imports": 2,
        },
    ),
    "A.java": (
        JAVA,
        {
            "language": "java",
            "lines": 14,
            "code_lines": 13,
            "comment_lines": 1,
            "functions": 1,  # g has no body
            # 1, if, &&, else-if, || twice, case twice, for, catch, ?:, if in the lambda
            "cyclomatic": 12,
            "cyclomatic_max": 12,
            # if 1, && 1, else-if 1, a run of || 1, else 1, switch 1, for 1, catch 2, ?: 3, if in the lambda 2
            "cognitive": 14,
            "nesting_max": 3,  # for, catch, ?:
            "function_lines_max": 9,
            "parameters_max": 2,
            "imports": 1,
        },
    ),
    "a.js": (
        JAVASCRIPT,
        {
            "language": "javascript",
            "lines": 10,
            "code_lines": 10,
            "comment_lines": 0,
            "functions": 3,  # f, g, m; x => x ?? 1 has no block and belongs to f
            "cyclomatic": 11,  # f: 1, if, &&, else-if, case, for, while, ?:, ??; g 1; m 1
            "cyclomatic_max": 9,
            # if 1, && 1, else-if 1, else 1, switch 1, for 1, while 2, ?: 3, ?? 1
            "cognitive": 12,
            "nesting_max": 3,
            "function_lines_max": 6,
            "parameters_max": 3,
            "imports": 2,  # import and require
        },
    ),
    "a.ts": (
        TYPESCRIPT,
        {
            "language": "typescript",
            "lines": 6,
            "code_lines": 6,
            "comment_lines": 0,
            "functions": 2,  # the overload's signature has no body
            "cyclomatic": 5,  # f: 1, ||, ?:; constructor: 1, if
            "cyclomatic_max": 3,
            "cognitive": 3,  # || 1, ?: 1; if 1
            "nesting_max": 1,
            "function_lines_max": 3,
            "parameters_max": 2,
            "imports": 1,
        },
    ),
    "a.go": (
        GO,
        {
            "language": "go",
            "lines": 12,
            "code_lines": 12,
            "comment_lines": 0,
            "functions": 1,  # the function literal belongs to F
            "cyclomatic": 8,  # 1, if, &&, else-if, case of switch, case of select, for, if
            "cyclomatic_max": 8,
            # if 1, && 1, else-if 1, else 1, switch 1, select 1, for 1, if 3 (inside for and literal)
            "cognitive": 10,
            "nesting_max": 2,
            "function_lines_max": 7,
            "parameters_max": 3,  # a and b share a type
            "imports": 2,
        },
    ),
    "a.c": (
        C,
        {
            "language": "c",
            "lines": 12,
            "code_lines": 10,
            "comment_lines": 2,
            "functions": 2,
            "cyclomatic": 8,  # f: 1, if, &&, do, case twice, ?:; g 1
            "cyclomatic_max": 7,
            "cognitive": 6,  # if 1, && 1, do 1, switch 1, goto 1, ?: 1
            "nesting_max": 1,
            "function_lines_max": 8,
            "parameters_max": 3,  # the dots are one; (void) is none
            "imports": 1,
        },
    ),
    "a.cpp": (
        CPP,
        {
            "language": "cpp",
            "lines": 8,
            "code_lines": 8,
            "comment_lines": 0,
            "functions": 2,  # A::f and ~B; B() = default and g(void); have no body
            "cyclomatic": 7,  # f: 1, for, if, and, catch, ?:; ~B 1; T&& is no operator
            "cyclomatic_max": 6,
            "cognitive": 7,  # for 1, if 2, and 1, catch 1, ?: 2 (inside the lambda)
            "nesting_max": 2,
            "function_lines_max": 6,
            "parameters_max": 2,
            "imports": 1,
        },
    ),
    "A.cs": (
        CSHARP,
        {
            "language": "csharp",
            "lines": 10,
            "code_lines": 10,
            "comment_lines": 0,
            "functions": 3,  # get, set, F; G has no body
            "cyclomatic": 11,  # get: 1, ??; set 1; F: 1, if, &&, else-if, foreach, catch, two arms (not _)
            "cyclomatic_max": 8,
            # get: ?? 1; F: if 1, && 1, else-if 1, else 1, foreach 1, catch 2, switch 1
            "cognitive": 9,
            "nesting_max": 2,
            "function_lines_max": 5,
            "parameters_max": 2,
            "imports": 1,
        },
    ),
    "a.rs": (
        RUST,
        {
            "language": "rust",
            "lines": 9,
            "code_lines": 8,
            "comment_lines": 1,
            "functions": 1,
            "cyclomatic": 9,  # 1, if, &&, else-if, two arms (not _), for, loop, if in the closure
            "cyclomatic_max": 9,
            # if 1, && 1, else-if 1, else 1, match 1, for 1, loop 2, labelled break 1, if 2 and else 1 in the closure
            "cognitive": 12,
            "nesting_max": 2,
            "function_lines_max": 7,
            "parameters_max": 2,
            "imports": 1,
        },
    ),
    "a.rb": (
        RUBY,
        {
            "language": "ruby",
            "lines": 21,
            "code_lines": 20,
            "comment_lines": 1,
            "functions": 2,
            "cyclomatic": 11,  # f: 1, if, &&, elsif, or, if behind puts, ?:, when, rescue, while; g 1
            "cyclomatic_max": 10,
            # if 1, && 1, elsif 1, or 1, else 1, if in the block 2, ?: 3, case 1, rescue 1, while 2
            "cognitive": 14,
            "nesting_max": 2,
            "function_lines_max": 16,
            "parameters_max": 5,
            "imports": 1,
        },
    ),
    "main.tf": (
        TERRAFORM,
        {
            "language": "hcl",
            "lines": 13,
            "code_lines": 11,
            "comment_lines": 1,
            "functions": 2,  # top-level blocks
            "cyclomatic": 8,  # module: 1, ?:; resource: 1, for, its if, &&, dynamic, ?:
            "cyclomatic_max": 6,
            "cognitive": 6,  # module: ?: 1; resource: for 1, && 1, dynamic 1, ?: 2
            "nesting_max": 2,
            "function_lines_max": 7,
            "parameters_max": 3,  # arguments of the bucket, those of nested blocks too
            "imports": 1,  # the module
        },
    ),
}


@pytest.mark.parametrize("path", CASES)
def test_a_sample_in_every_language_gives_the_numbers_counted_by_hand(path: str) -> None:
    source, expected = CASES[path]
    assert numbers(measure(path, source.encode())) == expected


@pytest.mark.parametrize("path", CASES)
def test_the_functions_of_a_file_add_up_to_the_file(path: str) -> None:
    source = CASES[path][0].encode()
    whole = measure(path, source)
    functions = measure_functions(path, source)
    assert whole is not None
    assert len(functions) == whole.functions
    assert sum(f.cyclomatic for f in functions) <= whole.cyclomatic
    assert max(f.cyclomatic for f in functions) == whole.cyclomatic_max
    assert max(f.parameters for f in functions) == whole.parameters_max
    assert max(f.end_line - f.start_line + 1 for f in functions) == whole.function_lines_max
    assert list(functions) == sorted(functions, key=lambda f: f.start_line)


def test_functions_carry_their_declared_names() -> None:
    named = {path: [f.name for f in measure_functions(path, CASES[path][0].encode())] for path in CASES}
    assert named["a.c"] == ["f", "g"]
    assert named["a.cpp"] == ["A::f", "B.~B"]
    assert named["A.cs"] == ["A.get", "A.set", "A.F"]
    assert named["a.js"] == ["f", "g", "A.m"]
    assert named["main.tf"] == ["module.a", "aws_s3_bucket.logs"]


def test_halstead_volume_is_tokens_times_the_bits_of_naming_one() -> None:
    # x = a + a: operators = +, operands x a a: 5 tokens, 4 distinct, 5 * log2(4)
    for path in ("a.py", "a.rb", "a.js"):
        found = measure(path, b"x = a + a\n")
        assert found is not None
        assert found.halstead_volume == 10.0


def test_code_outside_functions_counts_without_a_base() -> None:
    found = measure("a.py", b"if a:\n    b = 1 if c else 2\n")
    assert found is not None
    assert (found.functions, found.cyclomatic, found.cyclomatic_max, found.cognitive) == (0, 2, 2, 3)
    empty = measure("__init__.py", b"")
    assert empty is not None
    assert (empty.lines, empty.cyclomatic, empty.cyclomatic_max, empty.halstead_volume) == (0, 0, 0, 0.0)


def test_a_run_of_equal_operators_costs_once_even_through_parentheses() -> None:
    runs = {
        "a and b and c": 1,
        "a and (b and c)": 1,
        "a and b or c": 2,
        "a and (b or c) and d": 2,
        "a and not (b and c)": 2,
    }
    for expression, points in runs.items():
        found = measure("a.py", f"x = {expression}\n".encode())
        assert found is not None
        assert (expression, found.cognitive) == (expression, points)
