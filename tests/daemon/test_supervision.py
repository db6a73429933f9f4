"""A supervised program runs again as long as it asks for that, or crashes within the limit."""

import asyncio
import logging
import math
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing._loops import to_the_end
from aiosyncthing.daemon import supervision
from aiosyncthing.daemon.process import Process
from aiosyncthing.daemon.supervision import Crash, CrashPolicy, Log, Supervisor
from aiosyncthing.exceptions import BadRequestError
from tests.support.processes import children

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restart at once."""
    monkeypatch.setattr(supervision, "_RESTART_PAUSE", 0)


class Watched:
    """A supervised shell script; ``$run`` is 1 in its first run.

    Args:
        script: The script.
        directory: Where it counts its runs.
        **policy: What to do about crashes.
    """

    def __init__(self, script: str, directory: Path, **policy: Any) -> None:
        self.crashes: list[Crash] = []
        self.downs = 0
        self.log = Log("secret")
        self._runs = directory / "runs"
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

    @property
    def runs(self) -> int:
        """How many times it has run."""
        return int(self._runs.read_text())

    async def start(self, *, ready: bool = True) -> asyncio.Task[None]:
        """Start it, as if it had become ready or not."""
        watched = await self.supervisor.start()
        self.supervisor.ready = ready
        return watched

    async def run(self, *, ready: bool = True) -> None:
        """Start it and wait until it is down for good."""
        await asyncio.wait_for(await self.start(ready=ready), 30)


async def test_crashes_within_the_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is restarted after crashes up to the limit; each is logged and passed to the handler, with the reason."""
    watched = Watched("echo SIG$run; echo more; exit 7", tmp_path, on_crash="restart", limit=2)
    with caplog.at_level(logging.WARNING, "aiosyncthing.daemon"):
        await watched.run()
    assert watched.crashes == [
        Crash(7, (f"SIG{run}", "more"), run, restarting=restarting)
        for run, restarting in ((1, True), (2, True), (3, False))
    ]
    assert repr(watched.crashes[0]) == "Crash(returncode=7, count=1, restarting=True)"  # without the log
    assert watched.log.lines == ["SIG1", "more", "SIG2", "more", "SIG3", "more"]
    assert (watched.downs, watched.supervisor.returncode, watched.supervisor.running) == (1, 7, False)
    outcomes = [record.getMessage().rpartition(" and ")[2] for record in caplog.records]
    assert outcomes == ["is restarted", "is restarted", "stays down"]


async def test_old_crashes(tmp_path: Path) -> None:
    """Only crashes within the window count, and only those since the last start."""
    watched = Watched("[ $run -ge 5 ] && exit 0; exit 7", tmp_path, on_crash="restart", limit=1, window=1e-9)
    await watched.run()
    assert [(crash.count, crash.restarting) for crash in watched.crashes] == [(1, True)] * 4
    assert watched.supervisor.returncode == 0
    watched = Watched("exit 7", tmp_path, on_crash="restart", limit=1)
    await watched.run()
    await watched.run()
    assert [crash.count for crash in watched.crashes] == [1, 2, 1, 2]


async def test_a_crash_without_a_restart(tmp_path: Path) -> None:
    """By default it stays down after a crash, which is passed to the handler."""
    watched = Watched("kill -9 $$", tmp_path)
    await watched.run()
    assert watched.crashes == [Crash(-signal.SIGKILL, (), 1, restarting=False)]
    assert (watched.downs, watched.runs) == (1, 1)


@pytest.mark.parametrize(("script", "ready"), [("exit 0", True), ("exit 7", False)])
async def test_not_a_crash(tmp_path: Path, script: str, ready: bool) -> None:
    """A shutdown is not a crash, nor is a failed start."""
    watched = Watched(script, tmp_path, on_crash="restart")
    await watched.run(ready=ready)
    assert (watched.crashes, watched.downs, watched.runs) == ([], 1, 1)


async def test_requested_restarts(tmp_path: Path) -> None:
    """Whenever it asks for a restart, with one code or the other, it is restarted; that is not a crash."""
    watched = Watched("[ $run -lt 6 ] && exit $((3 + run % 2)); exit 0", tmp_path, limit=0)
    await watched.run()
    assert (watched.crashes, watched.runs) == ([], 6)


@pytest.mark.parametrize("code", [3, 4])
async def test_requested_restarts_while_starting(tmp_path: Path, code: int) -> None:
    """Before it is ready it is restarted once, as after an upgrade: more would be a loop that nothing ends."""
    watched = Watched(f"[ $run = 1 ] && exit {code}; exit 0", tmp_path)
    await watched.run(ready=False)
    assert (watched.supervisor.returncode, watched.runs) == (0, 2)
    (tmp_path / "other").mkdir()
    watched = Watched(f"exit {code}", tmp_path / "other")
    await watched.run(ready=False)
    assert (watched.supervisor.returncode, watched.crashes, watched.downs, watched.runs) == (code, [], 1, 2)


async def test_restarts_are_paced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a pause between two starts."""
    monkeypatch.setattr(supervision, "_RESTART_PAUSE", 0.2)
    begin = time.monotonic()
    await Watched("[ $run -lt 3 ] && exit 3; exit 0", tmp_path).run()
    assert time.monotonic() - begin >= 0.39


async def test_handlers(tmp_path: Path) -> None:
    """A handler is optional. If it fails, the event loop's handler gets the error, and the restart goes on."""
    noted: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noted.append(context))

    def fail(crash: Crash) -> None:
        raise LookupError(crash.count)

    await Watched("exit 7", tmp_path, on_crash="restart", limit=1, handler=fail).run()
    assert [str(each["exception"]) for each in noted] == ["1", "2"]
    assert "crash_handler" in noted[0]["message"]
    watched = Watched("exit 7", tmp_path, on_crash="restart", limit=1, handler=None)
    await watched.run()
    assert watched.runs == 4


async def test_killed_at_any_step_of_a_restart(tmp_path: Path) -> None:
    """However far a restart has come, nothing is left of it."""
    for steps in (*range(12), 20, 40, 80, 160):
        crashed = asyncio.Event()
        (tmp_path / f"{steps}").mkdir()
        watched = Watched(
            "[ $run = 1 ] && exit 7; read -r line </dev/zero",
            tmp_path / f"{steps}",
            on_crash="restart",
            handler=lambda _, crashed=crashed: crashed.set(),
        )
        await watched.start()
        await asyncio.wait_for(crashed.wait(), 30)
        for _ in range(steps):
            await asyncio.sleep(0)
        await to_the_end(watched.supervisor.reap())
        assert (watched.supervisor.running, watched.supervisor.process) == (False, None), steps
        assert len(asyncio.all_tasks()) == 1, steps
    assert children() == []


async def test_a_restart_that_fails(tmp_path: Path) -> None:
    """If the system can't start it again, it is down, and its log says why."""
    home = tmp_path / "home"
    home.mkdir()
    watched = Watched("mv ../home ../elsewhere; exit 3", home)
    await watched.run()
    assert "could not be restarted" in watched.log.lines[-1]
    assert watched.downs == 1


async def _handle(_: Crash) -> None:
    """Would never be awaited."""


@pytest.mark.parametrize(
    "options", [{"on_crash": "again"}, {"limit": -1}, {"window": 0}, {"window": math.nan}, {"handler": _handle}]
)
def test_impossible_policies(options: dict[str, Any]) -> None:
    """Values that make no sense are refused."""
    with pytest.raises(BadRequestError, match="crash"):
        CrashPolicy(**options)


def test_the_log() -> None:
    """The excerpt shows the reason for the latest process's crash, or its last lines, without the key."""
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
