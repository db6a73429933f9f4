"""Looking at the processes of this machine, and waiting for what has no event."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["alive", "children", "command_of", "eventually", "processes_with"]

_PROC: Final = Path("/proc")


def _table() -> list[tuple[int, int, str, str]]:
    """Return process ID, parent, state and command of each process."""
    if _PROC.is_dir():  # a small Linux system has no ps
        return [row for directory in _PROC.glob("[0-9]*") if (row := _row(directory))]
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,state=,command="], check=True, capture_output=True, text=True
    ).stdout
    rows = [line.split(None, 3) for line in listing.splitlines()]
    return [(int(row[0]), int(row[1]), row[2][0], row[3] if len(row) > 3 else "") for row in rows]


def _row(directory: Path) -> tuple[int, int, str, str] | None:
    try:
        name, _, fields = (directory / "stat").read_text(errors="replace").partition("(")[2].rpartition(")")
        command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None  # it has just ended
    state, parent = fields.split()[:2]
    return int(directory.name), int(parent), state, command or name


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that is dead, but not yet noticed by its parent, does not."""
    return any(row[0] == pid and row[2] != "Z" for row in _table())


def children() -> list[str]:
    """Return the commands of our child processes, also of dead ones that were not waited for."""
    return [row[3] for row in _table() if row[1] == os.getpid() and not row[3].startswith("ps ")]


def processes_with(text: str) -> list[int]:
    """Return the processes that have a text in their command line."""
    return [row[0] for row in _table() if text in row[3] and row[2] != "Z"]


def command_of(pid: int) -> str:
    """Return the command line of a process, as everybody on this machine can see it."""
    return next(row[3] for row in _table() if row[0] == pid)


async def eventually(condition: Callable[[], bool], timeout: float = 10) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(timeout):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - processes of others send no event
            await asyncio.sleep(0.02)
