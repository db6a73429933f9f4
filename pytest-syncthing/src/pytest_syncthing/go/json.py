"""JSON as Go reads it: what a body is made of, and what is said about one that is no JSON. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from pytest_syncthing.http.messages import Refusal

from .words import quote

_BAD_REQUEST: Final = 400
_ENDED: Final = "unexpected end of JSON input"
_NO_VALUE: Final = "looking for beginning of value"
_NO_KEY: Final = "looking for beginning of object key string"
_NO_COMMA: Final = "after object key:value pair"
_CONTROL: Final = "in string literal"
_NO_ESCAPE: Final = "in string escape code"
_NO_HEXADECIMAL: Final = "in \\u hexadecimal character escape"
# The beginnings of what Python says about a syntax error, and what Go says there.
_SYNTAX: Final = {
    "Expecting value": _NO_VALUE,
    "Expecting property name": _NO_KEY,
    "Expecting ':'": "after object key",
    "Expecting ','": _NO_COMMA,
    "Illegal trailing comma before end of object": _NO_KEY,  # since Python 3.13
    "Illegal trailing comma before end of array": _NO_VALUE,
    "Extra data": "after top-level value",
    "Unterminated string": _ENDED,
    "Invalid control": _CONTROL,
    "Invalid \\uXXXX": _NO_HEXADECIMAL,
    "Invalid \\": _NO_ESCAPE,
    "Unexpected UTF-8 BOM": _NO_VALUE,
}
_SPACE: Final = " \t\r\n"
_SINGLE: Final = "'"
_LITERALS: Final = {"t": "true", "f": "false", "n": "null", "-": "-"}
_HEXADECIMAL: Final = re.compile("(?![0-9a-fA-F]{4})[0-9a-fA-F]*")
_BRACKETS: Final = re.compile(r'"(?:\\.|[^"\\])*"|[][{}]', re.DOTALL)


class Pairs(list[tuple[str, Any]]):
    """An object of JSON, with all its keys in their order: Go lets each of them count."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


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
        raise Refusal(_BAD_REQUEST, _words(text, error)) from None
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
    """Return the last value of a key, in whatever letters, of an object that was parsed by `parse`."""
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
    """Tell whether a part that was parsed by `parse` is a list."""
    return isinstance(raw, list) and not isinstance(raw, Pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise Refusal(_BAD_REQUEST, f"invalid character '{name.lstrip('-')[0]}' {_NO_VALUE}")


def _words(text: str, error: json.JSONDecodeError) -> str:
    """Say what Go says of a syntax error. Python points at the beginning of what is wrong, Go at what is wrong."""
    text += " "  # which Go adds to see whether what it has is whole
    place, why = error.pos, next(ours for theirs, ours in _SYNTAX.items() if error.msg.startswith(theirs))
    if error.msg.startswith("Illegal trailing comma"):
        place += 1
    if why != _CONTROL:
        place = next((i for i in range(place, len(text)) if text[i] not in _SPACE), len(text))
    if why == _ENDED or place == len(text):
        return _ENDED
    if why == _NO_VALUE and text[place] in _LITERALS:
        return _of_literal(text, place, _LITERALS[text[place]])
    if why == _NO_HEXADECIMAL:
        digits = _HEXADECIMAL.match(text, text.index("u", place) + 1)
        if digits is None:  # nothing is wrong with it, but nothing follows
            return _ENDED
        place = digits.end()
    elif why == _NO_ESCAPE:
        place += 1
    elif why == _NO_COMMA and _is_in_list(text[:place]):
        why = "after array element"
    return f"invalid character {quote(text[place], _SINGLE)} {why}"


def _of_literal(text: str, start: int, word: str) -> str:
    place = next((i for i, c in enumerate(word) if text[start + i] != c), len(word))
    wrong = quote(text[start + place], _SINGLE)
    if word == "-":
        return f"invalid character {wrong} in numeric literal"
    return f"invalid character {wrong} in literal {word} (expecting '{word[place]}')"


def _is_in_list(text: str) -> bool:
    open_ones: list[str] = []
    for mark in _BRACKETS.findall(text):
        if mark in "[{":
            open_ones.append(mark)
        elif mark in "]}":
            open_ones.pop()
    return open_ones[-1] == "["
