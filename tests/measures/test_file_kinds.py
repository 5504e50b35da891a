"""What a path names, by the conventions of each language."""

import pytest

from faultcast.measures import file_kind, language_of

KINDS = {
    "source": "src/app.py lib/a.js web/App.tsx main.go src/main/java/A.java a.c include/a.h A.cs src/lib.rs lib/a.rb"
    " infra/main.tf scripts/run.sh src/contest.py src/latest.js app/attest.go src/Greatest.java protocol/a.proto",
    "test": "tests/test_a.py a_test.go src/a.test.ts src/__tests__/a.js spec/a_spec.rb src/test/java/AHelper.java"
    " core/ATest.java core/FlowIT.java My.App.Tests/A.cs ATests.cs tests/it.rs test_a.cpp conftest.py main.tftest.hcl"
    " cypress/e2e/a.cy.ts",
    "configuration": "pyproject.toml .github/workflows/ci.yml package.json poetry.lock go.mod Makefile Dockerfile"
    " Dockerfile.dev Gemfile requirements.txt requirements-dev.txt pom.xml build.gradle CMakeLists.txt prod.tfvars"
    " .terraform.lock.hcl .gitignore webpack.config.js setup.py tests/data.json",
    "documentation": "README.md docs/guide.rst docs/index.html LICENSE CHANGELOG notes.txt docs/conf.png README",
    "other": "logo.png data.csv fonts/a.woff2 tests/sample.bin",
}


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in KINDS.items() for path in paths.split()])
def test_a_path_tells_its_kind(kind: str, path: str) -> None:
    assert file_kind(path) == kind


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("A.PY", "python"),
        ("a b/ü.tsx", "typescript"),
        ("a.mjs", "javascript"),
        ("a.h", "cpp"),
        ("Rakefile", "ruby"),
        ("x/main.tf", "hcl"),
        ("Makefile", None),
        ("", None),
        (".py", None),
        ("a\n.go", "go"),
    ],
)
def test_a_path_tells_its_language(path: str, language: str | None) -> None:
    assert language_of(path) == language
