"""Which folders and devices to pause, and the stored state of a pause. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from aiosyncthing import types as t
from aiosyncthing._rest.checks import device, listed, required, same_device
from aiosyncthing._rest.lookup import no_folder
from aiosyncthing.exceptions import BadRequestError, UnknownDeviceError

Names: TypeAlias = Iterable[str] | str | None
ALL: Final = "all"


class Thing(NamedTuple):
    """A folder or a device.

    Attributes:
        kind: ``"folder"`` or ``"device"``.
        id: Its ID.
    """

    kind: Literal["folder", "device"]
    id: str

    def __str__(self) -> str:
        """Return the kind and the ID, for messages."""
        return f"{self.kind} {self.id}"


class Choice:
    """Which folders and devices to pause.

    Args:
        folders: IDs, ``"all"``, or ``None``.
        devices: IDs, ``"all"``, or ``None``. If both arguments are ``None``, all folders and devices are chosen.

    Raises:
        BadRequestError: An ID is empty.
        InvalidDeviceIDError: One of ``devices`` is not a device ID.
    """

    def __init__(self, folders: Names, devices: Names) -> None:
        if folders is None and devices is None:
            folders = devices = ALL
            self._ambiguous = False
        else:
            self._ambiguous = folders == ALL
        self._folders = (
            None if folders == ALL else [required(each, "a folder ID") for each in _listed(folders, "folders")]
        )
        self._devices = (
            None if devices == ALL else [device(each, "a device ID") for each in _listed(devices, "devices")]
        )

    def running(self, config: t.Configuration, own_id: str | None) -> list[Thing]:
        """Return what to pause: the chosen folders and devices that are not paused. Devices come first.

        Devices are therefore resumed last, when all folders are running, and receive all updates at once.

        Args:
            config: The daemon's configuration.
            own_id: Its own device ID.

        Raises:
            UnknownFolderError: One of the folders doesn't exist.
            UnknownDeviceError: One of the devices doesn't exist.
            BadRequestError: One of the devices is the daemon's own, or ``"all"`` is ambiguous because a folder has
                that ID.
        """
        folders = {each["id"]: each["paused"] for each in config["folders"]}
        devices = {each["deviceID"]: each["paused"] for each in config["devices"]}
        if self._ambiguous and ALL in folders:
            raise BadRequestError("'all' is also the ID of a folder: pass ['all'] for that folder, or list all IDs")
        if (
            own_id is not None
            and self._devices is not None
            and any(same_device(own_id, each) for each in self._devices)
        ):
            raise BadRequestError(f"{own_id} is the daemon's own device, which can't be paused")
        found: dict[Thing, bool] = {}
        for name in (each for each in devices if each != own_id) if self._devices is None else self._devices:
            known = next((each for each in devices if same_device(each, name)), None)
            if known is None:
                raise UnknownDeviceError(f"the daemon has no device {name}")
            found[Thing("device", known)] = devices[known]
        for name in folders if self._folders is None else self._folders:
            if name not in folders:
                raise no_folder(name)
            found[Thing("folder", name)] = folders[name]
        return [thing for thing, paused in found.items() if not paused]

    def may_be_gone(self, thing: Thing) -> bool:
        """Return whether a folder or device may have been removed: it was not chosen by its ID."""
        return (self._folders if thing.kind == "folder" else self._devices) is None


def still_paused(things: Iterable[Thing], config: t.Configuration) -> list[Thing]:
    """Return the things that exist and are paused."""
    paused = {Thing("folder", each["id"]) for each in config["folders"] if each["paused"]}
    paused |= {Thing("device", each["deviceID"]) for each in config["devices"] if each["paused"]}
    return [thing for thing in things if thing in paused]


def state_of(things: Iterable[Thing], daemon: str | None) -> t.PauseState:
    """Return the state of a pause, which can be stored as JSON."""
    things = list(things)
    return {
        "daemon": daemon or "",
        "folders": [each.id for each in things if each.kind == "folder"],
        "devices": [each.id for each in things if each.kind == "device"],
    }


def things_of(state: t.PauseState) -> list[Thing]:
    """Return the folders and devices of a stored state, in the order in which they were paused.

    Raises:
        BadRequestError: This is not the state of a pause.
    """
    checked = check_state(state)
    return [
        *(Thing("device", each) for each in checked["devices"]),
        *(Thing("folder", each) for each in checked["folders"]),
    ]


def check_state(state: object) -> t.PauseState:
    """Check that a value, read from a file for example, is the state of a pause, and return it.

    Raises:
        BadRequestError: It is not.
    """
    if isinstance(state, Mapping):
        parts = cast("Mapping[object, object]", state)
        folders, devices, daemon = parts.get("folders"), parts.get("devices"), parts.get("daemon")
        if _are_ids(folders) and _are_ids(devices) and isinstance(daemon, str):
            return cast("t.PauseState", state)
    raise BadRequestError("this is not the state of a pause: it must have 'daemon', 'folders' and 'devices'")


def _listed(names: Names, what: str) -> list[str]:
    return [] if names is None else listed(names, what)


def _are_ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in cast("list[object]", value))
