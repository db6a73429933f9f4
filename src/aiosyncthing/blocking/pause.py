"""`Pause`, folders and devices that are paused for the duration of a block."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiosyncthing import pausing, types as t

from .base import Blocking
from .bridge import Bridge
from .contexts import BlockingContext


class Pause(Blocking["pausing.Pause"]):
    """Folders and devices that are paused for the duration of a block. Made by `Syncthing.paused`; can be used once."""

    def __init__(self, inner: pausing.Pause, bridge: Bridge) -> None:
        super().__init__(inner, bridge)
        self._context = BlockingContext(bridge, inner)

    @property
    def state(self) -> t.PauseState:
        """What is to be resumed; ``client.resume(state)`` does that, also in another process. It can be stored as JSON.

        Before the first request to pause, it is already what is going to be paused. After the block, it is what could
        not be resumed.
        """
        return self._inner.state

    def __enter__(self) -> Self:
        """Pause what runs.

        Raises:
            UnknownFolderError: One of the folders doesn't exist.
            UnknownDeviceError: One of the devices doesn't exist.
            BadRequestError: One of the devices is the daemon's own.
            StillPausedError: Pausing failed half-way, and then resuming, too.
            SyncthingError: It was entered before.
        """
        self._context.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Resume what was paused.

        Raises:
            StillPausedError: Something could not be resumed.
        """
        return self._context.__exit__(kind, error, traceback)
