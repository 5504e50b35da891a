"""LCOM4 and TCC of small classes; every expected number is counted by hand."""

import pytest

from faultcast.measures import read
from faultcast.measures.cohesion import cohesion
from faultcast.records import ClassMeasures

# Everywhere the same class: a constructor that touches everything; add and total share `lines`, rate and tax share
# `country`, hello uses nothing. Pairs that share a field: 2 of 10. Groups: {add, total}, {rate, tax}, {hello}.
PYTHON = """class Cart:
    def __init__(self): self.lines, self.country = [], ""
    def add(self, x): self.lines.append(x)
    def total(self): return [f(x) for x in self.lines]
    def rate(self): return self.country
    def tax(self): return 2 * len(self.country)
    def hello(self): return 1
"""
JAVA = """class Cart {
  private List lines; String country, unused;
  Cart() { lines = null; country = ""; }
  void add(int x) { lines.add(x); }
  int total() { return this.lines.size(); }
  String rate() { return country; }
  int tax() { return 2 * country.length(); }
  int hello() { return 1; }
}
"""
SCRIPT = """class Cart {
  constructor() { this.lines = []; this.country = ""; }
  add(x) { this.lines.push(x); }
  total() { return this.lines.map((x) => x); }
  rate() { return this.country; }
  tax() { return 2 * this.country.length; }
  hello() { return 1; }
}
"""
CPP = """class Cart {
  std::vector<int> lines; char *country;
  Cart() { lines = {}; country = 0; }
  ~Cart() { free(country); lines.clear(); }
  void add(int x) { lines.push_back(x); }
  int total() { return this->lines.size(); }
  char *rate() { return country; }
  int tax() { return 2 * strlen(country); }
  int hello() { return 1; }
  int declared(int x);
};
"""
CSHARP = JAVA.replace("private List lines;", "private List<int> lines;").replace(
    "String country, unused;", "string country { get; set; }"
)
RUST = """impl Cart {
    fn new() -> Self { Cart { } }
    fn add(&mut self, x: i32) { self.lines.push(x); }
    fn total(&self) -> i32 { self.lines.len() }
    fn rate(&self) -> &str { self.country }
    fn tax(&self) -> usize { 2 * self.country.len() }
    fn hello(&self) -> i32 { 1 }
}
"""
RUBY = """class Cart
  def initialize; @lines = []; @country = ""; end
  def add(x); @lines << x; end
  def total; @lines.map { |x| x }; end
  def rate; @country; end
  def tax; 2 * @country.size; end
  def hello; 1; end
end
"""
CASES = [
    ("a.py", PYTHON),
    ("A.java", JAVA),
    ("a.js", SCRIPT),
    ("a.ts", SCRIPT),
    ("a.cpp", CPP),
    ("a.cs", CSHARP),
    ("a.rs", RUST),
    ("a.rb", RUBY),
]


def _classes(path: str, code: str) -> tuple[ClassMeasures, ...]:
    version = read(path, code.encode(), memo=None)
    assert version is not None
    return version.classes


@pytest.mark.parametrize(("path", "code"), CASES, ids=[path for path, _ in CASES])
def test_a_class_of_three_groups(path: str, code: str) -> None:
    (cart,) = _classes(path, code)
    assert (cart.name, cart.start_line, cart.end_line) == ("Cart", 1, code.count("\n"))
    assert (cart.lcom4, cart.tcc) == (3, 0.2)
    assert cart.fields >= 2
    assert cart.cyclomatic >= cart.methods >= 6


@pytest.mark.parametrize(("path", "code"), CASES, ids=[path for path, _ in CASES])
def test_methods_that_call_one_another_belong_together(path: str, code: str) -> None:
    this = {"a.py": "self.", "a.js": "this.", "a.ts": "this.", "a.rs": "self."}.get(path, "")
    before, _, after = code.rpartition("1")  # what hello gives
    (cart,) = _classes(path, f"{before}{this}rate(){after}")
    assert (cart.lcom4, cart.tcc) == (2, 0.2)


def test_nested_classes_are_classes_of_their_own() -> None:
    code = "class A:\n    def f(self): return self.x\n    class B:\n        def g(self): return self.y\n"
    assert [(one.name, one.methods, one.fields) for one in _classes("a.py", code)] == [("A", 1, 1), ("A.B", 1, 1)]


def test_what_a_function_inside_a_method_uses_the_method_uses() -> None:
    code = "class A:\n    def f(self):\n        def inner(): return self.x\n        return inner\n    def g(self): return self.x\n"
    (one,) = _classes("a.py", code)
    assert (one.methods, one.tcc) == (2, 1.0)


def test_cohesion_is_missing_where_nothing_can_be_seen() -> None:
    assert _classes("a.go", "package m\nfunc (c *Cart) Add() { c.n++ }\n") == ()
    (one,) = _classes("a.py", "class A:\n    def f(self): return 1\n    def g(self): return 2\n")
    assert (one.lcom4, one.tcc) == (None, None)
    assert cohesion([one]) is None


def test_a_files_cohesion_is_the_mean_of_its_classes() -> None:
    tight = "class B:\n    def f(self): return self.x\n    def g(self): return self.x\n"
    assert cohesion(_classes("a.py", PYTHON + tight)) == pytest.approx(0.6)
