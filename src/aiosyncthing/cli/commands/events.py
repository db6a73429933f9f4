"""``events``: follow events without losing any silently."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import stat
import sys
from contextlib import AsyncExitStack, suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, Exit, UsageError
from aiosyncthing.cli.following import event_texts
from aiosyncthing.cli.following.cursors import CursorFile, read_cursor
from aiosyncthing.cli.output.tables import When
from aiosyncthing.cli.parameters import FILE, FOLDER
from aiosyncthing.cli.programs.children import NOT_EXECUTABLE, check_command

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session

_DISK: Final = frozenset({"LocalChangeDetected", "RemoteChangeDetected"})


@click.command("events", cls=Command)
@click.argument("types", nargs=-1, metavar="[TYPE]...")
@click.option("--folder", "folders", multiple=True, type=FOLDER, help="Only events about this folder.")
@click.option("--since", default="now", metavar="now|history|FILE", help="Where to start; FILE is a cursor file.")
@click.option("--cursor-file", type=FILE, metavar="FILE", help="Continue where the last run with this file ended.")
@click.option("--ack", is_flag=True, help="After each event, wait for a line on stdin.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after N events.")
@click.option("--exec", "command", metavar="COMMAND", help="Run COMMAND for each event, one at a time.")
@click.pass_obj
def events(
    run: Run,
    types: tuple[str, ...],
    folders: tuple[str, ...],
    since: str,
    cursor_file: str | None,
    ack: bool,  # noqa: FBT001 - click passes it by name
    count: int | None,
    command: str | None,
) -> int:
    """Follow events; with --json, as the daemon sends them.

    No event is lost silently: EventsLost says that some were or may have been lost, StreamDown and StreamUp that the
    daemon became unreachable and came back. A script that ignores EventsLost may miss events.

    With --cursor-file, each event is delivered at least once, even across runs: the position is saved after the line
    was written, with --ack after the reader has answered it, and with --exec after COMMAND has ended. COMMAND gets
    the event on stdin, and AIOSYNCTHING_EVENT, _FOLDER and _PATH in its environment. A cursor file that doesn't exist
    yet starts at --since, by default now.
    """
    wanted_types = _types(types)
    program = None if command is None else _split(command)
    if program is not None:
        check_command(program)
    follower = _Follower(run, count, program)

    async def work(session: Session) -> int:
        wanted = {(await session.folder(name))["id"] for name in folders}
        async with AsyncExitStack() as stack:
            cursor = None if cursor_file is None else stack.enter_context(CursorFile(cursor_file))
            begin: Any = since if since in {"now", "history"} else read_cursor(since)
            if cursor is not None and (kept := cursor.read()) is not None:
                begin = kept
            stream = session.client.events.stream(wanted_types, since=begin, disk=bool(types) and {*types} <= _DISK)
            await stack.enter_async_context(stream)
            answers = await _answers() if ack else None
            if cursor is not None and stream.cursor is not None:
                cursor.write(stream.cursor)  # even if this run ends before the first event
            async for item in stream:
                if event_texts.is_about(item, wanted):
                    await follower.take(session, item)
                    if answers is not None and not await answers.readline():
                        raise BrokenPipeError
                if cursor is not None and stream.cursor is not None:
                    cursor.write(stream.cursor)
                if follower.done:
                    break
        return follower.status

    return run.one(work, following=True)


class _Follower:
    """Handles each event: prints it, or runs a program for it."""

    def __init__(self, run: Run, count: int | None, program: Sequence[str] | None) -> None:
        self._run = run
        self._left = count
        self._program = program
        self._names: dict[str, str] | None = None
        self.status: int = Exit.DONE

    @property
    def done(self) -> bool:
        """Whether ``--count`` is reached."""
        return self._left == 0

    async def take(self, session: Session, item: Any) -> None:
        """Print an event, or run the program for it."""
        if self._program is not None:
            await self._execute(self._program, item)
        elif self._run.options.json:
            self._run.out.record(item)
        else:
            names = await self._names_for(session, item)
            out = self._run.out
            moment = event_texts.clock(item["time"]) if out.terminal.interactive else out.text(When(item["time"]))
            folder, text = event_texts.describe(item, names)
            out.line("  ".join(part for part in (moment, folder, text) if part))
            out.flush()
        if self._left is not None and item["id"] is not None:
            self._left -= 1

    async def _names_for(self, session: Session, item: Any) -> Mapping[str, str]:
        """Return the names of devices; empty while the daemon can't be reached."""
        from aiosyncthing.exceptions import SyncthingError  # noqa: PLC0415 - loaded by now

        if self._names is None and item["type"] != "StreamDown":
            with suppress(SyncthingError):
                self._names = event_texts.names_of(await session.client.config.devices())
        if self._names is not None and item["type"] == "ConfigSaved":
            self._names |= event_texts.names_of(item["data"].get("devices") or ())
        return self._names or {}

    async def _execute(self, program: Sequence[str], item: Any) -> None:
        folder, path = event_texts.place(item)
        about = {"AIOSYNCTHING_EVENT": item["type"], "AIOSYNCTHING_FOLDER": folder, "AIOSYNCTHING_PATH": path}
        try:
            process = await asyncio.create_subprocess_exec(
                *program, stdin=asyncio.subprocess.PIPE, env={**os.environ, **about}
            )
        except OSError as error:
            raise CommandError(f"can't run {program[0]}: {error.strerror or error}", NOT_EXECUTABLE) from error
        try:
            await process.communicate(json.dumps(item).encode() + b"\n")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            self.status = Exit.PARTLY
            self._run.out.warn(f"{program[0]} ended with status {process.returncode} for {item['type']} {item['id']}")


def _types(types: Collection[str]) -> Any:
    """Return the types as the library wants them.

    Raises:
        UsageError: One of them doesn't exist.
    """
    from aiosyncthing.types import EventType  # noqa: PLC0415 - only here

    known = get_args(EventType)
    folded = {each.lower(): each for each in known}
    for name in types:
        if name not in known:
            near = get_close_matches(name.lower(), folded, 1, 0.5)
            hint = f"did you mean {folded[near[0]]}?" if near else f"the types are {', '.join(known)}"
            raise UsageError(f"there is no event type {name!r}", hint=hint)
    return [*types] or None


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--exec: {error}") from None
    if not words:
        raise UsageError("--exec needs a command")
    return words


async def _answers() -> asyncio.StreamReader:
    """Return the lines of the standard input."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        mode = 0
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)):
        raise UsageError("--ack needs a pipe as standard input")
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader
