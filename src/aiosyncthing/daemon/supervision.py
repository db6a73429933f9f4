"""Watching over the process of a private daemon, as Syncthing's own monitor process does."""

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError

from .process import Process, to_the_end

_LOGGER = logging.getLogger("aiosyncthing.daemon")

_STOPPED: Final = 0  # shut down by the API, SIGTERM or SIGINT (lib/svcutil)
_RESTART_CODES: Final = frozenset({3, 4})  # asked by the API or SIGHUP, and after an upgrade (lib/svcutil)
_RESTART_PAUSE: Final = 1.0  # at most one start per second, as in Syncthing's own monitor
_KILL_TIMEOUT: Final = 10.0  # the system may take a moment, and for a process stuck in a file system for ever
_LOG_LINES: Final = 2000  # the stack traces of a crash can have a thousand
_CRASH_MARKS: Final = ("panic:", "fatal error:", "SIG")  # what Go's runtime writes first
_LINES_SHOWN: Final = 20


@dataclass(frozen=True)
class Crash:
    """The end of a daemon that was not asked for.

    Attributes:
        returncode: Its exit code, negative for a signal.
        log: What its log says about the reason, or the end of its log; without the API key.
        count: Which crash it is within the time that ``crash_window`` gives, from 1.
        restarting: Whether the daemon is started again.
    """

    returncode: int
    log: tuple[str, ...] = field(repr=False)
    count: int
    restarting: bool


@dataclass(frozen=True)
class CrashPolicy:
    """What is done about crashes.

    Attributes:
        on_crash: Whether the daemon is started again or stays down.
        limit: At most how often it is started again within the window.
        window: Seconds.
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
        if self.limit < 0 or self.window <= 0:
            raise BadRequestError("crash_limit must not be negative, and crash_window must be more than 0")
        if inspect.iscoroutinefunction(self.handler):  # nobody would await it
            raise BadRequestError("crash_handler must be a plain function; it may create a task")


class Log:
    """The newest lines of a daemon's log.

    Args:
        secret: Left out of every line.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._of_this_run = 0

    @property
    def lines(self) -> list[str]:
        """All that are kept."""
        return list(self._lines)

    def begin(self) -> None:
        """Note that another process begins."""
        self._of_this_run = 0

    def add(self, line: str) -> None:
        """Keep a line, and pass it on to `logging`."""
        line = line.replace(self._secret, "<API key>")
        self._lines.append(line)
        self._of_this_run += 1
        _LOGGER.debug("%s", line)

    def excerpt(self) -> list[str]:
        """Return the lines that say most about the latest process.

        Of a crash that is the reason, which long stack traces follow; otherwise the end.
        """
        lines = self.lines[-self._of_this_run :] if self._of_this_run else []
        crash = next((index for index, line in enumerate(lines) if line.startswith(_CRASH_MARKS)), len(lines))
        return lines[crash:][:_LINES_SHOWN] or lines[-_LINES_SHOWN:]


class Supervisor:
    """Keeps a program running: it is started again when it asks for that, and after a crash if the policy says so.

    Args:
        new_process: Makes its process, to be started here.
        policy: What is done about crashes.
        log: The program's log.
        on_down: Called when it is down and stays so, unless `end` or `reap` was called.

    Attributes:
        returncode: Exit code of the last process that has ended; ``None`` while one runs, and before the first.
        process: The process; it may have ended.
        watched: Ends when the program is down and stays so.
        ready: Whether it has been ready once. Before that a crash is a failed start, and nothing is repeated.
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
        self.ready = False

    @property
    def running(self) -> bool:
        """Whether it is up, or about to be started again."""
        return self.watched is not None and not self.watched.done()

    async def start(self) -> asyncio.Task[None]:
        """Start it.

        Returns:
            What ends when it is down and stays so.

        Raises:
            OSError: The system refuses.
            DaemonError: This event loop can't start programs.
        """
        self.ready = False
        self._crashes.clear()
        process = await self._start_process()
        self.watched = asyncio.create_task(self._watch(process), name="supervise a Syncthing daemon")
        return self.watched

    async def ask_to_end(self, ask: Callable[[Process], Awaitable[object]], timeout: float) -> None:
        """Ask it to end, and give it some time for that.

        Args:
            ask: Asks the process.
            timeout: Seconds.
        """
        await self._end_watch()
        if self.process is None or not self.process.running:
            return
        with suppress(TimeoutError), Limit(timeout):
            await ask(self.process)
            await self.process.wait()

    async def reap(self) -> None:
        """Kill it, and leave nothing of the process.

        Raises:
            TimeoutError: It can't be killed.
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
        while True:
            started = clock()
            self.returncode = await process.wait()
            if self.returncode not in _RESTART_CODES and not self._goes_on():
                break
            await asyncio.sleep(started + _RESTART_PAUSE - clock())
            try:
                process = await self._start_process()
            except OSError as error:
                self._log.add(f"the daemon could not be started again: {error}")
                break
        self._on_down()

    def _goes_on(self) -> bool:
        """Decide whether the program is started again after an end that it has not asked for; say so if it crashed."""
        code, policy = self.returncode, self._policy
        if code is None or code == _STOPPED or not self.ready:
            return False
        now = asyncio.get_running_loop().time()
        self._crashes.append(now)
        while self._crashes[0] < now - policy.window:
            self._crashes.popleft()
        count = len(self._crashes)
        restarting = policy.on_crash == "restart" and count <= policy.limit
        outcome = "is started again" if restarting else "stays down"
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
        except Exception as error:  # noqa: BLE001 - the fault is the handler's; the daemon is looked after all the same
            context = {"message": f"the crash_handler of a Daemon failed with {crash}", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
