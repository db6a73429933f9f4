"""The forms that a JSON value may have, and where a value doesn't have its form. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED: Final = 80  # characters of a key in a message
_MISSING: Final = object()
_NONE: Final[Mapping[str, Shape]] = {}


class Misfit(NamedTuple):
    """The first thing that doesn't fit a shape.

    Attributes:
        path: Its place, such as ``folders[3].id``; empty for the value itself.
        problem: What was expected, and what came.
    """

    path: str
    problem: str

    def below(self, step: str) -> Misfit:
        """Return the same misfit as seen from one level up."""
        dot = "." if self.path and not self.path.startswith("[") else ""
        return Misfit(f"{step}{dot}{self.path}", self.problem)


class Shape(Protocol):
    """The expected form of a value."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Return the first thing that doesn't fit; ``None`` if everything does."""
        ...


class Kind:
    """A simple value.

    Args:
        name: Its name in messages.
        types: Its possible types, compared exactly, since in Python a boolean is a number.
    """

    def __init__(self, name: str, types: frozenset[type]) -> None:
        self.name = name
        self.types = types

    def misfit(self, value: object, /) -> Misfit | None:
        """Compare the type."""
        return None if type(value) in self.types else _wrong(self.name, value)


class Time:
    """A timestamp that `parse_time` can read."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Parse it."""
        if not isinstance(value, str):
            return _wrong("a timestamp", value)
        try:
            parse_time(value)
        except BadRequestError:
            return Misfit("", "expected a timestamp, got another string")
        return None


class _Around:
    """A shape that contains another one."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


class Nullable(_Around):
    """A shape, or null."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Check anything except null."""
        return None if value is None else self.shape.misfit(value)


class Array(_Around):
    """A list whose elements have the same shape."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Check each element."""
        if not isinstance(value, list):
            return _wrong("an array", value)
        for number, element in enumerate(cast("list[object]", value)):
            if (found := self.shape.misfit(element)) is not None:
                return found.below(f"[{number}]")
        return None


class Map(_Around):
    """An object whose keys are data, and whose values have the same shape."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Check each value."""
        if not isinstance(value, dict):
            return _wrong("an object", value)
        for key, element in cast("dict[str, object]", value).items():
            if (found := self.shape.misfit(element)) is not None:
                return found.below(f"[{key[:_NAMED]!r}]")
        return None


class Object:
    """An object with named keys.

    Args:
        required: Keys that every supported daemon sends.
        optional: Keys that some versions don't send.
    """

    def __init__(self, required: Mapping[str, Shape], optional: Mapping[str, Shape] = _NONE) -> None:
        self.required = required
        self.optional = optional

    def misfit(self, value: object, /) -> Misfit | None:
        """Check each named key."""
        if not isinstance(value, dict):
            return _wrong("an object", value)
        known = cast("dict[str, object]", value)
        for key, shape in self.required.items():
            if (found := _look(shape, known.get(key, _MISSING))) is not None:
                return found.below(key)
        for key, shape in self.optional.items():
            if key in known and (found := shape.misfit(known[key])) is not None:
                return found.below(key)
        return None


def _look(shape: Shape, value: object) -> Misfit | None:
    return Misfit("", "missing") if value is _MISSING else shape.misfit(value)


def _wrong(expected: str, value: object) -> Misfit:
    return Misfit("", f"expected {expected}, got {_KINDS.get(type(value), 'something else')}")


_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}
