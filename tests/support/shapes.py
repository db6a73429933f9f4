"""Does a decoded JSON value fit a type? Strict: each key must be described, and each required key be there."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

__all__ = ["Fields", "fields", "literals", "problems"]

_UNIONS: Final = (Union, types.UnionType)
_ARRAYS: Final = (list, Sequence)
_PLAIN: Final[Mapping[Any, tuple[type, ...]]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    # JSON has one kind of numbers: Go prints a float without a fraction as 100, not 100.0.
    float: (float, int),
    type(None): (type(None),),
    None: (type(None),),
}


@dataclass(frozen=True, slots=True)
class Fields:
    """The keys of a TypedDict.

    Attributes:
        required: The keys that must be there.
        shapes: The type of each key's value.
    """

    required: frozenset[str]
    shapes: Mapping[str, Any]


@cache
def fields(shape: Any) -> Fields:
    """Return the keys of a TypedDict."""
    return Fields(shape.__required_keys__, get_type_hints(shape))


@cache
def literals(shape: Any) -> dict[str, tuple[Any, ...]]:
    """Return the allowed values of those keys of a TypedDict that are enumerations."""
    return {key: get_args(hint) for key, hint in fields(shape).shapes.items() if get_origin(hint) is Literal}


def problems(value: object, shape: Any, path: str = "$") -> list[str]:
    """Return all that does not fit, each with the path to it; an empty list if everything fits.

    Args:
        value: Decoded JSON.
        shape: A TypedDict, or what may stand in one: `Literal`, unions, `list`, `Sequence`, `dict` with `str` as key,
            plain types, `object` and `Any`.
        path: Where the value stands.

    Raises:
        TypeError: The type is of a kind that is not known here, so nothing can be said.
    """
    if (shape is None or isinstance(shape, type)) and shape in _PLAIN:  # the hash of a union takes long
        fits = type(value) in _PLAIN[shape]  # not isinstance: a bool is an int there
        return [] if fits else [_wrong_kind(value, getattr(shape, "__name__", "None"), path)]
    if shape is Any or shape is object:
        return []
    origin, args = get_origin(shape), get_args(shape)
    if origin is None and is_typeddict(shape):
        return _problems_of_object(value, shape, path)
    if origin in _UNIONS:
        return _problems_of_union(value, args, path)
    if origin is Literal:
        # Not `in`: that would take 1 for True.
        if any(value == allowed and type(value) is type(allowed) for allowed in args):
            return []
        return [f"{path}: {value!r} is not one of {', '.join(map(repr, args))}"]
    if origin in _ARRAYS:
        if not isinstance(value, list):
            return [_wrong_kind(value, "array", path)]
        return [found for i, item in enumerate(value) for found in problems(item, args[0], f"{path}[{i}]")]
    if origin is dict and args[0] is str:
        if not isinstance(value, dict):
            return [_wrong_kind(value, "object", path)]
        return [found for key, item in value.items() for found in problems(item, args[1], f"{path}.{key}")]
    raise TypeError(f"{path}: can't check against {shape!r}")


def _problems_of_object(value: object, shape: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [_wrong_kind(value, shape.__name__, path)]
    described = fields(shape)
    found = [f"{path}.{key}: missing in {shape.__name__}" for key in sorted(described.required - value.keys())]
    for key, item in value.items():
        if key in described.shapes:
            found += problems(item, described.shapes[key], f"{path}.{key}")
        else:
            found.append(f"{path}.{key}: not described by {shape.__name__}")
    return found


def _problems_of_union(value: object, members: tuple[Any, ...], path: str) -> list[str]:
    """Return the problems with the member that was most likely meant."""
    meant: Sequence[Any] = ()
    if isinstance(value, dict):
        meant = [member for member, enumerated in _enumerations(members) if _is_told_apart_by(value, enumerated)]
    return min((problems(value, member, path) for member in meant or members), key=len)


@cache
def _enumerations(members: tuple[Any, ...]) -> list[tuple[Any, dict[str, tuple[Any, ...]]]]:
    """Return the members with enumerated keys, such as the type of an event, and what these may be."""
    return [(member, found) for member in members if is_typeddict(member) and (found := literals(member))]


def _is_told_apart_by(value: dict[str, Any], enumerated: dict[str, tuple[Any, ...]]) -> bool:
    """Return whether the enumerated keys say that a value is this member of a union."""
    return all(value.get(key) in allowed for key, allowed in enumerated.items())


def _wrong_kind(value: object, expected: str, path: str) -> str:
    return f"{path}: {type(value).__name__} instead of {expected}"
