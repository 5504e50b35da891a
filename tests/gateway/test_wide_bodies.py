"""A body that is wrong in many places is refused at the first ones: telling all of them would cost seconds."""

import pytest
from pydantic import TypeAdapter, ValidationError

from serving.gateway.questions import MAX_FIELDS, Question

FILE = {"path": "a.py", "status": "M"}
LINES = {"old_start": 1, "old_lines": 1, "new_start": 1, "new_lines": 1}


@pytest.mark.parametrize(
    "sent",
    [
        {"additions": 1, "deletions": 1, **{f"field {i}": 1 for i in range(50_000)}},
        {"message": "a", "files": [FILE | {f"field {i}": 1 for i in range(50_000)}]},
        {"message": "a", "files": [{}] * 5_000},
        {"message": "a", "files": [FILE | {"hunks": [{}] * 50_000}]},
        {"message": "a", "files": [FILE | {"hunks": [LINES | {"deleted": [1] * 50_000}]}]},
        {"message": "a", "files": [], "reviewers": [1] * 1_000},
        {"features": ["x"] * 50_000},
    ],
)
def test_few_errors_are_told_of_many(sent):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Question).validate_python(sent)
    assert 1 <= refused.value.error_count() <= 100


def test_a_few_unknown_fields_are_named_each():
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Question).validate_python({"additions": 1, "deletions": 1, "lines": 1, "colour": "red"})
    assert {error["loc"][-1] for error in refused.value.errors()} == {"lines", "colour"}


def test_the_bound_on_fields_is_far_from_what_is_known():
    fields = [set(form.model_fields) for form in _forms()]
    assert 0 < max(map(len, fields)) < MAX_FIELDS / 2


def _forms():
    from serving.gateway import questions

    return [one for one in vars(questions).values() if isinstance(one, type) and issubclass(one, questions.Strict)]
