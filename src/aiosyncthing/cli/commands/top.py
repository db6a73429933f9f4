"""``top``: folders, devices and transfers in a full-screen view."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import UsageError
from aiosyncthing.cli.output.terminal import is_terminal

if TYPE_CHECKING:
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session


@click.command("top", cls=Command)
@click.pass_obj
def top(run: Run) -> int:
    """Watch folders, devices and transfers, and pause and scan them.

    This is a full-screen view that follows the daemon; ? shows the keys. It needs the extra aiosyncthing[top].
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if run.options.json or run.environ.get("TERM") == "dumb" or not all(map(is_terminal, streams)):
        raise UsageError("top needs a terminal", hint="use `aiosyncthing status --watch --json`")
    from aiosyncthing.cli.top import app  # noqa: PLC0415 - loads textual

    async def work(session: Session) -> None:
        async with session.client.watch() as live:
            await app.show(session.client, live, color=run.out.terminal.color)

    return run.one(work)
