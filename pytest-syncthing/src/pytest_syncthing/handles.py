"""What tests get hold of besides the fake itself: its folders, and what goes wrong with its requests."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError

from .config import configuration
from .model.simulating import UserFiles

if TYPE_CHECKING:
    from .host import Host
    from .http.faults import Fault, Faults
    from .model.folder import Folder
    from .model.node import Node
    from .model.simulating import SimulatedDevices

T = TypeVar("T")

_REMOTE_STATES: Final = ("valid", "paused", "notSharing")


class FakeFault:
    """Something that goes wrong with requests. Made by `FakeSyncthing.hold` and its like."""

    # What it is made of is the fake's business, and no part of the public types.
    def __init__(self, host: Any, faults: Any, fault: Any) -> None:
        self._host: Host = host
        self._faults: Faults = faults
        self._fault: Fault = fault

    @property
    def hits(self) -> int:
        """How many requests it has met so far."""
        return self._host.call(lambda: self._fault.hits)

    def release(self) -> None:
        """End it: requests that it holds are answered, and no others are met."""
        self._host.call(lambda: self._faults.remove(self._fault))


class FakeFolder:
    """A folder of a `FakeSyncthing`. Made by `FakeSyncthing.add_folder` and `FakeSyncthing.folder`.

    Attributes:
        id: Its ID.
    """

    # As above.
    def __init__(self, host: Any, node: Any, folder_id: str) -> None:
        self._host: Host = host
        self._node: Node = node
        self.id = folder_id

    def __repr__(self) -> str:
        """Show which it is."""
        return f"<{type(self).__name__} {self.id!r}>"

    @property
    def state(self) -> str:
        """Its state, as the daemon names it; empty while it is paused."""
        return self._do(lambda folder: folder.replica.state.name if folder.running else "")

    @property
    def config(self) -> dict[str, Any]:
        """Its configuration; a copy."""
        return self._do(lambda folder: dict(folder.replica.config))

    @property
    def devices(self) -> list[DeviceID]:
        """IDs of the other devices that it is shared with."""
        shared = (DeviceID(each["deviceID"]) for each in self.config["devices"])
        return [device for device in shared if device != self._node.device_id]

    @property
    def files(self) -> dict[str, bytes]:
        """The content of all files on the fake's disk, by name."""
        return self._run(lambda folder: UserFiles(folder.replica).read())

    @property
    def failed(self) -> dict[str, str]:
        """The reasons why items have failed, by name."""
        return self._do(lambda folder: {each["path"]: each["error"] for each in folder.replica.state.errors})

    def write(self, files: Mapping[str, bytes | str | None], *, scan: bool = True) -> None:
        """Write files on the fake's disk.

        Args:
            files: Content by name; ``None`` for a directory.
            scan: Whether the daemon finds them at once; otherwise, and while the folder is paused or the daemon is
                down, they wait for a scan.
        """
        self._run(lambda folder: UserFiles(folder.replica).write(files))
        self._find(scan=scan)

    def delete(self, *names: str, scan: bool = True) -> None:
        """Delete files and directories on the fake's disk.

        Args:
            *names: Their names.
            scan: As for `write`.
        """
        self._run(lambda folder: UserFiles(folder.replica).delete(names))
        self._find(scan=scan)

    def link(self, name: str, target: str, *, scan: bool = True) -> None:
        """Make a symbolic link on the fake's disk.

        Args:
            name: Its name.
            target: Where it points.
            scan: As for `write`.
        """
        self._run(lambda folder: UserFiles(folder.replica).link(name, target))
        self._find(scan=scan)

    def scan(self, *names: str) -> None:
        """Scan it, or parts of it, as a request does."""
        self._run(lambda folder: folder.scan(names))

    def start_scan(self) -> None:
        """Start a scan that does not end before `finish_scan`; nor does any other."""

        def start(folder: Folder) -> None:
            folder.may_scan.clear()
            folder.want_scan()

        self._do(start)

    def finish_scan(self) -> None:
        """End the scan that `start_scan` has started; changes are found then."""
        self._do(lambda folder: folder.may_scan.set())

    def set_remote_state(self, device: str, state: str) -> None:
        """Set what a device made by the test does with the folder.

        Args:
            device: ID of the device.
            state: ``valid``, as at first, ``paused`` or ``notSharing``: it hasn't accepted it.

        Raises:
            BadRequestError: There is no such state.
        """
        if state not in _REMOTE_STATES:
            raise BadRequestError(f"state must be one of {', '.join(_REMOTE_STATES)}, not {state!r}")
        self._host.call(lambda: self._node.cluster.simulated.accept(DeviceID(device), self.id, state))

    def remote_write(self, device: str, files: Mapping[str, bytes | str | None]) -> None:
        """Change files on a device made by the test, and announce them; the folder then needs them.

        Args:
            device: ID of the device.
            files: Content by name; ``None`` for a directory.

        Raises:
            BadRequestError: The folder is not shared with that device.
        """
        self._do(lambda folder: self._simulated.write(_sharing(folder, device), folder, files))

    def remote_delete(self, device: str, *names: str) -> None:
        """Delete files on a device made by the test, and announce that.

        Raises:
            BadRequestError: The folder is not shared with that device.
        """
        self._do(lambda folder: self._simulated.delete(_sharing(folder, device), folder, names))

    def pull(self, *names: str) -> None:
        """Get what is needed here, or some of it."""
        self._run(lambda folder: folder.pull(names or None))

    def remote_pull(self, device: str, *names: str) -> None:
        """Make a device made by the test fetch what it needs, or some of it, and announce that.

        Raises:
            BadRequestError: The folder is not shared with that device.
        """
        self._do(lambda folder: self._simulated.pull(_sharing(folder, device), folder, names or None))

    def start_pull(self, name: str, fraction: float) -> None:
        """Start fetching a needed file, as ``rest/db/need`` and ``DownloadProgress`` events then show.

        Args:
            name: Its name.
            fraction: How much of it is here, from 0 to 1; 1 ends that, without the file being there.
        """
        self._do(lambda folder: self._simulated.start_pull(folder, name, fraction))

    def finish_sync(self) -> None:
        """Finish syncing, here and on all connected devices made by the test. Does nothing if it is paused."""
        self._run(self._finish)

    def fail(self, path: str, error: str) -> None:
        """Make an item fail: it stays needed, and is listed with the reason (``rest/folder/errors``).

        Args:
            path: Name of the item.
            error: The reason.
        """
        self._do(lambda folder: folder.fail(path, error))

    def clear_failures(self) -> None:
        """Stop making items fail."""
        self._do(lambda folder: folder.clear_failures())

    def set_error(self, error: str | None, *, scan: bool = True) -> None:
        """Put it into the state ``error`` as a whole, such as by ``folder path missing``; ``None`` ends that.

        Args:
            error: What is wrong, in the daemon's words.
            scan: Whether the daemon finds out at once that nothing is wrong any more; otherwise a scan does.
        """

        def change(folder: Folder) -> None:
            if error or scan:
                folder.set_error(error)
            else:
                folder.forced_error = ""

        self._do(change)

    def set_watch_error(self, error: str | None) -> None:
        """Stop watching it for changes, such as because the system watches too many files; ``None`` ends that.

        Args:
            error: What is wrong, in the daemon's words.
        """
        self._do(lambda folder: folder.replica.state.set_watch_error(error or ""))

    def pause(self) -> None:
        """Pause it."""
        self._set_paused(paused=True)

    def resume(self) -> None:
        """Resume it."""
        self._set_paused(paused=False)

    @property
    def _simulated(self) -> SimulatedDevices:
        return self._node.cluster.simulated

    async def _finish(self, folder: Folder) -> None:
        if folder.running:
            await folder.pull()
            for device in self._simulated.taking_part(folder):
                self._simulated.pull(device, folder)

    def _set_paused(self, *, paused: bool) -> None:
        node = self._node

        def commit() -> None:
            changes = {"paused": paused}
            node.commit(configuration.patch_folder(node.facts, node.device_id, node.config, self.id, changes))

        self._host.call(commit)

    def _find(self, *, scan: bool) -> None:
        if scan and self._do(lambda folder: folder.running):
            self.scan()

    def _do(self, action: Callable[[Folder], T]) -> T:
        return self._host.call(lambda: action(self._node.cluster.folders[self.id]))

    def _run(self, action: Callable[[Folder], Coroutine[Any, Any, T]]) -> T:
        async def run() -> T:
            return await action(self._node.cluster.folders[self.id])

        return self._host.run(run())


def _sharing(folder: Folder, device: str) -> DeviceID:
    found = DeviceID(device)
    if found not in folder.replica.devices:
        raise BadRequestError(f"folder {folder.id} is not shared with {found.short}: name it in devices=[...]")
    return found
