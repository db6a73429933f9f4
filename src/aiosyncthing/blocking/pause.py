"""`Pause`: pause folders and devices for the duration of a block."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiosyncthing import pausing, types as t

from .base import Blocking
from .bridge import Bridge
from .contexts import BlockingContext


class Pause(Blocking["pausing.Pause"]):
    """Pauses folders and devices for the duration of a block. Returned by `Syncthing.paused`; can be used once."""

    def __init__(self, inner: pausing.Pause, bridge: Bridge) -> None:
        super().__init__(inner, bridge)
        self._context = BlockingContext(bridge, inner)

    @property
    def state(self) -> t.PauseState:
        """What has to be resumed, as JSON: ``client.resume(state)`` resumes it, even from another process.

        Before the first request is sent, this is what is about to be paused. After the block, it is what could not be
        resumed.
        """
        return self._inner.state

    def __enter__(self) -> Self:
        """Pause the chosen folders and devices that are running.

        Raises:
            UnknownFolderError: One of the folders doesn't exist.
            UnknownDeviceError: One of the devices doesn't exist.
            BadRequestError: One of the devices is the daemon's own.
            StillPausedError: Pausing failed half-way and resuming failed as well, or a folder or device may still be
                paused.
            SyncthingError: This pause was entered before.
        """
        self._context.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Resume what was paused.

        Raises:
            StillPausedError: A folder or device could not be resumed.
        """
        return self._context.__exit__(kind, error, traceback)
