"""Files are read in stretches: what did not change is not parsed again, and a wrong cut changes nothing."""

import pytest

from faultcast.measures import Memo, read
from faultcast.measures.cuts import cut

PYTHON = b"import os\n\n\ndef f(a):\n    return a and 1\n\n\n@g\nclass A:\n    def h(self):\n        return self.x\n"
WRONG_CUTS = {
    "a.py": b"def f():\n    return '''\ndef no():\n    if a: pass\n'''\n\ndef g():\n    pass\n",
    "a.go": b"package m\n\nfunc f() string {\n\treturn `\n}\nfunc no() { if a {} }\n`\n}\n\nfunc g() {\n}\n",
    "a.c": b"int f(void)\n{\n\treturn 1; /*\n}\nint no(void) { if (a) {} }\n*/\n}\n\nint g(void)\n{\n}\n",
    "a.js": b"function f() {\n  return `\n}\nfunction no() { if (a) {} }\n`;\n}\nfunction g() {\n}\n",
    "a.rs": b'fn f() {\n    g("\n}\nfn no() { if a {} }\n");\n}\n\nfn g() {\n}\n',
    "a.tf": b'resource "a" "f" {\n  b = <<E\n}\nresource "a" "no" {\n}\nE\n}\n\nresource "a" "g" {\n}\n',
}


@pytest.mark.parametrize("path", WRONG_CUTS)
def test_what_looks_like_a_declaration_in_a_string_is_none(path: str) -> None:
    source = WRONG_CUTS[path]
    found = read(path, source, Memo())
    assert found is not None
    assert [one.name.rpartition(".")[2] for one in found.functions] == ["f", "g"]
    assert found.functions[0].cyclomatic == 1
    assert found.functions[1].end_line == source.count(b"\n")


def test_only_the_stretch_that_changed_is_counted_anew() -> None:
    memo = Memo()
    read("a.py", PYTHON, memo)
    assert len(memo.stretches) == 3
    later = read("a.py", PYTHON.replace(b"import os\n", b"import os\nimport re\n"), memo)
    assert len(memo.stretches) == 4
    assert later is not None
    assert [(one.name, one.start_line) for one in later.functions] == [("f", 5), ("A.h", 11)]
    assert [(one.name, one.start_line, one.end_line) for one in later.classes] == [("A", 10, 12)]
    assert later.imports == ("os", "re")


def test_what_decorates_a_function_stays_with_it() -> None:
    assert cut("python", b"@a(\n    1,\n)\n@b\ndef f():\n    pass\ndef g():\n    pass\n") == [
        b"@a(\n    1,\n)\n@b\ndef f():\n    pass\n",
        b"def g():\n    pass\n",
    ]


def test_a_class_that_stands_in_two_stretches_is_one() -> None:
    source = b"struct A { x: i32 }\nimpl A {\n    fn f(&self) -> i32 { self.x }\n}\nimpl A {\n    fn g(&self) -> i32 { self.x }\n}\n"
    found = read("a.rs", source, Memo())
    assert found is not None
    assert [(one.name, one.start_line, one.end_line, one.methods, one.tcc) for one in found.classes] == [
        ("A", 2, 7, 2, 1.0)
    ]


def test_a_wildcard_import_written_in_two_stretches_smells_once() -> None:
    found = read("a.py", b"from a import *\n\ndef f():\n    pass\n\nfrom a import *\n\ndef g():\n    pass\n")
    assert found is not None
    assert dict(found.smells)["wildcard_import"] == 1
