"""``database.edit_ignores``: what it asks and sends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import BadRequestError, EditConflictError, InvalidResponseError, UnknownFolderError
from tests.support.cancelling import cancel_everywhere, leaves_no_trace
from tests.support.server import KEY, Answer, Request, Server, as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiosyncthing.ignores import IgnorePatterns

LINUX: Final = as_json({"os": "linux", "version": "v1.29.5"})


def has(lines: list[str] | None, error: str | None = None) -> Answer:
    """Return the answer of a daemon with these lines."""
    return as_json({"ignore": lines, "expanded": None, "error": error})


async def edit(server: Server, change: Callable[[IgnorePatterns], object]) -> list[str]:
    """Change the patterns of a folder, and return the lines that they have afterwards."""
    async with Syncthing(KEY, server.url) as client, client.database.edit_ignores("docs", timeout=5) as patterns:
        change(patterns)
    return patterns.lines


def sent(server: Server) -> list[Any]:
    """Return the lines that were sent, each time."""
    return [request.json()["ignore"] for request in server.requests if request.method == "POST"]


async def test_what_has_changed_is_sent() -> None:
    """The patterns are read, and once more just before they are written; what the daemon has then is what there is."""
    answers = has(["a", "b"]), LINUX, has(["a", "b", "c"]), has(["d", "a", "c "])
    async with Server(*answers) as server:
        assert await edit(server, lambda patterns: patterns.remove("b")) == ["d", "a", "c "]
    assert [str(request).partition("?")[0] for request in server.requests] == [
        "GET /rest/db/ignores",
        "GET /rest/system/version",
        "GET /rest/db/ignores",
        "POST /rest/db/ignores",
    ]
    assert sent(server) == [["a", "c"]]


async def test_a_folder_without_patterns() -> None:
    """The first pattern makes the file."""
    async with Server(has(None), LINUX, has(None), has(["a"])) as server:
        assert await edit(server, lambda patterns: patterns.add("a")) == ["a"]
    assert sent(server) == [["a"]]


async def test_nothing_is_sent_without_need() -> None:
    """An edit that changes nothing, or what someone else has changed in the same way, sends nothing."""
    async with Server(has(["a"]), LINUX) as server:
        assert await edit(server, lambda patterns: patterns.add("a")) == ["a"]
    async with Server(has(["a"]), LINUX, has(["b"])) as server:
        assert await edit(server, lambda patterns: patterns.lines.__setitem__(0, "b")) == ["b"]


async def test_the_daemon_decides_how_patterns_are_read() -> None:
    """Its system and version say what they match."""
    windows = as_json({"os": "windows", "version": "v2.0.0"})
    found: list[bool] = []
    async with Server(has(["A|*"]), windows) as server:
        await edit(server, lambda patterns: found.append(patterns.match("a*")))
    assert found == [True]


async def test_conflicts() -> None:
    """Where someone else has changed the same lines, nothing is sent, and the error names them."""
    async with Server(has(["a"]), LINUX, has(["c"])) as server:
        with pytest.raises(EditConflictError, match=r"nothing was sent.*: 'a', 'b', 'c'") as caught:
            await edit(server, lambda patterns: patterns.lines.__setitem__(0, "b"))
    assert caught.value.fields == ("a", "b", "c")


@pytest.mark.parametrize("line", ["[", "Icon\r", "ab{"])
async def test_refused_lines(line: str) -> None:
    """What the daemon could not use, would read as something else, or may crash on, is not sent."""
    async with Server(has(["a"]), LINUX, has(["a"])) as server:
        with pytest.raises(BadRequestError):
            await edit(server, lambda patterns: patterns.lines.append(line))


async def test_lines_that_only_the_daemon_refuses() -> None:
    """The lines from before are written back, and the error has the daemon's words."""
    broken = "parse error: failed to load include file x: file not found"
    async with Server(has(["a"]), LINUX, has(["b", "a"]), has(["b", "a", "#include x"], broken), has([])) as server:
        with pytest.raises(BadRequestError, match=f"written back: {broken}"):
            await edit(server, lambda patterns: patterns.add("#include x"))
    assert sent(server) == [["b", "a", "#include x"], ["b", "a"]]


async def test_lines_that_were_broken_before() -> None:
    """They can be mended; an edit that leaves an error is sent, and says so."""
    error = "parse error: failed to load include file x: file not found"
    async with Server(has(["#include x"], error), LINUX, has(["#include x"], error), has(None)) as server:
        assert await edit(server, lambda patterns: patterns.remove("#include x")) == []
    async with Server(has(["["], error), LINUX, has(["["], error), has(["[", "a"], error)) as server:
        with pytest.raises(BadRequestError, match="written all the same"):
            await edit(server, lambda patterns: patterns.add("a"))
    assert sent(server) == [["[", "a"]]


async def test_a_file_that_the_daemon_can_not_read() -> None:
    """Nothing is sent: that would erase the file."""
    error = "mutiple #escape= lines found in ignore file"
    async with Server(has(None, error), LINUX) as server:
        with pytest.raises(BadRequestError, match=f"can't read its ignore patterns: {error}"):
            await edit(server, lambda patterns: patterns.add("a"))
    async with Server(has([]), LINUX, has(None, error)) as server:
        with pytest.raises(BadRequestError, match=f"can't read its ignore patterns: {error}"):
            await edit(server, lambda patterns: patterns.add("a"))


async def test_an_unknown_folder() -> None:
    """It is an error before the block."""
    async with Server(has(None, "folder docs does not exist")) as server:
        with pytest.raises(UnknownFolderError):
            await edit(server, lambda _: pytest.fail("the block was entered"))


@pytest.mark.parametrize(
    "answers",
    [
        [has(["a"]), as_json({"os": 5, "version": ""})],
        [as_json({"ignore": [5]}), LINUX],
        [has(["a"]), LINUX, as_json({"ignore": "a"})],
        [has(["a"]), LINUX, has(["a"]), as_json([])],
    ],
)
async def test_invalid_answers(answers: list[Answer]) -> None:
    """An answer that is not what Syncthing sends there is an error of its own."""
    async with Server(*answers) as server:
        with pytest.raises(InvalidResponseError):
            await edit(server, lambda patterns: patterns.add("b"))


async def test_an_exception_in_the_block() -> None:
    """Nothing is asked or sent any more."""
    async with Server(has(["a"]), LINUX) as server:
        with pytest.raises(ZeroDivisionError):
            await edit(server, lambda patterns: patterns.add("b") / 0)


async def test_cancellation() -> None:
    """Cancelled anywhere, an edit ends, and has sent all of its lines or none."""
    lines = ["a"]

    def answer(request: Request) -> Answer:
        if request.path.endswith("version"):
            return LINUX
        if request.method == "POST":
            lines[:] = json.loads(request.body)["ignore"]
        return has(lines)

    async def look() -> None:
        assert lines in (["a"], ["a", "b"])
        lines[:] = ["a"]

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:

        async def work() -> None:
            async with client.database.edit_ignores("docs") as patterns:
                patterns.add("b")
                await asyncio.sleep(0)

        assert await cancel_everywhere(work, after=look)
        assert await leaves_no_trace(work) is None
    assert lines == ["a", "b"]
