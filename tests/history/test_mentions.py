"""Who is mentioned with ``@`` in a text is not kept; what only looks so is."""

import pytest

from faultcast.adapters.trackers.reading import clean
from faultcast.adapters.trackers.records import Issue
from faultcast.history.identity import without_people
from faultcast.history.mentions import without_mentions, without_mentions_in_message

PEOPLE = [
    ("@octocat", "(person)"),
    ("Thanks @octocat!", "Thanks (person)!"),
    ("(@Octo-Cat, @bo_lee)", "((person), (person))"),
    ("cc @octocat @Ana\n@bo: see", "cc (person) (person)\n(person): see"),
    ("as @octocat's test shows", "as (person)'s test shows"),
    ("ask @octocat.", "ask (person)."),
]
CODE = [
    "npm i @types/node @babel/core",
    "uses: actions/checkout@v4",
    "see `@octocat` and `x @ y`",
    "```\n@octocat\ncc @ana\n```",
    "~~~py\n@octocat\n~~~",
    "text\n\n    @octocat\n",
    "@app.route and @pytest.mark.skip",
    "@cache(maxsize=1)",
    "the decorator @property",
    "@param x what",
    "a rule for @media screen",
    "a @ b, @ alone, user@host, me@@you, https://example.org/@octocat",
    'class="@octocat"',
]


@pytest.mark.parametrize(("text", "expected"), PEOPLE)
def test_people_are_replaced(text: str, expected: str) -> None:
    assert without_mentions(text) == expected
    assert without_mentions(expected) == expected


@pytest.mark.parametrize("text", CODE)
def test_code_is_left_alone(text: str) -> None:
    assert without_mentions(text) == text
    if "```" not in text and "~~~" not in text:  # a message has no fences
        assert without_mentions_in_message(text) == text


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Use @Nullable everywhere", "Use @Nullable everywhere"),
        ("Remove @Autowired, @Inject", "Remove @Autowired, @Inject"),
        ("Fix it, reported by @Ana", "Fix it, reported by (person)"),
        ("Fix it (@Ana)", "Fix it ((person))"),
        ("Thanks: @Ana", "Thanks: (person)"),
        ("as @hpk42 said", "as (person) said"),
    ],
)
def test_in_messages_a_capital_needs_a_word_before_it(message: str, expected: str) -> None:
    assert without_people(message) == expected


def test_what_a_tracker_told_mentions_nobody() -> None:
    issue = Issue(
        "1", "12", "Ping @ana", "@bo, mail a@example.org `@cached`", ("@scope",), "", "open", "author-1", 1, 1, None
    )
    found = clean(issue)
    assert (found.title, found.text) == ("Ping (person)", "(person), mail (address) `@cached`")
    assert found.labels == ("@scope",)


def test_an_endless_row_of_signs_costs_nothing() -> None:
    for text in ("@" * 200_000, "@a" * 100_000, "`" * 100_000 + "@a", "@" + "a-" * 100_000, "    @a\n" * 30_000):
        without_mentions(text)
        without_mentions_in_message(text)
