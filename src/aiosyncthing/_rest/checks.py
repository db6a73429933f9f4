"""Checks of arguments before anything is sent. Pure.

The daemon takes an empty ID for "all", and its default for a number or time that it can't parse. No caller can mean
that, so it is refused here with a `BadRequestError`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError
from aiosyncthing.ignores.lines import find_fault
from aiosyncthing.times import parse_time
from aiosyncthing.types.enumerations import EVENT_TYPES

_T = TypeVar("_T")


def required(value: str, what: str) -> str:
    """Return an ID or name unless it is empty: to the daemon that would mean "all", or nothing."""
    anything = cast("object", value)  # callers without a type checker may pass anything
    if not isinstance(anything, str):
        raise BadRequestError(f"{what} must be a string, not {type(anything).__name__}")
    if not anything:
        raise BadRequestError(f"{what} must not be empty")
    return anything


def mapping(value: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    """Return an object unless it is something else, such as an ID in place of the object with that ID."""
    anything = cast("object", value)  # callers without a type checker may pass anything
    if not isinstance(anything, Mapping):
        raise BadRequestError(f"{what} must be an object (a dict), not {type(anything).__name__}")
    return value


def plain(result: _T, what: str) -> _T:
    """Return what a function has returned, unless that is to be awaited: it would always count as true.

    Args:
        result: The result.
        what: The function, for the message.
    """
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()  # or Python would warn that it was never awaited
        raise BadRequestError(f"{what} must be an ordinary function that returns whether it is true, not async")
    return result


def in_path(value: str) -> bool:
    """Return whether an ID can be part of a path: the daemon's router cleans the decoded path."""
    return "/" not in value and value not in {".", ".."}


def device_in_path(device_id: str, what: str = "device_id") -> str:
    """Return a device ID for use in a path. What can't be part of a path is not a device ID either."""
    if not in_path(required(device_id, what)):
        raise InvalidDeviceIDError(f"{what} is not a device ID")
    return device_id


def device(device_id: str, what: str = "device_id") -> str:
    """Return a device ID as given, in any notation that the daemon accepts.

    Use this where the daemon doesn't check the ID itself, so that a typing error is not mistaken for an unknown device.

    Raises:
        InvalidDeviceIDError: It is not a device ID.
    """
    DeviceID(required(device_id, what))
    return device_id


def same_device(one: str, other: str) -> bool:
    """Return whether two notations mean the same device."""
    try:
        return one == other or DeviceID(one) == DeviceID(other)
    except InvalidDeviceIDError:
        return False


def other_device(device_id: str, own: str | None) -> DeviceID:
    """Return the ID of another device in its canonical form.

    Args:
        device_id: The ID, in any notation.
        own: The daemon's own ID, if it is known.

    Raises:
        InvalidDeviceIDError: It is not a device ID.
        BadRequestError: It is empty, or the daemon's own.
    """
    found = DeviceID(required(device_id, "the device ID"))
    required(found, "the device ID")
    if own is not None and same_device(own, found):
        raise BadRequestError(f"{found} is the daemon's own device, which every folder contains anyway")
    return found


def other_devices(device_ids: Iterable[str]) -> list[str]:
    """Return the IDs of other devices in their canonical form; there must be some."""
    found = [str(other_device(each, None)) for each in device_ids]
    if not found:
        raise BadRequestError("at least one device ID is needed")
    return found


def numbers(**values: tuple[int | None, int]) -> dict[str, str]:
    """Return whole numbers as query parameters, given with their minimum; ``None`` is left out.

    For a number it can't use, the daemon would silently take its default.
    """
    return {name: number(name, value, least) for name, (value, least) in values.items() if value is not None}


def number(name: str, value: int, least: int) -> str:
    """Return a whole number as the daemon reads it."""
    anything = cast("object", value)  # callers without a type checker may pass anything
    if isinstance(anything, bool) or not isinstance(anything, int) or anything < least:
        raise BadRequestError(f"{name} must be a whole number of at least {least}")
    return str(anything)


def page_params(page: int | None, perpage: int | None) -> dict[str, str]:
    """Return the query parameters for one page of a list."""
    return numbers(page=(page, 1), perpage=(perpage, 1))


def listed(names: Iterable[_T] | str, what: str) -> list[_T | str]:
    """Return what was given as a list; a single string is one name.

    Args:
        names: The names.
        what: What they are, for the message.
    """
    if isinstance(names, str):
        return [names]
    anything = cast("object", names)  # callers without a type checker may pass anything
    if isinstance(anything, (bytes, bytearray)) or not isinstance(anything, Iterable):
        raise BadRequestError(f"{what} must be a string or a list of them, not {type(anything).__name__}")
    return list(names)


def lines(text: Iterable[str], what: str) -> list[str]:
    """Return texts as a list. A single string is refused, since it would become one text per character.

    Args:
        text: The texts.
        what: What they are, for the message.
    """
    anything = cast("object", text)  # callers without a type checker may pass anything
    if isinstance(anything, str) or not isinstance(anything, Iterable):
        raise BadRequestError(f"{what} must be a list of strings, not {type(anything).__name__}")
    found = list(cast("Iterable[object]", anything))
    for each in found:
        if not isinstance(each, str):
            raise BadRequestError(f"{what} must be a list of strings, without {type(each).__name__}")
    return cast("list[str]", found)


def check_patterns(patterns: Iterable[str], *, stored: bool = False) -> list[str]:
    """Return ignore patterns as a list if the daemon reads them as they are.

    Args:
        patterns: The patterns.
        stored: Whether they are stored in the configuration.

    Raises:
        BadRequestError: It doesn't, or may crash on one; the message says what to write instead.
    """
    found = lines(patterns, "the ignore patterns")
    for line in found:
        if reason := find_fault(line, stored=stored):
            raise BadRequestError(reason)
    return found


def check_log_time(since: str | datetime) -> str:
    """Return a point in time as the daemon reads it.

    The daemon would ignore one that it can't parse, and return everything.
    """
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise BadRequestError("the time must have a time zone")
        return since.astimezone(UTC).isoformat()  # Go can't parse offsets with seconds, which old zones have
    parse_time(required(since, "since"))
    return since


def check_event_types(types: Iterable[str] | str) -> str:
    """Return the names of event types in canonical order, as the ``events`` parameter.

    A name unknown to the daemon adds nothing to its filter, so that the poll would stay silent forever. The order is
    fixed because each combination of types is a subscription of its own in the daemon.
    """
    names = {types} if isinstance(types, str) else set(types)
    if unknown := names.difference(EVENT_TYPES):
        raise BadRequestError(f"unknown event types: {', '.join(sorted(map(str, unknown)))}")
    if not names:
        raise BadRequestError("at least one event type is needed")
    return ",".join(name for name in EVENT_TYPES if name in names)
