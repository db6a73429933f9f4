"""A folder of a daemon, which does one thing after the other (lib/model/folder.go)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from .disk import MARKER
from .encryption import is_encrypted_parent
from .jobs import FolderError, Jobs
from .pulling import Puller
from .replica import Replica
from .reverting import override, revert
from .scanning import Scan, chosen, equivalent
from .summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from pytest_syncthing.clock import Timer

    from .core import Core
    from .downloads import Downloads
    from .items import Item
    from .peers import Peers

_PAUSE: Final = 60
_MARKER_MISSING: Final = (
    "folder marker missing (this indicates potential data loss, search docs/forum to get information about how to"
    " proceed)"
)


class Folder:
    """A folder. Use it in the fakes' thread only.

    Args:
        core: What it shares with the rest of the daemon.
        config: Its configuration.
        peers: The devices that are connected.
        downloads: The downloads of the daemon.

    Attributes:
        replica: What this daemon has of it.
        puller: Pulls the items that it needs.
        summary: Its counts, and the events about them.
        forced_error: The error that a test has set.
        may_scan: Cleared while a test keeps scans from finishing.
    """

    def __init__(self, core: Core, config: dict[str, Any], peers: Peers, downloads: Downloads) -> None:
        self._core = core
        self.replica = Replica(core, config)
        self.puller = Puller(self.replica, peers, downloads)
        self.summary = Summary(self.replica, peers, downloads, lambda: self.replica.state.rests and self._jobs.empty)
        self.replica.on_change = self.summary.touch
        self.forced_error = ""
        self.may_scan = asyncio.Event()
        self.may_scan.set()
        self._jobs = Jobs(lambda: self._pull(self.puller.is_within_reach), self.summary.settle)
        self._timer: Timer | None = None

    @property
    def id(self) -> str:
        """Its ID."""
        return self.replica.id

    @property
    def running(self) -> bool:
        """Whether it is started: neither paused nor is the daemon down."""
        return self.replica.running

    # --- When it runs ---

    def start(self) -> None:
        """Start it: it makes its directory if it is new, and scans."""
        self.replica.begin()
        self.forced_error = ""
        if self._core.facts.STARTING:
            self.replica.state.set("starting")
        if self.replica.config["filesystemType"] == "fake" and self.replica.config["fsWatcherEnabled"]:
            self.replica.state.set_watch_error("watching is not supported")
        self._jobs.add(self._begin)

    def stop(self) -> None:
        """Stop it, and cancel what it does and what waits for it."""
        if not self.running:
            return
        self.replica.running = False
        self.summary.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._jobs.stop()

    async def stopped(self) -> None:
        """Wait until nothing of it runs."""
        await self._jobs.stopped()

    # --- Requests ---

    async def scan(self, subs: Iterable[str] = ()) -> None:
        """Look for changes on the disk. The scan goes on if the caller is cancelled.

        Args:
            subs: Places to look at; by default everywhere.

        Raises:
            FolderError: It can't be scanned.
        """
        places = list(subs) or [""]
        await self._ask(lambda: self._scan(places))

    async def pull(self, names: Iterable[str] | None = None) -> None:
        """Pull what is needed from any connected device, even a simulated one.

        Args:
            names: Names of the items to pull; by default all.

        Raises:
            FolderError: It is paused.
        """
        wanted = None if names is None else set(names)
        await self._ask(lambda: self._pull(lambda item: wanted is None or item.name in wanted))

    def want_scan(self, subs: Iterable[str] = ()) -> None:
        """Scan soon."""
        if self.running:
            places = list(subs) or [""]
            self._jobs.add(lambda: self._scan(places))

    def want_pull(self) -> None:
        """Pull soon what other fakes have."""
        if self.running:
            self._jobs.want_spare()

    def override(self) -> None:
        """Make the local items the newest ones. Only a send-only folder does that."""
        if self.running and self.replica.kind == "sendonly":
            self._jobs.add(self._override)

    def revert(self) -> None:
        """Undo local changes. Only a receive-only or receive-encrypted folder does that."""
        if self.running and self.replica.is_receiving:
            self._jobs.add(self._revert)

    async def content(self, name: str) -> bytes | None:
        """Return the content of a file for another device; ``None`` if it has gone."""
        replica = self.replica
        item = replica.index.own.get(name)
        if item is None or item.deleted or not self.running:
            return None
        try:
            return await self._core.on_disk(self._core.disk.read, replica.path, name)
        except OSError:
            return None

    # --- For tests ---

    def set_error(self, error: str | None) -> None:
        """Put the whole folder into the state ``error``; ``None`` ends that."""
        self.forced_error = error or ""
        self.replica.state.set_error(self.forced_error)
        if not error:
            self.want_scan()

    def fail(self, name: str, error: str) -> None:
        """Make an item fail, now and with each pull."""
        self.puller.forced[name] = error
        state = self.replica.state
        state.set_pull_errors({**state.pull_errors, name: error})
        self.summary.touch()

    def clear_failures(self) -> None:
        """Clear the failures that `fail` has set."""
        self.puller.forced.clear()
        self.replica.state.set_pull_errors({})
        self.summary.touch()

    # --- Jobs ---

    async def _ask(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if not self.running:
            raise FolderError("folder is paused")
        job = self._jobs.add(run)
        await asyncio.wait([job])  # asyncio.shield() would log what fails after the caller has gone (Python 3.14)
        job.result()

    async def _begin(self) -> None:
        if not self.replica.index.sequence:
            await self._core.on_disk(self._make_directory)
        self.replica.state.set("idle")
        self._jobs.spare_wanted = True
        await self._scan([""])

    def _make_directory(self) -> None:
        disk, path = self._core.disk, self.replica.path
        disk.make_root(path)
        if self.replica.config["markerName"] == MARKER:
            disk.make_marker(path)

    async def _check(self) -> None:
        """Check that it is healthy, and read the ignore patterns.

        Raises:
            FolderError: It isn't.
        """
        replica, state = self.replica, self.replica.state
        error = self.forced_error or await self._core.on_disk(self._problem)
        if not error:
            before = replica.ignores.lines
            ignores = await replica.read_ignores()
            self._jobs.spare_wanted = self._jobs.spare_wanted or ignores.lines != before
            error = f"loading ignores: {ignores.error}" if ignores.error else ""
        if state.error and not error:
            self._jobs.spare_wanted = True
        state.set_error(error)
        if error:
            raise FolderError(error)

    def _problem(self) -> str:
        disk, path = self._core.disk, self.replica.path
        if not disk.is_dir(path):
            return "folder path missing"
        return "" if disk.has_marker(path, self.replica.config["markerName"]) else _MARKER_MISSING

    async def _scan(self, subs: list[str]) -> None:
        await self._check()
        self.replica.state.set("scan-waiting")
        self.replica.state.set("scanning")
        try:
            await self.may_scan.wait()
            await self._look(subs)
        finally:
            if self.running:
                self.replica.state.set("idle")
        self.replica.last_scan = self._core.clock.now

    async def _look(self, subs: list[str]) -> None:
        core, replica = self._core, self.replica
        scan = Scan(
            core.disk,
            replica.path,
            replica.ignores,
            replica.index.own,
            replica.index.newest,
            core.short_id,
            core.clock.now,
            replica.is_receiving,
            replica.config["ignorePerms"],
            is_encrypted_parent if replica.kind == "receiveencrypted" else None,
        )
        findings = await core.on_disk(scan.run, chosen(subs, replica.index.own))
        unreadable = await core.on_disk(core.disk.unreadable, replica.path)
        replica.state.scan_errors = dict.fromkeys(unreadable, "scan: item is not in UTF8 encoding")
        if findings.hashed and replica.config["scanProgressIntervalS"] >= 0 and core.facts.SCAN_PROGRESS:
            progress = {"current": findings.hashed, "folder": self.id, "rate": 0, "total": findings.hashed + 1}
            core.emit("FolderScanProgress", progress)
        for items in (findings.changed, findings.missing):
            replica.update(items, "LocalChangeDetected")
        replica.forget(findings.forgotten)

    async def _pull(self, wanted: Callable[[Item], bool]) -> None:
        replica = self.replica
        needed = replica.needed()
        if not needed and not self.puller.forced:
            replica.state.set_pull_errors({})
        if not any(wanted(item) for item in needed):
            return
        try:
            await self._check()
        except FolderError:
            return
        self._jobs.spare_wanted = False
        if replica.kind == "sendonly":
            self._adopt(item for item in needed if wanted(item))
            return
        replica.state.set("sync-waiting")
        try:
            await self.puller.run(wanted)
        finally:
            if self.running:
                self._pull_ended()

    def _pull_ended(self) -> None:
        failed, suspects = self.puller.failed, self.puller.suspects
        self.replica.state.set_pull_errors(failed)
        if failed:
            self._retry_later()
        self.replica.state.set("idle")
        self.summary.emit()
        if suspects:
            self.want_scan(sorted(suspects))
            self._jobs.spare_wanted = self._jobs.spare_wanted or bool(failed)

    def _retry_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        pause = self.replica.config["pullerPauseS"] or _PAUSE
        self._timer = self._core.clock.call_later(pause, self.want_pull)

    def _adopt(self, needed: Iterable[Item]) -> None:
        """Take over the versions of items that are the same here: a send-only folder pulls nothing else."""
        taken: list[Item] = []
        ignore_permissions = self.replica.config["ignorePerms"]
        for item in needed:
            mine = self.replica.index.own.get(item.name)
            if mine is not None and equivalent(mine, item, ignore_permissions=ignore_permissions):
                taken.append(replace(item, local_flags=0, invalid_elsewhere=False))
        self.replica.update(taken, "RemoteChangeDetected")

    async def _override(self) -> None:
        core, replica = self._core, self.replica
        replica.state.set("scanning")
        replica.update(override(replica.index, core.short_id, core.clock.now), "LocalChangeDetected")
        replica.state.set("idle")

    async def _revert(self) -> None:
        core, replica = self._core, self.replica
        replica.state.set("scanning")
        items = await core.on_disk(revert, replica.index, replica.versioner, core.short_id, core.clock.now)
        replica.update(items, "LocalChangeDetected")
        replica.state.set("idle")
        self._jobs.spare_wanted = True
