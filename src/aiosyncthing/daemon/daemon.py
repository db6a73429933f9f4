"""`Daemon`, the launcher."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

from aiosyncthing._loops import check_loop, in_thread, to_the_end
from aiosyncthing._timing import Limit, time_limit
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import DaemonError, SyncthingError
from aiosyncthing.syncthing import Syncthing

from .home import (
    HomeFolder,
    check_arguments,
    check_environment,
    check_key,
    command_line,
    configuration,
    environment,
    find_binary,
    write_configuration,
)
from .ports import Listening, Ports, is_taken
from .process import Process
from .readiness import NOT_ASKED, Readiness
from .supervision import Crash, CrashPolicy, Log, Supervisor

if TYPE_CHECKING:
    from typing import TypeVar

    from .readiness import Identity

    _T = TypeVar("_T")

_PORT_ATTEMPTS: Final = 5


class Daemon:
    """A private Syncthing daemon, ready for requests.

    ::

        async with Daemon() as one, Daemon() as other:
            await one.client.config.set_device({"deviceID": other.device_id, "addresses": [other.sync_address]})

    A home without a ``config.xml`` gets one that keeps the daemon off the network: no discovery, relays, NAT traversal,
    usage and crash reports or upgrades. A home that has one is used as it is, with its identity; only the address and
    key of the API are overridden for this run. Beware: a daemon with a copy of a real installation's home connects to
    that installation's devices.

    Without an `address` the API listens on the loopback interface: on the port configured in the home if it is free,
    otherwise on a free one. A new home listens for other devices on a free port of the loopback interface.

    The environment is inherited without proxies and Syncthing's own variables, and ``~`` is inside the home. Variables
    in `env` always win, even over those that `Daemon` sets itself: ``HOME``, or ``STNOUPGRADE``, which is ``1`` (with
    ``0`` the daemon may upgrade itself, if its build can).

    The daemon runs as a single process, and this class replaces Syncthing's monitor process: when the daemon exits for
    a restart, it is started again on the same ports, before it is ready only once. After a crash it stays down until
    `start`, unless `on_crash` says otherwise; after a shutdown it always does.

    If this process ends without stopping it, even by SIGKILL, the daemon is killed; its temporary home then remains.
    This works on POSIX systems with ``/bin/sh``, as long as no forked child stays alive. On Windows the daemon
    survives. This module has not been run on macOS and Windows.

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
        crash_handler: A plain function, called with each `Crash` in the event loop.
        start_timeout: Time limit for the API to become ready, in seconds. Syncthing 2 may have to convert an old
            database first.
        stop_timeout: How long the daemon may take to exit before it is killed, in seconds; 0 kills it at once. It needs
            up to 1, or 10 right after connecting to another device.
        env: Additional environment variables.
        arguments: Additional arguments of ``syncthing serve``, such as ``--audit``.

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
        crash_handler: Callable[[Crash], object] | None = None,
        start_timeout: float = 60,
        stop_timeout: float = 15,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        check_key(api_key)
        check_arguments(arguments)
        check_environment(env or {})
        self._api_key = api_key or secrets.token_urlsafe(24)
        self._given_binary = binary
        self._given_address = None if address is None else Listening.given(address)
        self._start_timeout = time_limit(start_timeout, "start_timeout")
        self._stop_timeout = time_limit(stop_timeout, "stop_timeout")
        self._env = dict(env or {})
        self._arguments = tuple(arguments)
        self._log = Log(self._api_key)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._down = asyncio.Event()
        self._supervisor = Supervisor(
            self._new_process,
            CrashPolicy(on_crash, crash_limit, crash_window, crash_handler),
            self._log,
            self._note_down,
        )
        self._binary: Path | None = None
        self._home = HomeFolder(home)
        self._ports: Ports | None = None
        self._client: Syncthing | None = None
        self._readiness: Readiness | None = None
        self._identity: Identity | None = None

    def __repr__(self) -> str:
        """Show its URL, home and state, without the key."""
        if not hasattr(self, "_identity"):  # its arguments were refused
            return object.__repr__(self)
        state = f"pid {self.pid}" if self.running else "down"
        url = None if self._ports is None else self._ports.api.url
        return f"<{type(self).__name__} {url} in {self._home.path}, {state}>"

    @property
    def client(self) -> Syncthing:
        """A client of this daemon. It stays the same across restarts, and `stop` closes it."""
        return _started(self._client)

    @property
    def url(self) -> str:
        """Base URL of the API, valid until `stop`."""
        return _started(self._ports).api.url

    @property
    def api_key(self) -> str:
        """The API key."""
        return self._api_key

    @property
    def device_id(self) -> DeviceID:
        """The daemon's device ID."""
        return _started(self._identity).device_id

    @property
    def sync_address(self) -> str:
        """Where other daemons on this computer reach it: ``tcp://127.0.0.1:port``.

        Raises:
            DaemonError: It is not started, or its configuration has no address for TCP.
        """
        address = _started(self._identity).sync_address
        if address is None:
            raise DaemonError("the daemon's configuration has no listen address for TCP")
        return address

    @property
    def version(self) -> str:
        """Its version, such as ``v1.29.5``."""
        return _started(self._identity).version

    @property
    def home(self) -> Path:
        """Its directory for configuration, identity and database."""
        return _started(self._home.path)

    @property
    def binary(self) -> Path:
        """The program."""
        return _started(self._binary)

    @property
    def pid(self) -> int | None:
        """Its process ID, which changes with every restart; ``None`` while it is down."""
        return None if self._supervisor.process is None else self._supervisor.process.pid

    @property
    def running(self) -> bool:
        """Whether it is up, or about to be restarted after a request over the API or a crash."""
        return self._supervisor.running

    @property
    def returncode(self) -> int | None:
        """Its last exit code, negative for a signal; ``None`` while it is up."""
        return self._supervisor.returncode

    @property
    def log_tail(self) -> list[str]:
        """The last 2000 lines of its log, across restarts, without the key.

        The logger ``aiosyncthing.daemon`` receives each of them as a debug message.
        """
        return self._log.lines

    async def start(self) -> None:
        """Start the daemon and wait until its API is ready.

        After `kill`, a crash or a shutdown it uses the same ports again; after `stop` it starts afresh.

        Raises:
            DaemonError: It is already running, or could not be started; the message ends with its log. Nothing is left
                behind, nor after a cancellation.
            EventLoopError: It was started in another event loop.
        """
        async with self._in_turn():
            if self.running:
                raise DaemonError(f"the daemon is already running: {self!r}")
            await self._launch()

    async def stop(self) -> None:
        """Ask the daemon to exit, kill it if it doesn't, and clean up client, ports and temporary home.

        May be called twice. If cancelled, it kills the daemon at once.

        Raises:
            DaemonError: It could not even be killed, or its temporary home could not be removed.
        """
        async with self._in_turn():
            try:
                await self._ask_to_end()
            finally:
                await to_the_end(self._release())

    async def restart(self) -> None:
        """Stop the daemon and start it again, with the same URL, key, home and identity.

        Raises:
            DaemonError: As for `start`.
        """
        async with self._in_turn():
            try:
                await self._ask_to_end()
                await to_the_end(self._reap())
            except BaseException:
                await to_the_end(self._release())
                raise
            await self._launch()

    async def kill(self) -> None:
        """Kill the daemon, as a crash or power failure would. `start` brings it back."""
        async with self._in_turn():
            await to_the_end(self._reap())
            self._down.set()

    async def wait(self) -> int | None:
        """Wait until the daemon is down for good: shut down, crashed, killed or stopped. Restarts don't count.

        Returns:
            Its exit code, negative for a signal.
        """
        self._check_loop()
        await self._down.wait()
        return self._supervisor.returncode

    async def __aenter__(self) -> Self:
        """Start the daemon."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the daemon."""
        await self.stop()

    def _in_turn(self) -> asyncio.Lock:
        """Return the lock that serializes starting and stopping."""
        loop = self._check_loop()
        if loop is not self._loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock

    def _check_loop(self) -> asyncio.AbstractEventLoop:
        """Ensure that it is used in the event loop it was started in, as long as it is up."""
        bound = self._supervisor.process is not None or self._lock.locked()
        return check_loop(self._loop if bound else None, "the daemon")

    @property
    def _obstacle(self) -> str:
        """Why it is not ready yet."""
        return NOT_ASKED if self._readiness is None else self._readiness.obstacle

    async def _launch(self) -> None:
        if self._down.is_set():
            self._down = asyncio.Event()
        self._readiness = None
        try:
            with Limit(self._start_timeout):
                taken = await (self._start_ready() if self._client else self._start_afresh())
            if taken is None:
                return
            failure = self._error(f"another program has taken the daemon's port: {taken}")
        except TimeoutError:
            failure = self._error(f"the daemon was not ready within {self._start_timeout:g} s: {self._obstacle}")
        except OSError as error:
            failure = self._error(f"the daemon could not be started: {error}")
        except BaseException:
            await to_the_end(self._release())
            raise
        await to_the_end(self._release())
        raise failure

    async def _start_afresh(self) -> str | None:
        """Find program, home and ports, start it and wait until it is ready.

        Returns:
            The port that another program has taken; ``None`` if it is ready.
        """
        self._binary = await in_thread(find_binary, self._given_binary)
        new_home = await in_thread(self._home.make)
        kept: Listening | None = None
        if self._given_address is None and not new_home:
            kept = await in_thread(Listening.kept, self.home)
        taken: str | None = None
        for _ in range(_PORT_ATTEMPTS):
            await self._choose_ports(kept, new_home=new_home)
            taken = await self._start_ready()
            if taken is None:
                break
            await to_the_end(self._reap())
        return taken

    async def _choose_ports(self, kept: Listening | None, *, new_home: bool) -> None:
        await to_the_end(self._give_back())
        given = self._given_address
        self._ports = await (Ports.kept_or_free(kept) if given is None else Ports.given(given))
        if new_home:
            await in_thread(write_configuration, self.home, configuration(self._ports, self._api_key))
        self._client = Syncthing(self._api_key, self.url, direct=True)

    async def _start_ready(self) -> str | None:
        """Start it and wait until it is ready.

        Returns:
            The port that another program has taken; ``None`` if it is ready.
        """
        supervision = await self._supervisor.start()
        ports = _started(self._ports)
        self._readiness = Readiness(self.client, self.home, ports.sync)
        ready = asyncio.create_task(self._readiness.wait())
        try:
            await asyncio.wait({ready, supervision}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            await to_the_end(asyncio.wait({ready}))
        if not ready.cancelled():
            self._identity = ready.result() or self._identity
            self._supervisor.ready = ready.result() is not None
            return None if self._supervisor.ready else ports.sync
        if await is_taken(ports.api.gui):
            return ports.api.url
        raise self._error("the daemon exited while starting")

    def _new_process(self) -> Process:
        return Process(
            command_line(self.binary, self.home, _started(self._ports).api, self._arguments),
            environment(os.environ, self.home, self._api_key, self._env),
            self.home,
            self._log.add,
        )

    def _note_down(self) -> None:
        self._down.set()

    async def _ask_to_end(self) -> None:
        await self._supervisor.ask_to_end(self._ask, self._stop_timeout)

    async def _ask(self, process: Process) -> None:
        if sys.platform == "win32":  # pragma: no cover - Windows
            with suppress(SyncthingError):
                await self.client.system.shutdown()
        else:
            process.terminate()

    async def _reap(self) -> None:
        """Kill the process, if it is still running."""
        try:
            await self._supervisor.reap()
        except TimeoutError:
            raise self._error("the daemon could not be killed") from None

    async def _release(self) -> None:
        """Clean up everything."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._remove_temporary_home)
            stack.push_async_callback(self._give_back)
            stack.callback(self._down.set)
            await self._reap()

    async def _remove_temporary_home(self) -> None:
        try:
            await asyncio.to_thread(self._home.remove)
        except OSError as error:
            raise self._error(f"the temporary home could not be removed: {error}") from error

    async def _give_back(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
        if self._ports is not None:
            self._ports.close()

    def _error(self, what: str) -> DaemonError:
        end = "" if self.returncode is None else f", exit code {self.returncode}"
        shown = self._log.excerpt()
        log = "\n".join(["; from its log:", *shown]) if shown else "; it logged nothing"
        return DaemonError(f"{what} (binary {self._binary}, home {self._home.path}{end}){log}")


def _started(value: _T | None) -> _T:
    if value is None:
        raise DaemonError("the daemon is not started")
    return value
