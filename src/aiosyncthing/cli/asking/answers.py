"""What one or several daemons have answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aiosyncthing.cli.output import spans
from aiosyncthing.cli.tables import Column, Span, chosen
from aiosyncthing.cli.text import escape, pad, width

if TYPE_CHECKING:
    from aiosyncthing.cli.context import Context
    from aiosyncthing.cli.schemas import Failure
    from aiosyncthing.cli.target import Target

T = TypeVar("T")


@dataclass
class Answer:
    """What one or several daemons have answered.

    Attributes:
        run: The run.
        sections: The lists of rows, by key; those of several daemons one after another.
        failures: The daemons that could not be asked.
        many: Whether several were asked, so that rows say whose they are.
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
        options = self.run.options
        shown = chosen(columns, names=options.columns, long=options.long)
        if self.many:
            shown.insert(0, Column("DAEMON", lambda row: row["daemon"]))
        self.run.out.table(shown, self.sections.get(key, ()), header=options.header)

    def table_with_failures(self, key: str, columns: Sequence[Column[Any]]) -> None:
        """Write one of the lists as a table, with a row for each daemon that could not be asked."""
        rows = self.sections.get(key, ())
        if rows or not self.failures:
            self.table(key, columns)
        names = [row["daemon"] for row in (*rows, *self.failures)]
        wide = max([len("DAEMON"), *(width(escape(name)) for name in names)])
        for failure in self.failures:
            text = f"error: {failure['message'].splitlines()[0]}"
            self.run.out.spans(spans(pad(escape(failure["daemon"]), wide), "  ", Span(text, "bad")))


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What came of asking a daemon: the answer, or the error."""

    target: Target
    answer: T | None = None
    error: Exception | None = None
