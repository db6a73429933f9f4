"""What is in a fake: its settings, devices and folders, and what its other devices do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing.go.json import copied

from . import identity
from .config import configuration
from .config.schema import is_known
from .handles import FakeFolder
from .http.messages import Refusal
from .life import Living
from .model.simulating import UserFiles

_STRUCTS: Final = {
    "folder": "config.FolderConfiguration",
    "device": "config.DeviceConfiguration",
    "options": "config.OptionsConfiguration",
    "gui": "config.GUIConfiguration",
}


class Contents(Living):
    """What is in a fake, for a test to change."""

    # --- Settings ---

    @property
    def config(self) -> dict[str, Any]:
        """Its configuration; a copy."""
        return self._call(lambda: copied(self._started.node.config))

    def set_options(self, **changes: Any) -> None:
        """Change general settings (``rest/config/options``) as a request would.

        Raises:
            BadRequestError: The daemon refuses the change, or no version has such a setting.
        """
        self._patch("options", changes)

    def set_gui(self, **changes: Any) -> None:
        """Change settings of the API (``rest/config/gui``) as a request would; the listener reopens.

        Raises:
            BadRequestError: As for `set_options`.
        """
        self._patch("gui", changes)

    def set_device(self, device: str, **changes: Any) -> None:
        """Change the configuration of a device, such as ``paused=True``, as a request would.

        Raises:
            BadRequestError: The daemon refuses the change, for example because there is no such device, or no version
                has such a setting.
        """
        _check_settings("device", changes)
        self._call(lambda: self._commit(configuration.patch_device, DeviceID(device), changes))

    def set_folder(self, folder_id: str, **changes: Any) -> None:
        """Change the configuration of a folder, such as ``label="Pictures"``, as a request would.

        Raises:
            BadRequestError: As for `set_device`.
        """
        _check_settings("folder", changes)
        self._call(lambda: self._commit(configuration.patch_folder, folder_id, changes))

    # --- Devices and folders ---

    def add_device(self, name: str, *, device_id: str | None = None, **settings: Any) -> DeviceID:
        """Add another device, which exists in this test only.

        Args:
            name: Its name.
            device_id: Its ID; by default one derived from the name.
            **settings: More fields of its configuration.

        Returns:
            Its ID.

        Raises:
            BadRequestError: As for `set_device`.
        """
        found = DeviceID(device_id) if device_id else identity.device_id(name)
        _check_settings("device", settings)
        body = {"deviceID": found, "name": name, **settings}
        self._call(lambda: self._commit(configuration.put_device, body))
        return found

    def remove_device(self, device: str) -> None:
        """Remove a device from the configuration."""
        self._call(lambda: self._commit(configuration.delete_device, DeviceID(device)))

    def add_folder(
        self,
        folder_id: str,
        *,
        files: Mapping[str, bytes | str | None] | None = None,
        devices: Iterable[str] = (),
        **settings: Any,
    ) -> FakeFolder:
        """Add a folder with these files, and scan it.

        Args:
            folder_id: Its ID.
            files: Content by name; ``None`` for a directory.
            devices: IDs of the devices to share it with. Those that exist in this test only accept it when they
                connect.
            **settings: More fields of its configuration.

        Raises:
            BadRequestError: As for `set_device`.
        """
        life = self._started
        _check_settings("folder", settings)
        body = {
            "id": folder_id,
            "path": f"{life.directory}/{life.name}/{folder_id.replace('/', '_')}",
            "devices": [{"deviceID": DeviceID(device)} for device in devices],
            "fsWatcherEnabled": False,
            "rescanIntervalS": 0,
            **settings,
        }

        async def add() -> None:
            self._commit(configuration.put_folder, body)
            folder = life.node.cluster.folders[folder_id]
            if files:
                await UserFiles(folder.replica).write(files)
            if not body.get("paused"):
                await folder.scan()

        life.host.run(add())
        return self.folder(folder_id)

    def remove_folder(self, folder_id: str) -> None:
        """Remove a folder from the configuration. Its files stay on the fake's disk."""
        self._call(lambda: self._commit(configuration.delete_folder, folder_id))

    def folder(self, folder_id: str) -> FakeFolder:
        """Return one of its folders.

        Raises:
            KeyError: It has no folder of that ID.
        """
        life = self._started
        self._call(lambda: life.node.cluster.folders[folder_id])
        return FakeFolder(life.host, life.node, folder_id)

    # --- What happens to them ---

    def connect(self, device: str) -> None:
        """Connect a device that exists in this test only. It accepts all folders that are shared with it.

        `aiosyncthing.Syncthing.wait_in_sync` gives a new connection 3 s to report what the device has;
        ``fake.advance(3)`` ends them.

        Raises:
            KeyError: The configuration doesn't have the device.
        """
        self._call(lambda: self._started.node.cluster.simulated.connect(DeviceID(device)))

    def disconnect(self, device: str) -> None:
        """Disconnect a device that exists in this test only."""
        self._call(lambda: self._started.node.cluster.simulated.disconnect(DeviceID(device)))

    def finish_sync(self, folder_id: str | None = None) -> None:
        """Make everything arrive, here and on all connected devices.

        Args:
            folder_id: ID of the folder; ``None`` for all folders.
        """
        folders = self._call(lambda: list(self._started.node.cluster.folders))
        for each in folders if folder_id is None else [folder_id]:
            self.folder(each).finish_sync()

    def offer_device(self, name: str, *, device_id: str | None = None, address: str = "192.0.2.1:22000") -> DeviceID:
        """Make an unknown device ask for a connection, so that it is pending.

        Returns:
            Its ID.
        """
        found = DeviceID(device_id) if device_id else identity.device_id(name)
        self._call(lambda: self._started.node.cluster.simulated.offer_device(found, name, address))
        return found

    def offer_folder(self, device: str, folder_id: str, *, label: str = "", encrypted: bool = False) -> None:
        """Make a device offer a folder, so that it is pending.

        Args:
            device: ID of the device, which must be in the configuration.
            folder_id: ID of the folder.
            label: Its label.
            encrypted: Whether it is to be received encrypted.
        """
        self._call(
            lambda: self._started.node.cluster.simulated.offer_folder(
                DeviceID(device), folder_id, label, receive_encrypted=encrypted
            )
        )

    def delay_summaries(self, seconds: float) -> None:
        """Send ``FolderSummary`` and ``FolderCompletion`` only some time after a change, as real daemons do.

        Those look every 2 seconds, but report at once what a folder has received from another device.

        Args:
            seconds: How long after the change, on the fake's clock; 0, the default, for as soon as the folder rests.
        """

        def delay() -> None:
            self._started.node.core.summary_delay = seconds

        self._call(delay)

    def emit(self, kind: str, data: Any = None, *, count: int = 1) -> None:
        """Emit an event that doesn't follow from the state.

        Args:
            kind: Its type.
            data: Its data.
            count: How many of them, with nothing in between.
        """

        def emit() -> None:
            for _ in range(count):
                self._started.node.events.emit(kind, {} if data is None else data)

        self._call(emit)

    def _commit(self, change: Callable[..., dict[str, Any]], *args: Any) -> None:
        node = self._started.node
        try:
            node.commit(change(node.facts, node.device_id, node.config, *args))
        except Refusal as refusal:
            raise BadRequestError("the daemon refuses that", status=refusal.status, body=refusal.text) from None

    def _patch(self, section: str, changes: Mapping[str, Any]) -> None:
        _check_settings(section, changes)
        self._call(lambda: self._commit(configuration.patch_section, section, changes))


def _check_settings(kind: str, settings: Mapping[str, Any]) -> None:
    """Refuse what no version has: the daemon would ignore a misspelt name, and the test would mean nothing."""
    if unknown := [name for name in settings if not is_known(_STRUCTS[kind], name)]:
        raise BadRequestError(f"no version of Syncthing has these settings of {kind}: {', '.join(unknown)}")
