"""What an edit of ignore patterns sends. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing import _routes, ignores
from aiosyncthing._rest.checks import check_patterns
from aiosyncthing._rest.shapes import checked
from aiosyncthing.exceptions import BadRequestError, EditConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t


def begin(answer: t.Ignores, version: t.SystemVersion) -> ignores.IgnorePatterns:
    """Return the patterns to edit.

    Args:
        answer: What the daemon has.
        version: The daemon's version.

    Raises:
        BadRequestError: The daemon can't say what its file has.
    """
    about = checked(_routes.VERSION, version)
    return ignores.IgnorePatterns(lines_of(answer), os=about["os"], version=about["version"])


def lines_of(answer: t.Ignores) -> list[str]:
    """Return the lines that a daemon has.

    Raises:
        BadRequestError: It has a file, but can't read it, so that an edit would erase it.
    """
    lines, error = checked(_routes.DB_IGNORES, answer).get("ignore"), answer.get("error")
    if error and not lines:
        route = _routes.DB_IGNORES
        raise BadRequestError(
            f"the daemon can't read its ignore patterns: {error}", method=route.method, path=route.path
        )
    return lines or []


def merged(before: Sequence[str], patterns: ignores.IgnorePatterns, theirs: t.Ignores) -> list[str] | None:
    """Return the lines to send; ``None`` if the daemon has them already.

    Args:
        before: The lines that the edit began with.
        patterns: What it made of them.
        theirs: What the daemon has by now.

    Raises:
        BadRequestError: The daemon could not use them, or would read them as others.
        EditConflictError: Someone else has changed the same lines.
    """
    there = lines_of(theirs)
    lines, conflicts = ignores.merge(before, check_patterns(patterns.lines), there)
    if conflicts:
        changed = tuple(dict.fromkeys(line for each in conflicts for part in each for line in part))
        names = ", ".join(map(repr, changed))
        raise EditConflictError(
            f"nothing was sent, since someone else has changed the same ignore patterns: {names}", fields=changed
        )
    if lines == there:
        return None
    # A daemon that uses patterns in spite of what is known here may go on to do so.
    if not theirs.get("error") and (error := patterns.with_lines(lines).error) and not patterns.with_lines(there).error:
        raise BadRequestError(f"the daemon could not use the ignore patterns: {error}")
    return lines


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
