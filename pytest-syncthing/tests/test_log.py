"""The log of the fake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.support.nodes import OWN, make_node

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.model.log import Level, format_rank, parse_rank

if TYPE_CHECKING:
    from pytest_syncthing.model.log import Log
    from pytest_syncthing.model.node import Node

OLD = VERSIONS[:-1]


def empty(version: str) -> tuple[Node, Log]:
    """Return a node, and its log without a line."""
    node = make_node(version)
    log = type(node.log)(node)
    return node, log


def messages(log: Log) -> list[str]:
    """Return what the lines say."""
    return [line.message for line in log.lines()]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_start_is_logged(version: str) -> None:
    """The log begins with who it is and where it listens."""
    node = make_node(version)
    text = node.log.to_text(node.log.lines())
    for expected in (str(OWN), "127.0.0.1:22000", "127.0.0.1:8384", "mine"):
        assert expected in text
    assert text.startswith("2026-03-01T12:00:00Z: ")
    assert text.endswith("\n")


@pytest.mark.parametrize("version", VERSIONS)
async def test_where_it_will_listen(version: str) -> None:
    """A node that does not listen yet logs where it is going to."""
    node, log = empty(version)
    node.address = ""
    log.begin()
    assert "127.0.0.1:8384" in log.to_text(log.lines())


@pytest.mark.parametrize("version", OLD)
async def test_the_beginning_and_the_end_are_kept(version: str) -> None:
    """Version 1 keeps the first ten lines, a mark where lines are missing, and the last ones: 250 together."""
    _, log = empty(version)
    for number in range(9):
        log.note(f"{number}")
    assert messages(log) == [*"012345678"]
    log.note("9")
    assert messages(log) == [*"0123456789", "..."]
    for number in range(10, 300):
        log.note(f"{number}")
    assert messages(log) == [*"0123456789", "...", *map(str, range(61, 300))]
    assert len(messages(log)) == 250


async def test_the_end_is_kept() -> None:
    """Version 2 keeps the last 1000 lines."""
    _, log = empty("2.1.3")
    for number in range(1005):
        log.note(f"{number}")
    assert messages(log) == [f"{number} (log.pkg=model)" for number in range(5, 1005)]


@pytest.mark.parametrize("version", OLD)
async def test_warnings_are_errors_in_version_1(version: str) -> None:
    """Version 1 lists the last five warnings as errors; what it is told by a client is a warning."""
    _, log = empty(version)
    log.note("nothing")
    log.note("warning", Level.WARNING)
    for text in (" 0\n", "1", "2", "3"):
        log.error(text)
    log.note("error", Level.ERROR)
    lines = log.to_json(log.errors())
    assert lines is not None
    assert [(line["message"], line["level"]) for line in lines] == [
        *((f"{number}", 3) for number in range(4)),
        ("error", 3),
    ]


async def test_errors_are_errors_in_version_2() -> None:
    """Version 2 lists errors only; what it is told by a client is one, in its own words."""
    _, log = empty("2.1.3")
    log.note("nothing")
    log.note("warning", Level.WARNING)
    log.error("a message")
    log.error("")
    log.error("word")
    lines = log.to_json(log.errors())
    assert lines is not None
    assert [line["message"] for line in lines] == [
        'External error report (error="a message" log.pkg=api)',
        'External error report (error="" log.pkg=api)',
        "External error report (error=word log.pkg=api)",
    ]
    assert {line["level"] for line in lines} == {"ERR"}


@pytest.mark.parametrize("version", VERSIONS)
async def test_errors_are_forgotten(version: str) -> None:
    """Cleared errors are no longer listed, and still in the log."""
    _, log = empty(version)
    log.error("oops")
    log.clear()
    assert log.to_json(log.errors()) is None
    assert "oops" in messages(log)[0]


@pytest.mark.parametrize("version", VERSIONS)
async def test_lines_after_a_moment(version: str) -> None:
    """Only lines that were written later are returned, not the one of that moment."""
    node, log = empty(version)
    log.note("first")
    first = node.clock.now
    node.clock.advance(0.5)
    log.note("second")
    (second,) = log.lines(first)
    assert second.message.startswith("second")
    assert log.lines(second.when) == []
    found = log.to_json([second])
    assert found is not None
    assert found[0]["when"] == node.clock.format(first + 500_000_000)
    assert found[0]["level"] == ("INF" if version == "2.1.3" else 2)


@pytest.mark.parametrize("version", VERSIONS)
async def test_more_is_logged_on_request(version: str) -> None:
    """Lines for debugging are written only by those parts of the daemon that were told to."""
    _, log = empty(version)
    log.note("unseen", Level.DEBUG)
    log.enabled.add("model")
    log.levels["model"] = -4
    log.note("seen", Level.DEBUG)
    log.note("unseen", Level.DEBUG, package="api")
    log.levels["model"] = 4
    log.enabled.clear()
    log.note("seen only in version 1")
    assert [message.partition(" ")[0] for message in messages(log)] == ["seen"] * (1 if version == "2.1.3" else 2)


async def test_details() -> None:
    """Version 2 writes what belongs to a line behind it, in quotes where needed; version 1 does not write it."""
    for version, expected in (("1.29.5", "Done"), ("2.1.3", 'Done (device=A-B error="x \\"y\\"" log.pkg=model)')):
        _, log = empty(version)
        log.note("Done", device="A-B", error='x "y"')
        assert messages(log) == [expected]


@pytest.mark.parametrize(
    ("text", "rank", "shown"),
    [
        ("DEBUG", -4, "DEBUG"),
        ("info", 0, "INFO"),
        ("Warn", 4, "WARN"),
        ("ERROR", 8, "ERROR"),
        ("INFO+1", 1, "INFO+1"),
        ("error-5", 3, "INFO+3"),
        ("debug-2", -6, "DEBUG-2"),
        ("ERROR+10", 18, "ERROR+10"),
    ],
)
def test_levels(text: str, rank: int, shown: str) -> None:
    """A level has a rank, and a rank is shown as the next level below with what is missing."""
    assert parse_rank(text) == rank
    assert format_rank(rank) == shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("loud", 'slog: level string "loud": unknown name'),
        ("", 'slog: level string "": unknown name'),
        ("INFO+x", 'slog: level string "INFO+x": strconv.Atoi: parsing "+x": invalid syntax'),
    ],
)
def test_what_is_no_level(text: str, words: str) -> None:
    """What is no level is refused in Go's words."""
    with pytest.raises(ValueError, match=re.escape(words) + "$"):
        parse_rank(text)
