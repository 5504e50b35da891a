"""The majority decides, ties stay open, nobody counts twice."""

import itertools

from hypothesis import given, strategies

from faultcast.feedback import Opinion, Vote, corrections, tally

INDUCING, CLEAN, WITHDRAWN = Opinion.INDUCING, Opinion.CLEAN, Opinion.WITHDRAWN
DAY = 86_400


def vote(account, opinion, at=0, **others):
    return Vote("p", account, opinion, at, **others)


def test_a_hundred_votes_of_one_person_count_once():
    votes = [vote("loud", INDUCING, at) for at in range(100)]
    quiet = [vote("ana", CLEAN, 200), vote("ben", CLEAN, 201)]
    found = tally("p", [*votes, *quiet])
    assert (found.inducing, found.clean, found.accounts, found.decided) == (1, 2, 3, CLEAN)


def test_a_tie_stays_open_whoever_came_first():
    for order in itertools.permutations([vote("ana", INDUCING), vote("ben", CLEAN)]):
        found = tally("p", order)
        assert (found.decided, found.decided_at, found.is_corrected) == (None, None, False)


def test_a_later_vote_replaces_the_earlier_and_a_withdrawn_one_counts_for_nobody():
    changed = [vote("ana", INDUCING, 1), vote("ben", CLEAN, 2), vote("ana", CLEAN, 3)]
    assert tally("p", changed).decided is CLEAN
    found = tally("p", [*changed, vote("ana", WITHDRAWN, 4), vote("ben", WITHDRAWN, 5)])
    assert (found.accounts, found.decided) == (0, None)


def test_below_the_quorum_nothing_is_decided():
    votes = [vote("ana", INDUCING, 1, is_correction=True), vote("ben", INDUCING, 2), vote("cem", CLEAN, 3)]
    assert tally("p", votes[:1], quorum=3).decided is None
    assert tally("p", votes, quorum=3).decided_at == 3
    assert tally("p", votes, quorum=4).decided is None


def test_votes_without_weight_are_shown_but_decide_nothing():
    found = tally("p", [vote("busy", INDUCING, weight=0.0, is_correction=True)])
    assert (found.accounts, found.inducing, found.decided, found.is_corrected) == (1, 0, None, False)


def test_it_is_known_since_when_it_was_decided():
    votes = [vote("ana", INDUCING, 10), vote("ben", CLEAN, 20), vote("cem", INDUCING, 30), vote("dan", INDUCING, 40)]
    assert tally("p", votes[:1]).decided_at == 10
    assert tally("p", votes[:2]).decided_at is None
    assert tally("p", votes).decided_at == 30  # the tie in between began it anew


def test_an_opinion_is_no_label_until_somebody_of_the_majority_vouches():
    votes = {"c1": [vote("ana", INDUCING, 1 * DAY), vote("ben", INDUCING, 2 * DAY)]}
    assert corrections(votes, as_of=9 * DAY) == []
    votes["c1"].append(vote("cem", CLEAN, 3 * DAY, is_correction=True))
    assert corrections(votes, as_of=9 * DAY) == []  # who vouches is not of the majority
    votes["c1"].append(vote("ana", INDUCING, 4 * DAY, is_correction=True, fix="f" * 40))
    (label,) = corrections(votes, as_of=9 * DAY)
    assert (label.commit, label.is_inducing, label.known_at, label.fix) == ("c1", True, 4 * DAY, "f" * 40)
    assert label.rule == "feedback"


def test_a_correction_is_not_known_before_it_was_made():
    votes = {"c1": [vote("ana", CLEAN, 5 * DAY, is_correction=True)]}
    assert corrections(votes, as_of=4 * DAY) == []
    assert [label.known_at for label in corrections(votes, as_of=5 * DAY)] == [5 * DAY]


def test_a_correction_that_was_overruled_is_none_any_more():
    votes = [vote("ana", CLEAN, 1, is_correction=True)]
    assert len(corrections({"c": votes}, as_of=9)) == 1
    votes += [vote("ben", INDUCING, 2), vote("cem", INDUCING, 3)]
    assert corrections({"c": votes}, as_of=9) == []


VOTES = strategies.lists(
    strategies.builds(
        Vote,
        prediction_id=strategies.just("p"),
        account=strategies.sampled_from("abcde"),
        opinion=strategies.sampled_from(Opinion),
        at=strategies.just(0.0),
        is_correction=strategies.booleans(),
        weight=strategies.sampled_from([0.0, 1.0]),
    ),
    max_size=20,
)


@given(VOTES)
def test_only_each_accounts_last_word_matters_and_swapping_sides_swaps_the_outcome(votes):
    last = list({vote.account: vote for vote in votes}.values())
    found, of_last = tally("p", votes), tally("p", last)
    assert (found.inducing, found.clean, found.decided) == (of_last.inducing, of_last.clean, of_last.decided)
    other = {INDUCING: CLEAN, CLEAN: INDUCING, WITHDRAWN: WITHDRAWN, None: None}
    swapped = [Vote("p", v.account, other[v.opinion], 0.0, v.is_correction, weight=v.weight) for v in votes]
    assert tally("p", swapped).decided == other[found.decided]
    assert found.is_corrected <= (found.decided is not None)
