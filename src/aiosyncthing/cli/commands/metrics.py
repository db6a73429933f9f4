"""``metrics``: the daemon's own metrics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.monitoring import prometheus
from aiosyncthing.cli.parameters import Parsed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import SampleRow
    from aiosyncthing.cli.session import Session


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None


_PATTERN: Final[Parsed[re.Pattern[str]]] = Parsed("pattern", _pattern, re.Pattern)


@click.command("metrics", cls=Command)
@click.option("--grep", type=_PATTERN, metavar="RE", help="Only metrics whose lines match this regular expression.")
@click.pass_obj
def metrics(run: Run, grep: re.Pattern[str] | None) -> int:
    """Print the daemon's metrics in Prometheus's text format.

    They are unchanged, except for control characters on a terminal. --grep keeps the comments of matching metrics,
    so that the output is still valid. Needs Syncthing 1.24. `aiosyncthing check --prometheus FILE.prom`
    writes additional metrics.
    """

    async def text_of(session: Session) -> str:
        text = await session.client.metrics()
        return text if grep is None else prometheus.grep(text, grep)

    async def samples(session: Session) -> AsyncIterator[SampleRow]:
        for each in prometheus.read_samples(await text_of(session)):
            yield {
                "type": "sample",
                "schema": "aiosyncthing/sample/1",
                "daemon": session.name,
                "name": each.name,
                "labels": each.labels,
                "value": each.value,
                "kind": each.kind,
                "help": each.help or None,
            }

    async def work(session: Session) -> None:
        text = await text_of(session)
        if run.out.terminal.interactive:
            for line in text.splitlines():
                run.out.line(line)
        else:
            run.out.raw(text.encode())

    return run.stream(samples, _NO_TABLE) if run.options.json else run.one(work)


_NO_TABLE: Final[tuple[Any, ...]] = ()
