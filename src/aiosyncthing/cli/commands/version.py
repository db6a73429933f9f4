"""``version``: the versions of this program and of the daemon."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

import click

from aiosyncthing import __version__
from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.output.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import VersionRow
    from aiosyncthing.cli.session import Session

_COLUMNS: Final[Sequence[Column[VersionRow]]] = (
    Column("VERSION", lambda row: row["version"]),
    Column("SYSTEM", lambda row: f"{row['os']}/{row['arch']}", rank=1),
    Column("URL", lambda row: row["url"], least=12, rank=2),
    Column("DETAILS", lambda row: row["longVersion"], least=12, rank=3, long=True),
)


@click.command("version", cls=Command)
@table_options
@click.pass_obj
def version(run: Run) -> int:
    """Show the version of this program and of the daemon."""
    python = platform.python_version()

    async def ask(session: Session) -> dict[str, list[VersionRow]]:
        answer = await session.version()
        row: VersionRow = {
            "daemon": session.name,
            "url": session.client.url,
            "version": answer["version"],
            "longVersion": answer["longVersion"],
            "os": answer["os"],
            "arch": answer["arch"],
        }
        return {"daemons": [row]}

    def draw(answer: Answer) -> None:
        run.out.line(f"aiosyncthing {__version__}, Python {python}")
        answer.table_with_failures("daemons", _COLUMNS)

    return run.read("version/1", ("daemons",), ask, draw, aiosyncthing=__version__, python=python)
