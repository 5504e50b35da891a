"""Which messages count as a fix: the rules, by example."""

import pytest
from story import Story, history, lines

from faultcast.labels import says_fix
from faultcast.labels.fixes import judge, recognise

FIXES = [
    "Fix crash when the cart is empty (#214)", "fix: handle an empty cart", "fix(cart)!: round prices",
    "bugfix: off by one", "hotfix: login", "Fixes #12", "Fixed issue #12", "fixes GH-44", "Resolve PROJ-123",
    "Resolves #7: wrong total", "Fix https://example.org/issues/3", "Correct wrong tax rate", "Fixed a deadlock",
    "Fix race condition in the worker", "Repair broken pagination", "[cart] Fix rounding", "cart: fix rounding",
    "Fix rounding", "Bug fix for rounding", "Avoid crash on empty input", "Prevent an infinite loop",
    "Don't fail on missing file", "No longer leaks memory: memory leak gone", "Guard against null pointer",
    "Solve memory leak in cache", "Fix regression from 1.2", "Some bugfixes", "Handle None, fixes a traceback",
    'Revert "Add cache"\n\nIt broke the login.', "Revert cache: crash on start", "Add check\n\nFixes #99",
    "Wrong total\n\nCloses #4", "Fixed overflow", "fix typo-tolerant search crash", "Stop hanging: no hang on exit",
    'net: set the mtu\n\nFixes: 0123abcd4567 ("net: add mtu")', "Tidy up\n\nThis fixes the crash on start", "fix issue124 - make test reporting more resilient", "Fix annotation propagation",
    "Correct the tax rate", "Ensure all finalizers run\n\nFixes issue287.", "fix: Update the streamer to skip tokens",
    "Add a workaround for samefile. This fixes #600", "Add missing guard\n\nFix #3", "fix(api): broken paging", "fix: release the lock", "fix: upgrade command ignores pins",
    "Fix escaping of quotes in nested comments",
]  # fmt: skip
NO_FIXES = [
    "Add a cart", "", "Merge branch 'fix-crash'", "Merge pull request #3 from ana/fix", "Bump requests from 2.1 to 2.2",
    "build(deps): bump lodash from 4.17.20 to 4.17.21", "Upgrade django to 4.2", "docs: fix the example",
    "test: fix flaky crash test", "chore: fix lint", "style: fix whitespace", "ci: fix build", "refactor: fix naming",
    "feat: fix-it button", "Fix typo", "Fix typos in README", "Fix a spelling error", "Fixed docs", "Fix the docstring",
    "Fix flake8 warnings", "Fix lint errors", "Fix mypy errors", "Fix failing tests", "Fix the unit tests",
    "Fix indentation", "Fix changelog", "Fix copyright year", "Fix CI", "Typo fix", "Doc fixes", "Lint fixes",
    'Revert "Add cache"', "Reverts the new layout", "Add prefix to keys", "Add fixture for users", "Rename suffix",
    "Improve error messages", "Add exception class", "Log failures", "Speed up the query", "Release 1.2",
    "fix typing", "Fix type hint for invoke", "fix pyright type errors", "[pre-commit.ci] auto fixes from pre-commit.com hooks",
    "Fixed flash example", "fixing examples", "Correct all complaints from goimports", "Fix some gometalinter complaints",
    "Cosmetic fixes (#131)", "fix pep8 with logging.py", "fix: Bump AWS provider version to add pools (#1340)",
    "fix(release): improve the orchestrator", "fix(deps): add types", "Add mergeParams option\n\nfixes #2153 fixes #2203",
    "Support several hosts\n\nfixes #3", "Remove some wonky error handling, as upstream seems correct now.",
    "Add layers (#9)\n\n* Add layers\n* fix lint errors\n* retry on failure", "feat(api)!: fix-it endpoint",
    "Documented exception catching behaviour.  This fixes #75", "Fix test_no_error_swallowing", "fix(refactor): prefix names",
    "Fix broken func directives in docstrings",
]  # fmt: skip


@pytest.mark.parametrize("message", FIXES)
def test_fixes(message: str) -> None:
    assert says_fix(message), judge(message)


@pytest.mark.parametrize("message", NO_FIXES)
def test_no_fixes(message: str) -> None:
    assert not says_fix(message), judge(message)


def test_a_huge_message_is_judged_by_its_head() -> None:
    assert judge("a" * 200_000) == (0.0, "")
    assert judge("Fix " * 50_000)[0] > 0


def test_a_fix_has_to_touch_source_code(story: Story) -> None:
    story.commit("Fix crash", files={"docs/a.md": lines("a"), "tests/test_a.py": lines("a"), "a.toml": lines("a")})
    story.commit("Fix crash", files={"src/a.py": lines("a")})
    first, second = history(story.path)
    assert recognise(first) is None
    fix = recognise(second)
    assert fix is not None
    assert (fix.commit, fix.rule, fix.confidence) == (second.id, "repairs a fault", 0.85)
