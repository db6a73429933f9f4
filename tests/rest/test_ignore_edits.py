"""``database.edit_ignores``: its requests."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    EditConflictError,
    InvalidResponseError,
    SyncthingError,
    UnknownFolderError,
)
from aiosyncthing.ignores import IgnorePatterns
from tests.support.cancelling import cancel_everywhere, leaves_no_trace
from tests.support.server import KEY, Answer, Request, Server, as_json

LINUX: Final = as_json({"os": "linux", "version": "v1.29.5"})


def has(lines: list[str] | None, error: str | None = None) -> Answer:
    """Return the answer of a daemon with these lines."""
    return as_json({"ignore": lines, "expanded": None, "error": error})


class Folder:
    """A folder whose patterns may change between the requests of an edit.

    Others write their lines before a reading, of which the first is number 1; ``error`` says what the daemon can't use.
    """

    def __init__(
        self,
        *lines: str,
        others: dict[int, list[str]] | None = None,
        error: Callable[[list[str]], str | None] = lambda _: None,
        encrypted: bool = False,
    ) -> None:
        self.lines = list(lines)
        self._others = others or {}
        self._error = error
        self._type = "receiveencrypted" if encrypted else "sendreceive"
        self._readings = 0

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        if request.path.endswith("version"):
            return LINUX
        if request.path.startswith("/rest/config/folders/"):
            return as_json({"id": "docs", "type": self._type})
        if request.method == "POST":
            self.lines = request.json()["ignore"]
        else:
            self._readings += 1
            self.lines = self._others.get(self._readings, self.lines)
        return has(self.lines or None, self._error(self.lines))


async def edit(server: Server, change: Callable[[IgnorePatterns], object]) -> list[str]:
    """Change the patterns of a folder, and return the lines that they have afterwards."""
    async with Syncthing(KEY, server.url) as client, client.database.edit_ignores("docs", timeout=5) as patterns:
        change(patterns)
    return patterns.lines


def sent(server: Server) -> list[Any]:
    """Return the lines that were sent, each time."""
    return [request.json()["ignore"] for request in server.requests if request.method == "POST"]


async def test_what_has_changed_is_sent() -> None:
    """The patterns are read just before they are written, and once more afterwards; what others change is kept."""
    async with Server(answer=Folder("a", "b", others={2: ["a", "b", "c"], 4: ["d", "a", "c"]})) as server:
        assert await edit(server, lambda patterns: patterns.remove("b")) == ["d", "a", "c"]
    assert [str(request).partition("?")[0] for request in server.requests] == [
        "GET /rest/db/ignores",
        "GET /rest/system/version",
        "GET /rest/db/ignores",
        "GET /rest/db/ignores",
        "POST /rest/db/ignores",
        "GET /rest/db/ignores",
    ]
    assert sent(server) == [["a", "c"]]


@pytest.mark.parametrize(
    ("lines", "change", "undone", "wanted"),
    [
        (["a"], lambda patterns: patterns.add("b"), ["a", "c"], ["a", "c", "b"]),
        (["a", "b"], lambda patterns: patterns.remove("b"), ["c", "a", "b"], ["c", "a"]),
        (["a", "!b"], lambda patterns: patterns.lines.reverse(), ["a", "!b", "c"], ["!b", "a", "c"]),
    ],
)
async def test_what_is_undone_is_done_again(
    lines: list[str], change: Callable[[IgnorePatterns], object], undone: list[str], wanted: list[str]
) -> None:
    """Where someone else writes what they have read before, the change is made again, and theirs is kept."""
    folder = Folder(*lines, others={4: undone})
    async with Server(answer=folder) as server:
        assert await edit(server, change) == wanted
    assert folder.lines == wanted


async def test_clients_of_one_loop() -> None:
    """Edits of one process take turns, so that no change is lost."""
    folder = Folder()  # the first pattern creates the file
    async with Server(answer=folder) as server:
        await asyncio.gather(*(edit(server, lambda patterns, n=n: patterns.add(f"*.{n}")) for n in range(5)))
    assert sorted(folder.lines) == [f"*.{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("folder", "error", "words"),
    [
        # The daemon neither returns nor uses its patterns, and the edit would erase the file.
        (Folder(encrypted=True), BadRequestError, "it is receive-encrypted"),
        # The daemon would write a sign for unknown characters in their place.
        (Folder("// J\ufffdrgen"), BadRequestError, r"not in UTF-8.*: convert \.stignore first"),
        (lambda _: has(None, "folder docs does not exist"), UnknownFolderError, "no such folder"),
    ],
)
async def test_what_can_not_be_edited(folder: Any, error: type[SyncthingError], words: str) -> None:
    """Patterns that an edit would damage, or that there are none, are an error before the block."""
    async with Server(answer=folder) as server:
        with pytest.raises(error, match=words):
            await edit(server, lambda _: pytest.fail("the block was entered"))


async def test_nothing_is_sent_without_need() -> None:
    """An edit that changes nothing, or what someone else has changed in the same way, sends nothing."""
    async with Server(has(["a"]), LINUX) as server:
        assert await edit(server, lambda patterns: patterns.add("a")) == ["a"]
    async with Server(has(["a"]), LINUX, has(["b"])) as server:
        assert await edit(server, lambda patterns: patterns.lines.__setitem__(0, "b")) == ["b"]


async def test_the_daemon_decides_how_patterns_are_read() -> None:
    """The daemon's system and version determine what patterns match."""
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
    """Patterns that the daemon can't use, would misread or may crash on are not sent."""
    async with Server(has(["a"]), LINUX, has(["a"])) as server:
        with pytest.raises(BadRequestError):
            await edit(server, lambda patterns: patterns.lines.append(line))


def includes_fail(lines: list[str]) -> str | None:
    """Return what the daemon says where an included file is missing."""
    return "parse error: failed to load include file x: file not found" if "#include x" in lines else None


async def test_lines_that_only_the_daemon_refuses() -> None:
    """The previous lines are written back, and the error has the daemon's message."""
    async with Server(answer=Folder("a", others={2: ["b", "a"]}, error=includes_fail)) as server:
        with pytest.raises(BadRequestError, match="written back: parse error: failed to load include file x"):
            await edit(server, lambda patterns: patterns.add("#include x"))
    assert sent(server) == [["b", "a", "#include x"], ["b", "a"]]


async def test_lines_that_were_broken_before() -> None:
    """Broken patterns can be fixed; an edit that leaves an error is sent, and raises."""
    async with Server(answer=Folder("#include x", error=includes_fail)) as server:
        assert await edit(server, lambda patterns: patterns.remove("#include x")) == []
    async with Server(answer=Folder("[", error=lambda _: "parse error")) as server:
        with pytest.raises(BadRequestError, match="written all the same"):
            await edit(server, lambda patterns: patterns.add("a"))
    assert sent(server) == [["[", "a"]]


async def test_a_file_that_the_daemon_can_not_read() -> None:
    """Nothing is sent: that would erase the file."""
    error = "mutiple #escape= lines found in ignore file"
    async with Server(has(None, error), as_json({"id": "docs", "type": "sendreceive"}), LINUX) as server:
        with pytest.raises(BadRequestError, match=f"can't read its ignore patterns: {error}"):
            await edit(server, lambda patterns: patterns.add("a"))
    async with Server(has(["b"]), LINUX, has(None, error)) as server:
        with pytest.raises(BadRequestError, match=f"can't read its ignore patterns: {error}"):
            await edit(server, lambda patterns: patterns.add("a"))


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
    """Nothing is asked or sent any more, and the edit can't be used again."""
    async with Server(has(["a"]), LINUX) as server, Syncthing(KEY, server.url) as client:
        edit = client.database.edit_ignores("docs")
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - what is left of the block is what matters
            async with edit as patterns:
                patterns.add("b")
                raise ZeroDivisionError
        with pytest.raises(SyncthingError, match=r"only once: call edit_ignores\(\) again"):
            await edit.__aenter__()
    assert len(server.requests) == 2


async def test_cancellation() -> None:
    """Cancelled anywhere, an edit ends, and has sent all of its lines or none."""
    folder = Folder("a")

    async def look() -> None:
        assert folder.lines in (["a"], ["a", "b"])
        folder.lines = ["a"]

    async with Server(answer=folder) as server, Syncthing(KEY, server.url) as client:

        async def work() -> None:
            async with client.database.edit_ignores("docs") as patterns:
                patterns.add("b")
                await asyncio.sleep(0)

        assert await cancel_everywhere(work, after=look)
        assert await leaves_no_trace(work) is None
    assert folder.lines == ["a", "b"]
