"""Several connected daemons, and random things that may happen to them."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from aiosyncthing import Daemon
from aiosyncthing.exceptions import NotFoundError, SyncthingError
from aiosyncthing.live import Live

__all__ = ["Cluster", "Watcher", "connect", "differences"]

_FOLDERS: Final = ("docs", "pics", "odd id/ü")
_NAMES: Final = ("a", "b.txt", "c d", "sub/e", "sub/deep/f", "ü", "empty", "big")
_QUIET: Final = 3.2  # seconds without an event: summaries come every 2 s
_PATIENCE: Final = 60.0


async def connect(*daemons: Daemon) -> None:
    """Add each daemon to the devices of the others."""
    for one in daemons:
        for other in daemons:
            if one is not other:
                name = f"device {daemons.index(other)}"
                body = {"deviceID": other.device_id, "addresses": [other.sync_address], "name": name}
                await one.client.config.set_device(body)


class Watcher:
    """Notes the last event of a daemon, and counts its types."""

    def __init__(self, daemon: Daemon) -> None:
        self.counts: Counter[str] = Counter()
        self.latest: deque[Any] = deque(maxlen=10)
        self._daemon = daemon
        self._last = 0.0

    @property
    def silence(self) -> float:
        """Seconds since the last event."""
        return asyncio.get_running_loop().time() - self._last

    async def run(self) -> None:
        """Watch."""
        async with self._daemon.client.events.stream() as stream:
            async for item in stream:
                self.counts[_kind(item)] += 1
                self.latest.append(item)
                self._last = asyncio.get_running_loop().time()


def _kind(item: Any) -> str:
    kind: str = item["type"]
    return f"{kind} {item['data']['from']}-{item['data']['to']}" if kind == "StateChanged" else kind


class Cluster:
    """Does random things to daemons and their folders.

    Args:
        seed: Decides what.
        where: Directory for the folders.
        daemons: The daemons, which know each other.

    Attributes:
        log: What was tried.
    """

    def __init__(self, seed: object, where: Path, daemons: list[Daemon]) -> None:
        self.log: list[str] = []
        self.daemons = daemons
        self._random = random.Random(f"{seed}")
        self._where = where
        self._number = 0
        weights: tuple[tuple[Callable[[Daemon, str], Awaitable[None]], float], ...] = (
            *((self.write, 12), (self.delete, 4), (self.rename, 3), (self.make_directory, 2), (self.write_odd, 1)),
            *((self.scan, 12), (self.ignore, 3), (self.lose, 1), (self.find, 4), (self.revert, 2)),
            *((self.add, 6), (self.remove, 1), (self.share, 3), (self.label, 2), (self.name, 1), (self.option, 1)),
            *((self.pause_folder, 3), (self.pause_device, 3), (self.restart, 0.5), (self.kill, 0.5)),
        )
        self._operations, self._weights = zip(*weights, strict=True)

    async def step(self) -> None:
        """Do something."""
        (operation,) = self._random.choices(self._operations, self._weights)
        daemon, folder = self._random.choice(self.daemons), self._random.choice(_FOLDERS)
        self.log.append(f"{operation.__name__} {self.daemons.index(daemon)} {folder}")
        # Some operations are not possible at the moment, for example if the folder is missing or paused.
        with suppress(SyncthingError, OSError):
            await operation(daemon, folder)

    def path(self, daemon: Daemon, folder: str) -> Path:
        """Return where a daemon has a folder."""
        return self._where / str(self.daemons.index(daemon)) / folder.replace("/", "-")

    def _file(self, daemon: Daemon, folder: str) -> Path:
        return self.path(daemon, folder) / self._random.choice(_NAMES)

    async def add(self, daemon: Daemon, folder: str) -> None:
        """Add a folder to a daemon, shared with some others, if it isn't there."""
        with suppress(NotFoundError):
            await daemon.client.config.folders(folder)
            return
        self.path(daemon, folder).mkdir(parents=True, exist_ok=True)
        others = [other for other in self.daemons if other is daemon or self._random.random() < 0.8]
        kinds = ["sendreceive"] * 4 + ["receiveonly", "sendonly"]
        body = {
            "id": folder,
            "path": str(self.path(daemon, folder)),
            "type": self._random.choice(kinds),
            "devices": [{"deviceID": other.device_id} for other in others],
            "fsWatcherEnabled": self._random.random() < 0.3,
            "fsWatcherDelayS": 1,
            "rescanIntervalS": self._random.choice([0, 0, 0, 5]),
        }
        await daemon.client.config.set_folder(body)

    async def remove(self, daemon: Daemon, folder: str) -> None:
        """Remove a folder."""
        await daemon.client.config.remove_folder(folder)

    async def write(self, daemon: Daemon, folder: str) -> None:
        """Write a file."""
        self._number += 1
        file = self._file(daemon, folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        size = {"empty": 0, "big": 3_000_000}.get(file.name, self._random.randrange(1000))
        file.write_bytes(self._random.randbytes(size))

    async def write_odd(self, daemon: Daemon, folder: str) -> None:
        """Write a file whose name is not UTF-8, so that it can't be scanned."""
        (self.path(daemon, folder) / "odd\udcff").write_text("")

    async def make_directory(self, daemon: Daemon, folder: str) -> None:
        """Make a directory."""
        self._file(daemon, folder).mkdir(parents=True, exist_ok=True)

    async def delete(self, daemon: Daemon, folder: str) -> None:
        """Delete a file or directory."""
        paths = sorted(path for path in self.path(daemon, folder).iterdir() if path.name != ".stfolder")
        if paths:
            path = self._random.choice(paths)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    async def rename(self, daemon: Daemon, folder: str) -> None:
        """Rename a file."""
        self._file(daemon, folder).rename(self._file(daemon, folder))

    async def scan(self, daemon: Daemon, folder: str) -> None:
        """Scan a folder, or all of them."""
        whole = self._random.random() < 0.2
        await daemon.client.database.scan(None if whole else folder, timeout=30)

    async def pause_folder(self, daemon: Daemon, folder: str) -> None:
        """Pause or resume a folder."""
        config = await daemon.client.config.folders(folder)
        await daemon.client.config.patch_folder(folder, paused=not config["paused"])

    async def pause_device(self, daemon: Daemon, _: str) -> None:
        """Pause or resume another device, in one way or the other."""
        other = self._random.choice([each for each in self.daemons if each is not daemon])
        paused = (await daemon.client.config.devices(other.device_id))["paused"]
        if self._random.random() < 0.5:
            await daemon.client.config.patch_device(other.device_id, paused=not paused)
        elif paused:
            await daemon.client.system.resume(other.device_id)
        else:
            await daemon.client.system.pause(other.device_id)

    async def share(self, daemon: Daemon, folder: str) -> None:
        """Share a folder with another device, or stop sharing it."""
        other = self._random.choice([each for each in self.daemons if each is not daemon])
        devices = (await daemon.client.config.folders(folder))["devices"]
        kept = [element for element in devices if element["deviceID"] != other.device_id]
        if len(kept) == len(devices):
            kept.append({"deviceID": other.device_id, "introducedBy": "", "encryptionPassword": ""})
        await daemon.client.config.patch_folder(folder, devices=kept)

    async def label(self, daemon: Daemon, folder: str) -> None:
        """Rename a folder."""
        self._number += 1
        await daemon.client.config.patch_folder(folder, label=f"label {self._number}")

    async def name(self, daemon: Daemon, _: str) -> None:
        """Rename a device."""
        self._number += 1
        device = self._random.choice(self.daemons).device_id
        await daemon.client.config.patch_device(device, name=f"name {self._number}")

    async def option(self, daemon: Daemon, folder: str) -> None:
        """Change an option of the daemon, and one of the folder."""
        await daemon.client.config.patch_options(maxSendKbps=self._random.choice([0, 100_000]))
        await daemon.client.config.patch_folder(folder, order=self._random.choice(["random", "alphabetic"]))

    async def ignore(self, daemon: Daemon, folder: str) -> None:
        """Set or remove ignore patterns."""
        patterns = self._random.choice([[], ["*.txt"], ["sub"], ["nothing"]])
        await daemon.client.database.set_ignores(folder, patterns)

    async def lose(self, daemon: Daemon, folder: str) -> None:
        """Remove a folder's marker or its directory, so that it gets an error."""
        path = self.path(daemon, folder)
        if self._random.random() < 0.5:
            path.rename(path.with_name(path.name + " lost"))
        else:
            shutil.rmtree(path / ".stfolder")

    async def find(self, daemon: Daemon, folder: str) -> None:
        """Bring back what was lost."""
        path = self.path(daemon, folder)
        lost = path.with_name(path.name + " lost")
        if lost.exists():
            lost.rename(path)
        (path / ".stfolder").mkdir(exist_ok=True)

    async def revert(self, daemon: Daemon, folder: str) -> None:
        """Undo the changes of a receive-only folder, or enforce those of a send-only one."""
        kind = (await daemon.client.config.folders(folder))["type"]
        if kind == "receiveonly":
            await daemon.client.database.revert(folder)
        elif kind == "sendonly":
            await daemon.client.database.override(folder)

    async def restart(self, daemon: Daemon, _: str) -> None:
        """Restart a daemon regularly."""
        await daemon.restart()

    async def kill(self, daemon: Daemon, _: str) -> None:
        """Kill a daemon and start it again."""
        await daemon.kill()
        await daemon.start()

    async def quiet(self, watchers: list[Watcher], lives: list[Live]) -> None:
        """Wait until nothing happens any more."""
        await self._pause_on_both_sides()
        end = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            for daemon in self.daemons:
                for config in await daemon.client.config.folders():
                    if config["rescanIntervalS"]:
                        await daemon.client.config.patch_folder(config["id"], rescanIntervalS=0)
            busy = [live for live in lives if not live.settled]
            silence = min(watcher.silence for watcher in watchers)
            states = [await self._states(daemon) for daemon in self.daemons]
            if (
                not busy
                and silence > _QUIET
                and all(state in {"idle", "error", ""} for each in states for state in each)
            ):
                return
            if asyncio.get_running_loop().time() > end:
                said = [[{**item, "data": str(item["data"])[:100]} for item in watcher.latest] for watcher in watchers]
                pytest.fail(f"never quiet: {states}, {silence:.1f} s, {len(busy)} mirrors are busy, {said}")
            await asyncio.sleep(0.1)

    async def _pause_on_both_sides(self) -> None:
        """Pause devices on both sides if they are on one: version 1.19 tries to connect all the time."""
        paused = {
            frozenset((daemon.device_id, device["deviceID"]))
            for daemon in self.daemons
            for device in await daemon.client.config.devices()
            if device["paused"]
        }
        for daemon in self.daemons:
            for device in await daemon.client.config.devices():
                if frozenset((daemon.device_id, device["deviceID"])) in paused and not device["paused"]:
                    await daemon.client.config.patch_device(device["deviceID"], paused=True)

    async def _states(self, daemon: Daemon) -> list[str]:
        config = await daemon.client.config.folders()
        return [(await daemon.client.database.status(folder["id"]))["state"] for folder in config]


async def differences(live: Live, daemon: Daemon) -> list[str]:
    """Return what differs between a mirror and its daemon's own answers."""
    found: list[str] = []

    def compare(what: str, actual: object, expected: object) -> None:
        if actual != expected:
            found.append(f"{what} is {actual!r}, not {expected!r}")

    client = daemon.client
    config = await client.config.config()
    connections = (await client.system.connections())["connections"]
    stats = await client.stats.folders()
    compare("connected", live.connected, True)
    compare("own ID", live.own_id, daemon.device_id)
    compare("version", live.version, client.api.daemon_version)
    compare("pending devices", live.pending_devices, await client.cluster.pending_devices())
    compare("pending folders", live.pending_folders, await client.cluster.pending_folders())
    compare("folders", sorted(live.folders), sorted(folder["id"] for folder in config["folders"]))
    compare("devices", sorted(live.devices), sorted(device["deviceID"] for device in config["devices"]))
    for device in config["devices"]:
        name = device["deviceID"]
        if (mirrored := live.devices.get(name)) is None:
            continue
        own = name == daemon.device_id
        compare(f"config of {name}", mirrored.config, device)
        compare(f"own of {name}", mirrored.own, own)
        if not own:
            now = connections[name]
            known = mirrored.connection
            compare(f"connected of {name}", mirrored.connected, now["connected"])
            compare(f"address of {name}", mirrored.address, now["address"])
            compare(f"version of {name}", mirrored.client_version, now["clientVersion"])
            compare(f"paused of {name}", known is not None and known["paused"], now["paused"])
    for folder in config["folders"]:
        name = folder["id"]
        mirrored_folder = live.folders.get(name)
        if mirrored_folder is None:
            continue
        summary: dict[str, Any] = {**await client.database.status(name)}
        errors = await _none_if_missing(client.folder.errors(name))
        compare(f"config of {name}", mirrored_folder.config, folder)
        state = "paused" if folder["paused"] else summary["state"] or "unknown"
        compare(f"state of {name}", mirrored_folder.state, state)
        compare(f"error of {name}", mirrored_folder.error, summary.get("error", ""))
        clock = {"stateChanged": ""}
        if state == "error":  # patterns are read again by each request for them, and no event reports that
            clock["ignorePatterns"] = ""
        compare(f"summary of {name}", {**(mirrored_folder.summary or {}), **clock}, summary | clock)
        failed = errors["errors"] or [] if errors else []
        compare(f"errors of {name}", _sorted(mirrored_folder.errors), _sorted(failed))
        remotes = [each["deviceID"] for each in folder["devices"] if each["deviceID"] != daemon.device_id]
        answers = {remote: await _none_if_missing(client.database.completion(name, remote)) for remote in remotes}
        expected = {remote: answer for remote, answer in answers.items() if answer is not None}
        compare(f"completion of {name}", mirrored_folder.completion, expected)
        if name in stats:
            compare(f"stats of {name}", mirrored_folder.stats, stats[name])
        compare(f"figures of {name}", mirrored_folder.percent is None, state in {"paused", "unknown"})
        compare(f"progress of {name}", (mirrored_folder.progress, mirrored_folder.scan), ({}, None))
    return found


def _sorted(errors: Any) -> list[Any]:
    return sorted(errors, key=lambda error: (error["path"], error["error"]))


async def _none_if_missing(answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except NotFoundError:
        return None
