"""The shape of a decoded JSON value: where it has which kind of value, as its type describes it."""

from __future__ import annotations

import types
from typing import Any, Final, Union, get_args, get_origin, is_typeddict

from .shapes import fields, problems

__all__ = ["outline"]

_NAMES: Final = {bool: "true or false", int: "number", float: "number", str: "text", type(None): "null"}


def outline(value: Any, shape: Any = Any, path: str = "$") -> dict[str, str]:
    """Return the kind of value at each place.

    Keys that are data (folder and device IDs, names) are not distinguished, nor are the elements of a list. A list
    or map without any has no places below it.

    Args:
        value: The value.
        shape: Its type.
        path: Where it stands.
    """
    shape = _member(value, shape)
    found: dict[str, str] = {}
    if isinstance(value, list):
        found[path] = "list"
        inner = get_args(shape)[0] if get_args(shape) else Any
        for element in value:
            found |= outline(element, inner, f"{path}[]")
    elif isinstance(value, dict):
        found[path] = "object"
        described = fields(shape).shapes if is_typeddict(shape) else {}
        inner = get_args(shape)[1] if len(get_args(shape)) == 2 else Any
        for key, element in value.items():
            known = key in described
            found |= outline(element, described.get(key, inner), f"{path}.{key}" if known else f"{path}{{}}")
    else:
        found[path] = _NAMES[type(value)]
    return found


def _member(value: Any, shape: Any) -> Any:
    """Return the member of a union that is meant."""
    if get_origin(shape) not in {Union, types.UnionType}:
        return shape
    return min(get_args(shape), key=lambda member: len(problems(value, member)))
