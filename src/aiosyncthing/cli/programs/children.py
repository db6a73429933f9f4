"""Run another program in the foreground: it has the terminal, gets the signals, and determines the exit status."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiosyncthing.cli.errors import CommandError
from aiosyncthing.cli.loop import OF_TERMINALS, signals_taken
from aiosyncthing.cli.process import Interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOT_EXECUTABLE: Final = 126
"""A shell's status for a program that exists but can't be run."""

_NOT_FOUND: Final = 127  # likewise
_KILLED: Final = 128  # and the number of the signal
_ENDING: Final = frozenset(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def check_command(command: Sequence[str]) -> None:
    """Check that a program can be run, before doing anything else.

    Raises:
        CommandError: It can't be run; the exit status is that of a shell.
    """
    name = command[0]
    if shutil.which(name) is not None:
        return
    if shutil.which(name, os.F_OK) is not None or (os.path.dirname(name) and os.path.exists(name)):  # noqa: PTH110, PTH120 - a Path of "./x" is "x"
        raise CommandError(f"can't run {name}: it is not executable", NOT_EXECUTABLE)
    raise CommandError(f"can't run {name}: there is no such program", _NOT_FOUND)


async def run_command(command: Sequence[str], environ: Mapping[str, str], inherited: Sequence[int] = ()) -> int:
    """Run another program, and wait until it ends.

    Meanwhile, signals are passed on to it instead of ending this process.

    Args:
        command: The program and its arguments.
        environ: Its environment.
        inherited: File descriptors that it inherits.

    Returns:
        Its exit status, or the negative number of the signal that has killed it.

    Raises:
        CommandError: It can't be run.
    """
    process: asyncio.subprocess.Process | None = None
    early: list[int] = []

    def hand_on(signum: int) -> None:
        if process is None:
            early.append(signum)
        elif signum not in OF_TERMINALS or not _is_in_foreground():
            _send(process, signum)

    async with signals_taken(hand_on):
        try:
            process = await asyncio.create_subprocess_exec(*command, env=environ, pass_fds=tuple(inherited))
        except OSError as error:
            raise CommandError(f"can't run {command[0]}: {error.strerror or error}", NOT_EXECUTABLE) from None
        for signum in early:
            _send(process, signum)
        return await process.wait()


def exit_status(status: int) -> int:
    """Return a shell's exit status for the result of `run_command`."""
    return status if status >= 0 else _KILLED - status


def end_as(status: int) -> int:
    """Return the exit status to end with after a program has ended.

    Args:
        status: The result of `run_command`.

    Raises:
        Interrupted: A signal that ends commands has killed it, so this process ends by the same signal.
    """
    if -status in _ENDING:
        raise Interrupted(-status)
    return exit_status(status)


def _send(process: asyncio.subprocess.Process, signum: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        process.send_signal(signum)


def _is_in_foreground() -> bool:
    """Return whether the terminal sends its signals to this process, and therefore also to the other program."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
