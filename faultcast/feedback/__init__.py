"""What people say of predictions, and when that counts as a label.

votes.py        `Vote`, `tally(votes, quorum)`: the majority rule, ties left open
corrections.py  decided changes as labels that know since when they are known
feedback.py     `Feedback`: votes kept in a database, tallies read from it
"""

from faultcast.feedback.votes import Opinion, Tally, Vote, tally

__all__ = ["Opinion", "Tally", "Vote", "tally"]
