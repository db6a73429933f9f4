"""``log``: the latest lines of the daemon's log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import click

from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.errors import message_of
from aiosyncthing.cli.output.tables import Column, Styled, Value
from aiosyncthing.cli.parameters import TIME
from aiosyncthing.cli.values import iso_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from aiosyncthing import types as t
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import LogRow
    from aiosyncthing.cli.session import Session

Level = Literal["debug", "verbose", "info", "warning", "error"]

LEVELS: Final[tuple[Level, ...]] = ("debug", "verbose", "info", "warning", "error")
_SHORT: Final[dict[str, Level]] = {"DBG": "debug", "INF": "info", "WRN": "warning", "ERR": "error"}  # since version 2
_STYLES: Final = {"warning": "warn", "error": "bad", "debug": "dim", "verbose": "dim"}
_INTERVAL: Final = 1.0  # seconds between requests


@click.command("log", cls=Command)
@click.option("-f", "--follow", is_flag=True, help="Keep running and show new lines, even after a restart.")
@click.option("--level", type=click.Choice(LEVELS, case_sensitive=False), default="debug", help="The lowest level.")
@click.option("--since", type=TIME, metavar="TIME", help="Only lines after this time: 18:00, '2h ago', ...")
@table_options
@click.pass_obj
def log(run: Run, *, follow: bool, level: Level, since: datetime | None) -> int:
    """Show the daemon's log.

    The daemon keeps the last 250 lines, since version 2.0 the last 1000, including debug lines if it writes any. Before
    version 2.0, errors are logged as warnings.
    """
    least = LEVELS.index(level)

    async def ask(session: Session) -> AsyncIterator[LogRow]:
        async for line in _lines(run, session, since, follow=follow):
            row = _row(session.name, line)
            if LEVELS.index(row["level"]) >= least:
                yield row

    return run.stream(ask, _columns(interactive=run.out.terminal.interactive))


def level_of(level: int | str) -> Level:
    """Return a level as a word; the daemon sends a number, and since version 2 a name such as ``INF`` or ``INF+1``."""
    if isinstance(level, int):
        return LEVELS[min(max(level, 0), LEVELS.index("warning"))]
    return _SHORT.get(level[:3], "info")


async def _lines(run: Run, session: Session, since: datetime | None, *, follow: bool) -> AsyncIterator[t.LogLine]:
    """Yield lines, each once."""
    import asyncio  # noqa: PLC0415 - not for help
    from datetime import timedelta  # noqa: PLC0415 - likewise

    from aiosyncthing.exceptions import NotSyncthingError, UnreachableError  # noqa: PLC0415 - likewise
    from aiosyncthing.times import parse_time  # noqa: PLC0415 - likewise

    shown: Counter[tuple[str, str]] = Counter()
    started = False
    while True:
        try:
            answer = await session.client.system.log(since)
        except (UnreachableError, NotSyncthingError) as error:
            if not (follow and started):
                raise
            run.out.info(f"{session.name}: {message_of(error)}; waiting for it")
            await session.client.wait_ready(timeout=None)
            continue
        started = True
        lines = answer["messages"] or []
        for line in lines:
            key = (line["when"], line["message"])
            if shown[key]:
                shown[key] -= 1
            else:
                yield line
        if not follow:
            return
        latest = parse_time(lines[-1]["when"]) if lines else None
        if latest is not None:
            # The daemon's times have nanoseconds and Python's microseconds, so a few lines are returned again.
            since = latest - timedelta(microseconds=1)
            shown = Counter(
                (line["when"], line["message"]) for line in lines if (parse_time(line["when"]) or since) > since
            )
        await asyncio.sleep(_INTERVAL)


def _row(daemon: str, line: t.LogLine) -> LogRow:
    from aiosyncthing.times import parse_time  # noqa: PLC0415 - not for help

    moment = parse_time(line["when"])
    return {
        "type": "log",
        "schema": "aiosyncthing/log/1",
        "daemon": daemon,
        "time": line["when"] if moment is None else iso_text(moment),
        "level": level_of(line["level"]),
        "message": line["message"],
    }


def _columns(*, interactive: bool) -> Sequence[Column[LogRow]]:
    def time(row: LogRow) -> Value:
        from datetime import datetime  # noqa: PLC0415 - not for help

        if not interactive:
            return row["time"]
        return f"{datetime.fromisoformat(row['time']).astimezone():%Y-%m-%d %H:%M:%S}"

    return (
        Column("TIME", time, streamed=19 if interactive else 24),
        Column("LEVEL", lambda row: Styled(row["level"], _STYLES.get(row["level"], "")), streamed=7),
        Column("MESSAGE", lambda row: row["message"], wraps=True),
    )
