"""Launch a private Syncthing daemon: for tests, and for programs that bring their own.

::

    async with Daemon() as daemon:
        print(await daemon.client.system.version())
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
import tempfile
from collections import deque
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from . import _home
from ._ports import LOOPBACK, Port, is_taken
from ._process import Process, to_the_end
from .exceptions import BadRequestError, DaemonError, SyncthingError
from .syncthing import Syncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import ParamSpec, Self, TypeVar

    from .device_id import DeviceID

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

__all__ = ["Daemon"]

_LOGGER = logging.getLogger(__name__)

_RESTART_CODES: Final = frozenset({3, 4})  # asked by the API or SIGHUP, and after an upgrade (lib/svcutil)
_RESTART_PAUSE: Final = 1.0  # at most one start per second, as in Syncthing's own monitor
_PORT_ATTEMPTS: Final = 5
_PROBE_PAUSE: Final = 0.05
_PROBE_TIMEOUT: Final = 5.0
_KILL_TIMEOUT: Final = 10.0  # the system may take a moment, and for a process stuck in a file system for ever
_LOG_LINES: Final = 2000  # the stack traces of a crash can have a thousand
_CRASH_MARKS: Final = ("panic:", "fatal error:", "SIG")  # what Go's runtime writes first
_LOG_LINES_IN_ERRORS: Final = 20


class Daemon:
    """A Syncthing daemon of one's own, ready to be asked.

    ::

        async with Daemon() as one, Daemon() as other:
            await one.client.config.set_device({"deviceID": other.device_id, "addresses": [other.sync_address]})

    Its ports are free ones that it picks itself, on the loopback interface. A home without a ``config.xml`` gets one
    that keeps the daemon off the network: no discovery, relays, NAT traversal, usage and crash reports or upgrades. A
    home that has one is used as it is, with its identity; only address and key of the API are overridden, for this
    run. Beware: a copy of the home of a real installation makes the daemon talk to that installation's devices.

    The environment is passed on without proxies and Syncthing's variables, and ``~`` leads into the home.

    The daemon runs as a single process. What Syncthing's monitor process does is done here: when it exits because a
    restart was asked for by the API, it is started again, on the same ports. After a crash or a shutdown it stays
    down until `start`.

    When this process ends without stopping it, even by SIGKILL, the daemon is killed; its temporary home then
    remains. That holds on POSIX systems that have ``/bin/sh``, as long as no forked child lives on. On Windows the
    daemon survives. This module was not run on macOS and Windows.

    Args:
        home: Directory for configuration, identity and database; created if missing and never removed. ``None`` for
            a temporary one, which is removed in the end.
        binary: The ``syncthing`` program. ``None`` for the environment variable ``SYNCTHING_BINARY`` or else
            ``syncthing`` on the ``PATH``.
        api_key: The API key; by default a random one.
        start_timeout: Seconds until the API must be ready. Version 2 may have to convert an old database first.
        stop_timeout: Seconds that the daemon has to end when it is asked to, before it is killed; 0 to kill it at
            once. It needs up to 1, or 10 when it has just connected to another device.
        env: Further environment variables.
        arguments: Further arguments of ``syncthing serve``, such as ``--audit``.

    Raises:
        BadRequestError: The API key can't be sent in a header.
    """

    def __init__(
        self,
        home: str | os.PathLike[str] | None = None,
        binary: str | os.PathLike[str] | None = None,
        *,
        api_key: str | None = None,
        start_timeout: float = 60,
        stop_timeout: float = 15,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        if api_key is not None and not (api_key and api_key.isascii() and api_key.isprintable()):
            raise BadRequestError("the API key must be of printable ASCII characters, and not empty")
        self._api_key = api_key or secrets.token_urlsafe(24)
        self._given_home = home
        self._given_binary = binary
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._env = dict(env or {})
        self._arguments = tuple(arguments)
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._lock = asyncio.Lock()
        self._down = asyncio.Event()
        self._binary: Path | None = None
        self._home: Path | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._ports: list[Port] = []  # of the API and of the sync protocol
        self._url: str | None = None
        self._client: Syncthing | None = None
        self._device_id: DeviceID | None = None
        self._sync_address: str | None = None
        self._version: str | None = None
        self._process: Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._returncode: int | None = None
        self._not_ready = ""

    def __repr__(self) -> str:
        """Show where it is, without the key."""
        state = f"pid {self.pid}" if self.running else "down"
        return f"<{type(self).__name__} {self._url} in {self._home}, {state}>"

    @property
    def client(self) -> Syncthing:
        """A client of this daemon. It stays the same over restarts, and is closed by `stop`."""
        return _started(self._client)

    @property
    def url(self) -> str:
        """Base URL of the API. It stays the same until `stop`."""
        return _started(self._url)

    @property
    def api_key(self) -> str:
        """The API key."""
        return self._api_key

    @property
    def device_id(self) -> DeviceID:
        """The daemon's device ID."""
        return _started(self._device_id)

    @property
    def sync_address(self) -> str:
        """Where other daemons on this computer reach it: ``tcp://127.0.0.1:port``.

        Raises:
            DaemonError: It is not started, or its configuration has no address for TCP.
        """
        if self._sync_address is None and self._device_id is not None:
            raise DaemonError("the daemon's configuration has no listen address for TCP")
        return _started(self._sync_address)

    @property
    def version(self) -> str:
        """Its version, such as ``v1.29.5``."""
        return _started(self._version)

    @property
    def home(self) -> Path:
        """Its directory for configuration, identity and database."""
        return _started(self._home)

    @property
    def binary(self) -> Path:
        """The program."""
        return _started(self._binary)

    @property
    def pid(self) -> int | None:
        """Its process ID; ``None`` while it is down. A restart asked by the API changes it."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether it is up, or about to be started again since a restart was asked by the API."""
        return self._supervisor is not None and not self._supervisor.done()

    @property
    def returncode(self) -> int | None:
        """Exit code of its last end, negative for a signal; ``None`` while it is up."""
        return self._returncode

    @property
    def log_tail(self) -> list[str]:
        """The last 2000 lines of its log, over all restarts, without the key.

        The logger ``aiosyncthing.daemon`` has each of them, as a debug message.
        """
        return list(self._log)

    async def start(self) -> None:
        """Start it, and wait until its API is ready.

        After `kill`, a crash or a shutdown it starts again on the same ports; after `stop` it begins anew.

        Raises:
            DaemonError: It is running already, or can't be started; the message has the end of its log. Nothing
                remains of it then, nor when this is cancelled.
        """
        async with self._lock:
            if self.running:
                raise DaemonError(f"the daemon is running already: {self!r}")
            await self._launch()

    async def stop(self) -> None:
        """Ask it to end, kill it if it does not, and clean up: client, ports and temporary home.

        May be called twice. Cancelled, it kills the daemon at once.

        Raises:
            DaemonError: It can't even be killed, or its temporary home can't be removed.
        """
        async with self._lock:
            try:
                await self._ask_to_end()
            finally:
                await to_the_end(self._release())

    async def restart(self) -> None:
        """End it politely and start it again, with the same URL, key, home and identity.

        Raises:
            DaemonError: As for `start`.
        """
        async with self._lock:
            try:
                await self._ask_to_end()
                await to_the_end(self._reap())
            except BaseException:
                await to_the_end(self._release())
                raise
            await self._launch()

    async def kill(self) -> None:
        """Kill it, as a crash or a power failure would. `start` brings it back."""
        async with self._lock:
            await to_the_end(self._reap())
            self._down.set()

    async def wait(self) -> int | None:
        """Wait until it is down: shut down, crashed, killed or stopped. Restarts do not count.

        Returns:
            Its exit code, negative for a signal.
        """
        await self._down.wait()
        return self._returncode

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        await self.stop()

    async def _launch(self) -> None:
        if self._down.is_set():
            self._down = asyncio.Event()
        self._not_ready = "it was not asked yet"
        try:
            async with asyncio.timeout(self._start_timeout):
                if self._ports:
                    ready = await self._start_ready()
                else:
                    ready = await self._start_on_free_ports()
            if ready:
                return
            failure = self._error(f"another program took the daemon's port: {self._url}")
        except TimeoutError:
            failure = self._error(f"the daemon was not ready within {self._start_timeout:g} s: {self._not_ready}")
        except OSError as error:
            failure = self._error(f"the daemon could not be started: {error}")
        except BaseException:
            await to_the_end(self._release())
            raise
        await to_the_end(self._release())
        raise failure

    async def _start_on_free_ports(self) -> bool:
        self._binary = await _in_thread(_home.find_binary, self._given_binary)
        new_home = await _in_thread(self._make_home)
        for _ in range(_PORT_ATTEMPTS):
            await self._choose_ports(new_home=new_home)
            if await self._start_ready():
                return True
            await to_the_end(self._reap())
        return False

    def _make_home(self) -> bool:
        if self._given_home is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="aiosyncthing-")
            self._home = Path(self._temporary.name)
        else:
            self._home = Path(self._given_home).absolute()
        return _home.make_home(self._home)

    async def _choose_ports(self, *, new_home: bool) -> None:
        await to_the_end(self._give_back())
        self._ports.append(Port())
        self._ports.append(Port())
        gui_port, sync_port = (port.number for port in self._ports)
        if new_home:
            text = _home.configuration(gui_port, sync_port, self._api_key)
            await _in_thread(_home.write_configuration, self.home, text)
        self._url = f"http://{LOOPBACK}:{gui_port}"
        self._client = Syncthing(self._api_key, self._url)

    async def _start_ready(self) -> bool:
        """Start it and wait until it is ready.

        Returns:
            Whether it is; if not, another program has one of its ports.
        """
        process = await self._start_process()
        self._supervisor = asyncio.create_task(self._supervise(process), name=f"supervise {self._url}")
        gui_port, sync_port = (port.number for port in self._ports)
        probe = asyncio.create_task(self._probe(f"tcp://{LOOPBACK}:{sync_port}"))
        try:
            await asyncio.wait({probe, self._supervisor}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            probe.cancel()
            await to_the_end(asyncio.wait({probe}))
        if not probe.cancelled():
            return probe.result()
        if await is_taken(gui_port):
            return False
        raise self._error("the daemon ended while it was starting")

    async def _probe(self, own_listener: str) -> bool:
        """Wait until it answers as itself and listens; tell whether it can listen."""
        while True:
            try:
                status = await self.client.system.status(timeout=_PROBE_TIMEOUT)
                device_id = await _in_thread(_home.read_device_id, self.home)
            except (SyncthingError, OSError) as error:
                self._not_ready = str(error)
            else:
                listener = status["connectionServiceStatus"].get(own_listener)
                if self.client.api.daemon_id != device_id:
                    self._not_ready = f"another one answers, {self.client.api.daemon_id}"
                elif listener is not None and listener["error"] is not None:
                    return False
                elif listener is not None and listener["lanAddresses"] is None:
                    self._not_ready = f"it does not listen on {own_listener} yet"
                else:
                    self._device_id = device_id
                    self._version = self.client.api.daemon_version
                    self._sync_address = _home.sync_address(status["connectionServiceStatus"])
                    return True
            await asyncio.sleep(_PROBE_PAUSE)

    async def _start_process(self) -> Process:
        self._returncode = None
        self._process = Process(
            _home.command_line(self.binary, self.home, self.url, self._arguments),
            _home.environment(os.environ, self.home, self._api_key, self._env),
            self.home,
            self._report,
        )
        await to_the_end(self._process.start())
        return self._process

    async def _supervise(self, process: Process) -> None:
        """Do the work of Syncthing's monitor process: start the daemon again when it ends for that."""
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            self._returncode = await process.wait()
            if self._returncode not in _RESTART_CODES:
                break
            await asyncio.sleep(started + _RESTART_PAUSE - clock())
            try:
                process = await self._start_process()
            except OSError as error:
                self._report(f"the daemon could not be started again: {error}")
                break
        self._down.set()

    async def _ask_to_end(self) -> None:
        await self._end_supervision()
        if self._process is None or not self._process.running:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._stop_timeout):
                if sys.platform == "win32":  # pragma: no cover - Windows
                    with suppress(SyncthingError):
                        await self.client.system.shutdown()
                else:
                    self._process.terminate()
                await self._process.wait()

    async def _end_supervision(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
            self._supervisor = None

    async def _reap(self) -> None:
        """Leave nothing of the process."""
        await self._end_supervision()
        if self._process is None:
            return
        self._process.kill()
        try:
            async with asyncio.timeout(_KILL_TIMEOUT):
                self._returncode = await self._process.wait()
        except TimeoutError:
            raise self._error("the daemon can't be killed") from None
        self._process = None

    async def _release(self) -> None:
        """Leave nothing at all."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._remove_temporary_home)
            stack.push_async_callback(self._give_back)
            stack.callback(self._down.set)
            await self._reap()

    async def _remove_temporary_home(self) -> None:
        if self._temporary is None:
            return
        try:
            await asyncio.to_thread(self._temporary.cleanup)
        except OSError as error:
            raise self._error(f"the temporary home can't be removed: {error}") from error
        finally:
            self._temporary = None

    async def _give_back(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
        for port in self._ports:
            port.close()
        self._ports.clear()

    def _report(self, line: str) -> None:
        line = line.replace(self._api_key, "<API key>")
        self._log.append(line)
        _LOGGER.debug("%s", line)

    def _error(self, what: str) -> DaemonError:
        end = "" if self._returncode is None else f", exit code {self._returncode}"
        lines = list(self._log)
        # Of a crash the reason, which long stack traces follow; otherwise the end.
        crash = next((index for index, line in enumerate(lines) if line.startswith(_CRASH_MARKS)), len(lines))
        shown = lines[crash:][:_LOG_LINES_IN_ERRORS] or lines[-_LOG_LINES_IN_ERRORS:]
        log = "\n".join(["; from its log:", *shown]) if shown else "; it has logged nothing"
        return DaemonError(f"{what} (binary {self._binary}, home {self._home}{end}){log}")


def _started(value: _T | None) -> _T:
    if value is None:
        raise DaemonError("the daemon is not started")
    return value


async def _in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call what blocks. A cancellation waits for it, so that nothing goes on behind our back."""
    return await to_the_end(asyncio.to_thread(function, *args, **kwargs))
