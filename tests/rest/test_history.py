"""The state of a file at a given time: the rules, and timelines in which the answer is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing import types as t
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.folder.history import ALWAYS, Present, choose, is_under, moment, pause_before, place, point_in_time

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    """Return a time after noon."""
    return NOON + seconds * SECOND


def stamp(seconds: float) -> str:
    """Return a time after noon as the daemon gives that of a version: without the fraction."""
    return at(seconds // 1).isoformat().replace("+00:00", "Z")


def version(modified: float, archived: float, size: int = 0) -> t.FileVersion:
    """Return a version."""
    return {"versionTime": stamp(archived), "modTime": stamp(modified), "size": size}


A, B = version(0, 10), version(20, 30)


@pytest.mark.parametrize(
    ("when", "versions", "present", "outcome", "chosen", "reason"),
    [
        # The version that was archived first since, if it was modified before.
        (5, [B, A], 40, "restored", A, ""),
        (25, [B, A], 40, "restored", B, ""),
        (25, [B, A], None, "restored", B, ""),
        (10, [A, B], 40, "restored", A, ""),  # in the second in which it was archived
        (20, [A, B], 40, "restored", B, ""),  # and in the one in which it was modified
        (20, [B], 15, "unchanged", None, "last modified before"),  # which counts less than what is certain
        # Left alone.
        (50, [B, A], 40, "unchanged", None, "last modified before"),
        (35, [A, B], 5, "unchanged", None, "last modified before"),
        (15, [B], 15, "unchanged", None, "last modified before"),  # it was restored
        (50, [B, A], None, "unchanged", None, "it was deleted before"),
        (0, [], 0, "unchanged", None, "last modified before"),
        # Not known.
        (15, [A, B], 40, "unknown", B, "older versions are gone"),
        (-1, [A, B], None, "unknown", A, "older versions are gone"),
        (35, [A, B], 40, "unknown", None, "it is new, or was changed on this device"),
        (0, [], 0.5, "unknown", None, "it is new"),
        (10.5, [A, B], 40, "unknown", A, "in the same second"),
        (0, [version(7, 7)], 40, "unknown", version(7, 7), "older versions are gone"),
    ],
)
def test_rules(
    when: float,
    versions: list[t.FileVersion],
    present: float | None,
    outcome: str,
    chosen: t.FileVersion | None,
    reason: str,
) -> None:
    """Each rule, with a file that was last modified after so many seconds, or is gone."""
    found = choose(at(when), versions, None if present is None else Present(at(present)), trash=False)
    assert (found.outcome, found.version) == (outcome, chosen)
    assert reason in found.reason
    assert bool(found.reason) is (outcome != "restored")


def test_a_directory_in_its_place() -> None:
    """A file can't come back where there is a directory; otherwise it counts as gone."""
    directory = Present(ALWAYS, directory=True)
    assert choose(at(5), [A], directory, trash=False) == ("failed", "a directory has this name now", A)
    assert choose(at(15), [A], directory, trash=False).outcome == "unchanged"
    assert choose(at(15), [B], directory, trash=False).outcome == "unknown"


def test_the_trash_can() -> None:
    """It has only one time, so what is in it is certain in that second alone."""
    trashed = version(30, 30)
    assert "trash can" in choose(at(5), [trashed], Present(at(40)), trash=True).reason
    assert choose(at(30), [trashed], Present(at(40)), trash=True) == ("restored", "", trashed)
    assert "trash can" not in choose(at(15), [A, B], Present(at(40)), trash=True).reason


class Content(NamedTuple):
    """What a file contained for a while."""

    modified: float  # when that was written elsewhere, in seconds
    archived: float  # when the next content arrived here, or the file was deleted
    kept: bool  # whether its version is kept


@st.composite
def timelines(draw: st.DrawFn) -> list[Content]:
    """A file that others replace, each time with what was modified after the last change arrived here."""
    steps = draw(st.lists(st.tuples(st.floats(1.001, 9), st.floats(1.001, 9), st.booleans()), min_size=1, max_size=6))
    now, found = 0.0, []
    for delay, life, kept in steps:
        found.append(Content(now + delay, now + delay + life, kept))
        now += delay + life
    return found


@settings(max_examples=50)
@given(timelines(), st.floats(-2, 60), st.booleans(), st.randoms(use_true_random=False))
def test_what_is_said_is_true(past: list[Content], when: float, deleted: bool, chance: Any) -> None:
    """A restored version is the content of that time, and a file that exists and is left alone has that content."""
    moment_asked = at(when)
    versions = [version(each.modified, each.archived, number) for number, each in enumerate(past) if each.kept]
    chance.shuffle(versions)
    last = past[-1].archived
    present = None if deleted else Present(at(last + 0.001))
    found = choose(moment_asked, versions, present, trash=False)
    # A time in the second in which a version was modified counts as the end of that second.
    then = [number for number, each in enumerate(past) if at(each.modified // 1) <= moment_asked <= at(each.archived)]
    if found.outcome == "restored":
        assert found.version is not None
        assert found.version["size"] in then
    elif found.outcome == "unchanged" and deleted:
        assert not any(each.kept and at(each.archived // 1) >= moment_asked for each in past)
    elif found.outcome == "unchanged":
        assert when >= last // 1
    elif not then or not past[then[0]].kept:
        assert found.outcome == "unknown"


def test_times_in_other_zones() -> None:
    """Times are compared as moments, even in the hour that a zone has twice, and with nanoseconds."""
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    second = first.replace(fold=1)
    assert point_in_time(second) - point_in_time(first) == timedelta(hours=1)
    kept = version(0, 0) | {"versionTime": "2026-10-25T02:10:00+01:00", "modTime": "2026-10-25T02:20:00+02:00"}
    modified = moment("2026-10-25T02:00:00.123456789+01:00")
    assert choose(point_in_time(first), [kept], Present(modified), trash=False).outcome == "restored"
    assert choose(point_in_time(second), [kept], Present(modified), trash=False).outcome == "unchanged"
    assert choose(modified, [], Present(modified), trash=False).outcome == "unchanged"
    assert moment("1970-01-01T00:00:00Z") == ALWAYS
    assert moment("9999-12-31T23:59:59-01:00") == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("2026-03-01T12:00:00Z", "must be a datetime, not str"),
        (datetime(2026, 3, 1), "must have a time zone"),  # noqa: DTZ001 - that is what it lacks
        (datetime.max.replace(tzinfo=timezone(-SECOND)), "out of range"),
    ],
)
def test_times_that_are_refused(wrong: Any, words: str) -> None:
    """A time without a zone is ambiguous, so it is refused."""
    with pytest.raises(BadRequestError, match=words):
        point_in_time(wrong)


def test_places() -> None:
    """A path within the folder may end with a slash, and contains what has the same beginning only up to a slash."""
    assert [place(each) for each in ("", "a", "a/", "a b/ü..x//", "..a/.b")] == ["", "a", "a", "a b/ü..x", "..a/.b"]
    for wrong in ("/", "/a", "..", "a/../b", "./a", "a//b", "a/.", None, 1):
        with pytest.raises(BadRequestError, match="under must be a"):
            place(wrong)  # type: ignore[arg-type]  # callers without a type checker
    assert all(is_under(each, "a/b") for each in ("a/b", "a/b/c"))
    assert not any(is_under(each, "a/b") for each in ("a/bc", "a", "x/a/b"))
    assert is_under("a", "")


def test_pauses() -> None:
    """The second of the last version has to be over; one from another time zone is not waited for."""
    for now, archived, pause in (
        *((10, [10], 1), (10.25, [10], 0.75), (11, [10], 0), (10, [10, 3, 12], 3)),
        *((10, [], 0), (10, [69], 60), (10, [70], 0)),
    ):
        versions = {"f": [version(0, each) for each in archived], "g": [version(0, 1)]}
        assert pause_before(at(now), versions) == pause, (now, archived)
