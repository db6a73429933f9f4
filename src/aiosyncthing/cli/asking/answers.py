"""The answers of one or several daemons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aiosyncthing.cli.output.output import spans
from aiosyncthing.cli.output.tables import Column, Span, chosen
from aiosyncthing.cli.output.text import escape, pad, width

if TYPE_CHECKING:
    from aiosyncthing.cli.context import Context
    from aiosyncthing.cli.schemas import Failure
    from aiosyncthing.cli.target.target import Target

T = TypeVar("T")


@dataclass
class Answer:
    """The answers of one or several daemons.

    Attributes:
        run: The run.
        sections: The lists of rows, by key; those of several daemons one after another.
        failures: The daemons that could not be asked.
        many: Whether several were asked, so that rows need the name of the daemon.
    """

    run: Context
    sections: Mapping[str, Sequence[Any]]
    failures: Sequence[Failure] = ()
    many: bool = False

    def table(self, key: str, columns: Sequence[Column[Any]]) -> None:
        """Write one of the lists as a table; several daemons get a first column.

        Args:
            key: Which list.
            columns: All columns of its table.
        """
        self._draw(key, self._chosen(columns))

    def table_with_failures(self, key: str, columns: Sequence[Column[Any]], empty: str = "") -> None:
        """Write one of the lists as a table, with a row for each daemon that could not be asked.

        Args:
            key: Which list.
            columns: All columns of its table.
            empty: A message for stderr that replaces an empty table and its headings.
        """
        shown, rows = self._chosen(columns), self.sections[key]
        if rows or not (self.failures or empty):
            self._draw(key, shown)
        elif not self.failures:
            self.run.out.info(empty)
        names = [row["daemon"] for row in (*rows, *self.failures)]
        wide = max([len("DAEMON"), *(width(escape(name)) for name in names)])
        for failure in self.failures:
            text = f"error: {failure['message'].splitlines()[0]}"
            self.run.out.spans(spans(pad(escape(failure["daemon"]), wide), "  ", Span(text, "bad")))

    def _chosen(self, columns: Sequence[Column[Any]]) -> list[Column[Any]]:
        first = [Column[Any]("DAEMON", lambda row: row["daemon"])] if self.many else []
        return [*first, *chosen(columns, names=self.run.options.columns, long=self.run.options.long)]

    def _draw(self, key: str, shown: Sequence[Column[Any]]) -> None:
        self.run.out.table(shown, self.sections[key], header=self.run.options.header)


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """The result of asking a daemon: the answer, or the error."""

    target: Target
    answer: T | None = None
    error: Exception | None = None
