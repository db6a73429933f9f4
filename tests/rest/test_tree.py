"""The two forms of answers to ``db/browse``."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aiosyncthing.database.tree import tree_entries
from aiosyncthing.exceptions import InvalidResponseError

_TIME = "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("answer", "entries"),
    [
        ([], []),
        ({}, []),
        (
            [
                {"name": "d", "modTime": _TIME, "size": 128, "type": "FILE_INFO_TYPE_DIRECTORY", "children": [{}]},
                {"name": "f", "modTime": _TIME, "size": 5, "type": "FILE_INFO_TYPE_FILE", "new": 1},
            ],
            [
                {"name": "d", "modTime": _TIME, "size": 128, "type": "FILE_INFO_TYPE_DIRECTORY"},
                {"name": "f", "modTime": _TIME, "size": 5, "type": "FILE_INFO_TYPE_FILE", "new": 1},
            ],
        ),
        (
            {"d": {"f": [_TIME, 1]}, "empty": {}, "f": [_TIME, 5]},
            [
                {"name": "d", "modTime": "", "size": 0, "type": "FILE_INFO_TYPE_DIRECTORY"},
                {"name": "empty", "modTime": "", "size": 0, "type": "FILE_INFO_TYPE_DIRECTORY"},
                {"name": "f", "modTime": _TIME, "size": 5, "type": "FILE_INFO_TYPE_FILE"},
            ],
        ),
    ],
)
def test_entries(answer: Any, entries: list[Any]) -> None:
    """Both forms give the same kind of entries, without children; unknown keys stay."""
    assert list(tree_entries(answer)) == entries


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
