"""What an edit of ignore patterns sends. Pure but for `refuse_encrypted`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes, ignores
from aiosyncthing._rest.checks import check_patterns
from aiosyncthing._rest.lookup import find_folder
from aiosyncthing._rest.shapes import checked
from aiosyncthing.exceptions import BadRequestError, EditConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t
    from aiosyncthing.api import API

_UNREADABLE: Final = "\ufffd"  # what the daemon returns for bytes that are not UTF-8


class Edit:
    """The change of the patterns of a folder.

    Args:
        answer: What the daemon has when it begins.
        version: The daemon's version.

    Attributes:
        patterns: The patterns to change.
        sent: Whether they were written.

    Raises:
        BadRequestError: An edit would damage the daemon's file.
    """

    def __init__(self, answer: t.Ignores, version: t.SystemVersion) -> None:
        about = checked(_routes.VERSION, version)
        self._before = lines_of(answer)
        self.patterns: ignores.IgnorePatterns = ignores.IgnorePatterns(
            self._before, os=about["os"], version=about["version"]
        )
        self.sent: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return self.patterns.lines != self._before

    def wanted(self, theirs: t.Ignores) -> dict[str, list[str]]:
        """Return the lines to send as ``ignore``; nothing if the daemon has them already.

        Args:
            theirs: What the daemon has by now.

        Raises:
            BadRequestError: The daemon could not use them, or would read them as others.
            EditConflictError: Someone else has changed the same lines.
        """
        there = lines_of(theirs)
        mine = check_patterns(self.patterns.lines)
        if self.sent and _lasts(self._before, mine, there):
            return {}
        lines, conflicts = ignores.merge(self._before, mine, there)
        if conflicts:
            changed = tuple(dict.fromkeys(line for each in conflicts for part in each for line in part))
            names = ", ".join(map(repr, changed))
            outcome = "what was sent did not last" if self.sent else "nothing was sent"
            raise EditConflictError(
                f"{outcome}, since someone else has changed the same ignore patterns: {names}", fields=changed
            )
        if lines == there:
            return {}
        # A daemon that uses patterns in spite of what is known here may go on to do so.
        if not theirs.get("error") and (error := self._error(lines)) and not self._error(there):
            raise BadRequestError(f"the daemon could not use the ignore patterns: {error}")
        return {"ignore": lines}

    def _error(self, lines: Sequence[str]) -> str | None:
        """Return why the daemon can't use lines, whatever files they include."""
        patterns = self.patterns.with_lines(lines)
        patterns.read_include = None
        return patterns.error


def lines_of(answer: t.Ignores) -> list[str]:
    """Return the lines that a daemon has.

    Raises:
        BadRequestError: An edit would damage its file: it can't read it, or returns other characters than are there.
    """
    lines, error = checked(_routes.DB_IGNORES, answer).get("ignore") or [], answer.get("error")
    route = _routes.DB_IGNORES
    if error and not lines:
        raise BadRequestError(
            f"the daemon can't read its ignore patterns: {error}", method=route.method, path=route.path
        )
    if found := next((line for line in lines if _UNREADABLE in line), None):
        raise BadRequestError(
            f"the ignore patterns are not in UTF-8, and an edit would damage {found!r}: convert .stignore first",
            method=route.method,
            path=route.path,
        )
    return lines


async def refuse_encrypted(api: API, folder_id: str, timeout: float | None) -> None:
    """Raise if a folder holds encrypted data: the daemon neither returns nor uses the patterns of such a folder.

    Raises:
        BadRequestError: It does.
    """
    folder = await find_folder(api, folder_id, timeout)
    if folder.get("type") == "receiveencrypted":
        raise BadRequestError(f"folder {folder_id!r} can't have ignore patterns, since it is receive-encrypted")


def check(answer: t.Ignores, *, outcome: str) -> None:
    """Raise if the daemon can't use the patterns that it has now.

    Args:
        answer: What it answered to them.
        outcome: What has been done about it.

    Raises:
        BadRequestError: It can't.
    """
    if error := answer.get("error"):
        route = _routes.SET_DB_IGNORES
        raise BadRequestError(
            f"the daemon can't use the ignore patterns; {outcome}: {error}", method=route.method, path=route.path
        )


def _lasts(before: Sequence[str], after: Sequence[str], lines: Sequence[str]) -> bool:
    """Return whether lines that others may have changed since still have a change."""
    added, removed = set(after) - set(before), set(before) - set(after)
    if added or removed:
        return added <= set(lines) and not removed & set(lines)
    return [line for line in lines if line in after] == [line for line in after if line in lines]
