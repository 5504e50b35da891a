"""The shortcut of `says_fix` answers as the rules do."""

import random

from faultcast.labels.fixes import ACCEPTED, judge, says_fix

_VOCABULARY = (
    "fix fixes fixed hotfix: bug Bug: repair repaired correct corrects resolve solved revert reverts prevent avoids guard "
    "against don't dont do not no longer stop closes closed clos: #12 gh-7 ABC-3 crash leak error failing wrong deadlock "
    "add remove cart total speed up docs test typo style merge bump from to 1.2 Fixes: 1a2b3c4d5 \n . : ( )"
)


def test_a_message_without_a_hint_is_no_fix_by_any_rule() -> None:
    draw = random.Random(5)
    messages = [" ".join(draw.choices(_VOCABULARY.split(" "), k=draw.randint(1, 9))) for _ in range(4000)]
    told = [says_fix(message) for message in messages]
    assert told == [judge(message)[0] >= ACCEPTED for message in messages]
    assert 500 < sum(told) < 3500
