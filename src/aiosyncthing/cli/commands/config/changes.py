"""Compute and show changes of settings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from aiosyncthing.cli.errors import UsageError
from aiosyncthing.config import MISSING, Change, Place, apply, compare, hide_secrets, value_at

from .paths import is_element, is_parameter, written
from .values import shown

if TYPE_CHECKING:
    from aiosyncthing.cli.schemas import SettingChange

Mark: TypeAlias = Literal["+", "-", "~"]

_MARKS: Final[Mapping[str, Mark]] = {"added": "+", "removed": "-", "changed": "~"}
_IDENTITIES: Final = frozenset({"id", "deviceID"})
_LISTS: Final = frozenset({"folders", "devices"})
# The daemon's defaults of `gui` that are not empty, zero or false. Elsewhere the daemon itself puts them in, but a
# replaced `gui` could lose its password.
_GUI_DEFAULTS: Final[Mapping[str, str]] = {"authMode": "static", "theme": "default"}
_LOCKS_OUT: Final = frozenset({"address", "apiKey", "enabled", "useTLS"})
_OWN_DEFAULTS: Final = frozenset({("options",), ("ldap",), ("defaults", "folder"), ("defaults", "device")})


def changes_to(place: Place, config: Mapping[str, Any], value: object) -> list[Change]:
    """Return the changes that set a setting to a value; fields of an object that are not in the value are kept.

    Raises:
        UsageError: The setting can't have this value.
    """
    old = value_at(config, place)
    return list(compare(place, old, _with_fields(place, old, value)))


def changes_to_default(place: Place, config: Mapping[str, Any]) -> list[Change]:
    """Return the changes that reset a setting to its default, or remove an element of a list.

    Raises:
        UsageError: It has no default.
    """
    old = value_at(config, place)
    if is_parameter(place) or (is_element(place) and place[:-1] != (place[0],)):
        new: Any = MISSING
    elif is_element(place) and place[0] in _LISTS:
        raise UsageError(f"{written(place)} is not a setting", hint="`aiosyncthing remove` removes folders and devices")
    elif is_element(place):
        new = MISSING
    elif place[-1] == "encryptionPassword":
        new = ""
    elif place[0] == "gui":
        new = _gui_default(place, old)
    elif place[0] in _LISTS and len(place) > len(("folders", "docs")):
        new = value_at(config, _default_place(place))
    elif isinstance(old, list):
        new = []
    else:
        raise UsageError(f"{written(place)} has no default")
    if new is MISSING and not (is_parameter(place) or is_element(place)):
        raise UsageError(f"{written(place)} has no default")
    return list(compare(place, cast("object", old), new))


def is_of_the_daemon(place: Place) -> bool:
    """Return whether only the daemon knows the default of a setting, and fills it in if it is missing."""
    parameter = is_parameter(place) or is_element(place) or "devices" in place
    return not parameter and (place[:1] in _OWN_DEFAULTS or place[:2] in _OWN_DEFAULTS) and place not in _OWN_DEFAULTS


def check_settable(place: Place) -> None:
    """Refuse a setting that can't be set, or that identifies its object.

    Raises:
        UsageError: It can't be set.
    """
    if place == ("version",):
        raise UsageError(
            "version can't be changed: it is the version of the configuration's format, and the daemon sets it"
        )
    if len(place) == 1 and place[0] in _LISTS:
        raise UsageError(f"name one of the {place[0]}; `aiosyncthing config edit {place[0]}` changes several")
    if place[-1] in _IDENTITIES and not is_element(place) and not is_parameter(place):
        raise UsageError(f"{written(place)} identifies this element: it can't be changed")


def locks_out(change: Change) -> bool:
    """Return whether a change may lock out clients that use the old settings."""
    return (
        change.kind != "removed"
        and change.place[:1] == ("gui",)
        and change.place[1:2] in {(each,) for each in _LOCKS_OUT}
    )


def replace(config: dict[str, Any], before: Mapping[str, Any], changes: Iterable[Change]) -> None:
    """Update a configuration to another one with changes made to it."""
    changed = apply(before, changes)
    config.clear()
    config.update(changed)


def without(config: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Return a copy of an object without one of its fields, at any depth."""
    key, *rest = place
    kept = dict(config)
    if rest:
        kept[key] = without(kept[key], tuple(rest))
    else:
        kept.pop(key)
    return kept


def change_row(change: Change) -> SettingChange:
    """Return a change as a row of a JSON document, without passwords and keys."""
    return {
        "path": written(change.place),
        "kind": change.kind,
        "before": hide_secrets(change.place, change.before),
        "after": hide_secrets(change.place, change.after),
    }


def change_line(row: SettingChange) -> tuple[Mark, str]:
    """Return a change as a line, and its mark: added, removed or changed."""
    if row["kind"] == "changed":
        text = f"{row['path']}: {shown(row['before'])} → {shown(row['after'])}"
    else:
        value = row["after"] if row["kind"] == "added" else row["before"]
        text = row["path"] if isinstance(value, dict) else f"{row['path']}: {shown(value)}"
    return _MARKS[row["kind"]], text


def current_of(config: Mapping[str, Any], place: Place) -> Any:
    """Return the value at a place; ``None`` for a missing parameter of versioning."""
    value = value_at(config, place)
    return None if value is MISSING else value


def _with_fields(place: Place, old: object, value: object) -> object:
    """Return a new value, to which an object adds the old fields that are missing in it."""
    fields, new = _fields(old), _fields(value)
    if fields is None or new is None or place[-1] == "params":
        return value
    merged = {**fields, **new}
    if is_element(place) and any(merged.get(key) != fields.get(key) for key in _IDENTITIES):
        raise UsageError(f"what identifies {written(place)} can't be changed")
    return merged


def _fields(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None


def _default_place(place: Place) -> Place:
    """Return the place of the default of a folder's or device's setting."""
    rest = place[2:]
    if rest[0] in {"path", "devices"}:
        raise UsageError(f"{written(place)} has no default")
    return ("defaults", place[0].removesuffix("s"), *rest)


def _gui_default(place: Place, current: object) -> Any:
    name = place[-1]
    if name == "password":
        raise UsageError("an empty password is still a password", hint="to disable the login, unset gui.user instead")
    if len(place) == 1 or name in _LOCKS_OUT:
        raise UsageError(f"{written(place)} has no default that would leave the daemon reachable")
    return _GUI_DEFAULTS.get(name, type(current)())
