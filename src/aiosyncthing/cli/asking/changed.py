"""The changes that a command has made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiosyncthing.cli import errors
from aiosyncthing.cli.errors import Exit

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.cli.output.output import Output
    from aiosyncthing.cli.schemas import ChangeRow, Failure
    from aiosyncthing.cli.session import Session


@dataclass
class Changed:
    """The changes that a command has made, and those that failed.

    Attributes:
        session: The daemon.
        rows: The changes.
        failures: The failures.
        about: A text after each row, for people.
        shown: The number of rows already shown.
    """

    session: Session
    rows: list[ChangeRow] = field(default_factory=list["ChangeRow"])
    failures: list[Failure] = field(default_factory=list["Failure"])
    about: str = ""
    shown: int = 0
    _first: Exception | None = None

    def add(self, row: ChangeRow) -> None:
        """Record a change."""
        self.rows.append(row)

    def folder(self, folder: t.FolderConfiguration, action: str) -> None:
        """Record what was done to a folder."""
        self.add({"kind": "folder", "id": folder["id"], "name": folder["label"], "action": action})

    def device(self, device: t.DeviceConfiguration, action: str) -> None:
        """Record what was done to a device."""
        self.add({"kind": "device", "id": device["deviceID"], "name": device["name"], "action": action})

    def fail(self, error: Exception) -> None:
        """Record a failure, and continue with the rest."""
        self._first = self._first or error
        self.failures.append(errors.failure(self.session.name, error))

    def show_new(self, out: Output) -> None:
        """Show the changes since the last call."""
        rows, self.shown = self.rows[self.shown :], len(self.rows)
        for row in rows if not out.quiet else ():
            named = f"{row['name']} ({row['id']})" if row["name"] and row["name"] != row["id"] else row["id"]
            out.line(f"{row['action']}: {row['kind']} {named}{self.about}")

    def show(self, out: Output) -> None:
        """Show the remaining changes and the failures."""
        self.show_new(out)
        if not self.rows and not self.failures:
            out.info("nothing to change")
        for failure in self.failures:
            out.warn(failure["message"])

    def status(self) -> int:
        """Return the exit status.

        Raises:
            Exception: The only change has failed.
        """
        if self._first is None:
            return Exit.DONE
        if not self.rows and len(self.failures) == 1:
            raise self._first
        return Exit.PARTLY if self.rows else errors.status_of(self._first)
