"""The two shapes of ``db/browse``."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing._tree import tree_entries

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
def test_entries_of_one_level(answer: Any, entries: list[Any]) -> None:
    """Both shapes give the same kind of entries, without children, and unknown keys stay."""
    assert list(tree_entries(answer)) == entries
