"""A daemon's copy of a folder: its settings, its index, its state, and the events when these change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .ignores import Ignores, load
from .index import Index
from .items import Item, Kind
from .state import State
from .versioning import Versioner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .core import Core

_BATCH: Final = 1000
_NEVER: Final = "0001-01-01T00:00:00Z"


class Replica:
    """A copy of a folder. Use it in the fakes' thread only.

    The index outlives the process; the state begins again with each start of the folder.

    Attributes:
        core: What it shares with the rest of the daemon.
        id: ID of the folder.
        config: Its configuration; replaced as a whole.
        index: Who has what.
        index_id: Identifies the own index until it is reset.
        running: Whether the folder is started: neither paused nor is the daemon down.
        state: Its state.
        ignores: Its ignore patterns as they were last read.
        last_scan: When the last scan ended, in nanoseconds since 1970; ``None`` for never.
        last_file: The last file received, as in ``rest/stats/folder``.
        on_change: Called when its counts have changed.
        on_update: Called when the own index has changed.
    """

    def __init__(self, core: Core, config: dict[str, Any]) -> None:
        self.core = core
        self.id: str = config["id"]
        self.config = config
        self.index = Index(core.facts)
        self.index_id = object()
        self.running = False
        self.state = State(core, self.id)
        self.ignores = Ignores()
        self.on_change: Callable[[], None] = lambda: None
        self.on_update: Callable[[], None] = lambda: None
        self._origins: dict[str, object] = {}
        self.forget_history()

    # --- Settings ---

    @property
    def path(self) -> str:
        """The path of its directory."""
        path: str = self.config["path"]
        return path

    @property
    def devices(self) -> list[str]:
        """IDs of the other devices that it is shared with."""
        return [each["deviceID"] for each in self.config["devices"] if each["deviceID"] != self.core.own_id]

    @property
    def kind(self) -> str:
        """Its type, such as ``sendreceive``."""
        kind: str = self.config["type"]
        return kind

    @property
    def is_receiving(self) -> bool:
        """Whether local changes aren't sent to other devices."""
        return self.kind in {"receiveonly", "receiveencrypted"}

    @property
    def versioner(self) -> Versioner:
        """What keeps old versions of its files."""
        versioning = self.config["versioning"]
        return Versioner(
            self.core.disk,
            self.path,
            versioning["type"],
            versioning["params"],
            misreports=not self.core.facts.RESTORES_DELETED,
        )

    def password(self, device: str) -> str:
        """Return the password by which it is encrypted for a device; empty for none."""
        found = (each["encryptionPassword"] for each in self.config["devices"] if each["deviceID"] == device)
        return next(found, "")

    async def read_ignores(self) -> Ignores:
        """Read the ignore patterns again."""
        if self.kind != "receiveencrypted":  # such a folder ignores what its directory says
            self.ignores = await self.core.on_disk(load, self.core.disk, self.path, self.core.facts)
        return self.ignores

    # --- Its life ---

    def begin(self) -> None:
        """Begin with a new state, and forget devices that it is no longer shared with."""
        self.running = True
        self.state = State(self.core, self.id)
        for device in self.index.remotes.keys() - set(self.devices):
            self._forget_device(device)

    def reset(self) -> None:
        """Forget the index and the history."""
        self.index.clear()
        self.index_id = object()
        self._origins.clear()
        self.forget_history()

    def forget_history(self) -> None:
        """Forget the contents of ``rest/stats/folder``."""
        self.last_scan: int | None = None
        self.last_file: dict[str, Any] = {"at": _NEVER, "filename": "", "deleted": False}

    # --- The own index ---

    def needed(self) -> list[Item]:
        """Return the items that are needed here, without deletions if these are to be ignored."""
        return [item for item in self.index.need() if not (item.deleted and self.config["ignoreDelete"])]

    def update(self, items: list[Item], kind: str) -> None:
        """Change the own index.

        Args:
            items: The new items.
            kind: The event to emit for each: ``LocalChangeDetected`` or ``RemoteChangeDetected``.
        """
        for start in range(0, len(items), _BATCH):
            batch = self.index.put_own(items[start : start + _BATCH])
            updated = {
                "folder": self.id,
                "items": len(batch),
                "filenames": [item.name for item in batch],
                "sequence": self.index.sequence,
                "version": self.index.sequence,
            }
            self.core.emit("LocalIndexUpdated", updated)
            for item in batch:
                if not item.invalid:
                    self.core.emit(kind, self._change(item))
        if items:
            self.on_change()
            self.on_update()

    def take(self, items: list[Item]) -> None:
        """Change the own index to what was pulled."""
        self.update(items, "RemoteChangeDetected")
        received = [item for item in items if item.kind is Kind.FILE and not item.invalid]
        if received:
            last = received[-1]
            now = self.core.clock.format(whole=True)
            self.last_file = {"at": now, "filename": last.name, "deleted": last.deleted}

    def forget(self, names: Iterable[str]) -> None:
        """Remove items from the own index, without events."""
        found = list(names)
        self.index.forget_own(found)
        if found:
            self.on_change()

    def _change(self, item: Item) -> dict[str, str]:
        return {
            "folder": self.id,
            "folderID": self.id,
            "label": self.config["label"],
            "action": "deleted" if item.deleted else "modified",
            "type": item.kind.word,
            "path": item.name,
            "modifiedBy": item.modified_by,
        }

    # --- The indexes of other devices ---

    def known_sequence(self, device: str, origin: object) -> int:
        """Return the sequence up to which the index of a device is known here.

        Args:
            device: Its ID.
            origin: Identifies its index until that is reset.
        """
        return self.index.remote_sequence(device) if self._origins.get(device) == origin else 0

    def receive(self, device: str, items: list[Item], origin: object) -> None:
        """Take in an index update of another device.

        Args:
            device: Its ID.
            items: The new items, in the order of their sequence.
            origin: Identifies its index until that is reset.
        """
        if self._origins.get(device) != origin:
            self.index.drop_remote(device)
            self._origins[device] = origin
        for start in range(0, len(items), _BATCH):
            batch = items[start : start + _BATCH]
            self.put_remote(device, batch, batch[-1].sequence)

    def put_remote(self, device: str, items: list[Item], sequence: int | None = None) -> None:
        """Add items to the index of another device.

        Args:
            device: Its ID.
            items: The items.
            sequence: Sequence of its newest item; by default the highest one of all its items.
        """
        self.index.put_remote(device, items, sequence)
        sequence = self.index.remote_sequence(device)
        data = {"device": device, "folder": self.id, "items": len(items), "sequence": sequence, "version": sequence}
        self.core.emit("RemoteIndexUpdated", data)
        self.on_change()

    def _forget_device(self, device: str) -> None:
        self.index.drop_remote(device)
        self._origins.pop(device, None)
