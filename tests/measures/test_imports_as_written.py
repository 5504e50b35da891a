"""What each language's import statements name."""

import pytest

from faultcast.measures.imports.names import names_in

STATEMENTS = [
    ("python", "import os", ("os",)),
    ("python", "import a.b as c, d", ("a.b", "d")),
    ("python", "from a.b import c as d, e", ("a.b.c", "a.b.e")),
    ("python", "from . import cart", (".cart",)),
    ("python", "from ..shop.cart import (\n    add,  # (one)\n    total,\n)", ("..shop.cart.add", "..shop.cart.total")),
    ("python", "from a import *", ("a.*",)),
    ("python", "from a import b, \\\n    c", ("a.b", "a.c")),
    ("python", "from __future__ import annotations", ("__future__.annotations",)),
    ("java", "import a.b.C;", ("a.b.C",)),
    ("java", "import static a.b.C.of;", ("a.b.C.of",)),
    ("java", "import a.b.*;", ("a.b.*",)),
    ("javascript", 'import a, { b as c } from "./cart";', ("./cart",)),
    ("javascript", "import './side.css'", ("./side.css",)),
    ("javascript", "require('../cart')", ("../cart",)),
    ("javascript", "import(`./late`)", ("./late",)),
    ("javascript", "require(name)", ()),
    ("javascript", 'import data from "./data.json" with { type: "json" };', ("./data.json",)),
    ("typescript", "import type { A } from '@/cart'", ("@/cart",)),
    ("typescript", "export * from './cart';", ("./cart",)),
    ("typescript", 'import fs = require("fs");', ("fs",)),
    ("go", '"net/http"', ("net/http",)),
    ("go", 'shop "example.com/shop/cart"', ("example.com/shop/cart",)),
    ("c", '#include "cart.h" // not "this.h"', ("cart.h",)),
    ("c", "#  include <sys/types.h>", ("<sys/types.h>",)),
    ("cpp", "#include CART_H", ()),
    ("csharp", "using Shop.Cart;", ("Shop.Cart",)),
    ("csharp", "global using static System.Math;", ("System.Math",)),
    ("csharp", "using Lines = Shop.Cart.Lines;", ("Shop.Cart.Lines",)),
    ("rust", "use crate::cart::Line as L;", ("crate::cart::Line",)),
    ("rust", "use std::{fmt, io::{self, Read}};", ("std::fmt", "std::io", "std::io::Read")),
    ("rust", "pub(crate) use super::*;", ("super::*",)),
    ("rust", "mod cart;", ("self::cart",)),
    ("rust", "extern crate serde;", ("serde",)),
    ("ruby", "require_relative 'cart'", ("./cart",)),
    ("ruby", 'require_relative("../cart")', ("../cart",)),
    ("ruby", "require 'shop/cart'", ("shop/cart",)),
    ("ruby", "autoload :Cart, 'shop/cart'", ("shop/cart",)),
    ("ruby", "require name", ()),
    ("hcl", 'module "a" {\n  source = "./modules/a"\n  b = "c"\n}', ("./modules/a",)),
    ("hcl", 'module "a" {\n  resource = "x"\n}', ()),
    ("cobol", "COPY CART.", ()),
]


@pytest.mark.parametrize(
    ("language", "statement", "names"), STATEMENTS, ids=[f"{s[0]}:{s[1][:30]}" for s in STATEMENTS]
)
def test_names_are_as_the_language_writes_them(language: str, statement: str, names: tuple[str, ...]) -> None:
    assert names_in(language, statement.encode()) == names


@pytest.mark.parametrize("language", sorted({language for language, *_ in STATEMENTS}))
def test_nonsense_and_endless_statements_name_little(language: str) -> None:
    for text in (b"", b"{" * 5_000, b"use " + b"a::{" * 5_000, b"import " + b"a," * 50_000, b"from " + b"." * 9_000):
        names = names_in(language, text)
        assert len(names) <= 200
        assert all(len(name) <= 300 for name in names)
