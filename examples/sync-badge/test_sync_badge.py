"""The badge, tested with a fake Syncthing; neither the program nor the client is mocked."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import sync_badge

from aiosyncthing.exceptions import UnauthorizedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiosyncthing import Syncthing
    from pytest_syncthing import FakeFolder, FakeSyncthing


@pytest.fixture(params=["1.19", "1.29", "2.1"])
def syncthing_version(request: pytest.FixtureRequest) -> str:
    """The versions of Syncthing that the badge supports."""
    version: str = request.param
    return version


@pytest.fixture
def folder(fake_syncthing: FakeSyncthing) -> FakeFolder:
    """A folder with a file, shared with a phone that has it too."""
    phone = fake_syncthing.add_device("phone")
    folder = fake_syncthing.add_folder("docs", label="My docs", files={"readme.txt": b"hello"}, devices=[phone])
    fake_syncthing.connect(phone)
    folder.finish_sync()
    return folder


def text_of(file: Path) -> str:
    """Return the text on the right of a badge; empty while there is no file."""
    found = re.findall(r">([^<]+)</text>", file.read_text()) if file.exists() else []
    return found[-1] if found else ""


async def shows(fake: FakeSyncthing, file: Path, text: str) -> None:
    """Wait until a badge shows a text."""
    await fake.until(lambda: text_of(file) == text)


@asynccontextmanager
async def followed(client: Syncthing, file: Path) -> AsyncIterator[None]:
    """Keep a badge of the folder up to date for a while."""
    async with client:
        task = asyncio.create_task(sync_badge.follow(client, "docs", file))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.mark.usefixtures("folder")
def test_a_folder_in_sync(fake_syncthing: FakeSyncthing, tmp_path: Path) -> None:
    """The badge has the folder's label and says that it is in sync, in green."""
    file = tmp_path / "badge.svg"

    async def main() -> None:
        async with followed(fake_syncthing.client(), file):
            await shows(fake_syncthing, file, "in sync")

    asyncio.run(main())
    assert "My docs" in file.read_text()
    assert sync_badge.GREEN in file.read_text()


def test_it_follows_what_happens(fake_syncthing: FakeSyncthing, folder: FakeFolder, tmp_path: Path) -> None:
    """Remote changes, a pause, an error and the daemon's shutdown are shown when they happen."""
    file = tmp_path / "badge.svg"
    (phone,) = folder.devices

    async def main() -> None:
        async with followed(fake_syncthing.client(), file):
            await shows(fake_syncthing, file, "in sync")
            folder.remote_write(phone, {"large.bin": b"x" * 15})
            await shows(fake_syncthing, file, "25 %")
            folder.finish_sync()
            await shows(fake_syncthing, file, "in sync")
            folder.set_error("folder path missing")
            await shows(fake_syncthing, file, "folder path missing")
            folder.set_error(None)
            await shows(fake_syncthing, file, "in sync")
            folder.pause()
            await shows(fake_syncthing, file, "paused")
            folder.resume()
            await shows(fake_syncthing, file, "in sync")
            fake_syncthing.stop_daemon()
            await shows(fake_syncthing, file, "offline")
            fake_syncthing.start_daemon()
            await shows(fake_syncthing, file, "in sync")

    asyncio.run(main())


def test_another_device_lags_behind(fake_syncthing: FakeSyncthing, folder: FakeFolder, tmp_path: Path) -> None:
    """A folder that is complete here but not elsewhere is not in sync."""
    file = tmp_path / "badge.svg"

    async def main() -> None:
        async with followed(fake_syncthing.client(), file):
            await shows(fake_syncthing, file, "in sync")
            folder.write({"new.txt": b"new"})
            await shows(fake_syncthing, file, "1 behind")
            folder.finish_sync()
            await shows(fake_syncthing, file, "in sync")

    asyncio.run(main())


def test_a_folder_that_is_not_there(fake_syncthing: FakeSyncthing, tmp_path: Path) -> None:
    """The badge says that the folder doesn't exist, until it is added."""
    file = tmp_path / "badge.svg"

    async def main() -> None:
        async with followed(fake_syncthing.client(), file):
            await shows(fake_syncthing, file, "no such folder")
            fake_syncthing.add_folder("docs")
            await shows(fake_syncthing, file, "in sync")

    asyncio.run(main())


def test_a_wrong_key_ends_it(fake_syncthing: FakeSyncthing, tmp_path: Path) -> None:
    """A permanent error is not retried forever."""

    async def main() -> None:
        async with fake_syncthing.client(api_key="wrong") as client:
            await sync_badge.follow(client, "docs", tmp_path / "badge.svg")

    with pytest.raises(UnauthorizedError):
        asyncio.run(main())
