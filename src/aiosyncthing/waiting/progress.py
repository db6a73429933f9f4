"""How far waiting for sync has come, and what is missing where, as data that prints as text. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_HALF_LIFE: Final = 5.0  # seconds after which a measured rate counts half
_LEAST_RATE: Final = 1.0  # bytes per second; below, nothing arrives
_ALMOST: Final = 99.9  # percent
_NAMED: Final = 10  # how many missing things a text names at most
_NAMED_ITEMS: Final = 3  # and how many failed items


class FailedItem(NamedTuple):
    """A file, directory or link that the daemon can't scan or sync.

    Attributes:
        path: Its path in the folder.
        error: Why, in the daemon's own words.
    """

    path: str
    error: str

    def __str__(self) -> str:
        """The path, and why."""
        return f"{self.path} ({self.error})"


@dataclass(frozen=True, slots=True)
class Missing:
    """What stands in the way at one place. ``str()`` of it is a line for people.

    Attributes:
        reason: What it is, for people, without the place.
        folder_id: The folder; empty if it is not about one.
        device_id: The other device that lacks something or has to say something; empty if it is not about one.
        device_name: That device's name.
        needed_items: Files, directories, links and deletions that are missing there.
        needed_bytes: Bytes that are missing there.
        failed: Items that failed here, the first 10 at most.
    """

    reason: str
    folder_id: str = ""
    device_id: str = ""
    device_name: str = ""
    needed_items: int = 0
    needed_bytes: int = 0
    failed: tuple[FailedItem, ...] = ()

    def __str__(self) -> str:
        """The place, and what is missing there."""
        folder = [f"folder {self.folder_id}"] if self.folder_id else []
        device = [f"device {self.device_name or self.device_id[:7]}"] if self.device_id else []
        place = ", ".join([*folder, *device])
        items = f": {enumerated(self.failed, _NAMED_ITEMS)}" if self.failed else ""
        return f"{place}: {self.reason}{items}" if place else f"{self.reason}{items}"


@dataclass(frozen=True, slots=True)
class Amount:
    """What is there and what is needed at one place.

    Attributes:
        needed_bytes: Bytes that are missing.
        needed_items: Files, directories, links and deletions that are missing.
        total_bytes: Bytes that there are in all.
        missing: What stands in the way; ``None`` when nothing does.
    """

    needed_bytes: int = 0
    needed_items: int = 0
    total_bytes: int = 0
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far the waiting has come, over all folders and devices that are waited for.

    Attributes:
        needed_bytes: Bytes that are missing.
        needed_items: Files, directories, links and deletions that are missing.
        total_bytes: Bytes that there are in all, counted once for each device.
        percent: How much of the bytes is there; below 100 while anything is missing. 0 while there is nothing to
            go by, as with items that have no content.
        rate: Bytes per second that arrive, smoothed; ``None`` until it is known.
        seconds_left: Smoothed estimate; ``None`` while nothing arrives.
        missing: What is missing where; empty at the end. ``str()`` of each is a line for people.
    """

    needed_bytes: int
    needed_items: int
    total_bytes: int
    percent: float
    rate: float | None
    seconds_left: float | None
    missing: tuple[Missing, ...]

    @classmethod
    def of(cls, amounts: Iterable[Amount], rate: float | None) -> SyncProgress:
        """Add up."""
        parts = list(amounts)
        needed = sum(part.needed_bytes for part in parts)
        items = sum(part.needed_items for part in parts)
        total = sum(part.total_bytes for part in parts)
        missing = tuple(part.missing for part in parts if part.missing is not None)
        percent = 100.0 * (1 - min(needed, total) / total) if total else 0.0
        if missing:
            left = needed / rate if needed and rate else None
            return cls(needed, items, total, min(percent, _ALMOST), rate, left, missing)
        return cls(needed, items, total, 100.0, rate, 0.0, ())

    def interrupted(self, reason: str) -> SyncProgress:
        """Return the same when it can't be found out at present whether it still holds."""
        percent = min(self.percent, _ALMOST)
        return replace(self, percent=percent, rate=None, seconds_left=None, missing=(Missing(reason),))


class Rate:
    """A smoothed rate, from how what is needed becomes less."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._value: float | None = None

    def add(self, now: float, needed_bytes: int) -> float | None:
        """Take a measurement; return bytes per second.

        Args:
            now: Seconds of a clock that only runs forward.
            needed_bytes: What is needed now. More than before is new work, which says nothing about the rate.
        """
        if self._last is None or needed_bytes > self._last[1]:
            self._last = now, needed_bytes
        elif now > self._last[0]:
            span = now - self._last[0]
            rate = (self._last[1] - needed_bytes) / span
            weight = 0.5 ** (span / _HALF_LIFE)
            value = rate if self._value is None else weight * self._value + (1 - weight) * rate
            self._value = value if value >= _LEAST_RATE else 0.0
            self._last = now, needed_bytes
        return self._value


def enumerated(things: Iterable[object], limit: int = _NAMED) -> str:
    """Return some things as one text: the first few, and how many more there are."""
    texts = [str(thing) for thing in things]
    more = [f"and {len(texts) - limit} more"] if len(texts) > limit else []
    return "; ".join([*texts[:limit], *more])


def items_and_bytes(items: int, size: int) -> str:
    """Return how much it is, for people: ``1 item (200 kB)``."""
    value, unit = float(size), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if value < 1000:  # noqa: PLR2004 - the factor between all units
            break
        value, unit = value / 1000, bigger
    return f"{items} item{'' if items == 1 else 's'} ({value:.3g} {unit})"
