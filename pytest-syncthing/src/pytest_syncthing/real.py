"""Real daemons for tests of any kind: `Daemon` in a thread of its own, driven without awaiting anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiosyncthing.daemon import Daemon
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import DaemonError, WaitTimeoutError
from aiosyncthing.syncthing import Syncthing

from .host import Host

_NOT_STARTED: Final = "the daemon is not started: use it as a context manager"
_PATIENCE: Final = 30.0


class RealSyncthing:
    """A private daemon (see `Daemon`) for tests with and without a loop of their own. A context manager.

    Args:
        binary: The ``syncthing`` program.
        home: Its home directory; ``None`` for a temporary one.
    """

    def __init__(self, binary: Path, home: Path | None = None) -> None:
        self._binary = binary
        self._given_home = home
        self._running: tuple[Host, Daemon] | None = None

    def __repr__(self) -> str:
        """Show where it is, without the key."""
        return f"<{type(self).__name__} of {self._running[1]!r}>" if self._running else f"<{type(self).__name__}>"

    @property
    def url(self) -> str:
        """Base URL of its API."""
        return self._daemon.url

    @property
    def api_key(self) -> str:
        """Its API key."""
        return self._daemon.api_key

    @property
    def device_id(self) -> DeviceID:
        """Its device ID."""
        return self._daemon.device_id

    @property
    def sync_address(self) -> str:
        """Where other daemons on this computer reach it."""
        return self._daemon.sync_address

    @property
    def version(self) -> str:
        """Its version, such as ``v1.29.5``."""
        return self._daemon.version

    @property
    def home(self) -> Path:
        """Its home directory."""
        return self._daemon.home

    @property
    def running(self) -> bool:
        """Whether it is up."""
        return self._daemon.running

    @property
    def log_tail(self) -> list[str]:
        """The last lines of its log."""
        return self._daemon.log_tail

    def client(self, *, api_key: str | None = None, **options: Any) -> Syncthing:
        """Return a client of it, for the loop of the caller and to be closed there.

        Args:
            api_key: The key; by default the right one.
            **options: As for `Syncthing`.
        """
        return Syncthing(self.api_key if api_key is None else api_key, self.url, **options)

    def start(self) -> None:
        """Start it again after `kill`, a crash or a shutdown, and wait until it is ready."""
        self._run(Daemon.start)

    def restart(self) -> None:
        """Stop it and start it again."""
        self._run(Daemon.restart)

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self._run(Daemon.kill)

    def meet(self, other: RealSyncthing) -> None:
        """Add each of two daemons to the other, and wait until they are connected."""
        # Only one of them calls: of two connections that are made at the same time each side may end the other's.
        other._run(partial(_introduce, other=self, address="dynamic"))
        self._run(partial(_introduce, other=other, address=other.sync_address))
        for one, peer in ((self, other), (other, self)):
            one._run(partial(_wait_connected, other=peer))  # noqa: SLF001 - its own kind

    def __enter__(self) -> Self:
        """Start it."""
        # A loop of the kind that can run programs, which on Windows is not that of the fakes.
        host = Host(asyncio.new_event_loop)
        host.retain()
        try:
            daemon = host.call(Daemon, self._given_home, self._binary)
            host.run(daemon.start())
        except BaseException:
            host.release()
            raise
        self._running = host, daemon
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Kill it and remove its home. A regular shutdown takes seconds, for nothing that a test needs."""
        if self._running is None:
            return
        host, daemon = self._running
        try:
            host.run(_end(daemon))
        finally:
            self._running = None
            host.release()

    @property
    def _daemon(self) -> Daemon:
        if self._running is None:
            raise DaemonError(_NOT_STARTED)
        return self._running[1]

    def _run(self, work: Callable[[Daemon], Coroutine[Any, Any, None]]) -> None:
        if self._running is None:
            raise DaemonError(_NOT_STARTED)
        host, daemon = self._running
        host.run(work(daemon))


class RealSyncthingPair:
    """Two daemons that are connected. A context manager.

    Args:
        binary: The ``syncthing`` program.

    Attributes:
        one: The one.
        other: The other.
    """

    def __init__(self, binary: Path) -> None:
        self.one: RealSyncthing = RealSyncthing(binary)
        self.other: RealSyncthing = RealSyncthing(binary)
        self._stack = ExitStack()

    def __iter__(self) -> Iterator[RealSyncthing]:
        """Iterate over both: ``one, other = pair``."""
        return iter((self.one, self.other))

    def __enter__(self) -> Self:
        """Start both, and wait until they are connected."""
        with ExitStack() as stack:
            stack.enter_context(self.one)
            stack.enter_context(self.other)
            self.one.meet(self.other)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Kill both and remove their homes."""
        self._stack.close()


async def _introduce(daemon: Daemon, other: RealSyncthing, address: str) -> None:
    await daemon.client.config.set_device({"deviceID": other.device_id, "addresses": [address]})


async def _wait_connected(daemon: Daemon, other: RealSyncthing) -> None:
    try:
        async with daemon.client.watch() as live:
            await live.until(lambda live: live.devices[other.device_id].connected, timeout=_PATIENCE)
    except WaitTimeoutError:
        raise DaemonError(f"the daemons did not connect within {_PATIENCE:g} s") from None


async def _end(daemon: Daemon) -> None:
    await daemon.kill()
    await daemon.stop()
