"""What requests make of the configuration. Pure: each function returns a new one, or refuses.

``body`` is the body of a request, or what it would be the JSON of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.go.device_ids import problem
from pytest_syncthing.go.json import copied, items, member, parse
from pytest_syncthing.go.words import quote
from pytest_syncthing.http.access import hash_password, is_hashed
from pytest_syncthing.http.messages import Refusal

from .preparing import Preparation, random_text
from .schema import Schema

if TYPE_CHECKING:
    from pytest_syncthing.facts import Facts

Config: TypeAlias = dict[str, Any]
Body: TypeAlias = bytes | Mapping[str, Any] | Sequence[Any] | None

_WHOLE: Final = "config.Configuration"
_FOLDER: Final = "config.FolderConfiguration"
_DEVICE: Final = "config.DeviceConfiguration"
_SECTIONS: Final = {
    "options": "config.OptionsConfiguration",
    "gui": "config.GUIConfiguration",
    "ldap": "config.LDAPConfiguration",
    "defaults/folder": _FOLDER,
    "defaults/device": _DEVICE,
    "defaults/ignores": "config.Ignores",
}
# What a fake has instead of the defaults, because aiosyncthing.Daemon has it too: it keeps to itself.
_PRIVATE: Final = {
    "globalAnnounceEnabled": False,
    "localAnnounceEnabled": False,
    "relaysEnabled": False,
    "natEnabled": False,
    "stunKeepaliveStartS": 0,
    "crashReportingEnabled": False,
    "urAccepted": -1,
    "autoUpgradeIntervalH": 0,
    "startBrowser": False,
    "setLowPriority": False,
    "reconnectionIntervalS": 5,
}
_VERSIONINGS: Final = {"", "simple", "trashcan", "staggered", "external"}
_LONGEST_PASSWORD: Final = 72
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_FAILED: Final = 500


def fresh(
    facts: Facts,
    device_id: DeviceID,
    name: str,
    *,
    api_key: str,
    gui_address: str,
    listen_address: str,
) -> Config:
    """Return the configuration of a new daemon: no folders, no other devices, and it keeps to this computer.

    Args:
        facts: The version.
        device_id: Its own device ID.
        name: The name of its own device.
        api_key: The API key.
        gui_address: Where its API listens.
        listen_address: Where it listens for other devices.
    """
    schema = Schema.of(facts.name)
    config: Config = schema.new(_WHOLE)
    config["version"] = schema.current
    config["devices"] = [schema.zero(_DEVICE) | {"deviceID": str(device_id), "name": name}]
    config["gui"] |= {"apiKey": api_key, "address": gui_address}
    config["options"] |= _PRIVATE | {"listenAddresses": [listen_address]}
    Preparation(schema, facts, device_id).correct(config, _FAILED)
    return config


def modify(
    facts: Facts,
    own: DeviceID,
    config: Config,
    change: Callable[[Config], object],
) -> Config:
    """Change something, then correct and check the whole as the daemon does with each change.

    Args:
        facts: The version.
        own: Its own device ID.
        config: The present configuration; it stays as it is.
        change: Changes the copy that it is given.

    Raises:
        Refusal: The daemon would not take that configuration.
    """
    new = copied(config)
    change(new)
    new["gui"]["apiKey"] = new["gui"]["apiKey"] or random_text(config["gui"]["apiKey"], 32)
    Preparation(Schema.of(facts.name), facts, own).correct(new, _FAILED)
    _verify(facts, config, new)
    return new


def replace(facts: Facts, own: DeviceID, config: Config, body: Body) -> Config:
    """``PUT rest/config``: the whole; what is missing becomes a default, and what is not listed goes."""
    schema, raw = Schema.of(facts.name), _parsed(body)
    new: Config = schema.decode(_WHOLE, raw, schema.new(_WHOLE))
    for key, kind, name in (("folders", _FOLDER, "folder"), ("devices", _DEVICE, "device")):
        elements = items(member(raw or [], key))
        base = _filled(schema, kind, new["defaults"][name])
        new[key] = [schema.decode(kind, each, base) for each in elements]
    Preparation(schema, facts, own).correct(new, _BAD_REQUEST)
    _hide_password(facts, new["gui"], config["gui"]["password"])
    return modify(facts, own, config, lambda whole: whole.update(new))


def put_folders(facts: Facts, own: DeviceID, config: Config, body: Body) -> Config:
    """``PUT rest/config/folders``: each of a list is added or replaced, the others stay."""
    return _put_list(facts, own, config, body, "folders")


def put_devices(facts: Facts, own: DeviceID, config: Config, body: Body) -> Config:
    """``PUT rest/config/devices``: each of a list is added or replaced, the others stay."""
    return _put_list(facts, own, config, body, "devices")


def put_folder(facts: Facts, own: DeviceID, config: Config, body: Body) -> Config:
    """``POST rest/config/folders`` and ``PUT rest/config/folders/{}``: one is added or replaced."""
    return _put(facts, own, config, "folders", [_decoded(facts, _FOLDER, body, config["defaults"]["folder"])])


def put_device(facts: Facts, own: DeviceID, config: Config, body: Body) -> Config:
    """``POST rest/config/devices`` and ``PUT rest/config/devices/{}``: one is added or replaced."""
    return _put(facts, own, config, "devices", [_decoded(facts, _DEVICE, body, config["defaults"]["device"])])


def patch_folder(facts: Facts, own: DeviceID, config: Config, folder_id: str, body: Body) -> Config:
    """``PATCH rest/config/folders/{}``."""
    return _put(facts, own, config, "folders", [_decoded(facts, _FOLDER, body, get_folder(config, folder_id))])


def patch_device(facts: Facts, own: DeviceID, config: Config, device_id: str, body: Body) -> Config:
    """``PATCH rest/config/devices/{}``."""
    return _put(facts, own, config, "devices", [_decoded(facts, _DEVICE, body, get_device(config, device_id))])


def delete_folder(facts: Facts, own: DeviceID, config: Config, folder_id: str) -> Config:
    """``DELETE rest/config/folders/{}``; one that is not there is no mistake."""

    def remove(new: Config) -> None:
        new["folders"] = [each for each in new["folders"] if each["id"] != folder_id]

    return modify(facts, own, config, remove)


def delete_device(facts: Facts, own: DeviceID, config: Config, device_id: str) -> Config:
    """``DELETE rest/config/devices/{}``; one that is not there is no mistake, and the own one comes back."""
    wanted = _device_id(device_id)

    def remove(new: Config) -> None:
        new["devices"] = [each for each in new["devices"] if each["deviceID"] != wanted]

    return modify(facts, own, config, remove)


def put_section(facts: Facts, own: DeviceID, config: Config, section: str, body: Body) -> Config:
    """``PUT rest/config/options`` and the like: what is missing becomes a default.

    Args:
        facts: The version.
        own: Its own device ID.
        config: The present configuration.
        section: ``options``, ``gui``, ``ldap``, ``defaults/folder``, ``defaults/device`` or ``defaults/ignores``.
        body: The new section.
    """
    schema, kind = Schema.of(facts.name), _SECTIONS[section]
    return _set_section(facts, own, config, section, _decoded(facts, kind, body, schema.new(kind)), patch=False)


def patch_section(facts: Facts, own: DeviceID, config: Config, section: str, body: Body) -> Config:
    """``PATCH rest/config/options`` and the like: what is missing stays. For the arguments see `put_section`."""
    new = _decoded(facts, _SECTIONS[section], body, get_section(config, section))
    return _set_section(facts, own, config, section, new, patch=True)


def pause_devices(facts: Facts, own: DeviceID, config: Config, device_id: str | None, *, paused: bool) -> Config:
    """Pause or resume one device, or all with the own one, as ``rest/system/pause`` does."""

    def pause(new: Config) -> None:
        for device in new["devices"]:
            if device_id is None or device["deviceID"] == device_id:
                device["paused"] = paused

    return modify(facts, own, config, pause)


def get_folder(config: Config, folder_id: str) -> Config:
    """Return a folder.

    Raises:
        Refusal: There is none with this ID.
    """
    return _found(config["folders"], "id", folder_id, "No folder with given ID")


def get_device(config: Config, device_id: str) -> Config:
    """Return a device by its ID in any notation.

    Raises:
        Refusal: That is no device ID, or there is none with it.
    """
    return _found(config["devices"], "deviceID", _device_id(device_id), "No device with given ID")


def get_section(config: Config, section: str) -> Config:
    """Return a section; for the names see `put_section`."""
    found = config
    for name in section.split("/"):
        found = found[name]
    return found


def is_fatal(facts: Facts, config: Config) -> bool:
    """Return whether a configuration makes the daemon panic: versions before 1.26 don't check how versions are kept."""
    return not facts.CHECKS_VERSIONING and any(
        folder["versioning"]["type"] not in _VERSIONINGS and not folder["paused"] for folder in config["folders"]
    )


def restart_settings(facts: Facts, config: Config) -> list[Any]:
    """Return the settings that take effect with a restart only."""
    return [config["options"][key] for key in Schema.of(facts.name).data["restart"]]


def _put_list(facts: Facts, own: DeviceID, config: Config, body: Body, key: str) -> Config:
    kind, name = (_FOLDER, "folder") if key == "folders" else (_DEVICE, "device")
    try:
        elements = items(_parsed(body))
    except Refusal:
        if facts.CHECKS_LISTS:
            raise
        elements = []
    schema, base = Schema.of(facts.name), config["defaults"][name]
    return _put(facts, own, config, key, [schema.decode(kind, each, base) for each in elements])


def _put(facts: Facts, own: DeviceID, config: Config, key: str, elements: list[Config]) -> Config:
    identity = "id" if key == "folders" else "deviceID"

    def put(new: Config) -> None:
        places = {each[identity]: place for place, each in enumerate(new[key])}
        for each in elements:
            if (place := places.get(each[identity])) is None:
                new[key].append(each)
            else:
                new[key][place] = each

    return modify(facts, own, config, put)


def _set_section(
    facts: Facts,
    own: DeviceID,
    config: Config,
    section: str,
    value: Config,
    *,
    patch: bool,
) -> Config:
    if section == "gui":
        keeps = patch or facts.KEEPS_HASHES
        _hide_password(facts, value, config["gui"]["password"] if keeps else "")

    def change(new: Config) -> None:
        head, _, tail = section.partition("/")
        if tail:
            new[head][tail] = value
        else:
            new[head] = value

    return modify(facts, own, config, change)


def _hide_password(facts: Facts, gui: Config, kept: str) -> None:
    password = gui["password"]
    if password == kept:
        return
    if facts.KEEPS_HASHES:
        if is_hashed(password):
            return
        if len(password.encode()) > _LONGEST_PASSWORD:
            raise Refusal(_FAILED, "bcrypt: password length exceeds 72 bytes")
    gui["password"] = hash_password(password)


def _verify(facts: Facts, old: Config, new: Config) -> None:
    """What the parts of the daemon object to (``VerifyConfiguration`` in lib/model)."""
    types = {folder["id"]: folder["type"] for folder in old["folders"]}
    for folder in new["folders"]:
        before, after = types.get(folder["id"], folder["type"]), folder["type"]
        if before != after and "receiveencrypted" in {before, after}:
            raise Refusal(_FAILED, "folder type must not be changed from/to receive-encrypted")
        kind = folder["versioning"]["type"]
        if facts.CHECKS_VERSIONING and kind not in _VERSIONINGS:
            raise Refusal(_FAILED, f"requested versioning type {quote(kind)} does not exist")


def _parsed(body: Body) -> Any:
    return parse(body if isinstance(body, bytes) else json.dumps(body).encode())


def _decoded(facts: Facts, kind: str, body: Body, onto: Config) -> Config:
    decoded: Config = Schema.of(facts.name).decode(kind, _parsed(body), onto)
    return decoded


def _filled(schema: Schema, kind: str, value: Config) -> Config:
    value = copied(value)
    schema.fill(kind, value)
    return value


def _device_id(text: str) -> str:
    if (words := problem(text)) is not None:
        raise Refusal(_BAD_REQUEST, words)
    return str(DeviceID(text))


def _found(elements: list[Config], key: str, wanted: str, words: str) -> Config:
    for each in elements:
        if each[key] == wanted:
            return each
    raise Refusal(_NOT_FOUND, words)
