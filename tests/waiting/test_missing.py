"""What keeps folders from being in sync: what is waited for, and what is raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiosyncthing.exceptions import (
    BadRequestError,
    CannotSyncError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    WaitTimeoutError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.server import DAEMON_ID
from tests.support.synced import REFUSED, UNAVAILABLE, asked, docs, heard, missing, wait, waits
from tests.support.values import OTHER, THIRD

NOT_RUNNING = {"status": 404, "text": "folder is not running"}


async def test_in_sync_at_once(fake: FakeSyncthing) -> None:
    """One look suffices, and a second one at the folder itself: expensive questions are few."""
    progress = await wait(fake)
    assert (progress.percent, progress.missing, progress.needed_bytes, progress.total_bytes) == (100, (), 0, 200)
    assert (asked(fake)["db/status"], asked(fake)["db/completion"]) == (2, 1)
    assert asked(fake)["db/scan"] == 0


@pytest.mark.parametrize("devices", [OTHER, [OTHER], [OTHER.replace("-", "").lower()], [], None])
async def test_devices_can_be_named(fake: FakeSyncthing, devices: Any) -> None:
    """Their IDs may have any notation. An empty list means this daemon only."""
    fake.add_folder("pics")
    fake.add_folder("own")
    await wait(fake, devices=devices)
    assert asked(fake)["db/completion"] == (0 if devices == [] else 1)
    await wait(fake, "docs", devices)


async def test_only_the_named_folders_matter(fake: FakeSyncthing) -> None:
    """Others may be paused, broken or out of sync. Without any folder, everything is in sync."""
    fake.add_folder("paused", devices=[OTHER], paused=True)
    fake.add_folder("broken", devices=[OTHER]).set_error("folder path missing")
    await wait(fake, ["docs"])
    assert all("broken" not in request.target for request in fake.requests)
    for name in ("docs", "paused", "broken"):
        fake.remove_folder(name)
    assert (await wait(fake)).percent == 100


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        (("nope",), UnknownFolderError, "no folder 'nope'"),
        ((["docs", "nope"],), UnknownFolderError, "no folder 'nope'"),
        (("docs", THIRD), UnknownDeviceError, f"no remote device {THIRD}"),
        (("docs", "nonsense"), InvalidDeviceIDError, "is not a device ID"),
        (("docs", DAEMON_ID), UnknownDeviceError, f"no remote device {DAEMON_ID}"),
        (([],), BadRequestError, "folders must not be empty"),
        (("",), BadRequestError, "a folder ID must not be empty"),
        ((["docs", ""],), BadRequestError, "a folder ID must not be empty"),
        ((None, ""), BadRequestError, "a device ID must not be empty"),
        (("own", OTHER), CannotSyncError, "folder own: not shared with device other"),
    ],
)
async def test_what_does_not_exist(
    fake: FakeSyncthing, args: tuple[Any, ...], error: type[Exception], text: str
) -> None:
    """What doesn't exist is raised at once, with its name."""
    fake.add_folder("own")
    with pytest.raises(error, match=text):
        await wait(fake, *args)


@pytest.mark.parametrize("when", ["before", "before a scan", "while waiting"])
@pytest.mark.parametrize(
    ("happen", "error", "text"),
    [
        (lambda fake: docs(fake).pause(), FolderNotRunningError, "folder docs is paused"),
        (lambda fake: fake.set_device(OTHER, paused=True), CannotSyncError, "folder docs: device other is paused"),
        (lambda fake: docs(fake).set_error("path missing"), CannotSyncError, "folder docs: path missing"),
        (lambda fake: fake.set_folder("docs", devices=[]), CannotSyncError, "not shared with device other"),
        (lambda fake: fake.remove_folder("docs"), UnknownFolderError, "no folder 'docs'"),
        (lambda fake: fake.remove_device(OTHER), UnknownDeviceError, "no remote device"),
        (
            lambda fake: (fake.respond("rest/config", **REFUSED), docs(fake).scan()),
            UnauthorizedError,
            "refused the API key",
        ),
    ],
    ids=["paused folder", "paused device", "lost disk", "not shared", "no folder", "no device", "refused key"],
)
async def test_what_waiting_does_not_help(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], error: type[Exception], text: str, when: str
) -> None:
    """The error comes at once, or as soon as an event shows it, with folder, device and reason."""
    if when == "while waiting":
        docs(fake).write({"b.txt": b"12"})
        async with waits(fake, "docs", OTHER) as task:
            await heard(fake)
            happen(fake)
            with pytest.raises(error, match=text):
                await task
    else:
        happen(fake)
        with pytest.raises(error, match=text):
            await wait(fake, "docs", OTHER, rescan=when == "before a scan")


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        (lambda fake: docs(fake).remote_delete(OTHER, "a.txt"), "docs: 1 item (0 B) still missing"),
        # Without content, so that ``completion`` is 100 nevertheless.
        (lambda fake: docs(fake).write({"b": b"", "c": b""}), "folder docs, device other: 2 items (0 B) still missing"),
        (lambda fake: fake.respond("rest/db/status", **NOT_RUNNING, times=None), "folder docs: not started yet"),
        (
            lambda fake: fake.respond("rest/db/completion", **NOT_RUNNING, times=None),
            "folder docs, device other: nothing known yet",
        ),
        (lambda fake: fake.disconnect(OTHER), "folder docs, device other: it is not connected"),
        (
            lambda fake: (fake.disconnect(OTHER), fake.connect(OTHER)),
            "device other: it has just connected, or changed which folders it shares",
        ),
        (
            lambda fake: fake.respond("rest/system/connections", **UNAVAILABLE, times=None),
            "no usable answer from the daemon",
        ),
        (lambda fake: fake.hold("rest/config"), "the daemon has not answered yet"),
    ],
)
async def test_what_is_waited_for(fake: FakeSyncthing, prepare: Callable[[FakeSyncthing], object], text: str) -> None:
    """When the time is up, the error says what is missing where."""
    prepare(fake)
    assert text in await missing(fake)


async def test_what_is_missing_is_data_too(fake: FakeSyncthing) -> None:
    """The error has the first ten failed items, and why they failed."""
    docs(fake).remote_write(OTHER, {"b.txt": b"12", "c.txt": b"345"})
    docs(fake).fail("b.txt", "no space left")
    docs(fake).pull()
    with pytest.raises(WaitTimeoutError, match=r"1 failed: b\.txt \(no space left\)") as caught:
        await wait(fake, "docs", [], timeout=0.5)
    (missing,) = caught.value.missing
    assert (missing.folder_id, missing.device_id, missing.needed_items, missing.needed_bytes) == ("docs", "", 1, 2)
    assert missing.failed == (("b.txt", "no space left"),)
    progress = caught.value.progress
    assert progress is not None
    assert progress.missing == caught.value.missing
    assert str(missing) in str(caught.value)
    assert {request.query for request in fake.requests if request.path == "/rest/folder/errors"} == {
        "folder=docs&page=1&perpage=10"
    }
    assert asked(fake)["config"] == 1, "while nothing happens, it doesn't look again"


@pytest.mark.parametrize(
    "happen",
    [lambda fake: fake.remove_device(OTHER), lambda fake: fake.remove_folder("docs")],
    ids=["device", "folder"],
)
async def test_what_is_removed_while_waiting(fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object]) -> None:
    """A wait for everything goes on with the rest."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await heard(fake)
        happen(fake)
        await task


@pytest.mark.parametrize("devices", [None, []])
async def test_an_encrypted_folder_that_has_received_nothing(fake: FakeSyncthing, devices: Any) -> None:
    """Nothing seems to be needed in it, because the other side can't send yet."""
    fake.remove_folder("docs")
    vault = fake.add_folder("vault", type="receiveencrypted", devices=[OTHER])
    async with fake.client() as client:
        completion = await client.database.completion("vault", OTHER)
    silent = {**completion, "sequence": 0, "globalItems": 0, "remoteState": "valid"}
    fake.respond("rest/db/completion", json=silent, times=None)
    fake.finish_sync()
    fake.advance(10)
    assert "folder vault: nothing received yet; if that doesn't change" in await missing(fake, "vault", devices)
    assert vault.state == "idle"
