"""The two forms of answers to ``db/browse``."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aiosyncthing.database.tree import tree_entries
from aiosyncthing.exceptions import InvalidResponseError

_TIME = "2026-03-01T12:00:00Z"


def test_entries() -> None:
    """Both forms give the same kind of entries, without children; unknown keys stay."""
    file = {"name": "f", "modTime": _TIME, "size": 5, "type": "FILE_INFO_TYPE_FILE"}
    directory = {"name": "d", "modTime": "", "size": 0, "type": "FILE_INFO_TYPE_DIRECTORY"}
    assert list(tree_entries([{**directory, "children": [{}]}, {**file, "new": 1}])) == [directory, {**file, "new": 1}]
    assert list(tree_entries({"d": {"f": [_TIME, 1]}, "f": [_TIME, 5]})) == [directory, file]
    assert list(tree_entries([])) == list(tree_entries({})) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "expected an array, got null"),
        ([None], "[0]: expected an object, got null"),
        ([{"name": None, "type": ""}], "[0].name: expected a string, got null"),
        ([{"name": ""}], "[0].type: missing"),
        *(
            ({"f": value}, "['f']: neither a file nor a directory")
            for value in (None, [], [_TIME], [_TIME, "5"], [1, 5])
        ),
    ],
)
def test_other_answers(answer: Any, problem: str) -> None:
    """An answer in neither form is an error, with the path to the misfit."""
    with pytest.raises(InvalidResponseError, match=re.escape(f"is invalid: {problem}")):
        list(tree_entries(answer))
