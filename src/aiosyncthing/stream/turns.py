"""Several daemons that answer at one address in turns, such as two containers behind one name. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from aiosyncthing.exceptions import MultipleDaemonsError

if TYPE_CHECKING:
    from collections.abc import Callable

_REMEMBERED: Final = 16

_RETURNS: Final = 5
_PERIOD: Final = 600.0
"""A stack may be moved and moved back, but not `_RETURNS` times within this many seconds."""


class Turns:
    """Which daemons have answered, and how often one came back after another had answered."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)  # device IDs, the latest last
        self._times: deque[float] = deque(maxlen=_RETURNS)

    @property
    def count(self) -> int:
        """How often one has come back lately."""
        oldest = self._clock() - _PERIOD
        while self._times and self._times[0] < oldest:
            self._times.popleft()
        return len(self._times)

    def answered(self, daemon: str) -> None:
        """Note who has answered.

        Raises:
            MultipleDaemonsError: As for `returned`.
        """
        seen = self._seen
        if seen and seen[-1] == daemon:
            return
        back = daemon in seen
        if back:
            seen.remove(daemon)
        seen.append(daemon)
        if back:
            self.returned()

    def returned(self) -> None:
        """Note that one has come back after another had answered.

        Raises:
            MultipleDaemonsError: That happens too often. Counting starts again.
        """
        self._times.append(self._clock())
        if self.count < _RETURNS:
            return
        self._times.clear()
        devices = tuple(sorted(list(self._seen)[-2:]))
        if len(devices) == 1:
            what = f"two processes with the same identity ({devices[0]})"
        else:
            what = f"two daemons ({' and '.join(devices)})"
        raise MultipleDaemonsError(
            f"{what} take turns answering at this address. Give each its own address, or send all requests to one",
            device_ids=devices,
        )
