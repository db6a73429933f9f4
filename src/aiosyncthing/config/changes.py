"""Compare two configurations, and apply the changes between them. Pure.

Without ``from __future__ import annotations``: `aiosyncthing._lazy` says why.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, cast

from aiosyncthing import types as t
from aiosyncthing._rest.checks import mapping
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError

from .redacting import REDACTED, without_secrets

Place: TypeAlias = tuple[str, ...]
"""The path to a value in a configuration: keys and, for elements of a list of objects, their IDs.

For example ``("folders", "docs", "devices", "P56IOI7-...", "encryptionPassword")``. Device IDs are in canonical form.
"""

MISSING: Final[Any] = object()
"""Stands for a value that doesn't exist."""

IDENTITIES: Final[Mapping[str, str]] = {
    "folders": "id",
    "devices": "deviceID",
    "remoteIgnoredDevices": "deviceID",
    "ignoredFolders": "id",
}
"""The lists of objects with an ID, and the key of that ID."""

_TOP: Final = frozenset({"folders", "devices", "remoteIgnoredDevices", "defaults"})
_SHOWN: Final = 80  # characters of a value


@dataclass(frozen=True)
class Change:
    """One difference between two configurations.

    ``str()`` and ``repr()`` hide passwords and keys; `before` and `after` contain them.

    Attributes:
        place: The path to the value: ``("folders", "docs", "devices", "P56IOI7-...", "encryptionPassword")``.
        kind: Whether the value was added, removed or changed.
        before: The value before; ``None`` if it was added.
        after: The value afterwards; ``None`` if it was removed.
    """

    __module__ = "aiosyncthing.config"  # where users import it from; it may load without the others there

    place: tuple[str, ...]
    kind: Literal["added", "removed", "changed"]
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)

    @property
    def object(self) -> str:
        """The object that differs, such as ``folders['docs']`` or ``options``."""
        return shown(self.place[: self._depth])

    @property
    def field(self) -> str:
        """The field of the object, such as ``label`` or ``versioning.type``; empty for the whole object."""
        return shown(self.place)[len(self.object) :].removeprefix(".")

    @property
    def data(self) -> "t.ConfigChange":
        """The change as JSON, without passwords and keys."""
        return {
            "object": self.object,
            "field": self.field,
            "kind": self.kind,
            "before": self._public(self.before),
            "after": self._public(self.after),
        }

    def __str__(self) -> str:
        """Return the change as one line."""
        place = shown(self.place)
        if self.kind == "changed":
            return f"{place}: {self._short(self.before)} -> {self._short(self.after)}"
        value = self.after if self.kind == "added" else self.before
        simple = not isinstance(value, (Mapping, list))
        return f"{place}: {self.kind}{f' {self._short(value)}' if simple else ''}"

    @property
    def _depth(self) -> int:
        return 2 if self.place[0] in _TOP else 1

    def _public(self, value: Any) -> Any:
        return hide_secrets(self.place, value)

    def _short(self, value: Any) -> str:
        public = self._public(value)
        text = REDACTED if public == REDACTED else json.dumps(public, ensure_ascii=False)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class Changes(tuple[Change, ...]):
    """Changes of a configuration: a tuple of `Change`. ``str()`` has one line for each."""

    __module__ = "aiosyncthing.config"  # where users import it from; it may load without the others there

    __slots__ = ()

    def __str__(self) -> str:
        """Return one line for each change."""
        return "\n".join(map(str, self)) or "no changes"

    def __repr__(self) -> str:
        """Show the changes as `str`."""
        return f"<{type(self).__name__}: {'; '.join(map(str, self)) or 'none'}>"

    @property
    def data(self) -> "list[t.ConfigChange]":
        """The changes as JSON, without passwords and keys."""
        return [each.data for each in self]


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Return what differs between two configurations, by object and field.

    Folders, devices, the devices that a folder is shared with, and ignored folders and devices are compared by their
    IDs, so their order doesn't matter. Other lists are compared as a whole. An object that is in only one of the
    configurations is a single change.

    Args:
        before: A configuration, or a part of one, such as a folder.
        after: Another one, or the same part of it.

    Returns:
        The changes from the first to the second one. ``str()`` has one line for each; ``data`` is for JSON. Neither
        contains passwords or keys.

    Raises:
        BadRequestError: One of them is not an object (a dict), or is nested too deeply.
    """
    try:
        return Changes(compare((), mapping(before, "a configuration"), mapping(after, "a configuration")))
    except RecursionError:
        raise BadRequestError("the configuration is nested too deeply") from None


def compare(place: Place, before: object, after: object) -> Iterator[Change]:
    """Yield the differences between two values: `diff` for any part of a configuration.

    Args:
        place: The path to them.
        before: One value, or `MISSING`.
        after: The other value, or `MISSING`.
    """
    if before is MISSING or after is MISSING:
        if after is not MISSING:
            yield Change(place, "added", after=after)
        elif before is not MISSING:
            yield Change(place, "removed", before=before)
        return
    if before == after:  # a fast path for most values
        return
    old, new = fields_of(place, before), fields_of(place, after)
    if old is None or new is None or isinstance(before, Mapping) != isinstance(after, Mapping):
        yield Change(place, "changed", before, after)
        return
    for key in dict.fromkeys((*old, *new)):
        yield from compare((*place, key), old.get(key, MISSING), new.get(key, MISSING))


def fields_of(place: Place, value: object) -> dict[str, Any] | None:
    """Return the parts of a value: the fields of an object, or the elements of a list by their IDs.

    Args:
        place: The path to it, which determines the key of the IDs.
        value: The value.

    Returns:
        The parts; ``None`` if the value is compared as a whole.
    """
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    key = IDENTITIES.get(place[-1]) if place else None
    if key is None or not isinstance(value, list):
        return None
    found: dict[str, Any] = {}
    for element in cast("list[object]", value):
        identity = cast("Mapping[str, object]", element).get(key) if isinstance(element, Mapping) else None
        if not isinstance(identity, str) or (name := canonical(key, identity)) in found:
            return None
        found[name] = _with_identity(place[-1], element, name)
    return found


def canonical(key: str, identity: str) -> str:
    """Return the ID of an element, in canonical form if it is a device ID."""
    return _canonical_id(identity) if key == "deviceID" else identity


@lru_cache(maxsize=4096)  # a few IDs occur in many places
def _canonical_id(device_id: str) -> str:
    try:
        return str(DeviceID(device_id))
    except InvalidDeviceIDError:
        return device_id


def value_at(config: object, place: Place) -> Any:
    """Return the value at a path; `MISSING` if there is none."""
    value = config
    for depth, step in enumerate(place):
        if isinstance(value, Mapping):
            value = cast("Mapping[str, object]", value).get(step, MISSING)
        else:
            elements = _elements(value)
            index = _find(place[:depth], elements, step)
            value = MISSING if index is None else _with_identity(place[depth - 1], elements[index], step)
    return value


def equal(place: Place, one: object, other: object) -> bool:
    """Return whether two values are the same, regardless of the order of elements with an ID.

    Args:
        place: The path to them.
        one: One value, or `MISSING`.
        other: The other value, or `MISSING`.
    """
    return next(compare(place, one, other), None) is None


def apply(config: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """Return a configuration with changes made to it.

    The original is not modified, and shares with the new one what has not changed.

    Args:
        config: The configuration.
        changes: The changes, as returned by `diff`. Only ``place``, ``kind`` and ``after`` are used.
    """
    changed: Any = config
    for each in changes:
        changed = _with(changed, each, 0)
    return dict(changed)


def steps(place: Place) -> list[tuple[str, bool]]:
    """Return the steps of a path, and whether each is the ID of an element, as opposed to a key."""
    found: list[tuple[str, bool]] = []
    for step in place:
        found.append((step, bool(found) and not found[-1][1] and found[-1][0] in IDENTITIES))
    return found


def hide_secrets(place: Place, value: object) -> Any:
    """Return a value with passwords, keys and tokens replaced by ``<redacted>``.

    Args:
        place: The path to it; ``()`` for the whole configuration.
        value: The value.
    """
    keys = ["", "", *(str(step) for step, identity in steps(place) if not identity)]
    return without_secrets(value, keys[-1], keys[-2])


def shown(place: Place) -> str:
    """Return a path as text for messages: ``folders['docs'].label``."""
    return "".join(f"[{step!r}]" if identity else f".{step}" for step, identity in steps(place)).removeprefix(".")


def _with(value: object, change: Change, depth: int) -> Any:
    """Return a value with a change made to it; a value that doesn't exist is created only by an addition."""
    if depth == len(change.place):
        return MISSING if change.kind == "removed" else change.after
    step = change.place[depth]
    if isinstance(value, Mapping):
        fields = {**cast("Mapping[str, object]", value)}
        below = _with(fields.pop(step, MISSING), change, depth + 1)
        return fields if below is MISSING else {**fields, step: below}
    if not isinstance(value, list):
        return value
    elements = _elements(cast("object", value))
    index = _find(change.place[:depth], elements, step)
    below = _with(MISSING if index is None else elements.pop(index), change, depth + 1)
    if below is not MISSING:
        elements.insert(len(elements) if index is None else index, below)
    return elements


def _elements(value: object) -> list[Any]:
    return [*cast("list[object]", value)] if isinstance(value, list) else []


def _find(place: Place, elements: Iterable[Any], identity: str) -> int | None:
    key = IDENTITIES.get(place[-1]) if place else None
    if key is None:
        return None
    for index, each in enumerate(elements):
        if isinstance(each, Mapping):
            found: object = cast("Mapping[str, object]", each).get(key)
            if found == identity or (isinstance(found, str) and canonical(key, found) == identity):
                return index
    return None


def _with_identity(name: str, element: Any, identity: str) -> Any:
    """Return an element with its ID in canonical form."""
    key = IDENTITIES[name]
    return element if element[key] == identity else {**element, key: identity}
