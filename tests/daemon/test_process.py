"""A child process: its output, what it leaves behind, and a start that fails. The rest is tested with `Daemon`."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from aiosyncthing.daemon.process import Process
from tests.support.processes import alive, eventually

pytestmark = pytest.mark.usefixtures("nothing_left")


class Shell:
    """A shell command as a `Process`, with its output."""

    def __init__(self, script: str, directory: Path) -> None:
        self.lines: list[str] = []
        self.process = Process(["/bin/sh", "-c", script], dict(os.environ), directory, self.lines.append)

    async def end(self) -> int | None:
        """Kill it and clean up."""
        self.process.kill()
        return await self.process.wait()


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], Shell]:
    """Make a shell command."""
    return lambda script: Shell(script, tmp_path)


async def test_output_and_exit_code(shell, tmp_path: Path) -> None:
    """All output arrives line by line, including a last line without an end, and then the exit code."""
    run = shell("pwd; echo errors >&2; printf 'dos\\r\\n'; printf 'bad \\377\\n'; echo; printf last; exit 7")
    await run.process.start()
    assert await run.process.wait() == 7
    assert run.lines == [str(tmp_path), "errors", "dos", "bad �", "", "last"]
    assert not run.process.running
    assert run.process.pid is None
    run.process.terminate()
    assert await run.end() == 7


async def test_an_endless_line(shell) -> None:
    """A line without an end is cut into pieces, so that it doesn't fill the memory."""
    run = shell("head -c 1000000 /dev/zero | tr '\\0' x")
    await run.process.start()
    await run.process.wait()
    assert sum(map(len, run.lines)) == 1_000_000
    assert max(map(len, run.lines)) < 400_000


async def test_background_processes(shell) -> None:
    """When it exits, background processes are killed, and don't delay the end. In other sessions they do for 1 s."""
    run = shell("sleep 1002 & echo $!")
    await run.process.start()
    async with asyncio.timeout(5):
        assert await run.process.wait() == 0
    await eventually(lambda: not alive(int(run.lines[0])))
    run = shell("setsid sh -c 'echo $$; exec sleep 1003' & read -r line || while :; do sleep 0.01; done")
    await run.process.start()
    await eventually(lambda: bool(run.lines))
    assert run.process.running  # it has no input to read
    async with asyncio.timeout(5):
        assert await run.end() == -signal.SIGKILL
    os.kill(int(run.lines[0]), signal.SIGKILL)


async def test_no_start_without_a_guard(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """If its guard can't be started, it doesn't run, and can be cleaned up."""
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
    """Several tasks can wait for it, and a cancelled wait can be repeated."""
    run = shell("read -r line </dev/zero")
    run.process.terminate()
    assert await run.end() is None  # it was never started
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
