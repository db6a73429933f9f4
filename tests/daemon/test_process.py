"""A program that is started leaves nothing behind, however it or we end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from aiosyncthing.daemon.process import Process, in_thread, to_the_end
from aiosyncthing.exceptions import DaemonError
from tests.support.processes import alive, children, eventually, processes_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a process."""
    yield
    gc.collect()
    assert children() == []


class Shell:
    """A shell command as a `Process`, with its output."""

    def __init__(self, script: str, directory: Path) -> None:
        self.lines: list[str] = []
        self.process = Process(["/bin/sh", "-c", script], dict(os.environ), directory, self.lines.append)

    async def said(self, line: str) -> None:
        """Wait for a line."""
        await eventually(lambda: line in self.lines)

    async def end(self) -> int | None:
        """Kill it and clean up."""
        self.process.kill()
        return await self.process.wait()


@pytest.fixture
def shell(tmp_path: Path):
    """Make a shell command."""
    return lambda script: Shell(script, tmp_path)


async def test_output_and_exit_code(shell, tmp_path: Path) -> None:
    """All of the output comes line by line, also what is last and has no end of line; then the exit code."""
    run = shell("pwd; echo errors >&2; printf 'dos\\r\\n'; printf 'bad \\377\\n'; echo; printf last; exit 7")
    await run.process.start()
    assert await run.process.wait() == 7
    assert run.lines == [str(tmp_path), "errors", "dos", "bad �", "", "last"]
    assert not run.process.running
    assert run.process.pid is None


async def test_endless_line(shell) -> None:
    """A line without end does not fill the memory: it is cut into pieces."""
    run = shell("head -c 1000000 /dev/zero | tr '\\0' x")
    await run.process.start()
    await run.process.wait()
    assert sum(map(len, run.lines)) == 1_000_000
    assert max(map(len, run.lines)) < 400_000


async def test_environment_is_all(tmp_path: Path) -> None:
    """The program has the given environment, and nothing of ours."""
    lines: list[str] = []
    process = Process(["/usr/bin/env"], {"A": "1"}, tmp_path, lines.append)
    await process.start()
    await process.wait()
    assert {line for line in lines if not line.startswith(("PWD=", "_=", "SHLVL=", "OLDPWD="))} == {"A=1"}


async def test_session_of_its_own(shell) -> None:
    """It leads a session of its own, where Ctrl-C in our terminal does not reach it, and reads nothing."""
    run = shell("echo up; read -r line || echo no input; sleep 100")
    await run.process.start()
    await run.said("no input")
    assert run.process.running
    assert os.getsid(run.process.pid) == run.process.pid
    assert await run.end() == -signal.SIGKILL


async def test_terminate(shell) -> None:
    """It is asked to end, and can do so in its own way."""
    run = shell("trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done")
    await run.process.start()
    await run.said("up")
    run.process.terminate()
    assert await run.process.wait() == 5
    assert run.lines == ["up", "bye"]
    run.process.terminate()
    run.process.kill()
    assert await run.process.wait() == 5


async def test_kill_takes_the_group(shell) -> None:
    """Killing it kills what it has started, even if it ignores all signals that can be ignored."""
    run = shell("trap '' TERM INT HUP; sleep 1001 & echo $!; echo up; wait")
    await run.process.start()
    await run.said("up")
    run.process.terminate()
    assert await run.end() == -signal.SIGKILL
    await eventually(lambda: not alive(int(run.lines[0])))


async def test_what_it_leaves_behind_is_killed(shell) -> None:
    """When it exits, what it has started and left behind is killed, and does not delay the end."""
    run = shell("sleep 1002 & echo $!")
    await run.process.start()
    async with asyncio.timeout(5):
        assert await run.process.wait() == 0
    await eventually(lambda: not alive(int(run.lines[0])))


async def test_what_has_left_the_group_is_not_waited_for(shell) -> None:
    """A process in another session that keeps the output open delays the end by a second at most."""
    run = shell("setsid sh -c 'echo $$; exec sleep 1003' & while :; do sleep 0.01; done")
    await run.process.start()
    await eventually(lambda: bool(run.lines))
    async with asyncio.timeout(5):
        assert await run.end() == -signal.SIGKILL
    os.kill(int(run.lines[0]), signal.SIGKILL)


async def test_never_started(shell) -> None:
    """One that was never started can be ended and waited for."""
    run = shell("echo up")
    run.process.terminate()
    run.process.kill()
    assert await run.process.wait() is None
    assert not run.process.running
    assert run.process.pid is None


async def test_missing_program(tmp_path: Path) -> None:
    """A program that is not there is an exit code and a line, like in a shell."""
    lines: list[str] = []
    process = Process([str(tmp_path / "missing")], {}, tmp_path, lines.append)
    await process.start()
    assert await process.wait() == 127
    assert "missing" in lines[0]


async def test_missing_directory(tmp_path: Path) -> None:
    """What the system refuses is its error."""
    process = Process(["/bin/true"], {}, tmp_path / "missing", print)
    with pytest.raises(FileNotFoundError):
        await process.start()
    assert await process.wait() is None


async def test_a_loop_without_subprocesses(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event loop that can't start programs, such as Windows' selector loop, is named, with what to do."""
    with monkeypatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "subprocess_exec", asyncio.AbstractEventLoop().subprocess_exec)
        run = shell("echo up")
        with pytest.raises(DaemonError, match=r"this event loop \(\w+\) can't start programs\..*ProactorEventLoop"):
            await run.process.start()
    assert await run.end() is None


async def test_no_guard_no_start(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """If its guard can't be started it does not run, and can be cleaned up."""
    run = shell("echo up")
    spawn = run.process._spawn

    async def refuse_guard(command, on_line=None):
        if on_line is None:
            raise BlockingIOError("no more processes")
        return await spawn(command, on_line)

    monkeypatch.setattr(run.process, "_spawn", refuse_guard)
    with pytest.raises(BlockingIOError):
        await run.process.start()
    await run.end()
    assert run.lines == []


async def test_waiting_twice(shell) -> None:
    """Several tasks can wait, and a cancelled wait can be repeated."""
    run = shell("read -r line </dev/zero")
    await run.process.start()
    first = asyncio.create_task(run.process.wait())
    second = asyncio.create_task(run.process.wait())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    run.process.kill()
    assert await second == -signal.SIGKILL
    assert await run.process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 50, 200, 1000])
async def test_cancelled_start(shell, steps: int) -> None:
    """Cancelled at any moment, the start is completed or not begun, and can be undone."""
    run = shell("exec sleep 1004")

    async def start() -> None:
        await to_the_end(run.process.start())

    task = asyncio.create_task(start())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    await run.end()
    assert not run.process.running


PARENT = """
    import asyncio, os, sys
    from pathlib import Path
    from aiosyncthing.daemon.process import Process

    def show(line):
        print(process.pid, line, sep="\\n", flush=True)

    async def main():
        global process
        process = Process(["/bin/sh", "-c", "sleep 1005 & echo $!; wait; : MARK"], dict(os.environ), Path("/"), show)
        await process.start()
        await process.wait()

    LAUNCH
"""
LAUNCHES = {
    "main thread": "asyncio.run(main())",
    "other thread": "import threading; t = threading.Thread(target=asyncio.run, args=[main()]); t.start(); t.join()",
}


@contextmanager
def parent_program(mark: str, launch: str = LAUNCHES["main thread"]) -> Iterator[subprocess.Popen[str]]:
    """Run a program that runs a program, and kill it in the end."""
    script = textwrap.dedent(PARENT).replace("MARK", mark).replace("LAUNCH", launch)
    with subprocess.Popen([sys.executable, "-c", script, mark], stdout=subprocess.PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


@pytest.mark.parametrize("launch", LAUNCHES.values(), ids=LAUNCHES)
async def test_parent_is_killed(tmp_path: Path, launch: str) -> None:
    """When we are killed it dies too, with its children, and so does its guard."""
    with parent_program(str(tmp_path), launch) as program:
        pid, child = [int(await asyncio.to_thread(program.stdout.readline)) for _ in range(2)]
        assert alive(pid)
        assert alive(child)
        assert processes_with(f"sh {pid}")
    await eventually(lambda: not alive(pid) and not alive(child) and not processes_with(f"sh {pid}"))


async def test_parent_is_killed_while_starting(tmp_path: Path) -> None:
    """That holds at any moment of the start."""
    for delay in range(15):
        with parent_program(str(tmp_path)):
            await eventually(lambda: bool(children()))
            await asyncio.sleep(delay * 0.01)
        await eventually(lambda: not processes_with(str(tmp_path)))


async def test_to_the_end() -> None:
    """A cancellation waits for the work; result and error come through."""
    done = asyncio.Event()

    async def work(error: Exception | None = None) -> str:
        for _ in range(5):
            await asyncio.sleep(0)
        done.set()
        if error:
            raise error
        return "result"

    assert await to_the_end(work()) == "result"
    with pytest.raises(KeyError):
        await to_the_end(work(KeyError()))
    for coroutine in (work(), work(KeyError())):
        done.clear()
        task = asyncio.create_task(to_the_end(coroutine))
        for _ in range(3):
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done.is_set()


async def test_to_the_end_of_cancelled_work() -> None:
    """Work that is cancelled itself is over."""

    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await to_the_end(work())

    async def slow_work() -> None:
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    task = asyncio.create_task(to_the_end(slow_work()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_in_thread() -> None:
    """What blocks runs in a thread; a cancellation waits for it."""
    started, go_on = threading.Event(), threading.Event()

    def work(result: str) -> str:
        started.set()
        assert go_on.wait(30)
        return result

    task = asyncio.create_task(in_thread(work, "done"))
    await asyncio.to_thread(started.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await in_thread(work, result="done") == "done"
