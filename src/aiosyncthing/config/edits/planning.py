"""Plan the requests of an edit of the configuration, and their order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, cast

from aiosyncthing._http.wire import version_numbers
from aiosyncthing._rest.checks import check_patterns, device, lines, mapping
from aiosyncthing.config import bodies, keys
from aiosyncthing.config.changes import (
    IDENTITIES,
    MISSING,
    Change,
    Changes,
    Place,
    apply,
    diff,
    fields_of,
    shown,
    steps,
    value_at,
)
from aiosyncthing.config.redacting import contains_redacted
from aiosyncthing.exceptions import BadRequestError

from .merging import unshared

WHOLE: Final[Place] = ()
"""The target of changes that can only be sent with the whole configuration."""
GUI: Final[Place] = ("gui",)

_ELEMENT: Final = 2  # steps to a folder or device
DEFAULT_FOLDER: Final[Place] = ("defaults", "folder")
DEFAULT_DEVICE: Final[Place] = ("defaults", "device")
DEFAULT_IGNORES: Final[Place] = ("defaults", "ignores")
# The order of writing. Folders refer to devices, so devices are added before them and removed after them. A device can
# be ignored when it is gone. A change of the GUI's settings comes last, since it may end the connection.
_ORDER: Final[tuple[Place, ...]] = (
    ("devices",),
    ("options",),
    ("ldap",),
    DEFAULT_DEVICE,
    DEFAULT_FOLDER,
    DEFAULT_IGNORES,
    ("folders",),
)
_REMOVALS: Final[tuple[Place, ...]] = (("folders",), ("devices",))
_LAST: Final[tuple[Place, ...]] = (WHOLE, GUI)
_ENCRYPTED: Final = "receiveencrypted"
_HASH: Final = "$2"  # how a bcrypt hash begins
_KEEPS_HASHES: Final = [1, 25]


class Wanted(NamedTuple):
    """The changes of an edit.

    Attributes:
        changes: The changes.
        ignored: Settings that this version of the daemon doesn't have, but others do.
    """

    changes: Changes
    ignored: tuple[str, ...]


class Request(NamedTuple):
    """A request that changes an object.

    Attributes:
        method: ``put`` replaces all of it, ``patch`` some fields.
        body: The body. For the whole configuration, only the fields that change.
    """

    method: Literal["put", "patch", "delete"]
    body: bodies.Body | None = None


class Step(NamedTuple):
    """The change of one object.

    Attributes:
        target: Its path; `WHOLE` for the whole configuration.
        changes: The changes.
        requests: The requests, in order.
        wanted: The object as it will be; ``None`` if it is removed.
    """

    target: Place
    changes: Changes
    requests: tuple[Request, ...]
    wanted: bodies.Body | None = None


def want(before: Mapping[str, Any], made: Mapping[str, Any], *, own: str | None, version: str | None) -> Wanted:
    """Return what an edit wants to change.

    A missing field is not a change, since objects always have all their fields. Nor is a different version of the
    format, or a folder whose list lacks the daemon's own device.

    Args:
        before: The configuration as it was read.
        made: The edited configuration.
        own: The daemon's device ID.
        version: The daemon's version.

    Raises:
        BadRequestError: The daemon would ignore a change, or misread it.
        InvalidDeviceIDError: A device has an invalid ID.
    """
    _check_lists(made)
    newer = keys.is_newer(version)
    found = diff(before, made)
    if not newer and any(each.kind == "added" or isinstance(each.after, (Mapping, list)) for each in found):
        keys.check_strays(keys.find_strays((), made), before)
    changes: list[Change] = []
    ignored: list[str] = []
    for change in found:
        place = change.place
        named = steps(place)[-1][1] or _is_parameter(place)
        if place == ("version",) or (change.kind == "removed" and not named):
            continue
        if change.kind == "removed" and place[-2:] == ("devices", own):
            if len(place) == _ELEMENT:
                raise BadRequestError(
                    f"the daemon's own device can't be removed: if this is the configuration of another daemon, replace"
                    f" that daemon's ID with {own} first"
                )
            continue
        if change.kind == "added" and not (named or newer):
            ignored.append(shown(place))
            continue
        _check_change(change, version)
        changes.append(change)
    gone = [each.place[1] for each in changes if each.kind == "removed" and each.place[:-1] == ("devices",)]
    left = apply(before, changes)
    changes += [each for device_id in gone for each in unshared(left, device_id)]
    return Wanted(Changes(changes), tuple(ignored))


def plan(now: Mapping[str, Any], changes: Iterable[Change]) -> list[Step]:
    """Return what to send, in an order that the daemon accepts.

    Args:
        now: The configuration as it is now.
        changes: The changes to make.

    Raises:
        BadRequestError: The daemon would ignore, correct or refuse a change.
        UnknownDeviceError: A folder would be shared with a device that is not configured.
        InvalidDeviceIDError: A folder would be shared with an invalid ID.
    """
    all_changes = Changes(changes)
    merged = apply(now, all_changes)
    targets: dict[Place, list[Change]] = {}
    for each in all_changes:
        targets.setdefault(_target(each.place), []).append(each)
    planned = [_step(now, merged, target, Changes(group)) for target, group in targets.items()]
    _check_sharing(merged, planned)
    _check_ignoring(now, merged)
    return sorted(planned, key=_rank)


def _target(place: Place) -> Place:
    """Return the path of the object that a path is in, if that object has its own endpoints; `WHOLE` otherwise."""
    target = place[: _ELEMENT if place[0] in {"folders", "devices", "defaults"} else 1]
    known = target == GUI or target in _ORDER or target[:1] in _REMOVALS
    return target if known else WHOLE


def _rank(step: Step) -> int:
    if step.target in _LAST:
        return len(_ORDER) + len(_REMOVALS) + _LAST.index(step.target)
    if step.wanted is None:
        return len(_ORDER) + _REMOVALS.index(step.target[:1])
    return _ORDER.index(step.target if step.target in _ORDER else step.target[:1])


def _step(now: Mapping[str, Any], merged: Mapping[str, Any], target: Place, changes: Changes) -> Step:
    if target == WHOLE:
        part = {each.place[0]: merged.get(each.place[0]) for each in changes}
        return Step(target, changes, (Request("put", part),), part)
    value, current = value_at(merged, target), value_at(now, target)
    if value is MISSING:
        return Step(target, changes, (Request("delete"),))
    whole: bodies.Body = mapping(value, shown(target))
    if target == DEFAULT_IGNORES:
        found = lines(whole["lines"], "defaults.ignores.lines")
        check_patterns((line for line in found if line not in current["lines"]), stored=True)
        return Step(target, changes, (Request("put", whole),), whole)
    if current is MISSING:
        _check_body(target, whole, {}, new=True)
        whole = bodies.complete_elements(whole, {})
        return Step(target, changes, (Request("put", whole), *_emptying(merged, whole)), whole)
    patch: bodies.Body = {key: whole[key] for key in dict.fromkeys(each.place[len(target)] for each in changes)}
    _check_body(target, patch, current, new=False)
    if target[0] in {"folders", "devices", "defaults"}:
        patch = bodies.complete_elements(patch, current)
    whole = {**whole, **patch}
    requests: tuple[Request, ...] = (Request("patch", patch),)
    if any(each.kind == "removed" and _is_parameter(each.place) for each in changes):
        requests = () if target == DEFAULT_FOLDER else _emptying(merged, whole)
        requests = (*requests[:1], Request("patch", patch)) if requests else (Request("put", whole),)
    return Step(target, changes, requests, whole)


def _is_parameter(place: Place) -> bool:
    """Return whether a path is one of the parameters of versioning, which are all optional."""
    return place[-3:-1] == ("versioning", "params")


def _emptying(merged: Mapping[str, Any], folder: bodies.Body) -> tuple[Request, ...]:
    """Return the requests that remove the parameters a folder would inherit from the default folder.

    The daemon merges the parameters it receives into the current ones: for a folder that is new or replaced, into those
    of the default folder.
    """
    default = value_at(merged, (*DEFAULT_FOLDER, "versioning", "params"))
    own = value_at(folder, ("versioning", "params"))
    if not isinstance(own, Mapping) or not isinstance(default, Mapping) or default.keys() <= own.keys():
        return ()
    versioning = folder["versioning"]
    emptied = {"versioning": {**versioning, "params": None}}
    return Request("patch", emptied), Request("patch", {"versioning": versioning})


def _check_lists(made: Mapping[str, Any]) -> None:
    """Check that elements of lists that are compared by ID have valid, unique IDs."""
    ids: dict[str, Place] = {}
    for folder_id, folder in _elements(("folders",), made, ids).items():
        _elements(("folders", folder_id, "devices"), folder, ids)
    for device_id, each in _elements(("devices",), made, ids).items():
        _elements(("devices", device_id, "ignoredFolders"), each, ids)
    _elements(("remoteIgnoredDevices",), made, ids)
    for place in ((*DEFAULT_FOLDER, "devices"), (*DEFAULT_DEVICE, "ignoredFolders")):
        parent = value_at(made, place[:-1])
        _elements(place, cast("bodies.Body", parent) if isinstance(parent, Mapping) else {}, ids)
    for device_id, place in ids.items():
        device(device_id, f"the deviceID in {shown(place)}")


def _elements(place: Place, parent: Mapping[str, Any], ids: dict[str, Place]) -> dict[str, Any]:
    """Return the elements of a list by their IDs, and add device IDs to ``ids``."""
    if parent.get(place[-1]) is None:
        return {}
    found, key = fields_of(place, parent[place[-1]]), IDENTITIES[place[-1]]
    if found is None or isinstance(parent[place[-1]], Mapping):
        raise BadRequestError(f"{shown(place)} must be a list of objects (dicts), each with its own {key}")
    if key == "deviceID":
        ids.update(dict.fromkeys(found, place))
    return found


def _check_change(change: Change, version: str | None) -> None:
    """Refuse a change that the daemon would ignore or misread."""
    place = shown(change.place)
    if change.after is None and change.kind == "changed":
        raise BadRequestError(f"{place} must not be null (None): the daemon would leave it unchanged")
    if contains_redacted(change.after):
        raise BadRequestError(f"{place} is redacted: take its value from a configuration that is not")
    way = steps(change.place)
    names = tuple(step for step, identity in way if not identity)
    problem = keys.type_problem(names, change.after, place, element=way[-1][1])
    if problem and not keys.is_newer(version):
        raise BadRequestError(f"{problem}: the daemon would refuse it")
    hashed = change.place == ("gui", "password") and str(change.after).startswith(_HASH)
    if hashed and version_numbers(version)[:2] < _KEEPS_HASHES:
        raise BadRequestError(
            f"{place} is a hash, which Syncthing before 1.25 would hash again: set the password itself"
        )
    retyped = change.kind == "changed" and change.place[0] == "folders" and change.place[2:] == ("type",)
    if retyped and _ENCRYPTED in (change.before, change.after):
        raise BadRequestError(f"{place} can't be changed from or to {_ENCRYPTED}: remove the folder and add it again")


def _check_body(target: Place, body: bodies.Body, current: bodies.Body, *, new: bool) -> None:
    """Refuse values that the daemon would replace with a default."""
    if target == GUI:
        bodies.check_gui(body, whole=False)
    elif target == ("ldap",):
        bodies.check_ldap(body)
    elif target == DEFAULT_FOLDER:
        bodies.check_default_folder(body)
    elif target == DEFAULT_DEVICE:
        bodies.check_default_device(body)
    elif target[0] == "folders":
        bodies.check_folder(body) if new else bodies.check_folder_patch(current["id"], body)
    elif target[0] == "devices":
        bodies.check_device(body) if new else bodies.check_device_patch(current["deviceID"], body)
        known: object = current.get("addresses") or ()
        addresses = lines(body.get("addresses") or (), "addresses")
        bodies.check_addresses(each for each in addresses if each not in cast("Sequence[str]", known))


def _check_sharing(merged: Mapping[str, Any], planned: Iterable[Step]) -> None:
    """Refuse to share a folder with a device that the daemon would drop."""
    folders: set[str] = set()
    distrusted: set[str] = set()
    for each in (change for step in planned for change in step.changes if len(change.place) >= _ELEMENT):
        kind, name, *fields = each.place
        if kind == "folders" and each.kind != "removed" and fields[:1] in ([], ["devices"], ["type"]):
            folders.add(name)
        if kind == "devices" and fields == ["untrusted"] and each.after:
            distrusted.add(name)
    devices = merged["devices"]
    for folder_id, folder in (fields_of(("folders",), merged["folders"]) or {}).items():
        shares = fields_of(("devices",), folder.get("devices")) or {}
        touched = folder_id in folders or not distrusted.isdisjoint(shares)
        if touched and (error := bodies.sharing_error(folder, devices)):
            raise error


def _check_ignoring(now: Mapping[str, Any], merged: Mapping[str, Any]) -> None:
    """Refuse to ignore a device that is configured, or a folder that is shared: the daemon would drop that."""
    devices = fields_of(("devices",), merged["devices"]) or {}
    for device_id in _new(("remoteIgnoredDevices",), now, merged):
        if device_id in devices:
            raise BadRequestError(f"device {device_id} is configured, so it can't be ignored")
    for device_id in devices:
        for folder_id in _new(("devices", device_id, "ignoredFolders"), now, merged):
            if value_at(merged, ("folders", folder_id, "devices", device_id)) is not MISSING:
                raise BadRequestError(f"folder {folder_id!r} is shared with device {device_id}, so it can't be ignored")


def _new(place: Place, now: Mapping[str, Any], merged: Mapping[str, Any]) -> list[str]:
    """Return what identifies the elements of a list that are added to it."""
    before, after = (fields_of(place, value_at(config, place)) or {} for config in (now, merged))
    return [each for each in after if each not in before]
