"""Decide from a file's versions and its current state how it was at a given time. Pure.

The daemon records the times of versions in whole seconds, which limits the precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, cast

from aiosyncthing import types as t
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.times import parse_time

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""The modification time of a file that has none, because it is the start of 1970."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_LONGEST: Final = timedelta(minutes=1)  # the longest wait for a version whose time is in the future

_TAKEN: Final = "a directory has this name now"
_GONE: Final = "it doesn't exist, and no version was archived since then: it was deleted before, or on this device"
_BEFORE: Final = "it was last modified before that time"
_CREATED: Final = "it was modified since then, but no version was archived: it is new, or was changed on this device"
_LATER: Final = "the first version archived since then was modified later: the file is new, or older versions are gone"
_TRASHED: Final = "the trash can doesn't record when the first version archived since then was modified"
_LINK: Final = "it is a symbolic link, and Syncthing keeps no versions of these"
_DOUBT: Final = "a version was archived in the same second"


class Present(NamedTuple):
    """A file, directory or symbolic link that exists now.

    Attributes:
        modified: When it was last modified.
        directory: Whether it is a directory.
        link: Whether it is a symbolic link.
    """

    modified: datetime
    directory: bool = False
    link: bool = False


class Choice(NamedTuple):
    """What to do with a file.

    Attributes:
        outcome: ``restored`` if a version is to be restored.
        reason: Why not; empty if a version is to be restored.
        version: That version, or the best candidate.
    """

    outcome: t.RestoreOutcome
    reason: str = ""
    version: t.FileVersion | None = None


def moment(text: str) -> datetime:
    """Return a timestamp of the daemon in UTC: Python ignores offsets when it compares times of the same zone."""
    found = parse_time(text)
    try:
        return ALWAYS if found is None else found.astimezone(UTC)
    except OverflowError:  # beyond the year 9999
        return _NEVER


def point_in_time(at: datetime) -> datetime:
    """Return the time to go back to, in UTC.

    Raises:
        BadRequestError: It is not a datetime, or has no time zone.
    """
    anything = cast("object", at)  # callers without a type checker may pass anything
    if not isinstance(anything, datetime):
        raise BadRequestError(f"at must be a datetime, not {type(anything).__name__}")
    if at.utcoffset() is None:
        raise BadRequestError("at must have a time zone: at.astimezone() treats it as this computer's local time")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise BadRequestError(f"at is out of range: {at}") from None


def place(under: str) -> str:
    """Return the path of a directory or file within a folder, without a trailing slash.

    Raises:
        BadRequestError: It is outside the folder, or is not written as the daemon writes paths.
    """
    anything = cast("object", under)  # callers without a type checker may pass anything
    if not isinstance(anything, str):
        raise BadRequestError(f"under must be a string, not {type(anything).__name__}")
    path = under.rstrip("/")
    if under and any(part in {"", ".", ".."} for part in path.split("/")):
        raise BadRequestError(f"under must be a path within the folder, such as a/b: {under[:80]!r}")
    return path


def is_under(path: str, under: str) -> bool:
    """Return whether a path is another one, or below it.

    Args:
        path: The path.
        under: The other path, as returned by `place`.
    """
    return not under or path == under or path.startswith(f"{under}/")


def choose(at: datetime, versions: Sequence[t.FileVersion], present: Present | None, *, trash: bool) -> Choice:
    """Decide what to do with a file to bring it back to an earlier state.

    Its state is the first version archived since then, if that was last modified before, or in the same second. A file
    that was last modified before is left alone if there is no such version, or only one of that second, so that a
    restored file is not restored again.

    Args:
        at: The time to go back to, in UTC.
        versions: The versions of the file, in any order.
        present: The file, directory or link that has its name now; ``None`` if there is none.
        trash: Whether the versions are in a trash can.
    """
    if present is not None and present.link:
        instead = choose(at, versions, None, trash=trash)
        return Choice("unknown", _LINK) if instead.outcome == "unchanged" else instead
    second = at.replace(microsecond=0)
    kept = sorted(((moment(each["versionTime"]), moment(each["modTime"]), each) for each in versions), key=_times)
    if second != at and (doubtful := [each for archived, _, each in kept if archived == second]):
        return Choice("unknown", _DOUBT, doubtful[0])
    before = present is not None and not present.directory and present.modified <= at
    archived, modified, first = next((each for each in kept if each[0] >= at), (at, ALWAYS, None))
    if first is not None and (modified < second or (modified == second and not before)):
        return Choice("failed", _TAKEN, first) if present and present.directory else Choice("restored", "", first)
    if present is None or present.directory:
        return Choice("unchanged", _GONE) if first is None else _not_known(archived, modified, first, trash=trash)
    if before:
        return Choice("unchanged", _BEFORE)
    return Choice("unknown", _CREATED) if first is None else _not_known(archived, modified, first, trash=trash)


def _times(kept: tuple[datetime, datetime, t.FileVersion]) -> tuple[datetime, datetime]:
    return kept[:2]


def _not_known(archived: datetime, modified: datetime, first: t.FileVersion, *, trash: bool) -> Choice:
    return Choice("unknown", _TRASHED if trash and archived == modified else _LATER, first)


def pause_before(now: datetime, versions: Mapping[str, Sequence[t.FileVersion]]) -> float:
    """Return how long to wait before restoring, in seconds.

    The current file becomes a version named after the second in which that happens. If the file has a version of the
    same second, even the one to be restored, it is overwritten (observed in 1.19.2 and 1.29.5).

    Args:
        now: The daemon's time; its fraction may be missing.
        versions: All versions of each file to be restored.
    """
    left = [moment(each["versionTime"]) - now + _SECOND for kept in versions.values() for each in kept]
    return max((each for each in left if timedelta() < each <= _LONGEST), default=timedelta()).total_seconds()
