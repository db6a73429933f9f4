"""A daemon: what it keeps on its disk, and the process that runs on it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.go.json import copied

from .cluster import Cluster
from .events import EventLog
from .log import Log

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_syncthing.clock import Timer

    from .connections import World
    from .core import Core

_SAVE_AFTER: Final = 5.0
SHUTDOWN: Final = 0
RESTART: Final = 3
"""The exit codes of the daemon's process (lib/svcutil)."""


class Node:
    """A daemon. Use it in the fakes' thread only.

    The configuration outlives the process, and so do folders with their files and indexes, what is pending, and the
    statistics. Events, log and connections begin again with each process.

    Args:
        core: What its parts share.
        world: The other fakes that it can meet.
        key: An API key that is valid besides the configured one, like that of ``STGUIAPIKEY``.
        home: Its home directory, as it reports it.

    Attributes:
        core: As above.
        facts: The version it plays.
        clock: Its clock.
        device_id: Its own device ID.
        key: As above.
        home: As above.
        log: What the process has written to its log.
        cluster: Folders and devices.
        running: Whether the process runs.
        started: When the process started, in the clock's nanoseconds.
        generation: How many times it was started.
        restart_required: Whether a changed setting takes effect only after a restart.
        address: Where its API listens: ``host:port`` or the path of a socket.
        listener_errors: Why addresses can't be listened on, by address as configured.
        discovery_errors: Why methods of discovery fail, by name.
        random: The source of its random texts; the same in each run.
        on_end: Called with its exit code when the process should end. The answer being made is still sent.
        on_listener: Called when a setting of the API has changed.
        on_save: Called when the configuration is saved.
    """

    def __init__(self, core: Core, world: World, *, key: str, home: str) -> None:
        self.core = core
        self.facts = core.facts
        self.clock = core.clock
        self.device_id = core.device_id
        self.key = key
        self.home = home
        self.log = Log(core)
        self.cluster = Cluster(core, world, self.commit)
        self.running = False
        self.started = core.clock.now
        self.generation = 0
        self.restart_required = False
        self.address = ""
        self.listener_errors: dict[str, str] = {}
        self.discovery_errors: dict[str, str] = {}
        self.random = random.Random(core.own_id)  # noqa: S311 - the same texts in each run, and no secrets
        self._saver: Timer | None = None
        self.on_end: Callable[[int], None] = lambda _: None
        self.on_listener: Callable[[], None] = lambda: None
        self.on_save: Callable[[], None] = lambda: None

    @property
    def config(self) -> dict[str, Any]:
        """The configuration. `commit` replaces it; nothing changes it in place."""
        return self.core.config

    @property
    def events(self) -> EventLog:
        """What has happened since the process started."""
        return self.core.events

    def boot(self) -> None:
        """Start the process."""
        core = self.core
        self.generation += 1
        self.started = self.clock.now
        self.restart_required = False
        core.events = EventLog(self.clock)
        self.log = Log(core)
        self.running = True
        core.emit("Starting", {"home": self.home, "myID": core.own_id})
        self.log.begin(self.address or core.config["gui"]["address"])
        self.cluster.boot()
        core.emit("StartupComplete", {"myID": core.own_id})

    def halt(self) -> None:
        """End the process."""
        self.running = False
        if self._saver is not None:
            self._saver.cancel()
            self._saver = None
        self.cluster.halt()

    def commit(self, config: dict[str, Any], *, save: bool = True) -> None:
        """Replace the configuration. The caller has checked and completed it.

        Args:
            config: The new one.
            save: Whether to save it at once. A change is saved once more after a while, by the daemon's own saver
                (lib/config/wrapper.go).
        """
        old, new = self.config, copied(config)
        self.core.config = new
        if self.running:
            self.cluster.reconfigure(old, new)
        if save:
            self._save()
        if old != self.config and self._saver is None:
            self._saver = self.clock.call_later(_SAVE_AFTER, self._save_later)
        if old["gui"] != self.config["gui"]:
            self.on_listener()

    def _save(self) -> None:
        self.on_save()
        self.core.emit("ConfigSaved", self.config)

    def _save_later(self) -> None:
        self._saver = None
        self._save()
