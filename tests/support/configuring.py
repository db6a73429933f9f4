"""Requests that change the configuration in every way, drawn at random, to compare the results."""

import json
import random
from typing import Any, Final

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.config import configuration
from pytest_syncthing.config.configuration import Config
from pytest_syncthing.config.schema import Schema
from pytest_syncthing.facts import Facts

__all__ = ["DEVICES", "Change", "Drawer", "apply"]

DEVICES: Final = (
    "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2",
    "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ",
    "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD",
)
_FOLDERS: Final = ("a", "b", "ü c", "%41")
_WRONG: Final = (True, 7, 1.5, "text", [], {}, [7], {"id": 7}, None)
_SECTIONS: Final = {
    "options": "config.OptionsConfiguration",
    "ldap": "config.LDAPConfiguration",
    "defaults/folder": "config.FolderConfiguration",
    "defaults/device": "config.DeviceConfiguration",
    "defaults/ignores": "config.Ignores",
}
# What would let a daemon reach beyond this computer, or get in the way of others on it: always sent as it is.
_PRIVATE: Final = {
    "globalAnnounceEnabled": False,
    "localAnnounceEnabled": False,
    "localAnnouncePort": 21027,
    "relaysEnabled": False,
    "natEnabled": False,
    "urAccepted": -1,
    "crashReportingEnabled": False,
    "stunKeepaliveStartS": 0,
    "startBrowser": False,
    "setLowPriority": False,
    "autoUpgradeIntervalH": 0,
}
# Settings that others are needed for, and two lists that the daemon shares between objects by mistake: a change of one
# is a change of all.
_UNDRAWN: Final = {"gui", "options", "entries", "stunServers"}
_VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "int": (0, 1, -1, 5, 30, 1000, 10**9, None),
    "float64": (0, 1, -1, 0.001, 2.5, 10.0, 1e-7, None),
    "bool": (True, False, None),
    "string": ("", "text", "ü <&>", None),
    "time.Time": ("2026-01-02T03:04:05Z", "2025-01-01T00:00:00.50+02:00", "2024-01-01T00:00:00+00:00", None),
    "protocol.DeviceID": (*DEVICES, "", DEVICES[0].replace("-", "").lower(), None),
    "map[string]string": ({"keep": "3"}, {"fsPath": "x", "a": None}, {}, {"cleanInterval": "1"}, None),
}

Change = tuple[str, str, bytes]
"""Method, path below ``rest/config`` and body of a request."""


class Drawer:
    """Draws requests, always the same ones for a seed.

    Args:
        whole: A whole configuration of the daemon.
        own: Its device ID.
        version: Its version.
        path: The directory of the folders in the configuration.
        seed: The seed.
    """

    def __init__(self, whole: dict[str, Any], own: str, version: str, path: str, seed: int) -> None:
        self._whole, self._own, self._path = whole, own, path
        self._schema = Schema.of(version)
        self._dice = random.Random(seed)
        self._listening = {"listenAddresses": whole["options"]["listenAddresses"]}

    def change(self) -> Change:
        """Draw a request."""
        kinds = (self._of_folder, self._of_device, self._of_section, self._of_list, self._of_whole, self._removal)
        method, path, body = self._dice.choices(kinds, (6, 5, 4, 2, 2, 2))[0]()
        text = "" if method == "DELETE" else json.dumps(body)
        if self._chance(0.02):
            text = text[: self._dice.randrange(len(text) + 1)]
        return method, path, text.encode()

    def _of_folder(self) -> tuple[str, str, Any]:
        body = self._folder()
        if self._chance(0.5):
            return "PATCH", f"/folders/{self._dice.choice((*_FOLDERS, 'nope'))}", body
        return self._dice.choice((("POST", "/folders", body), ("PUT", "/folders/x", body)))

    def _of_device(self) -> tuple[str, str, Any]:
        body = self._device()
        if self._chance(0.5):
            return "PATCH", f"/devices/{self._dice.choice((*DEVICES, self._own, DEVICES[0].lower(), 'bad'))}", body
        return self._dice.choice((("POST", "/devices", body), ("PUT", "/devices/x", body)))

    def _of_section(self) -> tuple[str, str, Any]:
        section, kind = self._dice.choice(tuple(_SECTIONS.items()))
        method = "PUT" if section.endswith("ignores") else self._dice.choice(("PUT", "PATCH"))
        body = self._struct(kind)
        if section == "options":
            body |= self._listening | _PRIVATE
        return method, f"/{section}", body

    def _of_list(self) -> tuple[str, str, Any]:
        kind = self._dice.choice(("folders", "devices"))
        if self._chance(0.1):
            return "PUT", f"/{kind}", self._dice.choice(_WRONG)
        return "PUT", f"/{kind}", self._folders() if kind == "folders" else self._devices()

    def _of_whole(self) -> tuple[str, str, Any]:
        options = self._struct("config.OptionsConfiguration") | self._listening | _PRIVATE
        body = {**self._struct("config.Configuration"), **self._whole, "options": options}
        body |= {"folders": self._folders(), "devices": self._devices()}
        for key in self._dice.sample(("folders", "devices", "remoteIgnoredDevices", "ldap"), self._dice.randrange(3)):
            body[key] = self._dice.choice((None, self._value("[]config.ObservedDevice", key)))
        if self._chance(0.3):
            body["defaults"] = self._struct("config.Defaults")
        return "PUT", "", body

    def _removal(self) -> tuple[str, str, Any]:
        if self._chance(0.5):
            return "DELETE", f"/folders/{self._dice.choice((*_FOLDERS, 'nope'))}", None
        return "DELETE", f"/devices/{self._dice.choice((*DEVICES, self._own, 'bad'))}", None

    def _folders(self) -> list[Any]:
        return [self._folder() for _ in range(self._dice.randrange(4))]

    def _devices(self) -> list[Any]:
        return [self._device() for _ in range(self._dice.randrange(4))]

    def _folder(self) -> dict[str, Any]:
        # Paused, for what a running one does takes time.
        fixed = {"id": self._dice.choice(_FOLDERS), "path": self._path, "paused": True}
        return self._struct("config.FolderConfiguration") | fixed

    def _device(self) -> dict[str, Any]:
        fixed = {"deviceID": self._dice.choice((*DEVICES, self._own))}
        return self._struct("config.DeviceConfiguration") | fixed

    def _struct(self, kind: str) -> dict[str, Any]:
        fields = self._schema.fields(kind)
        names = self._dice.sample(sorted(fields), self._dice.randrange(min(len(fields), 6) + 1))
        values = {name: self._value(fields[name][0], name) for name in names if name not in _UNDRAWN}
        return {name.upper() if self._chance(0.05) else name: value for name, value in values.items()}

    def _value(self, kind: str, name: str) -> Any:
        if self._chance(0.02) and name != "paused":
            return self._dice.choice(_WRONG)
        if name == "id":
            return self._dice.choice((*_FOLDERS, "z"))
        if name == "path":
            return self._path
        if name == "type" and kind == "string":  # of versioning: another is fatal for old versions
            return self._dice.choice(("", "simple", "trashcan", "staggered", None))
        if kind.startswith("[]"):
            return self._many(kind, name)
        if self._schema.is_struct(kind):
            return self._struct(kind)
        return self._dice.choice(_VALUES[kind] if kind in _VALUES else self._choices(kind))

    def _many(self, kind: str, name: str) -> list[Any] | None:
        if self._chance(0.1):
            return None
        values = [self._value(kind[2:], "") for _ in range(self._dice.randrange(5))]
        if name == "ignoredFolders":  # which of two from the same time comes first is not settled
            moments = self._dice.sample(_VALUES["time.Time"][:3], 3)
            return [
                {**value, "time": time} for value, time in zip(values, moments, strict=False) if isinstance(value, dict)
            ]
        return values

    def _choices(self, kind: str) -> tuple[Any, ...]:
        return (*self._schema.data["enums"][kind]["values"], "readonly", "true", "nonsense", "", None)

    def _chance(self, probability: float) -> bool:
        return self._dice.random() < probability


def apply(facts: Facts, own: DeviceID, config: Config, method: str, path: str, body: Any) -> Any:
    """Return what the fake answers to a ``GET``, or makes of the configuration by another request."""
    collection, _, name = path.removeprefix("/").partition("/")
    if collection not in {"folders", "devices"}:
        section = path.removeprefix("/")
        if method == "GET":
            return configuration.get_section(config, section) if section else config
        if not section:
            return configuration.replace(facts, own, config, body)
        change = configuration.put_section if method == "PUT" else configuration.patch_section
        return change(facts, own, config, section, body)
    one = collection.removesuffix("s")
    if method == "GET":
        return getattr(configuration, f"get_{one}")(config, name) if name else config[collection]
    if method == "DELETE":
        return getattr(configuration, f"delete_{one}")(facts, own, config, name)
    if method == "PATCH":
        return getattr(configuration, f"patch_{one}")(facts, own, config, name, body)
    what = collection if method == "PUT" and not name else one
    return getattr(configuration, f"put_{what}")(facts, own, config, body)
