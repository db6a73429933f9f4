"""The keys of a configuration, derived from its types. Pure.

The daemon ignores unknown keys, so a misspelt setting would seem to succeed. It accepts keys in any case, but the other
checks of bodies don't, so a key in the wrong case counts as misspelt as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast, get_args, get_origin, get_type_hints, is_typeddict

from aiosyncthing import types as t
from aiosyncthing._http.wire import version_numbers
from aiosyncthing.exceptions import BadRequestError

KeyPath: TypeAlias = tuple[str, ...]
"""The keys that lead to a part of the configuration; lists on the way are not counted."""

_Shape: TypeAlias = "Mapping[str, _Shape | None]"

# The parameters of all types of versioning (lib/versioner/*.go), since those of the previous type stay when it changes,
# and those of old Syncthing versions, which the daemon keeps.
_PARAMETERS: Final[_Shape] = dict.fromkeys(
    ("cleanoutDays", "command", "keep", "maxAge", "cleanInterval", "fsPath", "fsType", "versionsPath")
)

# The Python types accepted for each Go type. The daemon doesn't accept 5.0 as an int.
_SIMPLE: Final[Mapping[Any, tuple[tuple[type, ...], str]]] = {
    str: ((str,), "a string"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}
_NEWEST: Final = [2, 1]
_SHOWN: Final = 3
# The objects of a list and their defaults have the same keys.
_TWINS: Final[tuple[tuple[KeyPath, KeyPath], ...]] = (
    (("folders",), ("defaults", "folder")),
    (("devices",), ("defaults", "device")),
)


class Stray(NamedTuple):
    """A key that doesn't exist in any version up to the newest known one.

    Attributes:
        shown: Its path in the body, such as ``devices[1].pused``.
        place: Its path in a configuration.
        meant: The key that was probably meant; empty if none is similar.
    """

    shown: str
    place: KeyPath
    meant: str


def is_newer(version: str | None) -> bool:
    """Return whether a daemon may have keys that this library doesn't know.

    Args:
        version: Its version, such as ``v2.1.3``; ``None`` if unknown.
    """
    return version_numbers(version)[:2] > _NEWEST


def find_strays(place: KeyPath, body: object) -> list[Stray]:
    """Return the keys of a body that don't exist in any version.

    Args:
        place: The part of the configuration that the body is, or is an element of.
        body: The body to be sent. A body that is not an object is left to other checks.
    """
    shape: _Shape | None = _shape_of(t.Configuration)
    for key in place:
        shape = (shape or {})[key]
    return [] if shape is None else _find(shape, body, place, "")


def check_strays(strays: list[Stray], sent: object) -> None:
    """Refuse keys that don't exist in any version, unless this daemon has them.

    Args:
        strays: The keys.
        sent: The whole configuration as sent by the daemon.

    Raises:
        BadRequestError: The daemon has none of these; the message suggests similar keys.
    """
    unknown = [stray for stray in strays if not any(_is_there(sent, each) for each in _places(stray.place))]
    if unknown:
        names = ", ".join(
            f"{each.shown!r}{f' (did you mean {each.meant!r}?)' if each.meant else ''}" for each in unknown[:_SHOWN]
        )
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        raise BadRequestError(f"Syncthing has no setting {names}{more}: the daemon would ignore it")


def type_problem(place: KeyPath, value: object, shown: str, *, element: bool) -> str:
    """Return why every version would refuse the type of a value, or of a part of it; empty if none would.

    Args:
        place: Its path in a configuration.
        value: The value, as decoded JSON. Null is left to other checks.
        shown: The path as text, for the message.
        element: Whether the value is an element of the list at this path.
    """
    kind: Any = t.Configuration
    for key in place:
        kind = get_args(kind)[0] if get_origin(kind) is list else kind
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        elif not (is_typeddict(kind) and key in (hints := get_type_hints(kind))):
            return ""
        else:
            kind = hints[key]
    if element and get_origin(kind) is list:
        kind = get_args(kind)[0]
    return _type_problem(kind, value, shown)


def _type_problem(kind: Any, value: object, shown: str) -> str:
    origin, given = get_origin(kind), type(value)
    types: tuple[type, ...]
    parts: list[tuple[Any, object, str]] = []
    if is_typeddict(kind) or origin is dict:
        hints = get_type_hints(kind) if is_typeddict(kind) else {}
        inside = get_args(kind)[1] if origin is dict else None
        types, name = (dict,), "an object (a dict)"
        fields = cast("Mapping[str, object]", value).items() if isinstance(value, dict) else ()
        parts = [(hints.get(key, inside), each, f"{shown}.{key}") for key, each in fields]
    elif origin is list:
        types, name = (list,), "a list"
        elements = cast("list[object]", value) if isinstance(value, list) else ()
        parts = [(get_args(kind)[0], each, f"{shown}[{number}]") for number, each in enumerate(elements)]
    else:
        types, name = _SIMPLE.get(str if origin is Literal else kind, ((), ""))
    if types and value is not None and given not in types:
        return f"{shown} must be {name}, not {given.__name__}"
    return next((found for part in parts if (found := _type_problem(*part))), "")


@cache
def _shape_of(kind: Any) -> _Shape | None:
    """Return the keys of a type with the shapes of their values; ``None`` where anything is allowed."""
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        return {key: _PARAMETERS if key == "params" else _shape_of(value) for key, value in hints.items()}
    return _shape_of(get_args(kind)[0]) if get_origin(kind) is list else None


def _find(shape: _Shape, body: object, place: KeyPath, shown: str) -> list[Stray]:
    if isinstance(body, (list, tuple)):
        elements = enumerate(cast("list[object]", body))
        return [stray for number, each in elements for stray in _find(shape, each, place, f"{shown}[{number}]")]
    if not isinstance(body, Mapping):
        return []
    found: list[Stray] = []
    for key, value in cast("Mapping[object, object]", body).items():
        name = str(key)
        path = f"{shown}.{name}" if shown else name
        if name not in shape:
            found.append(Stray(path, (*place, name), guess(name, shape)))
        elif (below := shape[name]) is not None:
            found += _find(below, value, (*place, name), path)
    return found


def guess(name: str, names: Iterable[str]) -> str:
    """Return the name that was probably meant; empty if none is similar.

    Args:
        name: The given name.
        names: The names that exist.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    by_letters = {each.lower(): each for each in names}
    close = get_close_matches(name.lower(), by_letters, n=1)
    return by_letters[close[0]] if close else ""


def _places(place: KeyPath) -> list[KeyPath]:
    found = [place]
    for pair in _TWINS:
        for one, other in (pair, pair[::-1]):
            if place[: len(one)] == one:
                found.append(other + place[len(one) :])
    return found


def _is_there(value: object, place: KeyPath) -> bool:
    if not place:
        return True
    if isinstance(value, list):
        return any(_is_there(each, place) for each in cast("list[object]", value))
    if not isinstance(value, Mapping):
        return False
    key, *rest = place
    below = cast("Mapping[str, object]", value)
    return key in below and _is_there(below[key], tuple(rest))
