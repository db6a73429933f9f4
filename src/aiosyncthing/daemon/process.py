"""A child process that never outlives this one, with its output collected."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from aiosyncthing._loops import to_the_end
from aiosyncthing.exceptions import DaemonError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_POSIX: Final = sys.platform != "win32"
_SHELL: Final = "/bin/sh"
# The program waits for a line, which is sent when its guard is running. Only this process holds the other end of the
# guard's standard input. However this process ends, that input ends too, and the guard kills the program's whole group.
# Linux's PR_SET_PDEATHSIG would cover only Linux, only the program itself, and depend on one of our threads.
_GATE: Final = 'read -r go && exec "$@" </dev/null'
_GUARD: Final = 'read -r never; kill -s KILL -- "-$1"'
# A process that has left the group can keep the output open; this is how long to wait for it, in seconds.
_OUTPUT_GRACE: Final = 1.0
_LONGEST_LINE: Final = 1 << 16


class _Run(asyncio.SubprocessProtocol):
    """One subprocess, as asyncio sees it."""

    transport: asyncio.SubprocessTransport

    def __init__(self, on_line: Callable[[str], None] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._on_line = on_line
        self._rest = b""
        self.exited: asyncio.Future[None] = loop.create_future()
        self.silent: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - asyncio's signature
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._report(line)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if fd == 1:
            if self._rest:
                self._report(self._rest)
            self.silent.set_result(None)

    def process_exited(self) -> None:
        self.kill()  # whatever it left behind in its group
        self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._closed.set_result(None)

    def write(self, data: bytes) -> None:
        """Write to its standard input."""
        cast("asyncio.WriteTransport", self.transport.get_pipe_transport(0)).write(data)

    def kill(self) -> None:
        """Kill it and, on POSIX systems, its process group."""
        with suppress(ProcessLookupError, PermissionError):  # macOS: "not permitted" if only zombies remain
            if sys.platform == "win32":  # pragma: no cover - Windows
                self.transport.kill()
            else:
                os.killpg(self.transport.get_pid(), signal.SIGKILL)

    async def close(self) -> None:
        """Wait until it has exited, and close its pipes."""
        await asyncio.wait({self.exited})
        self.transport.close()
        await asyncio.wait({self._closed})

    def _report(self, line: bytes) -> None:
        if self._on_line is not None:
            self._on_line(line.decode(errors="replace").rstrip("\r"))


class Process:
    """A program in a session of its own, so that Ctrl-C in a terminal doesn't reach it.

    On POSIX systems it is killed, with everything it has started, as soon as this process ends for whatever reason. On
    Windows it survives if this process is killed.

    Args:
        command: Program and arguments.
        environment: Its complete environment.
        directory: Its working directory.
        on_line: Called with each line of its output, standard output and error together.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        on_line: Callable[[str], None],
    ) -> None:
        self._command = command
        self._environment = environment
        self._directory = directory
        self._on_line = on_line
        self._run: _Run | None = None
        self._guard: _Run | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not exited."""
        return self._run is not None and not self._run.exited.done()

    @property
    def pid(self) -> int | None:
        """Its process ID while it is running."""
        return self._run.transport.get_pid() if self._run is not None and self.running else None

    async def start(self) -> None:
        """Start it. Wrap this in `to_the_end`; after an error, `kill` and `wait` clean up.

        Raises:
            OSError: The system can't start it.
            DaemonError: This event loop can't start programs.
        """
        if not _POSIX:  # pragma: no cover - Windows
            self._run = await self._spawn(self._command, self._on_line)
            return
        self._run = await self._spawn([_SHELL, "-c", _GATE, "sh", *self._command], self._on_line)
        self._guard = await self._spawn([_SHELL, "-c", _GUARD, "sh", str(self.pid)])
        self._run.write(b"go\n")

    def terminate(self) -> None:
        """Ask it to exit, with SIGTERM. On Windows, which has no such signal, it exits at once."""
        if self._run is not None and self.running:
            with suppress(ProcessLookupError):
                self._run.transport.terminate()

    def kill(self) -> None:
        """Kill it, on POSIX systems with everything it has started."""
        if self._run is not None and self.running:
            self._run.kill()

    async def wait(self) -> int | None:
        """Wait until it has exited, and clean up after it.

        Returns:
            Its exit code, negative for a signal; ``None`` if it was never started.
        """
        if self._run is None:
            return None
        await asyncio.wait({self._run.exited})
        await asyncio.wait({self._run.silent}, timeout=_OUTPUT_GRACE)
        await to_the_end(self._close(self._run))
        return self._run.transport.get_returncode()

    async def _close(self, run: _Run) -> None:
        await run.close()
        if self._guard is not None:
            self._guard.kill()
            await self._guard.close()
            self._guard = None

    async def _spawn(self, command: Sequence[str], on_line: Callable[[str], None] | None = None) -> _Run:
        options: dict[str, Any]
        if sys.platform == "win32":  # pragma: no cover - Windows
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        else:
            options = {"start_new_session": True}
        run = _Run(on_line)
        loop = asyncio.get_running_loop()
        try:
            await loop.subprocess_exec(
                lambda: run,
                *command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL if on_line is None else subprocess.PIPE,
                stderr=subprocess.DEVNULL if on_line is None else subprocess.STDOUT,
                env=self._environment,
                cwd=self._directory,
                **options,
            )
        except NotImplementedError:
            raise DaemonError(
                f"this event loop ({type(loop).__name__}) can't start programs. On Windows, use asyncio's default, "
                "ProactorEventLoop, instead of WindowsSelectorEventLoopPolicy"
            ) from None
        return run
