"""Merging lists of objects by their keys."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from aiosyncthing.config.elements import elements, with_elements, without_elements

PRESENT = [{"id": "a", "secret": "x", "new": 1}, {"id": "b", "secret": "y"}]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], PRESENT),
        ([{"id": "c"}, {"id": "c", "secret": "z"}], [*PRESENT, {"id": "c", "secret": "z"}]),
        ([{"id": "b", "secret": ""}], [PRESENT[0], {"id": "b", "secret": ""}]),
        ([{"id": "c"}, {"id": "a", "more": 2}], [{**PRESENT[0], "more": 2}, PRESENT[1], {"id": "c"}]),
    ],
)
def test_adding(wanted: list[Any], expected: list[Any]) -> None:
    """Elements keep their place and all fields that are not given, known or not; new ones come last."""
    before = copy.deepcopy((PRESENT, wanted))
    assert with_elements(PRESENT, "id", wanted) == expected
    assert (PRESENT, wanted) == before


def test_removing() -> None:
    """The other elements stay unchanged; a missing one is not an error, and Go's nil is an empty list."""
    assert without_elements(PRESENT, "id", ["b", "c"]) == PRESENT[:1]
    assert without_elements(PRESENT, "id", ["a", "b"]) == elements({"devices": None}, "devices") == []
