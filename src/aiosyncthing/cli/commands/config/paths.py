"""Paths of settings, such as ``folders.docs.rescanIntervalS``: parse, write and resolve them. Pure.

Elements of lists are given by name or ID, as everywhere, and never by position. A name with dots is
quoted: ``folders."my.docs".label``; the library's own notation, ``folders['my.docs'].label``, is accepted, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, cast, get_args, get_origin, get_type_hints, is_typeddict

from aiosyncthing import types as t
from aiosyncthing.cli import names
from aiosyncthing.cli.errors import CommandError, Exit, UnknownNameError, UsageError
from aiosyncthing.cli.output.text import escape
from aiosyncthing.config import MISSING, Place, fields_of, steps, value_at

_QUOTED: Final = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_STEP: Final = re.compile(rf"\.?\[({_QUOTED})\]|(?:^|\.)(?:({_QUOTED})|([^.\[\]\"']+))", re.DOTALL)
_BARE: Final = re.compile(r"[^.\[\]\"'\\\s]+")
# Escape sequences of JSON and Python, so that both notations can be pasted.
_ESCAPED: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t"}


def parse(text: str) -> list[str]:
    """Return the steps of a path; an empty path is the whole configuration.

    Raises:
        UsageError: It is not a path.
    """
    found: list[str] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position) if position or not text.startswith(".") else None
        if match is None:
            hint = 'write it as in folders.docs.label; a name with dots needs quotes: folders."my.docs".label'
            raise UsageError(f"{text!r} is not the path of a setting", hint=hint)
        quoted = match[1] or match[2]
        found.append(match[3] or _ESCAPED.sub(_character, quoted[1:-1]))
        position = match.end()
    return found


def written(place: Place) -> str:
    """Return the path of a place, as `parse` reads it."""
    return ".".join(_quoted(step) for step in place)


def resolve(text: str, config: Mapping[str, Any]) -> Place:
    """Return the place of a path.

    Args:
        text: The path.
        config: The whole configuration.

    Raises:
        UnknownNameError: No folder or device has this name, or several do; or a folder is not shared with this device.
        UsageError: The daemon has no such setting.
        CommandError: Other versions of the daemon have this setting.
    """
    place: Place = ()
    for step in parse(text):
        find = _identity if is_element((*place, step)) else _key
        place = (*place, find(step, place, config))
    return place


def kind_of(place: Place) -> Any:
    """Return the type of a setting; ``None`` if the library doesn't know it."""
    kind: Any = t.Configuration
    for step, identity in steps(place):
        if identity:
            kind = get_args(kind)[0] if get_origin(kind) is list else None
        elif is_typeddict(kind):
            kind = get_type_hints(kind).get(step)
        else:
            kind = str if get_origin(kind) is dict else None
    return kind


def leaves(place: Place, value: object) -> Iterator[tuple[Place, object]]:
    """Yield all settings below a place, and their values."""
    below = fields_of(place, value)
    if not below:
        yield place, value
        return
    for step, each in below.items():
        yield from leaves((*place, step), each)


def is_parameter(place: Place) -> bool:
    """Return whether a place is a parameter of versioning, which may have any name."""
    return place[-3:-1] == ("versioning", "params")


def is_element(place: Place) -> bool:
    """Return whether a place is an element of a list, and not a field."""
    return bool(place) and steps(place)[-1][1]


def _key(step: str, place: Place, config: Mapping[str, Any]) -> str:
    value = value_at(config, place)
    below: Mapping[str, object] = cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
    if step in below or is_parameter((*place, step)):
        return step
    path = written((*place, step))
    if kind_of((*place, step)) is not None:
        raise CommandError(
            f"this version of Syncthing has no setting {path}", Exit.UNSUPPORTED, kind="NotSupportedError"
        )
    if not below:
        raise UsageError(f"there is no setting {path}: {written(place)} has no named parts")
    by_letters = {key.lower(): key for key in below}
    near = get_close_matches(step.lower(), by_letters, 1)
    hint = f"did you mean {written((*place, by_letters[near[0]]))}?" if near else f"there are: {', '.join(below)}"
    raise UsageError(f"there is no setting {path}", hint=hint)


def _identity(step: str, place: Place, config: Mapping[str, Any]) -> str:
    """Return the ID of an element of a list, given by name or ID."""
    listed: Any = value_at(config, place)
    if listed is MISSING or listed is None:
        listed = []
    if place[-1] in {"folders", "ignoredFolders"}:
        return names.find_folder(step, listed)["id"]
    if place in {("devices",), ("remoteIgnoredDevices",)}:
        return names.find_device(step, listed)["deviceID"]
    device = names.find_device(step, config["devices"])
    if all(each["deviceID"] != device["deviceID"] for each in listed):
        of = "new folders are" if place[0] == "defaults" else f"the folder {place[1]!r} is"
        raise UnknownNameError(
            f"{of} not shared with {step!r}", hint="`aiosyncthing share` shares it", kind="UnknownDeviceError"
        )
    return device["deviceID"]


def _quoted(step: str) -> str:
    if _BARE.fullmatch(step) and escape(step) == step:
        return step
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escape(escaped)}"'


def _character(escaped: re.Match[str]) -> str:
    code = escaped[1] or escaped[2] or escaped[3]
    return chr(int(code, 16)) if code else _LETTERS.get(escaped[4], escaped[4])
