"""`ConfigEdit`, an edit of the whole configuration."""

from __future__ import annotations

from types import TracebackType

from aiosyncthing import config, types as t

from .base import Blocking
from .bridge import Bridge
from .contexts import BlockingContext


class ConfigEdit(Blocking["config.ConfigEdit"]):
    """An edit of the configuration. Made by `Config.edit`, which says how it works; can be used once.

    After the block, or after an error at its end, it says what was done.
    """

    def __init__(self, inner: config.ConfigEdit, bridge: Bridge) -> None:
        super().__init__(inner, bridge)
        self._context = BlockingContext(bridge, inner)

    @property
    def changes(self) -> config.Changes:
        """What was sent and accepted, in that order. ``str()`` says it in words, and ``data`` as JSON."""
        return self._inner.changes

    @property
    def unconfirmed(self) -> config.Changes:
        """What was sent last without an answer that accepts or refuses it: it may be in effect, or not.

        That happens if the edit was interrupted, the connection was lost, or the daemon failed.
        """
        return self._inner.unconfirmed

    @property
    def ignored(self) -> tuple[str, ...]:
        """Settings that were left out because this version of the daemon doesn't have them, although others do."""
        return self._inner.ignored

    @property
    def reconnect(self) -> tuple[str, ...]:
        """What was changed of that which clients need: ``enabled``, ``address``, ``useTLS`` and ``apiKey``.

        If it is not empty, this client may no longer reach the daemon: create one with the new settings. An address is
        left out if the daemon was started with another one, at which it stays.
        """
        return self._inner.reconnect

    def preview(self) -> config.Changes:
        """Return what the end of the block would change as things are now, and raise what it would raise.

        Nothing is changed, and what others have changed since the block began is not taken into account. If a folder
        gets another path, the daemon is asked what that would share.

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
