"""A program is kept going as long as it asks for that, or its crashes stay within their limit."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.daemon import supervision
from aiosyncthing.daemon.process import Process, to_the_end
from aiosyncthing.daemon.supervision import Crash, CrashPolicy, Log, Supervisor
from aiosyncthing.exceptions import BadRequestError
from tests.support.processes import children, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOR_EVER = "echo up; read -r line </dev/zero"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is waited for between two starts, and no test leaves a process."""
    monkeypatch.setattr(supervision, "_RESTART_PAUSE", 0)
    yield
    assert children() == []


class Watched:
    """A shell script that is supervised; ``$run`` counts its runs.

    Args:
        script: The script.
        directory: Where it keeps its count.
        **policy: What is done about crashes.
    """

    def __init__(self, script: str, directory: Path, **policy: Any) -> None:
        self.crashes: list[Crash] = []
        self.downs = 0
        self.log = Log("secret")
        count = "run=$(($(cat runs 2>/dev/null) + 1)); echo $run >runs; "
        command = ["/bin/sh", "-c", count + script]
        self.supervisor = Supervisor(
            lambda: Process(command, dict(os.environ), directory, self.log.add),
            CrashPolicy(**{"handler": self.crashes.append, **policy}),
            self.log,
            self._down,
        )

    def _down(self) -> None:
        self.downs += 1

    async def start(self, *, ready: bool = True) -> asyncio.Task[None]:
        """Start it, and say whether it has become ready."""
        watched = await self.supervisor.start()
        self.supervisor.ready = ready
        return watched


async def test_crashes_within_the_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After a crash it is started again until the limit is reached; each is handed over with its reason, and logged."""
    run = Watched("echo SIG$run; echo more; exit 7", tmp_path, on_crash="restart", limit=2)
    with caplog.at_level(logging.WARNING, "aiosyncthing.daemon"):
        await asyncio.wait_for(await run.start(), 30)
    assert run.crashes == [
        Crash(7, ("SIG1", "more"), 1, restarting=True),
        Crash(7, ("SIG2", "more"), 2, restarting=True),
        Crash(7, ("SIG3", "more"), 3, restarting=False),
    ]
    assert run.log.lines == ["SIG1", "more", "SIG2", "more", "SIG3", "more"]
    assert (run.downs, run.supervisor.returncode, run.supervisor.running) == (1, 7, False)
    assert [record.getMessage().rpartition(" and ")[2] for record in caplog.records] == [
        "is started again",
        "is started again",
        "stays down",
    ]


async def test_crashes_that_are_long_ago(tmp_path: Path) -> None:
    """Only crashes within the window count."""
    run = Watched("[ $run -ge 5 ] && exit 0; exit 7", tmp_path, on_crash="restart", limit=1, window=1e-9)
    await asyncio.wait_for(await run.start(), 30)
    assert [(crash.count, crash.restarting) for crash in run.crashes] == [(1, True)] * 4
    assert run.supervisor.returncode == 0


async def test_crashes_of_a_new_start_count_afresh(tmp_path: Path) -> None:
    """What happened before a start doesn't count."""
    run = Watched("exit 7", tmp_path, on_crash="restart", limit=1)
    for _ in range(2):
        await asyncio.wait_for(await run.start(), 30)
    assert [crash.count for crash in run.crashes] == [1, 2, 1, 2]


async def test_a_crash_that_is_final(tmp_path: Path) -> None:
    """By default it stays down, and the crash is handed over."""
    run = Watched("kill -9 $$", tmp_path)
    await asyncio.wait_for(await run.start(), 30)
    assert run.crashes == [Crash(-signal.SIGKILL, (), 1, restarting=False)]
    assert (run.downs, (tmp_path / "runs").read_text()) == (1, "1\n")


@pytest.mark.parametrize(("script", "ready"), [("exit 0", True), ("exit 7", False)])
async def test_what_is_no_crash(tmp_path: Path, script: str, ready: bool) -> None:
    """A shutdown is no crash, nor is a start that fails."""
    run = Watched(script, tmp_path, on_crash="restart")
    await asyncio.wait_for(await run.start(ready=ready), 30)
    assert (run.crashes, run.downs, (tmp_path / "runs").read_text()) == ([], 1, "1\n")


@pytest.mark.parametrize("code", [3, 4])
async def test_restarts_that_it_asks_for(tmp_path: Path, code: int) -> None:
    """One that asks to be started again is, however often, and that is no crash."""
    run = Watched(f"[ $run -lt 9 ] && exit {code}; exit 0", tmp_path, limit=0)
    await asyncio.wait_for(await run.start(ready=False), 30)
    assert (run.crashes, (tmp_path / "runs").read_text()) == ([], "9\n")


async def test_a_handler_that_fails(tmp_path: Path) -> None:
    """An error of the handler goes to the loop's, and the daemon is started again all the same."""
    noted: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noted.append(context))

    def fail(crash: Crash) -> None:
        raise LookupError(crash.count)

    run = Watched("exit 7", tmp_path, on_crash="restart", limit=1, handler=fail)
    await asyncio.wait_for(await run.start(), 30)
    assert [str(each["exception"]) for each in noted] == ["1", "2"]
    assert "crash_handler" in noted[0]["message"]


async def test_nobody_wants_to_know(tmp_path: Path) -> None:
    """A handler is not needed."""
    run = Watched("exit 7", tmp_path, on_crash="restart", limit=1, handler=None)
    await asyncio.wait_for(await run.start(), 30)
    assert (tmp_path / "runs").read_text() == "2\n"


async def test_ended_between_crash_and_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is ended in the pause after a crash is not started again."""
    monkeypatch.setattr(supervision, "_RESTART_PAUSE", 1000)
    crashed = asyncio.Event()
    run = Watched("exit 7", tmp_path, on_crash="restart", handler=lambda _: crashed.set())
    await run.start()
    await asyncio.wait_for(crashed.wait(), 30)
    assert run.supervisor.running
    await run.supervisor.ask_to_end(None, 10)  # type: ignore[arg-type] # there is no process that it could ask
    await run.supervisor.reap()
    assert (run.supervisor.running, run.supervisor.process, run.supervisor.returncode) == (False, None, 7)
    assert (run.downs, (tmp_path / "runs").read_text()) == (0, "1\n")


@pytest.mark.parametrize("steps", [*range(12), 20, 40, 80, 160])
async def test_ended_at_any_step_of_a_restart(tmp_path: Path, steps: int) -> None:
    """However far a restart has come, nothing of it is left after the end."""
    crashed = asyncio.Event()
    run = Watched(f"[ $run = 1 ] && exit 7; {FOR_EVER}", tmp_path, on_crash="restart", handler=lambda _: crashed.set())
    await run.start()
    await asyncio.wait_for(crashed.wait(), 30)
    for _ in range(steps):
        await asyncio.sleep(0)
    await to_the_end(run.supervisor.reap())
    assert (run.supervisor.running, run.supervisor.process) == (False, None)
    assert len(asyncio.all_tasks()) == 1


async def test_asked_to_end(tmp_path: Path) -> None:
    """It is asked first and has some time; if it doesn't end, that is no error, and it can still be killed."""
    run = Watched(f"trap 'echo asked' TERM; {FOR_EVER}", tmp_path)
    await run.start()
    await eventually(lambda: "up" in run.log.lines)

    async def terminate(process: Process) -> None:
        process.terminate()

    await run.supervisor.ask_to_end(terminate, 0.01)
    await eventually(lambda: run.supervisor.process is not None and run.supervisor.process.running)
    await run.supervisor.reap()
    assert run.supervisor.returncode == -signal.SIGKILL


async def test_cannot_be_started_again(tmp_path: Path) -> None:
    """If the system refuses a restart it is down, and its log says why."""
    home = tmp_path / "home"
    home.mkdir()
    run = Watched("mv ../home ../elsewhere; exit 3", home)
    await asyncio.wait_for(await run.start(), 30)
    assert "could not be started again" in run.log.lines[-1]
    assert run.downs == 1


async def test_cannot_be_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If even SIGKILL takes too long, that is a time-out, and can be tried again."""
    run = Watched(FOR_EVER, tmp_path)
    await run.start()
    with monkeypatch.context() as patch:
        patch.setattr(supervision, "_KILL_TIMEOUT", 0)
        with pytest.raises(TimeoutError):
            await run.supervisor.reap()
    await run.supervisor.reap()
    await run.supervisor.reap()


async def _handle(_: Crash) -> None:
    """Would never be awaited."""


@pytest.mark.parametrize("options", [{"on_crash": "again"}, {"limit": -1}, {"window": 0}, {"handler": _handle}])
def test_policies_that_make_no_sense(options: dict[str, Any]) -> None:
    """Values that can't be meant are refused."""
    with pytest.raises(BadRequestError, match="crash"):
        CrashPolicy(**options)


def test_what_is_shown_of_the_log() -> None:
    """Of the latest process the reason of its crash is shown, or its last lines; nothing older, and no key."""
    log = Log("secret")
    assert log.excerpt() == []
    log.add("panic: the secret")
    log.begin()
    assert log.excerpt() == []
    for number in range(3000):
        log.add(f"line {number}")
    assert log.excerpt() == [f"line {number}" for number in range(2980, 3000)]
    log.add("panic: another secret")
    log.add("stack")
    assert log.excerpt() == ["panic: another <API key>", "stack"]
    assert len(log.lines) == 2000


def test_a_crash_in_words() -> None:
    """The repr of a crash is short: the log is left out."""
    assert repr(Crash(-9, ("x" * 999,), 1, restarting=True)) == "Crash(returncode=-9, count=1, restarting=True)"
