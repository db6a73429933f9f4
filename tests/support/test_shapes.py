"""The checker that the other tests rely on finds what it should find."""

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, Required, TypedDict

import pytest

from .shapes import problems


class Leaf(TypedDict):
    name: str
    size: NotRequired[int]


class Tree(TypedDict):
    leaves: list[Leaf]
    by_name: dict[str, Leaf]
    children: NotRequired[list["Tree"]]


class Longer(Leaf):
    kind: Literal["a", "b"]


class Partial(TypedDict, total=False):
    name: Required[str]
    size: int


Functional = TypedDict("Functional", {"from": str, "to": NotRequired[str]})


class Cat(TypedDict):
    type: Literal["cat"]
    lives: int


class Dog(TypedDict):
    type: Literal["dog"]
    data: Leaf


LEAF = {"name": "x", "size": 1}
FITTING: list[tuple[Any, Any]] = [
    ({"name": "x"}, Leaf),
    (LEAF, Leaf),
    ({"leaves": [LEAF], "by_name": {"x": LEAF}, "children": [{"leaves": [], "by_name": {}}]}, Tree),
    ({"name": "x", "kind": "b"}, Longer),
    ({"name": "x"}, Partial),
    ({"from": "x"}, Functional),
    (100, float),
    (99.5, float),
    (None, str | None),
    ("x", str | None),
    ([1, None], list[int | None]),
    ([LEAF], Sequence[Leaf | Longer]),
    ({"type": "dog", "data": LEAF}, Cat | Dog),
    ({"anything": [1]}, object),
    ({"anything": [1]}, dict[str, Any]),
    (True, bool),
    ("b", Literal["a", "b"]),
    (None, None),
]
FAILING: list[tuple[Any, Any, list[str]]] = [
    ({"name": "x", "siez": 1}, Leaf, ["$.siez: not described by Leaf"]),
    ({"size": 1}, Leaf, ["$.name: missing in Leaf"]),
    ({"size": 1}, Partial, ["$.name: missing in Partial"]),
    ({"to": "x"}, Functional, ["$.from: missing in Functional"]),
    ({"name": "x", "size": "1"}, Leaf, ["$.size: str instead of int"]),
    ({"name": "x", "size": None}, Leaf, ["$.size: NoneType instead of int"]),
    ({"name": "x", "size": True}, Leaf, ["$.size: bool instead of int"]),
    ({"name": "x", "size": 1.0}, Leaf, ["$.size: float instead of int"]),
    ({"name": "x", "kind": "c"}, Longer, ["$.kind: 'c' is not one of 'a', 'b'"]),
    ({"kind": "a"}, Longer, ["$.name: missing in Longer"]),
    ([LEAF], Leaf, ["$: list instead of Leaf"]),
    ({"x": LEAF}, list[Leaf], ["$: dict instead of array"]),
    ([LEAF], dict[str, Leaf], ["$: list instead of object"]),
    (
        {"leaves": [LEAF, {}], "by_name": {"a": {"name": 1}}, "children": [{"leaves": []}]},
        Tree,
        [
            "$.leaves[1].name: missing in Leaf",
            "$.by_name.a.name: int instead of str",
            "$.children[0].by_name: missing in Tree",
        ],
    ),
    ({"type": "dog", "data": {}}, Cat | Dog, ["$.data.name: missing in Leaf"]),
    # Told apart by its type, although as the other one it would have fewer problems.
    ({"type": "cat", "data": LEAF}, Cat | Dog, ["$.lives: missing in Cat", "$.data: not described by Cat"]),
    ({"type": "cow", "lives": 1}, Cat | Dog, ["$.type: 'cow' is not one of 'cat'"]),
    ("c", Literal["a", "b"], ["$: 'c' is not one of 'a', 'b'"]),
    (1, Literal[True], ["$: 1 is not one of True"]),
    (True, float, ["$: bool instead of float"]),
    (1, bool, ["$: int instead of bool"]),
    (0, None, ["$: int instead of None"]),
]


@pytest.mark.parametrize(("value", "shape"), FITTING)
def test_nothing_is_found_in_what_fits(value: Any, shape: Any) -> None:
    """A value that fits has no problems, be it nested, optional, or an integer for a float."""
    assert problems(value, shape) == []


@pytest.mark.parametrize(("value", "shape", "expected"), FAILING)
def test_each_misfit_is_found_with_its_path(value: Any, shape: Any, expected: list[str]) -> None:
    """Undescribed and missing keys, wrong types and unknown names are all found, at any depth."""
    assert problems(value, shape) == expected


def test_an_unknown_kind_of_type_is_not_passed_over() -> None:
    """A type that the checker doesn't know is an error, not a fit."""
    with pytest.raises(TypeError, match=r"\$\.name: can't check against set\[str\]"):
        problems({"name": {"x"}}, TypedDict("Odd", {"name": set[str]}))
