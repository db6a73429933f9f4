"""What goes wrong on demand: requests that are held up, cut off, or answered by something in between.

A `Fault` says for which requests and how often; what it does is all of what its fields ask for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from .messages import Response, as_text

if TYPE_CHECKING:
    from .messages import Request

HOST_CHECK: Final = as_text("Host check error", 403)
"""The answer to a request by a name that the daemon doesn't accept."""

MIGRATION: Final = Response(
    b"*** Database migration in progress ***\n\nPlease wait.\n", content_type="text/plain; charset=utf-8"
)
"""What answers everything while version 2 converts an old database (lib/syncthing, cmd/syncthing/main.go)."""


@dataclass(eq=False, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with some requests.

    Attributes:
        method: Which ones: their method, or ``*`` for any.
        path: Their path, without its leading slash; ``*`` and ``?`` stand for other characters.
        times: With how many of them, the next ones; ``None`` for all until it is removed.
        delay: Wait so many seconds of the fake's clock before the request is looked at.
        hold: Wait until `release` is called before the request is looked at.
        made: Look at the request at once, and hold back only the answer.
        response: Answer with this.
        outside: The answer comes from something in front of the daemon, such as a proxy: it is sent before the key is
            checked, and without the headers that identify a daemon.
        raw: Send these bytes, whatever they are, in place of the answer, and close the connection.
        handled: The daemon does what was asked for, though the answer is another: with ``response`` or ``raw``.
        cut_after: Break the connection after so many bytes of the answer's body.
        content_type: Say that the answer is of this type.
        anonymous: Leave out the headers by which a daemon is known.
        hits: How many requests it has met so far.
    """

    method: str = "*"
    path: str = "*"
    times: int | None = 1
    delay: float = 0
    hold: bool = False
    made: bool = False
    response: Response | None = None
    outside: bool = False
    raw: bytes | None = None
    handled: bool = False
    cut_after: int | None = None
    content_type: str | None = None
    anonymous: bool = False
    hits: int = field(default=0, init=False)
    _gate: asyncio.Event = field(default_factory=asyncio.Event, init=False, repr=False)

    @property
    def replaces(self) -> bool:
        """Whether the answer is another than the daemon's."""
        return self.response is not None or self.raw is not None

    def meets(self, request: Request) -> bool:
        """Return whether a request is one of those."""
        path = request.path.removeprefix("/")
        return self.method in {"*", request.method} and fnmatchcase(path, self.path.removeprefix("/"))

    def release(self) -> None:
        """Release the requests that are held, and hold no more."""
        self._gate.set()

    async def wait(self) -> None:
        """Wait until `release` was called."""
        await self._gate.wait()


class Faults:
    """The faults of one fake. To be used in the fake's thread only."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._used_up: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Add a fault. If several match a request, only the one added first applies."""
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Remove a fault, and release what it holds."""
        if fault in self._faults:
            self._faults.remove(fault)
        if fault in self._used_up:
            self._used_up.remove(fault)
        fault.release()

    def clear(self) -> None:
        """Remove all faults, and release everything that is held."""
        for fault in [*self._faults, *self._used_up]:
            self.remove(fault)

    def take(self, request: Request) -> Fault | None:
        """Return the fault of a request that has come, if there is one, and count it."""
        for fault in self._faults:
            if fault.meets(request):
                fault.hits += 1
                if fault.times is not None and fault.hits >= fault.times:
                    self._faults.remove(fault)
                    if fault.hold:
                        self._used_up.append(fault)
                return fault
        return None
