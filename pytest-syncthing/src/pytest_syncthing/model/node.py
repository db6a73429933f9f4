"""One daemon: what it keeps on its disk, and the process that runs on it."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any, Final

from .cluster import Cluster
from .events import EventLog
from .log import Log

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiosyncthing.device_id import DeviceID
    from pytest_syncthing.clock import Clock, Timer
    from pytest_syncthing.facts import Facts

    from .disk import Disk
    from .world import World

_SAVE_AFTER: Final = 5.0
SHUTDOWN: Final = 0
RESTART: Final = 3
"""The codes with which the daemon's process ends (lib/svcutil)."""


class Node:
    """A daemon. To be used in the fake's thread only.

    What outlives the process: ``config``, and in ``cluster`` the folders with their files and indexes, what is pending
    and the statistics. What begins anew with each process: ``events``, ``log``, connections, ``started``.

    Attributes:
        facts: The version it plays.
        clock: Its clock.
        world: The other fakes that it can meet.
        device_id: Its own device ID.
        key: The API key that is valid beside the configured one, as ``STGUIAPIKEY`` sets it.
        home: Its home directory, as it tells.
        config: The configuration; replaced as a whole by `commit`, never changed in place.
        events: What has happened since it was started.
        log: What it has written to its log since it was started.
        cluster: Folders, devices and connections.
        started: When its process was started, in the clock's nanoseconds.
        generation: How often it was started.
        restart_required: Whether a setting was changed that takes effect with a restart only.
        address: Where its API listens: ``host:port`` or the path of a socket.
        sync_address: Where other fakes reach it: ``tcp://127.0.0.1:port``.
        random: Where its random texts come from; the same in each run.
        on_end: Called when the process shall end, with its exit code. The answer that is being made still goes out.
        on_listener: Called when a setting of the API has changed.
        on_save: Called when the configuration is saved.
    """

    def __init__(
        self,
        facts: Facts,
        clock: Clock,
        world: World,
        *,
        device_id: DeviceID,
        key: str,
        home: str,
        disk: Disk,
        config: dict[str, Any],
        sync_address: str,
    ) -> None:
        self.facts = facts
        self.clock = clock
        self.world = world
        self.device_id = device_id
        self.key = key
        self.home = home
        self.config = config
        self.sync_address = sync_address
        self.address = ""
        self.started = clock.now
        self.generation = 0
        self.restart_required = False
        self.running = False
        self.events = EventLog(clock)
        self.log = Log(self)
        self.cluster = Cluster(self, disk)
        self.random = random.Random(str(device_id))  # noqa: S311 - the same texts in each run, and no secrets
        self._saver: Timer | None = None
        self.on_end: Callable[[int], None] = lambda _: None
        self.on_listener: Callable[[], None] = lambda: None
        self.on_save: Callable[[], None] = lambda: None

    @property
    def short_id(self) -> str:
        """The short form of its device ID, by which it is known in versions of files."""
        return self.device_id.short

    def boot(self) -> None:
        """Start the process: everything that doesn't outlive one begins anew."""
        self.generation += 1
        self.started = self.clock.now
        self.restart_required = False
        self.events = EventLog(self.clock)
        self.log = Log(self)
        self.running = True
        self.events.emit("Starting", {"home": self.home, "myID": str(self.device_id)})
        self.log.begin()
        self.cluster.boot()
        self.events.emit("StartupComplete", {"myID": str(self.device_id)})

    def halt(self) -> None:
        """End the process."""
        self.running = False
        if self._saver is not None:
            self._saver.cancel()
            self._saver = None
        self.cluster.halt()

    def commit(self, config: dict[str, Any], *, save: bool = True) -> None:
        """Make a new configuration the present one, as it is: whoever calls has checked and completed it.

        Args:
            config: The configuration.
            save: Whether it is saved at once. What has changed anything is saved once more after a while, by the
                daemon's own saver (lib/config/wrapper.go).
        """
        old, self.config = self.config, copy.deepcopy(config)
        self.cluster.reconfigure(old, self.config)
        if save:
            self._save()
        if old != self.config and self._saver is None:
            self._saver = self.clock.call_later(_SAVE_AFTER, self._save_later)
        if old["gui"] != self.config["gui"]:
            self.on_listener()

    def _save(self) -> None:
        self.on_save()
        self.events.emit("ConfigSaved", self.config)

    def _save_later(self) -> None:
        self._saver = None
        self._save()
