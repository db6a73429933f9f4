"""`ConfigEdit`: change anything in the configuration without undoing changes by others."""

from __future__ import annotations

from types import TracebackType

from aiosyncthing import config, types as t

from .base import Blocking
from .bridge import Bridge
from .contexts import BlockingContext


class ConfigEdit(Blocking["config.ConfigEdit"]):
    """An edit of the configuration, returned by `Config.edit`, which describes it. Can be used once.

    After the block, or after an error at its end, its properties say what was done.
    """

    def __init__(self, inner: config.ConfigEdit, bridge: Bridge) -> None:
        super().__init__(inner, bridge)
        self._context = BlockingContext(bridge, inner)

    @property
    def changes(self) -> config.Changes:
        """The changes that were sent and accepted, in that order. ``str()`` is text, and ``data`` is JSON."""
        return self._inner.changes

    @property
    def unconfirmed(self) -> config.Changes:
        """The changes that were sent last, if they were neither accepted nor refused: they may or may not be in effect.

        This happens if the edit was interrupted, the connection was lost, or the daemon failed.
        """
        return self._inner.unconfirmed

    @property
    def ignored(self) -> tuple[str, ...]:
        """Settings that were not sent because this version of the daemon doesn't have them."""
        return self._inner.ignored

    @property
    def reconnect(self) -> tuple[str, ...]:
        """Which of the settings that clients depend on were changed: ``enabled``, ``address``, ``useTLS``, ``apiKey``.

        If it is not empty, this client may no longer reach the daemon: create one with the new settings. A new address
        is left out if the daemon was started with another one, which it keeps using. If ``enabled`` is false, there is
        no API from the daemon's next start on.
        """
        return self._inner.reconnect

    def preview(self) -> config.Changes:
        """Return what would be changed if the block ended now, and raise what that would raise.

        Nothing is changed, and changes by others since the block began are not considered. If a folder gets another
        path, the daemon is asked about its computer, to check that path.

        Raises:
            BadRequestError: The block has not begun, or the daemon would ignore, correct or refuse a change.
            UnknownDeviceError: A folder would be shared with a device that is not configured.
            InvalidDeviceIDError: A device has an invalid ID.
        """
        return self._run(self._inner.preview())

    def __enter__(self) -> t.Configuration:
        """Read the configuration, and return it.

        Raises:
            SyncthingError: It was entered before.
        """
        return self._context.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Send what has changed, unless there was an exception; `Config.edit` lists the errors."""
        return self._context.__exit__(kind, error, traceback)
