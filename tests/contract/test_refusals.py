"""Errors name the cause, although the daemon has one status for many causes, and many for one."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    NotFoundError,
    NotSupportedError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.waiting import until

from .conftest import STRANGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiosyncthing import Daemon, Syncthing

    from .folders import Folders
    from .versions import Version

    Ask: TypeAlias = Callable[[Syncthing, str], Awaitable[Any]]

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def drained(items: AsyncIterator[Any]) -> list[Any]:
    """Return all items."""
    return [item async for item in items]


async def outcome(asked: Awaitable[Any]) -> Any:
    """Return the answer, or the kind of error."""
    try:
        return await asked
    except SyncthingError as error:
        return type(error)


# By name: requests about a folder that has to be running.
OF_RUNNING: dict[str, Ask] = {
    "completion": lambda client, folder: client.database.completion(folder),
    "completion of a device": lambda client, folder: client.database.completion(folder, STRANGER),
    "browse": lambda client, folder: client.database.browse(folder),
    "walk": lambda client, folder: drained(client.database.walk(folder)),
    "file": lambda client, folder: client.database.file(folder, "x"),
    "file that it has": lambda client, folder: client.database.file(folder, "known.txt"),
    "need": lambda client, folder: client.database.need(folder),
    "iter_need": lambda client, folder: drained(client.database.iter_need(folder)),
    "remote_need": lambda client, folder: client.database.remote_need(folder, STRANGER),
    "iter_remote_need": lambda client, folder: drained(client.database.iter_remote_need(folder, STRANGER)),
    "local_changed": lambda client, folder: client.database.local_changed(folder),
    "iter_local_changed": lambda client, folder: drained(client.database.iter_local_changed(folder)),
    "scan": lambda client, folder: client.database.scan(folder),
    "scan that isn't waited for": lambda client, folder: client.database.scan(folder, wait=False),
    "scan of a part": lambda client, folder: client.database.scan(folder, sub=["x", "y"], next=3600),
    "override": lambda client, folder: client.database.override(folder),
    "revert": lambda client, folder: client.database.revert(folder),
    "prioritize": lambda client, folder: client.database.prioritize(folder, "x"),
    "errors": lambda client, folder: client.folder.errors(folder),
    "iter_errors": lambda client, folder: drained(client.folder.iter_errors(folder)),
    "versions": lambda client, folder: client.folder.versions(folder),
    "restore": lambda client, folder: client.folder.restore(folder, {"x": "2026-01-01T00:00:00Z"}),
}
# Requests about any folder.
OF_ANY: dict[str, Ask] = {
    "status": lambda client, folder: client.database.status(folder),
    "ignores": lambda client, folder: client.database.ignores(folder),
    "set_ignores": lambda client, folder: client.database.set_ignores(folder, ["x"]),
    "folders": lambda client, folder: client.config.folders(folder),
    "patch_folder": lambda client, folder: client.config.patch_folder(folder, label="x"),
    "patch_folder of devices": lambda client, folder: client.config.patch_folder(folder, devices=[]),
}
OF_UNKNOWN: dict[str, Ask] = {
    "remove_folder": lambda client, folder: client.config.remove_folder(folder),
    "dismiss_folder": lambda client, folder: client.cluster.dismiss_folder(folder),
    "reset": lambda client, folder: client.system.reset(folder),
}
OF_DEVICES: dict[str, Ask] = {
    "devices": lambda client, device: client.config.devices(device),
    "patch_device": lambda client, device: client.config.patch_device(device, name="x"),
    "patch_device of lists": lambda client, device: client.config.patch_device(device, ignoredFolders=[{"id": "x"}]),
    "remove_device": lambda client, device: client.config.remove_device(device),
    "pause": lambda client, device: client.system.pause(device),
    "resume": lambda client, device: client.system.resume(device),
    "completion": lambda client, device: client.database.completion("docs", device),
    "completion of all": lambda client, device: client.database.completion(device_id=device),
    "remote_need": lambda client, device: client.database.remote_need("docs", device),
    "iter_remote_need": lambda client, device: drained(client.database.iter_remote_need("docs", device)),
}


async def outcomes(client: Syncthing, questions: dict[str, Ask], argument: str) -> dict[str, Any]:
    """Return the outcome of each question about a folder or device."""
    return {name: await outcome(ask(client, argument)) for name, ask in questions.items()}


@pytest.mark.parametrize("folder_id", ["nope", "no/pe", "."])
async def test_an_unknown_folder(lone: Daemon, version: Version, folder_id: str) -> None:
    """An unknown folder is reported as one, whatever the daemon answers."""
    questions = OF_RUNNING | OF_ANY | OF_UNKNOWN
    expected: dict[str, Any] = dict.fromkeys(questions, UnknownFolderError)
    if "/" in folder_id and version >= (2,):
        expected["dismiss_folder"] = None  # version 2 doesn't list it even if it is pending
    assert await outcomes(lone.client, questions, folder_id) == expected


async def test_a_paused_folder(lone: Daemon, folders: Folders) -> None:
    """What needs a running folder reports that it is paused, even if the daemon calls it unknown."""
    folder = await folders.add(lone, files=["known.txt"], type="receiveonly", versioning={"type": "simple"})
    await lone.client.config.patch_folder(folder.id, paused=True)
    found = await outcomes(lone.client, OF_RUNNING, folder.id)
    assert found == dict.fromkeys(OF_RUNNING, FolderNotRunningError)
    with pytest.raises(FolderNotRunningError, match="the folder is paused"):
        await folder.scan()
    for ask in OF_ANY.values():
        await ask(lone.client, folder.id)
    status = await folder.status()
    assert (status["state"], status["localFiles"], status["stateChanged"][:4]) == ("", 0, "0001")
    assert folder.id not in await lone.client.stats.folders()
    await lone.client.database.set_ignores(folder.id, [])
    await lone.client.config.patch_folder(folder.id, paused=False)
    await folder.scan()
    assert (await folder.status())["localFiles"] == 1
    assert folder.id in await lone.client.stats.folders()


async def test_the_sum_over_paused_folders(lone: Daemon, folders: Folders, version: Version) -> None:
    """The total over all folders leaves out paused ones; before 1.21 it is refused if there is one."""
    completion = lone.client.database.completion
    running = await folders.add(lone, files=["x"])
    paused = await folders.add(lone, files=["y"], paused=True)
    if version < (1, 21):
        with pytest.raises(FolderNotRunningError):
            await completion()
        await lone.client.config.remove_folder(paused.id)
    assert await completion() == {**await completion(running.id), "sequence": 0}


async def test_an_unknown_device(lone: Daemon, folders: Folders) -> None:
    """An unknown device is reported as one, even if the daemon answers as if it knew it; so is one just removed."""
    await folders.add(lone, "docs", files=["x"])
    assert await outcomes(lone.client, OF_DEVICES, STRANGER) == dict.fromkeys(OF_DEVICES, UnknownDeviceError)
    await lone.client.config.set_device({"deviceID": STRANGER})
    asked = {name: OF_DEVICES[name] for name in ("completion", "completion of all", "remote_need")}
    assert UnknownDeviceError not in (await outcomes(lone.client, asked, STRANGER)).values()
    await lone.client.config.remove_device(STRANGER)
    assert await outcomes(lone.client, asked, STRANGER) == dict.fromkeys(asked, UnknownDeviceError)


@pytest.mark.parametrize(
    "device_id",
    ["bad", STRANGER[:-1] + "3", STRANGER[:-1] + "9", STRANGER.replace("-", "")[:51] + "!", "ü" * 56],
    ids=["short", "check character", "alphabet", "base32", "not ASCII"],
)
async def test_a_malformed_device_id(lone: Daemon, folders: Folders, device_id: str) -> None:
    """An invalid device ID is reported as one, with the daemon's words, whatever the status."""
    client = lone.client
    await folders.add(lone, "docs", files=["x"])
    assert await outcomes(client, OF_DEVICES, device_id) == dict.fromkeys(OF_DEVICES, InvalidDeviceIDError)
    for ask in (client.svc.device_id, client.cluster.pending_folders, client.config.devices):
        with pytest.raises(InvalidDeviceIDError) as refused:
            await ask(device_id)
        assert refused.value.body
    with pytest.raises(InvalidDeviceIDError):
        await client.config.set_device({"deviceID": device_id})
    assert await client.cluster.pending_folders(STRANGER) == {}


async def test_an_unknown_file(lone: Daemon, folders: Folders, version: Version) -> None:
    """A file that the folder doesn't have is not an unknown folder."""
    folder = await folders.add(lone)
    for name in ("nope", "../nope", "no\udcffpe"):
        with pytest.raises(NotFoundError) as missing:
            await lone.client.database.file(folder.id, name)
        assert type(missing.value) is NotFoundError
    with pytest.raises(UnknownFolderError):
        await lone.client.debug.file("nope", "nope")
    if not (1, 20) <= version < (2,):  # those in between close the connection
        with pytest.raises(NotFoundError) as missing:
            await lone.client.debug.file(folder.id, "nope")
        assert type(missing.value) is NotFoundError
    await lone.client.config.patch_folder(folder.id, paused=True)
    with pytest.raises(FolderNotRunningError):
        await lone.client.debug.file(folder.id, "nope")


async def test_requests_that_make_no_sense(lone: Daemon) -> None:
    """An endpoint that this version doesn't have is not an unknown folder, nor is a wrong method.

    An ID that isn't text is no folder's. An invalid body is a bad request, with the daemon's words. A text may be too
    long for a QR code.
    """
    request = lone.client.api.request
    with pytest.raises(UnknownFolderError):
        await lone.client.database.status("no\udcfftext")
    with pytest.raises(NotSupportedError) as missing:
        await request("rest/db/nope", {"folder": "nope"})
    assert (missing.value.status, missing.value.body) == (404, "404 page not found")
    with pytest.raises(NotSupportedError) as unsupported:
        await request("rest/system/status", method="DELETE")
    assert unsupported.value.status == 405
    for body in (b'{"maxFolderConcurrency": "many"}', b"", b"{", b"[]"):
        with pytest.raises(BadRequestError) as refused:
            await request("rest/config/options", data=body, method="PATCH")
        assert refused.value.status == 400
        assert refused.value.body
    with pytest.raises(ServerError):
        await lone.client.qr_code("x" * 5000)


async def test_a_folder_that_can_not_be_scanned(lone: Daemon, folders: Folders) -> None:
    """The reason is reported; for a scan of all folders, at least the folder."""
    folder = await folders.add(lone, files=["x"])
    shutil.rmtree(folder.path / ".stfolder")
    with pytest.raises(ServerError, match="folder marker missing"):
        await folder.scan()
    with pytest.raises(ServerError) as failed:
        await lone.client.database.scan()
    assert folder.id in str(failed.value.body)
    await until(lambda: folder.in_state("error"))
    assert "marker missing" in (await folder.status()).get("error", "")


async def test_versions_where_none_are_kept(lone: Daemon, folders: Folders) -> None:
    """A folder that keeps no versions, or leaves them to a program, has none to list or restore."""
    plain = await folders.add(lone)
    versioning = {"type": "external", "params": {"command": "/bin/true"}}
    external = await folders.add(lone, versioning=versioning)
    simple = await folders.add(lone, versioning={"type": "simple", "params": {"keep": "1"}})
    for folder, words in ((plain, "no versioner"), (external, "not supported with the current versioner")):
        with pytest.raises(ServerError, match=words):
            await lone.client.folder.versions(folder.id)
    with pytest.raises(ServerError, match="no versioner"):
        await lone.client.folder.restore(plain.id, {"x": "2026-01-01T00:00:00Z"})
    with pytest.raises(ServerError, match="parsing time"):
        await lone.client.folder.restore(simple.id, {"x": "yesterday"})
    assert await lone.client.folder.versions(simple.id) == {}
    failures = await lone.client.folder.restore(simple.id, {"x": "2026-01-01T00:00:00Z"})
    assert list(failures) == ["x"]
    assert await lone.client.folder.restore(simple.id, {}) == {}


async def test_upgrades_are_off(lone: Daemon) -> None:
    """A daemon without upgrades says so. One that could download a release is given an unusable URL."""
    await lone.client.config.patch_options(releasesURL="http://127.0.0.1:9/")
    with pytest.raises(NotSupportedError, match="can't upgrade itself"):
        await lone.client.system.check_upgrade()
    with pytest.raises((NotSupportedError, ServerError)):
        await lone.client.system.upgrade()


async def test_debugging_is_off(a: Daemon, version: Version) -> None:
    """Version 1 has profiles only with debugging enabled, and the error says so; version 2 always has them."""
    for ask in (a.client.debug.file("docs-1", "readme.txt"), a.client.debug.heap_profile(io.BytesIO())):
        if version < (2,):
            with pytest.raises(NotSupportedError, match=r"set gui\.debugging"):
                await ask
        else:
            await ask
