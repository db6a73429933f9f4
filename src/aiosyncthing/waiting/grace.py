"""Whether something new may still be on its way to the daemon. Pure: events go in, with their age.

What another device has in a folder is sent as an index. It comes after an exchange of cluster configurations: each side
sends one when the devices connect, and when a folder that they share was added, started again, resumed or newly shared,
and answers the other's with what is new to it (lib/model/indexhandler.go, lib/model/model.go). The daemon knows when
that begins; nothing says that it has come to its end, and when there is nothing new, nothing is sent. So after each of
these happenings everything that is on its way gets some time, and again after each part of an index that comes within
it, for a minute at most.

How to know of them:

- The first `StateChanged` of a folder since it was started has no ``duration`` (lib/model/folderstate.go), whatever
  started it. The others come to know of it once the change of the configuration is done, after which `ConfigSaved`
  follows.
- `ClusterConfigReceived` is the other side's part (since version 1.20), `DeviceConnected` the beginning of both.
- A device may disconnect in the middle of all that: an index that comes before the configuration that it belongs to, or
  crosses a pause on its way, is an error, for which the connection is ended. What was on its way comes when they have
  connected again.
- ``system/connections`` has the time at which a connection was made. Where the clock was set back since, that lies in
  the future; it is as if it had just happened, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiosyncthing import types as t

GRACE: Final = 3.0
"""Seconds in which what is on its way arrives: a round trip, and what the other device takes to answer."""

_RECONNECTING: Final = 65.0
"""Seconds in which a device that was interrupted connects again, if it does: it tries every 60, since 2.0 every 20."""

_LONGEST: Final = 60.0
"""Seconds after which a part of an index is taken for one of the changes that some devices never cease to send."""

_NEVER: Final = float("-inf")
_BROKEN_OFF: Final = "handling index"
"""In the error of a connection that was ended because of an index that came too early or too late."""

_REMEMBERED: Final = 2048  # events that were noted: more than the daemon keeps
_ABOUT_DEVICES: Final = frozenset({"DeviceConnected", "ClusterConfigReceived"})
_OF_INTEREST: Final = _ABOUT_DEVICES | {
    *("StateChanged", "FolderResumed", "RemoteIndexUpdated", "ConfigSaved", "DeviceDisconnected")
}


def seconds_between(earlier: str, later: str) -> float | None:
    """Return the seconds between two times of the daemon.

    ``None`` if one is not set, or if the later is before the earlier: then the clock was set back between them, and
    their difference says nothing.
    """
    begin, end = parse_time(earlier), parse_time(later)
    if begin is None or end is None or end < begin:
        return None
    return (end - begin).total_seconds()


def ages_of(times: Sequence[str], at: str) -> list[float]:
    """Return how many seconds ago events happened, by the daemon's clock.

    An event is at least as old as any after it. That is what is known of those from before the clock was set back.

    Args:
        times: The times of events, in their order.
        at: The present time of the daemon's clock.
    """
    ages: list[float] = []
    for time in reversed(times):
        age = seconds_between(time, at)
        ages.append(max(age or 0.0, ages[-1] if ages else 0.0))
    return ages[::-1]


class Grace:
    """Until when something new may be on its way, by folder and by device.

    All moments are seconds of a clock that only runs forward, and of this computer: the daemon's may be set.

    Args:
        seconds: How long that is after each happening.
    """

    def __init__(self, seconds: float = GRACE) -> None:
        self._seconds = seconds
        self._folders: dict[str, float] = {}
        self._devices: dict[str, float] = {}
        self._indexes: dict[str, float] = {}  # by folder
        self._unknown = _NEVER
        self._unsaved: set[str] = set()  # started since the configuration was saved
        self._connections: dict[str, str] = {}
        self._interrupted: dict[str, float] = {}
        self._noted: dict[tuple[object, object], None] = {}

    def note(self, event: Mapping[str, Any], now: float, age: float = 0.0) -> None:
        """Take in an event, once, however often it comes.

        Args:
            event: The event; in their order.
            now: The present moment.
            age: Seconds since then.
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
        """Note that anything may have happened, up to a moment."""
        self._unknown = max(self._unknown, moment + self._seconds)

    def connections(self, connections: Mapping[str, t.ConnectionStats], now: float) -> None:
        """Take in the daemon's present connections."""
        for name, connection in connections.items():
            since = connection["startedAt"] if connection["connected"] else ""
            if connection["connected"]:
                self._interrupted.pop(name, None)
            if since and since != self._connections.get(name):
                age = seconds_between(since, connection["at"])
                self._extend(self._devices, name, now - (age or 0.0))
            self._connections[name] = since

    def folder_until(self, folder: str) -> float:
        """Return the moment until which something about a folder may be on its way, because of what was done here."""
        return max(self._folders.get(folder, _NEVER), self._indexes.get(folder, _NEVER), self._unknown)

    def device_until(self, device: str) -> float:
        """Return the moment until which something from a device may be on its way."""
        return self._devices.get(device, _NEVER)

    def interrupted_until(self, device: str) -> float:
        """Return the moment until which a device is expected back that left while something was on its way."""
        return self._interrupted.get(device, _NEVER)

    def end(self, folders: Iterable[str], devices: Iterable[str], now: float) -> float | None:
        """Return the next moment at which the time of one of these is over; ``None`` if that of all is."""
        moments = [
            *map(self.folder_until, folders),
            *(moment(device) for device in devices for moment in (self.device_until, self.interrupted_until)),
        ]
        return min((moment for moment in moments if moment > now), default=None)

    def _extend(self, moments: dict[str, float], name: str, moment: float) -> None:
        moments[name] = max(moments.get(name, _NEVER), moment + self._seconds)
