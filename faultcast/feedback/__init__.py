"""What people say of predictions, and when that counts as a label.

votes.py        `tally(id, votes)`: one account one vote, majority, ties left open
feedback.py     `Feedback(votes).vote(Vote(...))`: kept, and what all votes come to
corrections.py  `corrections(votes_by_commit, as_of)`: decided changes as labels that know since when they are known
"""

from faultcast.feedback.corrections import corrections
from faultcast.feedback.feedback import Feedback
from faultcast.feedback.votes import Opinion, Tally, Vote, tally

__all__ = ["Feedback", "Opinion", "Tally", "Vote", "corrections", "tally"]
