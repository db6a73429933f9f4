"""``rest/debug``: downloads, and files that don't exist."""

import io
from pathlib import Path

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, UnknownFolderError
from tests.support.calls import FOLDER, KEY
from tests.support.server import Answer, Server, as_json, as_text

NOTHING = {"global": {"name": "", "size": 0}, "local": {"name": "", "size": 0}, "availability": None}


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_download_to_a_path(tmp_path: Path) -> None:
    """A download creates only the file itself."""
    body = b"\x00PK" * 100_000
    answer = Answer(body, content_type="application/octet-stream")
    async with Server(*[answer] * 3) as server, Syncthing(KEY, server.url) as client:
        for download in (client.debug.support_bundle, client.debug.cpu_profile, client.debug.heap_profile):
            assert await download(tmp_path / "file") == len(body)
    assert contents(tmp_path) == {"file": body}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (as_text("No folder with given ID", 404), UnknownFolderError),
        (as_json({"paused": True}), FolderNotRunningError),
        (as_json({"paused": False}), NotFoundError),
        (as_text("broken", 500), NotFoundError),
    ],
)
async def test_an_empty_answer(second: Answer, expected: type[NotFoundError]) -> None:
    """If the daemon answers with zero values, the configuration shows whether the folder is missing, or the file."""
    async with Server(as_json(NOTHING), second) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await client.debug.file(FOLDER, "x")
    assert type(caught.value) is expected
    assert (caught.value.path, caught.value.status) == ("rest/debug/file", 200)


@pytest.mark.parametrize("side", ["global", "local"])
async def test_a_file_on_one_side(side: str) -> None:
    """A file that is only here or only elsewhere exists; answers in an unknown form are passed on."""
    for value in ({"name": "x", "size": 0}, {}, None, [""]):
        answer = NOTHING | {side: value}
        async with Server(as_json(answer)) as server, Syncthing(KEY, server.url) as client:
            assert await client.debug.file(FOLDER, "x") == answer


async def test_the_time_limit_of_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit of a profile is its duration plus a minute, unless another one is given."""
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
