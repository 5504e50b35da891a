"""What the majority holds and somebody vouches for -> labels that say since when they are known.

A correction is one more thing that became known about a change: at instants before `known_at` it is not used, and of
two labels of one change the one that became known later counts, be it a fix that was traced or a word of people.
"""

from collections.abc import Mapping, Sequence

from faultcast.feedback.votes import Opinion, Vote, tally
from faultcast.records import Label

RULE = "feedback"
CONFIDENCE = 0.9
"""Of a change that people decided about: above a fix recognised by its message alone, below one that an issue names."""


def corrections(votes: Mapping[str, Sequence[Vote]], as_of: float, quorum: int = 1) -> list[Label]:
    """Labels of the changes that are decided and vouched for at `as_of` (unix seconds), in the order of their commits.

    Args:
        votes: commit -> all votes on its predictions, oldest first. Two predictions of one commit are one question:
            an account's later vote replaces its earlier, whichever of the predictions it was on.
        as_of: later votes are not known yet.
        quorum: weight that must have been cast before anything is decided.
    """
    found = []
    for commit in sorted(votes):
        known = tally(commit, (vote for vote in votes[commit] if vote.at <= as_of), quorum)
        if known.corrected_at is not None:
            is_inducing = known.decided is Opinion.INDUCING
            fix = known.fix if is_inducing else ""
            found.append(Label(commit, is_inducing, round(known.corrected_at), CONFIDENCE, fix, RULE))
    return found
