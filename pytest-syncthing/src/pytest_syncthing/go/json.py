"""JSON as Go reads it: the values of a body, and the messages for invalid JSON. Pure."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn, TypeVar, cast

from pytest_syncthing.http.messages import Refusal

from .words import quote

T = TypeVar("T")

_BAD_REQUEST: Final = 400
_SINGLE: Final = "'"


class Pairs(list[tuple[str, Any]]):
    """A JSON object with all its keys in order, repeated ones too: Go decodes each of them."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


def copied(value: T) -> T:
    """Return a copy of a JSON value. `copy.deepcopy` takes several times as long, and configurations grow."""
    kind: type = type(value)
    if kind is dict:
        return cast("T", {key: copied(each) for key, each in cast("dict[str, Any]", value).items()})
    if kind is list:
        return cast("T", [copied(each) for each in cast("list[Any]", value)])
    return value


def parse(body: bytes) -> Any:
    """Parse a body; objects become lists of pairs, and numbers stay as they were written.

    Raises:
        Refusal: It is not JSON.
    """
    text = body.decode(errors="replace")
    try:
        raw = json.loads(
            text,
            object_pairs_hook=Pairs,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise Refusal(_BAD_REQUEST, _words(text[error.pos :])) from None
    except RecursionError:
        raise Refusal(_BAD_REQUEST, "exceeded max depth") from None
    return raw


def items(raw: Any) -> list[Any]:
    """Return the elements of a list that was parsed by `parse`; ``null`` is an empty one.

    Raises:
        Refusal: It is no list.
    """
    if raw is None:
        return []
    if not is_list(raw):
        raise Refusal(_BAD_REQUEST, f"json: cannot unmarshal {kind_of(raw)} into Go value of type []json.RawMessage")
    return list(raw)


def member(raw: Any, name: str) -> Any:
    """Return the last value of a key, ignoring case, of an object that was parsed by `parse`."""
    return next((value for key, value in reversed(raw) if key.casefold() == name), None)


def kind_of(raw: Any) -> str:
    """Return what Go calls a value of JSON."""
    if isinstance(raw, bool):
        return "bool"
    if isinstance(raw, Number):
        return "number"
    if isinstance(raw, str):
        return "string"
    return "object" if isinstance(raw, Pairs) else "array"


def is_list(raw: Any) -> bool:
    """Return whether a part that was parsed by `parse` is a list."""
    return isinstance(raw, list) and not isinstance(raw, Pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise Refusal(_BAD_REQUEST, _words(name))


def _words(rest: str) -> str:
    """Say what is wrong, given the text from there on: of Go's many ways to put it, the most frequent two."""
    wrong = rest.lstrip()
    if not wrong or wrong[0] == '"':  # a string that does not end
        return "unexpected end of JSON input"
    return f"invalid character {quote(wrong[0], _SINGLE)} looking for beginning of value"
