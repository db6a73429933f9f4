"""Supervising the process of a private daemon, as Syncthing's own monitor process does."""

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from aiosyncthing._loops import to_the_end
from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError

from .process import Process

_LOGGER = logging.getLogger("aiosyncthing.daemon")

_STOPPED: Final = 0  # shut down by the API, SIGTERM or SIGINT (lib/svcutil)
_RESTART_CODES: Final = frozenset({3, 4})  # restart by the API or SIGHUP, and after an upgrade (lib/svcutil)
_RESTART_PAUSE: Final = 1.0  # at most one start per second, as in Syncthing's own monitor process
_KILL_TIMEOUT: Final = 10.0  # the system may take a moment, or forever for a process stuck in a file system
_LOG_LINES: Final = 2000  # the stack traces of a crash can have a thousand lines
_CRASH_MARKS: Final = ("panic:", "fatal error:", "SIG")  # how Go's runtime starts its report
_LINES_SHOWN: Final = 20


@dataclass(frozen=True)
class Crash:
    """A daemon that exited on its own.

    Attributes:
        returncode: Its exit code, negative for a signal.
        log: The part of its log that shows the reason, or the end of its log; without the API key.
        count: The number of crashes within ``crash_window``, including this one.
        restarting: Whether the daemon is restarted.
    """

    returncode: int
    log: tuple[str, ...] = field(repr=False)
    count: int
    restarting: bool


@dataclass(frozen=True)
class CrashPolicy:
    """What to do about crashes.

    Attributes:
        on_crash: Whether to restart the daemon or leave it down.
        limit: Maximum number of restarts within the window.
        window: Length of the window, in seconds.
        handler: Called with each crash.

    Raises:
        BadRequestError: The values make no sense.
    """

    on_crash: Literal["stop", "restart"] = "stop"
    limit: int = 4
    window: float = 60
    handler: Callable[[Crash], object] | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if self.on_crash not in {"stop", "restart"}:
            raise BadRequestError(f"on_crash must be 'stop' or 'restart', not {self.on_crash!r}")
        if not (self.limit >= 0 and self.window > 0):
            raise BadRequestError("crash_limit must not be negative, and crash_window must be positive")
        if inspect.iscoroutinefunction(self.handler):  # it would never be awaited
            raise BadRequestError("crash_handler must be a plain function; it may create a task")


class Log:
    """The newest lines of a daemon's log.

    Args:
        secret: Removed from every line.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._of_this_run = 0

    @property
    def lines(self) -> list[str]:
        """All lines that are kept."""
        return list(self._lines)

    def begin(self) -> None:
        """Note that a new process is starting."""
        self._of_this_run = 0

    def add(self, line: str) -> None:
        """Keep a line, and pass it on to `logging`."""
        line = line.replace(self._secret, "<API key>")
        self._lines.append(line)
        self._of_this_run += 1
        _LOGGER.debug("%s", line)

    def excerpt(self) -> list[str]:
        """Return the most informative lines of the latest process.

        After a crash these give the reason, which long stack traces follow; otherwise they are the last lines.
        """
        lines = self.lines[-self._of_this_run :] if self._of_this_run else []
        crash = next((index for index, line in enumerate(lines) if line.startswith(_CRASH_MARKS)), len(lines))
        return lines[crash:][:_LINES_SHOWN] or lines[-_LINES_SHOWN:]


class Supervisor:
    """Keeps a program running: restarts it when it asks for that, and after a crash if the policy says so.

    Args:
        new_process: Returns a new process, which is started here.
        policy: What to do about crashes.
        log: The program's log.
        on_down: Called when it is down for good, except by `ask_to_end` or `reap`.

    Attributes:
        returncode: Exit code of the last process; ``None`` while one is running, and before the first.
        process: The process, which may have exited.
        watched: A task that ends when the program is down for good.
        ready: Whether it has been ready. Before that, a crash is a failed start, and so is a second request for a
            restart: one may follow from an upgrade.
    """

    def __init__(
        self, new_process: Callable[[], Process], policy: CrashPolicy, log: Log, on_down: Callable[[], object]
    ) -> None:
        self._new_process = new_process
        self._policy = policy
        self._log = log
        self._on_down = on_down
        self._crashes: deque[float] = deque()
        self.returncode: int | None = None
        self.process: Process | None = None
        self.watched: asyncio.Task[None] | None = None
        self.ready: bool = False

    @property
    def running(self) -> bool:
        """Whether it is up, or about to be restarted."""
        return self.watched is not None and not self.watched.done()

    async def start(self) -> asyncio.Task[None]:
        """Start it.

        Returns:
            A task that ends when it is down for good.

        Raises:
            OSError: The system can't start it.
            DaemonError: This event loop can't start programs.
        """
        self.ready = False
        self._crashes.clear()
        process = await self._start_process()
        self.watched = asyncio.create_task(self._watch(process), name="supervise a Syncthing daemon")
        return self.watched

    async def ask_to_end(self, ask: Callable[[Process], Awaitable[object]], timeout: float | None) -> None:
        """Ask it to exit, and give it some time to do so.

        Args:
            ask: Asks the process.
            timeout: Time limit in seconds; ``None`` for none.
        """
        await self._end_watch()
        if self.process is None or not self.process.running:
            return
        with suppress(TimeoutError), Limit(timeout):
            await ask(self.process)
            await self.process.wait()

    async def reap(self) -> None:
        """Kill it, if it is still running, and clean up.

        Raises:
            TimeoutError: It could not be killed.
        """
        await self._end_watch()
        if self.process is None:
            return
        self.process.kill()
        with Limit(_KILL_TIMEOUT):
            self.returncode = await self.process.wait()
        self.process = None

    async def _end_watch(self) -> None:
        if self.watched is not None:
            self.watched.cancel()
            await asyncio.wait({self.watched})
            self.watched = None

    async def _start_process(self) -> Process:
        self.returncode = None
        self._log.begin()
        self.process = self._new_process()
        await to_the_end(self.process.start())
        return self.process

    async def _watch(self, process: Process) -> None:
        clock = asyncio.get_running_loop().time
        restarted = False
        while True:
            started = clock()
            self.returncode = await process.wait()
            if self.returncode in _RESTART_CODES and (self.ready or not restarted):
                restarted = True
            elif not self._goes_on():
                break
            await asyncio.sleep(started + _RESTART_PAUSE - clock())
            try:
                process = await self._start_process()
            except OSError as error:
                self._log.add(f"the daemon could not be restarted: {error}")
                break
        self._on_down()

    def _goes_on(self) -> bool:
        """Decide whether to restart after an exit that was not requested; log it if it was a crash."""
        code, policy = self.returncode, self._policy
        if code is None or code == _STOPPED or not self.ready:
            return False
        now = asyncio.get_running_loop().time()
        self._crashes.append(now)
        while self._crashes[0] < now - policy.window:
            self._crashes.popleft()
        count = len(self._crashes)
        restarting = policy.on_crash == "restart" and count <= policy.limit
        outcome = "is restarted" if restarting else "stays down"
        _LOGGER.warning(
            "the daemon crashed (exit code %d; crash %d within %g s) and %s", code, count, policy.window, outcome
        )
        self._hand_over(Crash(code, tuple(self._log.excerpt()), count, restarting))
        return restarting

    def _hand_over(self, crash: Crash) -> None:
        if self._policy.handler is None:
            return
        try:
            self._policy.handler(crash)
        except Exception as error:  # noqa: BLE001 - the handler's own fault; the daemon is supervised all the same
            context = {"message": f"the crash_handler of a Daemon failed for {crash}", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
