"""Whether changes may still be on their way to the daemon. Pure: events go in, with their age.

A device announces what it has in a folder by an index, after an exchange of cluster configurations. Each side sends one
when the devices connect, and when a folder that they share was added, restarted, resumed or newly shared; the other
side answers with the part of its index that is new (lib/model/indexhandler.go, lib/model/model.go). The daemon knows
when this begins, but nothing marks its end, and if there is nothing new, nothing is sent. So each of these events
starts a grace period, which each part of an index that arrives within it extends, up to a minute.

How they show:

- The first `StateChanged` of a folder since it was started has no ``duration`` (lib/model/folderstate.go), whatever
  started it. The other devices learn of it once the change of the configuration is complete, which `ConfigSaved`
  follows.
- `ClusterConfigReceived` is the other side's part (since version 1.20), `DeviceConnected` the beginning of both.
- A device may disconnect in the middle of this: an index that arrives before its configuration, or crosses a pause, is
  an error that closes the connection. The index then comes after they have reconnected.
- ``system/connections`` has the time at which a connection was made. If the clock was set back since, that time lies in
  the future. It then counts as now, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiosyncthing import types as t

GRACE: Final = 3.0
"""Seconds until a change on its way arrives: a round trip, and the time the other device takes to answer."""

_RECONNECTING: Final = 65.0
"""Seconds until an interrupted device reconnects, if it does: it tries every 60 seconds, since 2.0 every 20."""

_LONGEST: Final = 60.0
"""Seconds after which a part of an index counts as an ordinary change, which some devices never stop sending."""

_NEVER: Final = float("-inf")
_BROKEN_OFF: Final = "handling index"
"""Part of the error of a connection that was closed because an index came too early or too late."""

_REMEMBERED: Final = 2048  # events already noted: more than the daemon keeps
_ABOUT_DEVICES: Final = frozenset({"DeviceConnected", "ClusterConfigReceived"})
_OF_INTEREST: Final = _ABOUT_DEVICES | {
    *("StateChanged", "FolderResumed", "RemoteIndexUpdated", "ConfigSaved", "DeviceDisconnected")
}


def seconds_between(earlier: str, later: str) -> float | None:
    """Return the seconds between two times of the daemon.

    ``None`` if either is not set, or if the second lies before the first: then the clock was set back in between, and
    the difference is meaningless.
    """
    begin, end = parse_time(earlier), parse_time(later)
    if begin is None or end is None or end < begin:
        return None
    return (end - begin).total_seconds()


def ages_of(times: Sequence[str], at: str) -> list[float]:
    """Return the ages of events in seconds, by the daemon's clock.

    An event is at least as old as any later one. Of those from before the clock was set back, no more is known.

    Args:
        times: The times of the events, oldest first.
        at: The current time of the daemon's clock.
    """
    ages: list[float] = []
    for time in reversed(times):
        age = seconds_between(time, at)
        ages.append(max(age or 0.0, ages[-1] if ages else 0.0))
    return ages[::-1]


class Grace:
    """Until when changes may be on their way, by folder and by device.

    All moments are seconds of this computer's monotonic clock, since the daemon's clock may be set.

    Args:
        seconds: Length of the grace period.
    """

    def __init__(self, seconds: float = GRACE) -> None:
        self._seconds = seconds
        self._folders: dict[str, float] = {}
        self._devices: dict[str, float] = {}
        self._indexes: dict[str, float] = {}  # by folder
        self._unknown = _NEVER
        self._unsaved: set[str] = set()  # folders started since the configuration was last saved
        self._connections: dict[str, str] = {}
        self._interrupted: dict[str, float] = {}
        self._noted: dict[tuple[object, object], None] = {}

    def note(self, event: Mapping[str, Any], now: float, age: float = 0.0) -> None:
        """Take an event, in order. One that comes again is ignored.

        Args:
            event: The event.
            now: The current moment.
            age: Seconds since it happened.
        """
        kind: str = event["type"]
        if kind not in _OF_INTEREST:
            return
        key = event["id"], event["time"]
        if key in self._noted:
            return
        self._noted[key] = None
        if len(self._noted) > _REMEMBERED:
            del self._noted[next(iter(self._noted))]
        moment, data = now - age, event["data"]
        if kind == "ConfigSaved":
            for name in self._unsaved:
                self._extend(self._folders, name, moment)
            self._unsaved.clear()
        elif kind in _ABOUT_DEVICES:
            self._extend(self._devices, data["id"] if kind == "DeviceConnected" else data["device"], moment)
        elif kind == "DeviceDisconnected":
            running = moment <= max(
                self.device_until(data["id"]), *self._folders.values(), *self._indexes.values(), self._unknown
            )
            if running or _BROKEN_OFF in str(data.get("error")):
                self._interrupted[data["id"]] = moment + _RECONNECTING
        elif kind == "FolderResumed":
            self.started(data["id"], moment)
        elif kind == "RemoteIndexUpdated":
            name = data["folder"]
            latest = max(self._folders.get(name, _NEVER), self.device_until(data["device"]), self._unknown)
            if moment <= min(max(latest, self._indexes.get(name, _NEVER)), latest + _LONGEST):
                self._extend(self._indexes, name, moment)
        elif "duration" not in data:
            self.started(data["folder"], moment)

    def started(self, folder: str, moment: float) -> None:
        """Note that a folder was started."""
        self._unsaved.add(folder)
        self._extend(self._folders, folder, moment)

    def lost(self, moment: float) -> None:
        """Note that anything may have happened up to a moment."""
        self._unknown = max(self._unknown, moment + self._seconds)

    def connections(self, connections: Mapping[str, t.ConnectionStats], now: float) -> None:
        """Take the daemon's current connections."""
        for name, connection in connections.items():
            since = connection["startedAt"] if connection["connected"] else ""
            if connection["connected"]:
                self._interrupted.pop(name, None)
            if since and since != self._connections.get(name):
                age = seconds_between(since, connection["at"])
                self._extend(self._devices, name, now - (age or 0.0))
            self._connections[name] = since

    def folder_until(self, folder: str) -> float:
        """Return the moment until which changes of a folder may be on their way, after it was started here."""
        return max(self._folders.get(folder, _NEVER), self._indexes.get(folder, _NEVER), self._unknown)

    def device_until(self, device: str) -> float:
        """Return the moment until which changes from a device may be on their way."""
        return self._devices.get(device, _NEVER)

    def interrupted_until(self, device: str) -> float:
        """Return the moment until which a device that was interrupted is expected to reconnect."""
        return self._interrupted.get(device, _NEVER)

    def end(self, folders: Iterable[str], devices: Iterable[str], now: float) -> float | None:
        """Return the next moment at which one of their grace periods ends; ``None`` if all have."""
        moments = [
            *map(self.folder_until, folders),
            *(moment(device) for device in devices for moment in (self.device_until, self.interrupted_until)),
        ]
        return min((moment for moment in moments if moment > now), default=None)

    def _extend(self, moments: dict[str, float], name: str, moment: float) -> None:
        moments[name] = max(moments.get(name, _NEVER), moment + self._seconds)
