"""`Daemon`, the launcher."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from aiosyncthing import daemon
from aiosyncthing.exceptions import DaemonError

from .bridge import Bridge
from .generated.daemon import DaemonMethods

T = TypeVar("T")


class Daemon(DaemonMethods):
    """A private Syncthing daemon, ready for requests.

    ::

        with Daemon() as one, Daemon() as other:
            one.client.config.set_device({"deviceID": other.device_id, "addresses": [other.sync_address]})

    See `aiosyncthing.Daemon` for details about its home, its environment, and restarts. If the program ends without
    stopping it, the daemon is killed, and its temporary home remains.

    Args:
        home: Directory for configuration, identity and database; created if missing, and never removed. ``None`` for a
            temporary one, which is removed at the end.
        binary: The ``syncthing`` program. ``None`` for the environment variable ``SYNCTHING_BINARY``, or else
            ``syncthing`` on the ``PATH``.
        address: Where the API listens: ``127.0.0.1:8384``, ``[::1]:8384``, or ``unix:///path`` for a Unix socket;
            ``0.0.0.0:8384`` for all interfaces, without TLS. If another program listens there, `start` raises.
        api_key: The API key; by default a random one.
        on_crash: What to do if the process exits on its own after having been ready: ``stop`` leaves it down,
            ``restart`` starts it again within a second, on the same ports.
        crash_limit: How many times it is restarted within `crash_window` before it stays down after all. The defaults
            are those of Syncthing's own monitor process.
        crash_window: Length of the window, in seconds.
        crash_handler: A plain function, called with each `Crash` in the thread of the blocking clients, so it
            can't use one.
        start_timeout: Time limit for the API to become ready, in seconds. Syncthing 2 may have to convert an old
            database first.
        stop_timeout: How long the daemon may take to exit before it is killed, in seconds; 0 kills it at once. It needs
            up to 1, or 10 right after connecting to another device.
        env: Additional environment variables.
        arguments: Additional arguments of ``syncthing serve``, such as ``--audit``.
        in_loop: As for `Syncthing`.

    Raises:
        BadRequestError: The API key can't be sent in a header, the address can't be used, `env` or `arguments` conflict
            with what this class sets (such as ``--gui-address``, for which there is `address`), or the options for
            crashes make no sense.
    """

    def __init__(
        self,
        home: str | os.PathLike[str] | None = None,
        binary: str | os.PathLike[str] | None = None,
        *,
        address: str | None = None,
        api_key: str | None = None,
        on_crash: Literal["stop", "restart"] = "stop",
        crash_limit: int = 4,
        crash_window: float = 60,
        crash_handler: Callable[[daemon.Crash], object] | None = None,
        start_timeout: float = 60,
        stop_timeout: float = 15,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        in_loop: bool = False,
    ) -> None:
        inner = daemon.Daemon(
            home,
            binary,
            address=address,
            api_key=api_key,
            on_crash=on_crash,
            crash_limit=crash_limit,
            crash_window=crash_window,
            crash_handler=crash_handler,
            start_timeout=start_timeout,
            stop_timeout=stop_timeout,
            env=env,
            arguments=arguments,
        )
        super().__init__(inner, Bridge("Daemon", inner.stop, in_loop=in_loop))

    def __enter__(self) -> Self:
        """Start the daemon."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the daemon."""
        self.stop()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine, and release the event loop afterwards unless the daemon or another call needs it."""
        __tracebackhide__ = True
        try:
            return super()._run(coroutine)
        finally:
            if not (self._started or self._bridge.busy):
                self._bridge.close(for_good=False)

    @property
    def _started(self) -> bool:
        try:
            client = self._inner.client
        except DaemonError:
            client = None
        return client is not None
