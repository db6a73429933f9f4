"""Bytes transferred and rates. The daemon counts bytes only, so the rates come from two counts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .views import LiveTotals

if TYPE_CHECKING:
    from aiosyncthing import types as t


class _Count(NamedTuple):
    """The bytes received and sent over a connection, or over all."""

    started: str
    in_bytes: int
    out_bytes: int

    def since(self, before: _Count) -> tuple[int, int]:
        """Return the bytes received and sent since an earlier count."""
        if self.started != before.started:  # another connection
            return self.in_bytes, self.out_bytes
        # The counts shrink when one of several connections to the device ends.
        return max(0, self.in_bytes - before.in_bytes), max(0, self.out_bytes - before.out_bytes)


class Transfers:
    """The counts of the last answer.

    Attributes:
        totals: What was transferred over all connections; ``None`` until it is known.
    """

    def __init__(self) -> None:
        self.totals: LiveTotals | None = None
        self._then = 0.0
        self._counts: dict[str, _Count] = {}
        self._total: _Count | None = None

    def measure(self, answer: t.Connections, now: float) -> dict[str, tuple[float, float]]:
        """Take an answer, and return the rates since the previous one, by device, as far as they are known.

        Args:
            answer: The answer of ``system/connections``.
            now: Seconds of a monotonic clock.
        """
        span = now - self._then
        counts = {
            name: _Count(each["startedAt"], each["inBytesTotal"], each["outBytesTotal"])
            for name, each in answer["connections"].items()
        }
        total = _Count("", answer["total"]["inBytesTotal"], answer["total"]["outBytesTotal"])
        known = _rates(total, self._total, span) if self._total is not None and span > 0 else (None, None)
        self.totals = LiveTotals(total.in_bytes, total.out_bytes, *known)
        before, self._counts = self._counts, counts
        self._then, self._total = now, total
        if span <= 0:
            return {}
        return {name: _rates(count, before[name], span) for name, count in counts.items() if name in before}

    def restart(self) -> None:
        """Note that the daemon may count from zero again, so that the next answer has no rates for all connections."""
        self._total = None


def _rates(count: _Count, before: _Count, span: float) -> tuple[float, float]:
    in_bytes, out_bytes = count.since(before)
    return in_bytes / span, out_bytes / span
