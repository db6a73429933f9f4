"""``rest/debug``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, NotSupportedError, UnknownFolderError
from tests.support.calls import FOLDER, KEY, Call, calls, check, refused
from tests.support.server import Answer, Server, as_json, as_text

if TYPE_CHECKING:
    from pathlib import Path

GONE = as_text("No folder with given ID", 404)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("call", calls("debug"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its request, and returns or writes what the daemon sent."""
    await check(call)


@pytest.mark.parametrize("name", ["support_bundle", "cpu_profile", "heap_profile"])
async def test_downloads_take_a_path(name: str, tmp_path: Path) -> None:
    """A path is written, and nothing is beside it."""
    body = b"\x00PK" * 100_000
    async with (
        Server(Answer(body, content_type="application/octet-stream")) as server,
        Syncthing(KEY, server.url) as client,
    ):
        assert await getattr(client.debug, name)(tmp_path / "file") == len(body)
    assert contents(tmp_path) == {"file": body}


@pytest.mark.parametrize(
    ("args", "options"),
    [
        *(((one, "x"), {}) for one in ("", None, 5)),
        *(((FOLDER, one), {}) for one in ("", None, 5)),
    ],
)
async def test_empty_names_are_refused(args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Folder and file must be given."""
    await refused("debug.file", *args, **options)


@pytest.mark.parametrize("duration", [0, -1, 1.5, True, "30s", None])
async def test_a_duration_is_whole_seconds(duration: Any) -> None:
    """The daemon would take its default for a duration that it can't read."""
    await refused("debug.cpu_profile", io.BytesIO(), duration=duration)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (as_text("Debugging disabled", 403), NotSupportedError),
        (as_text("404 page not found", 404), NotFoundError),
        (as_text("no such folder", 404), UnknownFolderError),
        (as_text("No such object in the index", 404), NotFoundError),
    ],
)
async def test_errors_of_the_daemon(answer: Answer, expected: type[Exception]) -> None:
    """What the daemon says becomes the error that the methods name."""
    look = [as_json({"paused": False})] if expected is not UnknownFolderError else [GONE]
    async with Server(answer, *look, answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await client.debug.file(FOLDER, "x")
        assert type(caught.value) is expected
        with pytest.raises(expected):
            await client.debug.support_bundle(io.BytesIO())


NOTHING = {"global": {"name": "", "size": 0}, "local": {"name": "", "size": 0}, "availability": None}


@pytest.mark.parametrize(
    ("look", "expected", "status"),
    [
        (GONE, UnknownFolderError, 200),
        (as_json({"paused": True}), FolderNotRunningError, 200),
        (as_json({"paused": False}), NotFoundError, 200),
        (as_text("broken", 500), NotFoundError, 200),
    ],
)
async def test_nothing_is_not_found(look: Answer, expected: type[NotFoundError], status: int) -> None:
    """Where the daemon answers with zero values, a look tells whether the folder is missing or only the file."""
    async with Server(as_json(NOTHING), look) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await client.debug.file(FOLDER, "x")
    assert type(caught.value) is expected
    assert (caught.value.path, caught.value.status) == ("rest/debug/file", status)


@pytest.mark.parametrize("side", ["global", "local"])
async def test_what_only_one_side_has_is_found(side: str) -> None:
    """A file that is only here, or only elsewhere, is one."""
    for value in ({"name": "x", "size": 0}, {}, None, [""]):  # what isn't known here passes, too
        answer = NOTHING | {side: value}
        async with Server(as_json(answer)) as server, Syncthing(KEY, server.url) as client:
            assert await client.debug.file(FOLDER, "x") == answer


async def test_a_profile_may_take_as_long_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of a CPU profile is its duration and a minute; another one can be given."""
    limits = []

    async def note(*_: object, timeout: float, **__: object) -> int:
        limits.append(timeout)
        return 0

    monkeypatch.setattr("aiosyncthing.api.API.download", note)
    async with Syncthing(KEY) as client:
        await client.debug.cpu_profile(io.BytesIO())
        await client.debug.cpu_profile(io.BytesIO(), duration=100)
        await client.debug.cpu_profile(io.BytesIO(), duration=100, timeout=5)
    assert limits == [90, 160, 5]
