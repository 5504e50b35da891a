"""What kind of file a path names, judged by the path alone: nothing is opened."""

import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from faultcast.measures.languages import LANGUAGES, Language, words

Kind = Literal["source", "test", "configuration", "documentation", "other"]

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
_RUBY_NAMES = frozenset({"rakefile", "gemfile", "vagrantfile"})

_TEST_FOLDERS = frozenset({"test", "tests", "testing", "spec", "specs", "__tests__", "__mocks__", "testdata", "e2e"})
_TEST_NAME = re.compile(
    r"""
      ^test_.* | .*_tests?$ | ^conftest$ | ^tests?$      # Python, Go, C, C++, Rust
    | .*[._-](?:test|tests|spec|specs|cy|e2e)$           # JavaScript, TypeScript, Ruby: x.test.ts, x_spec.rb
    """,
    re.VERBOSE,
)
_TEST_CLASS = re.compile(
    r"(?:^Test[A-Z].*|.*\w(?:Test|Tests|TestCase|Spec)|.*[a-z0-9]IT)$"
)  # Java, C#: case tells it apart
_TEST_CLASS_SUFFIXES = frozenset({".java", ".cs", ".kt", ".scala", ".groovy"})

_DOCUMENT_SUFFIXES = frozenset({".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".txt", ".tex", ".pod", ".rdoc"})
_DOCUMENT_FOLDERS = frozenset({"doc", "docs", "documentation"})
_DOCUMENT_NAMES = frozenset(
    {"readme", "license", "licence", "copying", "authors", "contributors", "changelog", "changes", "news", "notice"}
)

_CONFIGURATION_SUFFIXES = words(
    ".toml .yaml .yml .json .jsonc .json5 .ini .cfg .conf .config .properties .xml .lock .env .tfvars .tfstate"
    " .gradle .kts .csproj .fsproj .vbproj .sln .props .targets .mod .sum .cmake .mk .mak .am .ac .bazel .bzl"
    " .editorconfig .plist .service .nix"
)
_CONFIGURATION_FOLDERS = frozenset(
    {".github", ".gitlab", ".circleci", ".ci", ".buildkite", ".config", ".vscode", ".idea"}
)
_CONFIGURATION_NAMES = words(
    "makefile gnumakefile dockerfile containerfile jenkinsfile procfile rakefile gemfile vagrantfile brewfile pipfile"
    " build workspace cmakelists.txt requirements.txt constraints.txt go.mod go.sum setup.py codeowners"
    " .terraform.lock.hcl"
)
_CONFIGURATION_TEXT = re.compile(r"^(?:[\w-]*-)?(?:requirements|constraints)(?:[-_.][\w-]*)?\.(?:txt|in)$")
_CONFIGURATION_SCRIPT = re.compile(r".*\.(?:config|conf|rc)\.[cm]?[jt]s$")

_OTHER_SOURCE_SUFFIXES = words(
    ".kt .scala .groovy .swift .m .mm .php .pl .pm .lua .r .jl .dart .ex .exs .erl .hrl .hs .ml .mli .fs .vb .clj .cljs"
    " .sh .bash .zsh .fish .ps1 .bat .cmd .sql .vue .svelte .css .scss .sass .less .html .htm .jinja .j2 .erb .asm .s"
    " .f .f90 .f95 .for .pas .zig .nim .v .sv .vhd .vhdl .proto .graphql .thrift .cu .cuh .pyx .pxd .cr .coffee"
)


@lru_cache(maxsize=65_536)
def row_of(path: str) -> Language | None:
    """The table row that reads the file at `path`; None where the table has none."""
    name = PurePosixPath(path).name.lower()
    if name in _RUBY_NAMES:
        return _BY_SUFFIX[".rb"]
    return _BY_SUFFIX.get(PurePosixPath(name).suffix)


def language_of(path: str) -> str | None:
    """The language whose measures apply to `path`, by its name; None where no row of the table does.

    >>> language_of("infra/main.tf"), language_of("include/list.h"), language_of("notes.txt")
    ('hcl', 'cpp', None)
    """
    row = row_of(path)
    return row.name if row else None


@lru_cache(maxsize=65_536)
def file_kind(path: str) -> Kind:
    """Source, test, configuration, documentation or other; the first that fits, tests first.

    >>> [file_kind(p) for p in ("src/a.py", "tests/test_a.py", "pkg/a_test.go", "pyproject.toml", "README.md")]
    ['source', 'test', 'test', 'configuration', 'documentation']
    """
    at = PurePosixPath(path)
    folders = {part.lower() for part in at.parts[:-1]}
    name = at.name.lower()
    suffix = PurePosixPath(name).suffix
    is_code = suffix in _BY_SUFFIX or suffix in _OTHER_SOURCE_SUFFIXES
    if is_code and _is_test(at, folders):
        return "test"
    if _is_configuration(name, suffix, folders, is_code=is_code):
        return "configuration"
    if suffix in _DOCUMENT_SUFFIXES or PurePosixPath(name).stem in _DOCUMENT_NAMES or folders & _DOCUMENT_FOLDERS:
        return "documentation"
    return "source" if is_code else "other"


def _is_test(at: PurePosixPath, folders: set[str]) -> bool:
    if folders & _TEST_FOLDERS or any(folder.endswith((".tests", ".test", "-tests", "_tests")) for folder in folders):
        return True
    if at.suffix.lower() in _TEST_CLASS_SUFFIXES and _TEST_CLASS.match(at.stem):
        return True
    return bool(_TEST_NAME.match(at.stem.lower())) or at.name.lower().endswith((".tftest.hcl", ".test.tsx"))


def _is_configuration(name: str, suffix: str, folders: set[str], *, is_code: bool) -> bool:
    if name in _CONFIGURATION_NAMES or suffix in _CONFIGURATION_SUFFIXES or name.startswith("dockerfile."):
        return True
    if _CONFIGURATION_TEXT.match(name) or _CONFIGURATION_SCRIPT.match(name):
        return True
    if suffix in _DOCUMENT_SUFFIXES:
        return False
    is_hidden = name.startswith(".") and not is_code  # .gitignore, .eslintrc, .pre-commit-config
    return is_hidden or (bool(folders & _CONFIGURATION_FOLDERS) and not is_code)
