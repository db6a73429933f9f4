"""A folder of one daemon: its state, what it does one after the other, and what it tells."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.clock import format_time

from .disk import on_disk
from .encryption import is_encrypted_parent
from .ignores import Ignores, load
from .index import Index
from .items import Item, Kind, block_size
from .jobs import FolderError, Jobs
from .pulling import Puller
from .reverting import override, revert
from .scanning import Findings, Scan, chosen, equivalent
from .simulating import Simulation
from .state import State
from .summary import Summary
from .versioning import Versioner

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from pytest_syncthing.clock import Timer

    from .cluster import Cluster

_BATCH: Final = 1000
_PAUSE: Final = 60
_RESTING: Final = frozenset({"idle", "error"})
_NEVER: Final = "0001-01-01T00:00:00Z"
_MARKER_MISSING: Final = (
    "folder marker missing (this indicates potential data loss, search docs/forum to get information about how to"
    " proceed)"
)


class Folder:
    """A folder. To be used in the fake's thread only.

    Its index outlives the process; its state begins anew whenever it is started.

    Attributes:
        cluster: Whose folder it is.
        id: Its ID.
        config: Its configuration.
        index: Who has what.
        running: Whether it is started: neither paused nor is the daemon down.
        state: Its state.
        summary: Tells its sums.
        ignores: Its ignore patterns as they were read last.
        failures: What a test lets fail, by name.
        forced_error: What a test wants to be wrong with the whole.
        may_scan: Set unless a test wants scans to go on and on.
        queue: Files that are waiting to be fetched, in that order.
        last_scan: When a scan ended last, in nanoseconds since 1970; ``None`` for never.
        last_file: What was received last, as ``rest/stats/folder`` has it.
        simulated: What devices that only the test knows do with it.
    """

    def __init__(self, cluster: Cluster, config: dict[str, Any]) -> None:
        self.cluster = cluster
        self.id: str = config["id"]
        self.config = config
        self.index = Index(cluster.node.facts)
        self.index_id = object()
        self.running = False
        self.state = State(cluster.node, self.id)
        self.summary = Summary(self)
        self.ignores = Ignores()
        self.failures: dict[str, str] = {}
        self.forced_error = ""
        self.may_scan = asyncio.Event()
        self.may_scan.set()
        self.queue: dict[str, Item] = {}
        self.simulated = Simulation(self)
        self.forget_history()
        self._pull_errors: dict[str, str] = {}
        self._scan_errors: dict[str, str] = {}
        self._jobs = Jobs(lambda: self._pull(self._is_within_reach), self.summary.settle)
        self._timer: Timer | None = None
        self._origins: dict[str, object] = {}

    # --- What it is ---

    @property
    def path(self) -> str:
        """The path of its directory."""
        path: str = self.config["path"]
        return path

    @property
    def devices(self) -> list[str]:
        """IDs of the other devices that it is shared with."""
        own = self.cluster.own_id
        return [each["deviceID"] for each in self.config["devices"] if each["deviceID"] != own]

    @property
    def kind(self) -> str:
        """Its type, such as ``sendreceive``."""
        kind: str = self.config["type"]
        return kind

    @property
    def is_receiving(self) -> bool:
        """Whether what is changed here stays here."""
        return self.kind in {"receiveonly", "receiveencrypted"}

    @property
    def rests(self) -> bool:
        """Whether it has nothing to do."""
        return self.state.name in _RESTING and self._jobs.empty

    @property
    def versioner(self) -> Versioner:
        """What keeps its old versions."""
        versioning = self.config["versioning"]
        return Versioner(self.cluster.disk, self.path, versioning["type"], versioning["params"])

    @property
    def errors(self) -> list[dict[str, str]]:
        """What has failed, as ``rest/folder/errors`` has it."""
        return [{"path": path, "error": text} for path, text in {**self._scan_errors, **self._pull_errors}.items()]

    def sums(self) -> dict[str, int]:
        """Return its counts."""
        downloads = self.cluster.downloads.of(self)
        return self.index.sums(
            receive_only=self.is_receiving,
            ignore_delete=self.config["ignoreDelete"],
            downloaded=sum(download.done for download in downloads),
        )

    def status(self) -> dict[str, Any]:
        """Return ``rest/db/status``; all of it is zero while the folder does not run."""
        is_old = self.cluster.node.facts.numbers < (1, 27, 4)
        index = self.index if self.running else Index(self.cluster.node.facts)
        sums = self.sums() if self.running else index.sums(receive_only=self.is_receiving)
        errors = len(self.errors) if self.running else 0
        changed = self.state.changed if self.running else None
        status: dict[str, Any] = {
            "errors": errors,
            "pullErrors": errors,
            "invalid": "",
            **sums,
            "state": self.state.name if self.running else "",
            "stateChanged": _NEVER if changed is None else format_time(changed, whole=True),
            "version": index.sequence,
            "sequence": index.sequence,
            "ignorePatterns": self.running and bool(self.ignores),
        }
        error = self.state.error if self.running else ""
        if not is_old:
            known = {device: self.index.remote_sequence(device) for device in self.index.remotes}
            status |= {"error": error, "watchError": "", "remoteSequence": known if self.running else None}
        elif error:
            status["error"] = error
        return status

    def completion(self, device: str | None = None) -> dict[str, Any]:
        """Return ``rest/db/completion``, of the own device by default."""
        if device is None or device == self.cluster.own_id:
            found, state = self.index.completion(), "unknown"
        else:
            downloaded = self._downloaded_by(device)
            found = self.index.completion(device, downloaded=downloaded, shared=device in self.devices)
            state = self.cluster.remote_state(device, self.id)
        return {**found, "remoteState": state} if self.cluster.node.facts.numbers >= (1, 20) else found

    def availability(self, name: str) -> list[str]:
        """Return the connected devices that have the newest item of that name."""
        return [device for device in self.index.availability(name) if device in self.cluster.peers]

    def needed(self) -> list[Item]:
        """Return what it lacks, apart from deletions that it is not to take over."""
        return [item for item in self.index.need() if not (item.deleted and self.config["ignoreDelete"])]

    # --- When it runs ---

    def start(self) -> None:
        """Start it: it makes its directory if it is new, and scans."""
        self.running = True
        self.state = State(self.cluster.node, self.id)
        self.forced_error = ""
        self._pull_errors, self._scan_errors = {}, {}
        for device in self.index.remotes.keys() - set(self.devices):
            self.forget_device(device)
        if self.cluster.node.facts.numbers >= (2, 1):
            self.state.set("starting")
        self._jobs.add(self._begin)

    def stop(self) -> None:
        """Stop it: what it does is broken off, and what waits for it fails."""
        if not self.running:
            return
        self.running = False
        self.summary.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._jobs.stop()

    async def stopped(self) -> None:
        """Wait until nothing of it runs any more."""
        await self._jobs.stopped()

    def reset(self) -> None:
        """Forget the index."""
        self.index.clear()
        self.index_id = object()
        self._origins.clear()

    def forget_history(self) -> None:
        """Forget what ``rest/stats/folder`` tells."""
        self.last_scan: int | None = None
        self.last_file: dict[str, Any] = {"at": _NEVER, "filename": "", "deleted": False}

    # --- What it is asked for ---

    async def scan(self, subs: Iterable[str] = ()) -> None:
        """Look for changes; returns when that is done. It goes on even if nobody waits for it.

        Args:
            subs: Places to look at; by default everywhere.

        Raises:
            FolderError: It can't be scanned.
        """
        places = list(subs) or [""]
        await self._ask(lambda: self._scan(places))

    async def pull(self, names: Iterable[str] | None = None) -> None:
        """Get what is needed from any connected device, also from those that only the test knows.

        Args:
            names: Names of the items to get; by default all.

        Raises:
            FolderError: It is paused.
        """
        chosen_names = None if names is None else set(names)
        await self._ask(lambda: self._pull(lambda item: chosen_names is None or item.name in chosen_names))

    def want_scan(self, subs: Iterable[str] = ()) -> None:
        """Scan soon."""
        if self.running:
            places = list(subs) or [""]
            self._jobs.add(lambda: self._scan(places))

    def want_pull(self) -> None:
        """Get soon what other fakes have."""
        if self.running:
            self._jobs.want_spare()

    def override(self) -> None:
        """Let what is here be the newest; only a send-only folder does that."""
        if self.running and self.kind == "sendonly":
            self._jobs.add(self._override)

    def revert(self) -> None:
        """Undo what was changed here; only a folder that receives only does that."""
        if self.running and self.is_receiving:
            self._jobs.add(self._revert)

    def bring_to_front(self, name: str) -> None:
        """Let a file that waits be the next to be fetched."""
        if name in self.queue:
            first = {name: self.queue.pop(name)}
            rest = dict(self.queue)
            self.queue.clear()
            self.queue.update(first | rest)

    async def ignore_lines(self) -> Ignores:
        """Read the ignore patterns again."""
        self.ignores = await on_disk(self.cluster.disk, load, self.cluster.disk, self.path, self.cluster.node.facts)
        return self.ignores

    def set_error(self, error: str | None) -> None:
        """Let something be wrong with the whole, or no longer."""
        self.forced_error = error or ""
        self.state.set_error(self.forced_error)
        if not error:
            self.want_scan()

    def fail(self, name: str, error: str) -> None:
        """Let an item fail."""
        self.failures[name] = error
        self._set_pull_errors({**self._pull_errors, name: error})
        self.summary.touch()

    def clear_failures(self) -> None:
        """Let items fail no more."""
        self.failures.clear()
        self._pull_errors = {}
        self.summary.touch()

    # --- What others tell ---

    def receive(self, device: str, items: list[Item], origin: object) -> None:
        """Take in what another device has.

        Args:
            device: Its ID.
            items: What is new, in its order.
            origin: What stays the same as long as its index does.
        """
        if self._origins.get(device) != origin:
            self.index.drop_remote(device)
            self._origins[device] = origin
        for start in range(0, len(items), _BATCH):
            batch = items[start : start + _BATCH]
            self.index.put_remote(device, batch, batch[-1].sequence)
            self.tell_remote_index(device, len(batch))
        if items:
            self.want_pull()

    def known_sequence(self, device: str, origin: object) -> int:
        """Return up to which number the index of a device is known."""
        return self.index.remote_sequence(device) if self._origins.get(device) == origin else 0

    def tell_remote_index(self, device: str, count: int) -> None:
        """Tell that another device has told what it has."""
        sequence = self.index.remote_sequence(device)
        data = {"device": device, "folder": self.id, "items": count, "sequence": sequence, "version": sequence}
        self.cluster.node.events.emit("RemoteIndexUpdated", data)
        self.summary.touch()

    def forget_device(self, device: str) -> None:
        """Forget what another device has."""
        self.index.drop_remote(device)
        self._origins.pop(device, None)

    async def content_of(self, item: Item) -> tuple[str, bytes] | None:
        """Return the content of a needed file, and from which device it comes."""
        for device in self.availability(item.name):
            content = await self.cluster.ask_for(device, self, item)
            if content is not None:
                return device, content
        return None

    async def content_for(self, name: str) -> bytes | None:
        """Return the content of a file for another device; ``None`` if it is not what it was."""
        item = self.index.own.get(name)
        if item is None or item.deleted or not self.running:
            return None
        disk = self.cluster.disk
        try:
            return await on_disk(disk, disk.read, self.path, name)
        except OSError:
            return None

    def take_remote(self, items: list[Item]) -> None:
        """Note that items were got."""
        self._update(items, "RemoteChangeDetected")
        received = [item for item in items if item.kind is Kind.FILE and not item.invalid]
        if received:
            last = received[-1]
            now = self.cluster.node.clock.format(whole=True)
            self.last_file = {"at": now, "filename": last.name, "deleted": last.deleted}

    # --- How it does that ---

    async def _ask(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if not self.running:
            raise FolderError("folder is paused")
        job = self._jobs.add(run)
        await asyncio.wait([job])  # asyncio.shield() would log what fails after the caller has gone (Python 3.14)
        job.result()

    async def _begin(self) -> None:
        disk = self.cluster.disk
        if not self.index.sequence:
            await on_disk(disk, self._make_directory)
        self.state.set("idle")
        self._jobs.spare_wanted = True
        await self._scan([""])

    def _make_directory(self) -> None:
        self.cluster.disk.make_root(self.path)
        if self.config["markerName"] == ".stfolder":
            self.cluster.disk.make_marker(self.path)

    async def _check(self) -> None:
        """Look whether it is healthy, and read the ignore patterns."""
        error = self.forced_error or await on_disk(self.cluster.disk, self._problem)
        if not error:
            before = self.ignores.lines
            ignores = await self.ignore_lines()
            self._jobs.spare_wanted = self._jobs.spare_wanted or ignores.lines != before
            error = f"loading ignores: {ignores.error}" if ignores.error else ""
        if self.state.error and not error:
            self._jobs.spare_wanted = True
        self.state.set_error(error)
        if error:
            raise FolderError(error)

    def _problem(self) -> str:
        disk = self.cluster.disk
        if not disk.is_dir(self.path):
            return "folder path missing"
        return "" if disk.has_marker(self.path, self.config["markerName"]) else _MARKER_MISSING

    async def _scan(self, subs: list[str]) -> None:
        await self._check()
        self.state.set("scan-waiting")
        self.state.set("scanning")
        try:
            await self.may_scan.wait()
            await self._look(subs)
        finally:
            if self.running:
                self.state.set("idle")
        self.last_scan = self.cluster.node.clock.now

    async def _look(self, subs: list[str]) -> None:
        node = self.cluster.node
        scan = Scan(
            self.cluster.disk,
            self.path,
            self.ignores,
            self.index.own,
            self.index.newest,
            node.short_id,
            node.clock.now,
            self.is_receiving,
            self.config["ignorePerms"],
            is_encrypted_parent if self.kind == "receiveencrypted" else None,
        )
        places = chosen(subs, self.index.own)
        findings: Findings = await on_disk(self.cluster.disk, scan.run, places)
        wrong = await on_disk(self.cluster.disk, self.cluster.disk.unreadable, self.path)
        self._scan_errors = dict.fromkeys(wrong, "scan: item is not in UTF8 encoding")
        if findings.hashed and self.config["scanProgressIntervalS"] >= 0 and node.facts.numbers >= (1, 20):
            progress = {"current": findings.hashed, "folder": self.id, "rate": 0, "total": findings.hashed + 1}
            node.events.emit("FolderScanProgress", progress)
        for items in (findings.changed, findings.missing):
            self._update(items, "LocalChangeDetected")
        self.index.forget_own(findings.forgotten)
        if findings.forgotten:
            self.summary.touch()

    def _update(self, items: list[Item], kind: str) -> None:
        """Change the own index, and tell."""
        emit = self.cluster.node.events.emit
        for start in range(0, len(items), _BATCH):
            batch = self.index.put_own(items[start : start + _BATCH])
            updated = {
                "folder": self.id,
                "items": len(batch),
                "filenames": [item.name for item in batch],
                "sequence": self.index.sequence,
                "version": self.index.sequence,
            }
            emit("LocalIndexUpdated", updated)
            for item in batch:
                if not item.invalid:
                    emit(kind, self._change(item))
        if items:
            self.summary.touch()
            self.cluster.announce(self)

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

    def _is_within_reach(self, item: Item) -> bool:
        """Tell whether an item can be got without the test's doing."""
        return any(self.cluster.is_linked(device) for device in self.index.availability(item.name))

    async def _pull(self, wanted: Callable[[Item], bool]) -> None:
        needed = self.needed()
        if not needed and not self.failures:
            self._pull_errors = {}
        if not any(wanted(item) for item in needed):
            return
        try:
            await self._check()
        except FolderError:
            return
        self._jobs.spare_wanted = False
        if self.kind == "sendonly":
            self._adopt(item for item in needed if wanted(item))
            return
        self.state.set("sync-waiting")
        puller = Puller(self, wanted)
        try:
            await puller.run()
        finally:
            if self.running:
                self._pull_ended(puller)

    def _pull_ended(self, puller: Puller) -> None:
        self._set_pull_errors(puller.failed)
        if puller.failed:
            self._retry_later()
        self.state.set("idle")
        self.summary.tell()
        if puller.looked_at:
            self.want_scan(sorted(puller.looked_at))
            self._jobs.spare_wanted = self._jobs.spare_wanted or bool(puller.failed)

    def _set_pull_errors(self, errors: dict[str, str]) -> None:
        self._pull_errors = errors
        if errors:
            listed = [{"path": path, "error": text} for path, text in errors.items()]
            self.cluster.node.events.emit("FolderErrors", {"folder": self.id, "errors": listed})

    def _retry_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        pause = self.config["pullerPauseS"] or _PAUSE
        self._timer = self.cluster.node.clock.call_later(pause, self.want_pull)

    def _adopt(self, needed: Iterable[Item]) -> None:
        """Take over the versions of what is the same here: a send-only folder takes nothing else."""
        taken: list[Item] = []
        for item in needed:
            mine = self.index.own.get(item.name)
            if mine is not None and equivalent(mine, item, ignore_permissions=self.config["ignorePerms"]):
                taken.append(replace(item, local_flags=0, invalid_elsewhere=False))
        self._update(taken, "RemoteChangeDetected")

    async def _override(self) -> None:
        node = self.cluster.node
        self.state.set("scanning")
        self._update(override(self.index, node.short_id, node.clock.now), "LocalChangeDetected")
        self.state.set("idle")

    async def _revert(self) -> None:
        node, disk = self.cluster.node, self.cluster.disk
        self.state.set("scanning")
        items = await on_disk(disk, revert, self.index, self.versioner, node.short_id, node.clock.now)
        self._update(items, "LocalChangeDetected")
        self.state.set("idle")
        self._jobs.spare_wanted = True

    def _downloaded_by(self, device: str) -> int:
        progress = self.cluster.progress_of(device, self.id)
        found = 0
        for name, blocks in progress.items():
            item = self.index.newest(name)
            if item is not None:
                found += min(item.size, blocks * block_size(item.size))
        return found
