"""Who answers: the same key the same model, exact shares, and a moved border moves what lies between and no more."""

import pytest
from scipy.stats import chisquare

from faultcast.errors import UsageError
from serving.scoring.split import CHAMPION, POINTS, Split, parse, point

KEYS = [f"shop/{number}" for number in range(50_000)]


def test_a_key_meets_the_same_model_for_as_long_as_the_split_stands():
    split, again = parse("champion,challenger", "90/10"), parse("champion,challenger", "90/10")
    assert [split.of(key) for key in KEYS[:1000]] == [again.of(key) for key in KEYS[:1000]]
    assert split.of("checkout") == "champion"  # on every machine and in every process: no hash of Python's own
    assert point("checkout") == 98_042_239


@pytest.mark.parametrize("shares", ["90/10", "50/50", "99.5/0.5"])
def test_shares_are_exact_in_the_long_run(shares):
    split = parse("champion,challenger", shares)
    answered = [split.of(key) for key in KEYS]
    found = [answered.count(alias) for alias in split.aliases]
    assert chisquare(found, [share * len(KEYS) for share in split.shares]).pvalue > 0.001


def test_keys_that_look_alike_fall_evenly_over_all_points():
    bins = [0] * 64
    for key in KEYS:
        bins[point(key) * 64 // POINTS] += 1
    assert chisquare(bins).pvalue > 0.001


def test_a_moved_border_moves_the_keys_between_the_two_places_and_no_others():
    few, more = parse("champion,challenger", "90/10"), parse("champion,challenger", "80/20")
    moved = [key for key in KEYS if few.of(key) != more.of(key)]
    assert {(few.of(key), more.of(key)) for key in moved} == {("champion", "challenger")}
    assert chisquare([len(moved), len(KEYS) - len(moved)], [0.1 * len(KEYS), 0.9 * len(KEYS)]).pvalue > 0.001


def test_all_or_nothing_leaves_no_key_over():
    ends = ("checkout", *KEYS[:100])
    assert {parse("champion,challenger", "100/0").of(key) for key in ends} == {"champion"}
    assert {parse("champion,challenger", "0/100").of(key) for key in ends} == {"challenger"}
    thirds = Split(("champion", "challenger"), (0.1 + 0.2, 0.7))  # floats that do not quite make one
    assert thirds.of("checkout") in thirds.aliases


def test_who_has_no_share_is_a_shadow():
    assert parse("champion") == CHAMPION
    assert parse("champion,challenger").shares == (1.0, 0.0)
    assert parse("champion,challenger,shadow", "90/10").shares == (0.9, 0.1, 0.0)
    assert parse("champion,challenger,shadow", "90/10/0").shadows == ("shadow",)
    assert parse("shadow,champion", "100").share("champion") == 1.0


@pytest.mark.parametrize(
    ("models", "split", "complaint"),
    [
        ("", "", "found ''"),
        ("champion,prod", "90/10", "found 'prod', expected some of champion, challenger, shadow"),
        ("champion,champion", "50/50", "an alias twice"),
        ("shadow", "", "nobody would answer"),
        ("champion,challenger", "90", "found 1 shares for 2 models"),
        ("champion,challenger", "80/10/10", "found 3 shares for 2 models"),
        ("champion,challenger", "90/20", "make 110, expected 100"),
        ("champion,challenger", "110/-10", "from 0 to 100"),
        ("champion,challenger", "NaN/10", "from 0 to 100"),
        ("champion,challenger", "many/few", "expected percentages"),
        ("champion,shadow", "90/10", "a shadow answers nobody"),
    ],
)
def test_a_split_that_makes_no_sense_is_refused_with_the_reason(models, split, complaint):
    with pytest.raises(UsageError, match=complaint):
        parse(models, split)
