"""The progress of a wait for sync, and what is still missing where. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

_HALF_LIFE: Final = 5.0  # seconds after which a measurement counts half
_LEAST_RATE: Final = 1.0  # bytes per second; anything slower is no progress
_ALMOST: Final = 99.9  # percent
_NAMED: Final = 10  # the most missing things that a text names
_NAMED_ITEMS: Final = 3  # the most failed items
_UNIT: Final = 1024
_ROUNDED_UP: Final = 1023.95  # with one digit it would be 1024.0 of a unit


class FailedItem(NamedTuple):
    """A file, directory or link that the daemon failed to scan or sync.

    Attributes:
        path: Its path in the folder.
        error: The daemon's error message.
    """

    path: str
    error: str

    def __str__(self) -> str:
        """The path and the error."""
        return f"{self.path} ({self.error})"


@dataclass(frozen=True, slots=True)
class Missing:
    """Why one folder, or one device, is not in sync yet. ``str()`` returns it as a readable line.

    Attributes:
        reason: The reason as text, without folder and device.
        folder_id: The folder; empty if the reason isn't about one.
        device_id: The other device; empty if the reason is about this daemon alone.
        device_name: Name of that device.
        needed_items: Files, directories, links and deletions still missing there.
        needed_bytes: Bytes still missing there.
        failed: Items that failed here, at most the first 10.
    """

    reason: str
    folder_id: str = ""
    device_id: str = ""
    device_name: str = ""
    needed_items: int = 0
    needed_bytes: int = 0
    failed: tuple[FailedItem, ...] = ()

    def __str__(self) -> str:
        """The place and the reason."""
        folder = [f"folder {self.folder_id}"] if self.folder_id else []
        device = [f"device {self.device_name or self.device_id[:7]}"] if self.device_id else []
        place = ", ".join([*folder, *device])
        items = f": {enumerated(self.failed, _NAMED_ITEMS)}" if self.failed else ""
        return f"{place}: {self.reason}{items}" if place else f"{self.reason}{items}"


class Amount(NamedTuple):
    """How much of a folder one device has.

    Attributes:
        needed_bytes: Bytes still missing.
        needed_items: Files, directories, links and deletions still missing.
        total_bytes: All bytes of the folder.
        missing: Why it is not in sync; ``None`` if it is.
    """

    needed_bytes: int = 0
    needed_items: int = 0
    total_bytes: int = 0
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """The progress of a wait, over all folders and devices that it waits for.

    Attributes:
        needed_bytes: Bytes still missing.
        needed_items: Files, directories, links and deletions still missing.
        total_bytes: All bytes, counted once for each device.
        percent: Share of the bytes that have arrived; below 100 while anything is missing. 0 if only items without
            content are missing and there are no other bytes.
        rate: Bytes that arrive per second, smoothed; ``None`` until it is known.
        seconds_left: Estimate from that rate; ``None`` while nothing arrives.
        missing: What is still missing where; empty at the end. ``str()`` of each returns a readable line.
    """

    needed_bytes: int
    needed_items: int
    total_bytes: int
    percent: float
    rate: float | None
    seconds_left: float | None
    missing: tuple[Missing, ...]

    @classmethod
    def of(cls, amounts: Iterable[Amount], rate: float | None) -> Self:
        """Add up amounts."""
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

    def interrupted(self, reason: str) -> Self:
        """Return the same progress, marked as possibly outdated."""
        percent = min(self.percent, _ALMOST)
        return replace(self, percent=percent, rate=None, seconds_left=None, missing=(Missing(reason),))


class Rate:
    """The smoothed rate at which missing bytes arrive."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._value: float | None = None

    def add(self, now: float, needed_bytes: int) -> float | None:
        """Take a measurement, and return bytes per second.

        Args:
            now: Seconds of a monotonic clock.
            needed_bytes: Bytes still missing. More than before is new work, which says nothing about the rate.
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
    """Return things as one text: the first few, and the number of the rest."""
    texts = [str(thing) for thing in things]
    more = [f"and {len(texts) - limit} more"] if len(texts) > limit else []
    return "; ".join([*texts[:limit], *more])


def items_and_bytes(items: int, size: int) -> str:
    """Return an amount as readable text: ``1 item (1.2 KiB)``, in the units of Syncthing's own interface."""
    value, text = float(size), f"{size} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        if value < _ROUNDED_UP:
            break
        value /= _UNIT
        text = f"{value:.1f} {unit}"
    return f"{items} item{'' if items == 1 else 's'} ({text})"
