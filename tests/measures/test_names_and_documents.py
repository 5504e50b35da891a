"""What a function is called, whether it is documented, and how well it can be maintained."""

import pytest

from faultcast.measures import measure, measure_functions

NAMES = {
    "a.py": (b"class A:\n    def m(self):\n        def g(): pass\ndef f(): pass\ndef f(): pass\n", "A.m A.m.g f f#2"),
    "A.java": (b"class A { A() {} int m() { return 1; } class B { int m() { return 2; } } }", "A.A A.m A.B.m"),
    "a.js": (b"const f = () => {};\nexports.g = function () {};\nx(() => { y(); });\n", "f exports.g (anonymous)"),
    "a.ts": (b"class A { m(): void { const k = () => { z(); }; } }\nconst o = { p: () => { q(); } };\n", "A.m A.m.k p"),
    "a.go": (b"package m\nfunc (r *R) F() {}\nfunc (R[T]) G() {}\nfunc h() {}\n", "R.F R.G h"),
    "a.c": (b"static int *f(int a) { return 0; }\n", "f"),
    "a.cc": (b"int A::f() { return 1; }\nstruct B { int g() { return 2; } };\n", "A::f B.g"),
    "A.cs": (b"class A { int M() { return 1; } }\n", "A.M"),
    "a.rs": (b"impl A { fn f(&self) {} }\nimpl T for B<X> { fn f(&self) {} }\nfn g() {}\n", "A.f B<X>.f g"),
    "a.rb": (b"module A\n  class B\n    def f; end\n  end\nend\ndef g; end\n", "A.B.f g"),
}

DOCUMENTED = {
    "a.py": (b'def f():\n    """Doc."""\n\n\n# no docstring\ndef g():\n    return 1\n', 0.5),
    "A.java": (b"class A {\n  /** Doc. */\n  @Override\n  int f() { return 1; }\n  int g() { return 2; }\n}\n", 0.5),
    "a.go": (b"package m\n\n// F is one.\nfunc F() {}\n\n// far away\n\nfunc g() {}\n", 0.5),
    "a.rs": (b"/// One.\n#[inline]\nfn f() {}\nlet a = 1; // beside\nfn g() {}\n", 0.5),
    "a.c": (b"int a; /* of a */\nint f(void) { return 1; }\n/* two\n   lines */\nint g(void) { return 1; }\n", 0.5),
    "a.js": (b"// far\n\nx();\n", None),
}


@pytest.mark.parametrize("path", NAMES)
def test_a_name_tells_what_stands_around_a_function(path: str) -> None:
    source, names = NAMES[path]
    assert [f.name for f in measure_functions(path, source)] == names.split()


@pytest.mark.parametrize("path", DOCUMENTED)
def test_a_function_is_documented_by_a_docstring_or_by_a_comment_right_above(path: str) -> None:
    source, share = DOCUMENTED[path]
    found = measure(path, source)
    assert found is not None
    assert found.docstring_share == share


def test_maintainability_falls_with_size_and_decisions_and_stays_between_0_and_100() -> None:
    small, large = (measure("a.py", b"def f(a):\n" + b"    if a and b:\n        c(a)\n" * times) for times in (1, 400))
    assert small is not None
    assert large is not None
    assert small.maintainability is not None
    assert large.maintainability == 0.0
    assert 50 < small.maintainability < 100
