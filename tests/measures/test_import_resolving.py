"""Which file an import means, a language a block: the files there are, who imports, what, and the answer."""

import pytest

from faultcast.measures import language_of
from faultcast.measures.imports import Known, resolve

PYTHON = """src/shop/__init__.py src/shop/cart.py src/shop/json/__init__.py src/shop/web/__init__.py src/shop/web/app.py
    tests/test_cart.py tests/helpers.py tools/json.py tools/build.py services/pay/pay/__init__.py services/pay/pay/api.py"""
SCRIPT = """src/app.ts src/cart.ts src/line/index.tsx src/old.js src/types.d.ts web/src/main.tsx web/src/lib/format.ts
    lib/index.js lib/router.js test/router.js"""
GO = "cmd/root.go pkg/cart/cart.go pkg/cart/line.go main.go internal/http/client.go"
JAVA = "core/src/main/java/com/shop/Cart.java web/src/main/java/com/shop/Cart.java core/src/main/java/com/shop/line/Line.java"
C = "compat/unistd.h lib/cart.h lib/cart.c app/main.c app/main.h include/shop/line.h tools/main.h"
CSHARP = "src/Shop.Core/Carts/Cart.cs src/Shop.Core/Shop.cs tests/Shop.Tests/CartTests.cs"
RUST = "src/lib.rs src/cart.rs src/cart/line.rs src/web/mod.rs src/web/app.rs tax-rates/src/lib.rs tax-rates/src/eu.rs"
RUBY = "lib/shop.rb lib/shop/cart.rb lib/json.rb spec/spec_helper.rb spec/cart_spec.rb vendor/x/set.rb"
HCL = "main.tf modules/vpc/main.tf modules/vpc/subnets/main.tf examples/full/main.tf"

CASES = [
    (PYTHON, "src/shop/web/app.py", "shop.cart.total", "src/shop/cart.py"),
    (PYTHON, "tests/test_cart.py", "shop.cart", "src/shop/cart.py"),
    (PYTHON, "tests/test_cart.py", "shop", "src/shop/__init__.py"),
    (PYTHON, "tests/test_cart.py", "helpers.order", "tests/helpers.py"),
    (PYTHON, "src/shop/web/app.py", "..cart.total", "src/shop/cart.py"),
    (PYTHON, "src/shop/web/app.py", ".", "src/shop/web/__init__.py"),
    (PYTHON, "src/shop/web/app.py", ".*", "src/shop/web/__init__.py"),
    (PYTHON, "src/shop/web/app.py", "..json", "src/shop/json/__init__.py"),
    (PYTHON, "src/shop/web/app.py", "json", None),  # the standard library's: shop/json is shop.json
    (PYTHON, "tools/build.py", "json", "tools/json.py"),  # a program finds what is beside it
    (PYTHON, "src/shop/cart.py", "pay.api.charge", "services/pay/pay/api.py"),
    (PYTHON, "src/shop/cart.py", "numpy", None),
    (PYTHON, "src/shop/cart.py", "......far", None),
    (SCRIPT, "src/app.ts", "./cart", "src/cart.ts"),
    (SCRIPT, "src/app.ts", "./cart.js", "src/cart.ts"),
    (SCRIPT, "src/app.ts", "./old.js", "src/old.js"),
    (SCRIPT, "src/app.ts", "./line", "src/line/index.tsx"),
    (SCRIPT, "src/app.ts", "./types", "src/types.d.ts"),
    (SCRIPT, "test/router.js", "../lib/router", "lib/router.js"),
    (SCRIPT, "test/router.js", "../lib", "lib/index.js"),
    (SCRIPT, "lib/router.js", ".", "lib/index.js"),
    (SCRIPT, "web/src/main.tsx", "@/lib/format", "web/src/lib/format.ts"),
    (SCRIPT, "src/app.ts", "react", None),
    (SCRIPT, "src/app.ts", "../../../etc/passwd", None),
    (GO, "main.go", "example.com/shop/pkg/cart", "pkg/cart/"),
    (GO, "cmd/root.go", "example.com/shop", "/"),
    (GO, "main.go", "net/http", None),
    (GO, "main.go", "example.com/shopping/cmd", None),
    (JAVA, "web/src/main/java/com/shop/Page.java", "com.shop.Cart", "web/src/main/java/com/shop/Cart.java"),
    (JAVA, "core/src/main/java/com/shop/A.java", "com.shop.Cart.total", "core/src/main/java/com/shop/Cart.java"),
    (JAVA, "core/src/main/java/com/shop/A.java", "com.shop.line.*", "core/src/main/java/com/shop/line/"),
    (JAVA, "core/src/main/java/com/shop/A.java", "java.util.List", None),
    (C, "app/main.c", "main.h", "app/main.h"),
    (C, "lib/cart.c", "main.h", "app/main.h"),
    (C, "app/main.c", "<shop/line.h>", "include/shop/line.h"),
    (C, "app/main.c", "../lib/cart.h", "lib/cart.h"),
    (C, "app/main.c", "<stdio.h>", None),
    (C, "app/main.c", "<unistd.h>", None),  # for systems without one
    (C, "app/main.c", "unistd.h", "compat/unistd.h"),
    (CSHARP, "tests/Shop.Tests/CartTests.cs", "Shop.Core.Carts", "src/Shop.Core/Carts/"),
    (CSHARP, "tests/Shop.Tests/CartTests.cs", "Shop.Core", "src/Shop.Core/"),
    (CSHARP, "tests/Shop.Tests/CartTests.cs", "Shop.Core.Carts.Cart", "src/Shop.Core/Carts/Cart.cs"),
    (CSHARP, "tests/Shop.Tests/CartTests.cs", "System.Linq", None),
    (RUST, "src/lib.rs", "self::cart", "src/cart.rs"),
    (RUST, "src/cart.rs", "self::line", "src/cart/line.rs"),
    (RUST, "src/web/app.rs", "crate::cart::line::Line", "src/cart/line.rs"),
    (RUST, "src/web/app.rs", "super::routes", "src/web/mod.rs"),
    (RUST, "src/cart/line.rs", "super::Cart", "src/cart.rs"),
    (RUST, "src/cart.rs", "tax_rates::eu::rate", "tax-rates/src/eu.rs"),
    (RUST, "src/cart.rs", "std::fmt", None),
    (RUBY, "spec/cart_spec.rb", "spec_helper", "spec/spec_helper.rb"),
    (RUBY, "spec/cart_spec.rb", "shop/cart", "lib/shop/cart.rb"),
    (RUBY, "lib/shop.rb", "./shop/cart", "lib/shop/cart.rb"),
    (RUBY, "lib/shop.rb", "set", None),
    (HCL, "examples/full/main.tf", "../../modules/vpc", "modules/vpc/"),
    (HCL, "examples/full/main.tf", "../..", "/"),
    (HCL, "modules/vpc/main.tf", "./subnets", "modules/vpc/subnets/"),
    (HCL, "main.tf", "terraform-aws-modules/vpc/aws", None),
    (HCL, "main.tf", "./modules", None),
]


@pytest.mark.parametrize(
    ("files", "path", "imported", "meant"), CASES, ids=[f"{path}:{imported}" for _, path, imported, _ in CASES]
)
def test_an_import_means_the_file_that_its_language_would_find(
    files: str, path: str, imported: str, meant: str | None
) -> None:
    known = Known((file, language_of(file) or "") for file in files.split())
    assert resolve(imported, path, language_of(path) or "", known, go_module="example.com/shop") == meant


def test_a_language_that_is_not_resolved_leads_nowhere() -> None:
    assert resolve("a", "b.sh", "shell", Known([("a", "shell")])) is None
