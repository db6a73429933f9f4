"""Check and complete configuration bodies before they are sent. Pure.

The daemon replaces an unknown enumerated value with the default, uses the home directory for a folder without a path,
and fills a field missing from an element of a list from the element that was at that position before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast, get_args

from aiosyncthing import _routes
from aiosyncthing._http.access import can_be_sent
from aiosyncthing._rest.checks import device, device_in_path, lines, mapping, required, same_device
from aiosyncthing._rest.lookup import missing
from aiosyncthing.exceptions import BadRequestError, SyncthingError, UnknownDeviceError
from aiosyncthing.types.enumerations import (
    AuthMode,
    BlockPullOrder,
    Compression,
    CopyRangeMethod,
    FolderType,
    LDAPTransport,
    PullOrder,
    VersioningType,
)

from .keys import guess

if TYPE_CHECKING:
    from collections.abc import Iterable

Body: TypeAlias = Mapping[str, Any]

_NOTHING: Final[Body] = {}


class _Values(NamedTuple):
    """The values of an enumerated field.

    Attributes:
        current: Their names.
        old: Old names that the daemon still reads.
    """

    current: tuple[str, ...]
    old: tuple[str, ...] = ()


_Enums: TypeAlias = Mapping[str, _Values]

# Enumerated fields. An unknown value silently becomes the default (UnmarshalText in lib/config/*.go), and an unknown
# type of versioning crashes 1.19.
_FOLDER_ENUMS: Final[_Enums] = {
    "type": _Values(get_args(FolderType), ("readwrite", "readonly")),
    "order": _Values(get_args(PullOrder)),
    "blockPullOrder": _Values(get_args(BlockPullOrder)),
    "copyRangeMethod": _Values(get_args(CopyRangeMethod)),
}
_VERSIONING_ENUMS: Final[_Enums] = {"type": _Values(get_args(VersioningType))}
_DEVICE_ENUMS: Final[_Enums] = {"compression": _Values(get_args(Compression), ("true", "false"))}
_GUI_ENUMS: Final[_Enums] = {"authMode": _Values(get_args(AuthMode))}
_LDAP_ENUMS: Final[_Enums] = {"transport": _Values(get_args(LDAPTransport))}

_ADDRESS: Final = r"[A-Za-z][A-Za-z0-9+.-]*://\S+"

# Lists of objects: the key that identifies an element, and the defaults of its other fields.
_ELEMENTS: Final[Mapping[str, tuple[str | None, Body]]] = {
    "devices": ("deviceID", {"introducedBy": "", "encryptionPassword": ""}),
    "ignoredFolders": ("id", {"time": "0001-01-01T00:00:00Z", "label": ""}),
    "entries": (None, {"match": "", "permit": False}),  # of xattrFilter
}


def patch_body(patch: Body | None, changes: Body) -> dict[str, Any]:
    """Merge the changes given as a dict and as keywords, of which there must be at least one."""
    body = {**({} if patch is None else mapping(patch, "the patch")), **changes}
    if not body:
        raise BadRequestError("nothing to change: pass the fields as a dict or as keywords")
    return body


def check_folder(folder: Body) -> str:
    """Check the body that adds or replaces a folder, and return its ID."""
    folder_id = required(folder.get("id", ""), "the folder's id")
    required(folder.get("path", ""), "the folder's path")
    check_default_folder(folder)
    return folder_id


def check_folder_patch(folder_id: str, patch: Body) -> None:
    """Check the body that changes a folder; a new ID would add a second folder."""
    required(folder_id, "folder_id")
    if patch.get("id", folder_id) != folder_id:
        raise BadRequestError("the ID of a folder can't be changed: the daemon would add a second folder")
    if "path" in patch:
        required(patch["path"], "the folder's path")
    check_default_folder(patch)


def check_default_folder(folder: Body) -> None:
    """Check the defaults of new folders, which have neither an ID nor (in version 2) a path."""
    _check_enums(folder, _FOLDER_ENUMS, "folder")
    versioning = _part(folder, "versioning")
    _check_enums(versioning, _VERSIONING_ENUMS, "folder versioning")
    for key, value in _part(versioning, "params").items():
        if not isinstance(value, str):
            raise BadRequestError(f"folder versioning: {key} in params must be a string, not {type(value).__name__}")
    _check_elements(folder)
    _check_elements(_part(folder, "xattrFilter"))


def check_device(body: Body) -> str:
    """Check the body that adds or replaces a device, and return its ID. Without one the daemon does nothing."""
    device_id = device_in_path(body.get("deviceID", ""), "the device's deviceID")
    check_default_device(body)
    return device_id


def check_addresses(addresses: Iterable[str]) -> list[str]:
    """Check the addresses of a device, and return them. The daemon accepts any string, even one it can't connect to."""
    found = lines(addresses, "addresses")
    for each in found:
        if each not in {"", "dynamic"} and not re.fullmatch(_ADDRESS, each):
            example = f"tcp://{each}" if re.fullmatch(_ADDRESS, f"tcp://{each}") else "tcp://192.0.2.1:22000"
            raise BadRequestError(
                f"the daemon can't connect to the address {each!r}: use dynamic or a URL, such as {example}"
            )
    return found


def check_device_patch(device_id: str, patch: Body) -> None:
    """Check the body that changes a device; a new ID would add a second device."""
    device_in_path(device_id)
    if "deviceID" in patch and not same_device(required(patch["deviceID"], "deviceID"), device_id):
        raise BadRequestError("the ID of a device can't be changed: the daemon would add a second device")
    check_default_device(patch)


def check_default_device(body: Body) -> None:
    """Check the defaults of new devices, which have no ID."""
    _check_enums(body, _DEVICE_ENUMS, "device")
    _check_elements(body)


def check_gui(gui: Body, *, whole: bool) -> None:
    """Check the settings of the API and web interface.

    Args:
        gui: The body.
        whole: Whether the body replaces all settings, so that a missing key is the same as an empty one.
    """
    if (whole or "apiKey" in gui) and not gui.get("apiKey"):
        raise BadRequestError("gui: without apiKey the daemon would generate a new key and lock this client out")
    key = gui.get("apiKey", "")
    if not isinstance(key, str):
        raise BadRequestError(f"gui: apiKey must be a string, not {type(key).__name__}")
    if not can_be_sent(key):
        raise BadRequestError(
            "gui: no client could send this apiKey: it must consist of printable ASCII characters, without white space"
            " at either end"
        )
    _check_enums(gui, _GUI_ENUMS, "gui")


def check_ldap(ldap: Body) -> None:
    """Check the settings of LDAP."""
    _check_enums(ldap, _LDAP_ENUMS, "ldap")


def check_configuration(config: Body) -> None:
    """Check a whole configuration, in which everything left out is removed or reset."""
    version = mapping(config, "the configuration").get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise BadRequestError(
            "the configuration must keep the version it was read with: without it, the daemon would run all its"
            " migrations on it"
        )
    check_gui(_part(config, "gui"), whole=True)
    check_ldap(_part(config, "ldap"))
    for folder in _list(config, "folders"):
        check_folder(folder)
    for each in _list(config, "devices"):
        check_device(each)
    defaults = _part(config, "defaults")
    check_default_folder(_part(defaults, "folder"))
    check_default_device(_part(defaults, "device"))


def default_ignores(config: Body) -> list[str]:
    """Return the default ignore patterns of a configuration; empty if it has none."""
    found: object = _part(_part(config, "defaults"), "ignores").get("lines")
    return [] if found is None else lines(cast("Sequence[str]", found), "defaults.ignores.lines")


def has_elements(patch: Body) -> bool:
    """Return whether a patch contains a list of objects with IDs, which the current elements have to complete."""
    return any(_list(patch, name) for name, (identity, _) in _ELEMENTS.items() if identity is not None)


def complete_elements(patch: Body, current: Body) -> dict[str, Any]:
    """Return a patch in which every element of every list of objects has all its fields.

    Go decodes element i of a list into the old element i (encoding/json; ``adjustFolder`` in lib/api/confighandler.go),
    so a missing field would be inherited from another element: an ``encryptionPassword`` would move to another device.

    Args:
        patch: The changes; not modified.
        current: The current object. An element with an ID that it already contains keeps its other fields; a new one
            gets the defaults, and the zero value for fields unknown to this library.
    """
    complete = dict(patch)
    for name, (identity, defaults) in _ELEMENTS.items():
        if patch.get(name) is not None:
            present = _list(current, name)
            complete[name] = [_complete(element, present, identity, defaults) for element in _list(patch, name)]
    if patch.get("xattrFilter") is not None:
        complete["xattrFilter"] = complete_elements(_part(patch, "xattrFilter"), _part(current, "xattrFilter"))
    return complete


def complete_configuration(config: Body) -> dict[str, Any]:
    """Return a whole configuration in which every element of every list of objects has all its fields.

    The daemon decodes each folder and device into the default one of the same configuration.
    """
    complete = dict(config)
    for name in ("folders", "devices"):
        if config.get(name) is not None:
            complete[name] = [complete_elements(each, {}) for each in _list(config, name)]
    return complete


def without_default_parameters(config: Body) -> Body:
    """Return a whole configuration in which no folder inherits ``versioning.params`` from the default folder.

    The daemon decodes each folder on top of the default one, so it merges the ``params`` of both.

    Args:
        config: The configuration.

    Returns:
        The same object if nothing had to be removed.
    """
    defaults = _part(config, "defaults")
    default = _part(defaults, "folder")
    versioning = _part(default, "versioning")
    inherited = _part(versioning, "params").keys()
    if all(inherited <= _part(_part(each, "versioning"), "params").keys() for each in _list(config, "folders")):
        return config
    folder: Body = {**default, "versioning": {**versioning, "params": {}}}
    return {**config, "defaults": {**defaults, "folder": folder}}


def _complete(element: Body, present: Sequence[Body], identity: str | None, defaults: Body) -> dict[str, Any]:
    zeros = {key: type(value)() for old in present for key, value in old.items() if value is not None}
    own = _NOTHING
    if identity is not None:
        own = next((old for old in present if same_device(old[identity], element[identity])), _NOTHING)
    return {**zeros, **defaults, **own, **element}


def merge(current: Body, patch: Body) -> dict[str, Any]:
    """Return an object with a patch applied as the daemon would: objects are merged, everything else is replaced."""
    merged = dict(current)
    for key, value in patch.items():
        both = isinstance(merged.get(key), Mapping) and isinstance(value, Mapping)
        merged[key] = merge(_part(merged, key), _part(patch, key)) if both else value
    return merged


def sharing_error(folder: Body, devices: Iterable[Body]) -> SyncthingError | None:
    """Return the error for the first device of a folder that the daemon would silently drop; ``None`` if all are fine.

    Args:
        folder: The folder, checked, with complete elements in ``devices``.
        devices: All configured devices.
    """
    known = list(devices)
    for element in _list(folder, "devices"):
        name: str = element["deviceID"]
        found = next((each for each in known if same_device(each["deviceID"], name)), None)
        if found is None:
            text = f"device {name} is not configured: add it before sharing a folder with it"
            return missing(UnknownDeviceError, text, _routes.DEVICES)
        encrypted = element.get("encryptionPassword") or folder.get("type") == "receiveencrypted"
        if found.get("untrusted") and not encrypted:
            return BadRequestError(
                f"device {name} is untrusted: sharing a folder with it requires an encryptionPassword"
            )
    return None


def _check_enums(body: Body, enums: _Enums, what: str) -> None:
    for key, allowed in enums.items():
        value = body.get(key)
        if value is not None and not (isinstance(value, str) and value in {*allowed.current, *allowed.old}):
            meant = guess(value, filter(None, allowed.current)) if isinstance(value, str) else ""
            hint = f" (did you mean {meant!r}?)" if meant else ""
            names = ", ".join(filter(None, allowed.current))
            raise BadRequestError(
                f"{what}: {key} must be one of {names}{hint}; the daemon would use the default instead"
            )


def _check_elements(body: Body) -> None:
    for name, (identity, _) in _ELEMENTS.items():
        for element in _list(body, name):
            if identity is not None:
                check = device if identity == "deviceID" else required
                check(element.get(identity, ""), f"the {identity} in {name}")


def _part(body: Body, key: str) -> Body:
    value: object = body.get(key)
    if value is None:
        return _NOTHING
    if not isinstance(value, Mapping):
        raise BadRequestError(f"{key} must be an object (a dict)")
    return cast("Body", value)


def _list(body: Body, key: str) -> Sequence[Body]:
    value: object = body.get(key)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or not all(
        isinstance(each, Mapping) for each in cast("list[object]", value)
    ):
        raise BadRequestError(f"{key} must be a list of objects (dicts)")
    return cast("Sequence[Body]", value)
