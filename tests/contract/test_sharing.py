"""Devices and folders are added, shared, dismissed, accepted and ignored without touching anything else."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aiosyncthing import Daemon, DeviceID, Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    NotSupportedError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.waiting import until

from .conftest import OTHER, STRANGER
from .folders import Folders
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

SLASHED = "an odd/../id ?#%&+;=ü"
QUIET: Any = {"fsWatcherEnabled": False, "rescanIntervalS": 0}


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def nothing_is_left(lone: Daemon) -> AsyncIterator[None]:
    """Remove the folders, and then the devices, that a test adds to the lone daemon."""
    yield
    config = lone.client.config
    for folder in await config.folders():
        await config.remove_folder(folder["id"])
    for device in await config.devices():
        if device["deviceID"] != lone.device_id:
            await config.remove_device(device["deviceID"])


def shared(folder: Any) -> dict[str, Any]:
    """Return the elements of a folder's list of devices, by device."""
    return {each["deviceID"]: each for each in folder["devices"]}


async def test_adding_a_device(lone: Daemon) -> None:
    """A new device starts from the daemon's defaults, and is returned as it is afterwards."""
    config = lone.client.config
    before = await config.default_device()
    await config.patch_default_device(maxSendKbps=7)
    try:
        added = await config.add_device(STRANGER.lower().replace("-", ""), "Näme", paused=True)
    finally:
        await config.set_default_device(before)
    assert added == await config.devices(STRANGER)
    assert {key: added[key] for key in ("deviceID", "name", "addresses", "paused", "maxSendKbps")} == {  # type: ignore[literal-required]  # keys from a loop
        "deviceID": STRANGER,
        "name": "Näme",
        "addresses": ["dynamic"],
        "paused": True,
        "maxSendKbps": 7,
    }
    with pytest.raises(BadRequestError, match="exists already"):
        await config.add_device(STRANGER, "Another")
    assert await config.devices(STRANGER) == added


@pytest.mark.parametrize("folder_id", ["f", "a/.."])
async def test_adding_a_folder(lone: Daemon, tmp_path: Path, folder_id: str) -> None:
    """A new folder starts from the daemon's defaults, is shared with the devices, and runs.

    Files are scanned only after the patterns are set, so ignored files are never in the index.
    """
    client, config, place = lone.client, lone.client.config, tmp_path / "f"
    place.mkdir()
    for name in ("a.txt", "b.tmp"):
        (place / name).write_text("text")
    await config.add_device(STRANGER, paused=True)
    await config.patch_default_folder(maxConflicts=3)
    settings = {"label": "Földer", "type": "sendonly", "ignores": ["// temporary", "*.tmp"], **QUIET}
    try:
        added = await config.add_folder(folder_id, str(place), devices=[STRANGER.lower()], **settings)
    finally:
        await config.patch_default_folder(maxConflicts=10)
    assert added == await config.folders(folder_id)
    assert (added["label"], added["type"]) == ("Földer", "sendonly")
    assert (added["maxConflicts"], added["paused"]) == (3, False)
    assert shared(added).keys() == {STRANGER, lone.device_id}
    with pytest.raises(BadRequestError, match="exists already"):
        await config.add_folder(folder_id, str(tmp_path / "g"))
    assert [folder["id"] for folder in await config.folders()] == [folder_id]
    await client.database.scan(folder_id)
    assert [each["name"] for each in await client.database.browse(folder_id) or []] == ["a.txt"]
    assert (await client.database.ignores(folder_id))["ignore"] == ["// temporary", "*.tmp"]


async def test_default_patterns(lone: Daemon, tmp_path: Path) -> None:
    """A new folder has them, unless there are patterns in its directory, or others or none were asked for.

    A folder that is to be paused stays so, whether that was asked for or is the default.
    """
    client = lone.client
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".stignore").write_text("*.mine\n")
    await client.config.set_default_ignores(["*.tmp"])

    async def added(name: str, **options: Any) -> tuple[bool, list[str] | None]:
        folder = await client.config.add_folder(name, str(tmp_path / name), **options, **QUIET)
        return folder["paused"], (await client.database.ignores(name))["ignore"] or None

    try:
        assert await added("new") == (False, ["*.tmp"])
        assert await added("mine") == (False, ["*.mine"])
        assert await added("none", ignores=[]) == (False, None)
        assert await added("others", ignores=["*.bak"]) == (False, ["*.bak"])
        assert await added("encrypted", type="receiveencrypted") == (False, None)
        assert await added("asked for", paused=True) == (True, ["*.tmp"])
        await client.config.patch_default_folder(paused=True)
        assert await added("by default") == (True, ["*.tmp"])
    finally:
        await client.config.patch_default_folder(paused=False)
        await client.config.set_default_ignores([])


async def test_patterns_that_the_daemon_can_not_parse(lone: Daemon, tmp_path: Path) -> None:
    """They are refused first. If what they include is missing, the folder stays paused until it has other patterns."""
    client = lone.client
    with pytest.raises(BadRequestError, match=r"nothing was sent"):
        await client.config.add_folder("f", str(tmp_path / "f"), ignores=["["], **QUIET)
    assert await client.config.folders() == []
    with pytest.raises(BadRequestError, match=r"stays paused.*none"):
        await client.config.add_folder("f", str(tmp_path / "f"), ignores=["#include none"], **QUIET)
    assert (await client.config.folders("f"))["paused"] is True
    assert (await client.database.set_ignores("f", ["["]))["error"]
    await client.database.set_ignores("f", ["*.tmp"])
    await client.config.patch_folder("f", paused=False)
    assert (await client.config.folders("f"))["paused"] is False


async def test_paths_that_are_refused(lone: Daemon, tmp_path: Path) -> None:
    """A folder gets no path that would share too much, or the same files twice, and nothing is added."""
    config = lone.client.config
    place = tmp_path / "outer" / "docs"
    database = f"{lone.home}/index-v0.14.0.db"
    with suppress(NotSupportedError):
        database = (await lone.client.system.paths())["database"]
    await config.add_folder("docs", str(place), **QUIET)
    for path, reason in (
        ("~", "home"),
        (str(lone.home), "home"),
        (f"{database}/x", "database"),
        (f"{place}/", "that of the folder 'docs'"),
        (f"{place}/inner", "inside the folder 'docs'"),
        ("somewhere", "relative"),
    ):
        with pytest.raises(BadRequestError, match=reason):
            await config.add_folder("new", path)
    with pytest.raises(BadRequestError, match="around the folder 'docs'"):
        async with config.edit() as whole:
            whole["folders"].append({"id": "new", "path": str(place.parent)})  # type: ignore[typeddict-item]  # a daemon takes a part
    assert [folder["id"] for folder in await config.folders()] == ["docs"]
    added = await config.add_folder("inner", str(place / "inner"), allow_nested=True, **QUIET)
    assert added["path"] == str(place / "inner")
    assert (await config.add_folder("new", str(tmp_path / "index-v"), **QUIET))["id"] == "new"


async def test_sharing(lone: Daemon, folders: Folders) -> None:
    """Devices are added and removed, and the others keep their passwords and introducers.

    A change without effect sends nothing, so the configuration isn't even saved again.
    """
    config = lone.client.config
    folder = await folders.add(lone, "..")  # which no path can name
    third = DeviceID.from_bytes(bytes([3]) * 32)
    for device in (STRANGER, OTHER, third):
        await config.add_device(device, paused=True)
    await config.patch_folder(
        folder.id,
        devices=[{"deviceID": STRANGER, "encryptionPassword": "secret", "introducedBy": third}],
    )
    before = shared(await config.folders(folder.id))
    assert (before[STRANGER]["encryptionPassword"], before[STRANGER]["introducedBy"]) == ("secret", third)

    answer = await config.share(folder.id, OTHER.lower(), third)
    assert answer == await config.folders(folder.id)
    new = {"introducedBy": "", "encryptionPassword": ""}
    assert shared(answer) == before | {each: {"deviceID": each, **new} for each in (OTHER, str(third))}

    assert await config.share(folder.id, OTHER, STRANGER) == answer
    answer = await config.share(folder.id, OTHER, encryption_password="other secret")
    assert shared(answer)[OTHER]["encryptionPassword"] == "other secret"
    assert await config.share(folder.id, OTHER) == answer
    assert shared(answer)[STRANGER] == before[STRANGER]
    answer = await config.share(folder.id, OTHER, encryption_password="")
    assert shared(answer)[OTHER] == {"deviceID": OTHER, **new}

    answer = await config.unshare(folder.id, OTHER, third.lower())
    assert answer == await config.folders(folder.id)
    assert shared(answer) == before
    changes = lone.client.api.changes
    assert await config.unshare(folder.id, OTHER) == answer
    assert await config.share(folder.id, STRANGER) == answer
    assert lone.client.api.changes == changes
    with pytest.raises(UnknownDeviceError):
        await config.share(folder.id, DeviceID.from_bytes(bytes([4]) * 32))


async def test_two_clients_at_once(lone: Daemon, folders: Folders) -> None:
    """Two clients share and unshare devices of one folder at random: the last call for each device wins."""
    folder = await folders.add(lone, paused=True)
    devices = [str(DeviceID.from_bytes(bytes([number]) * 32)) for number in range(1, 7)]
    for device in devices:
        await lone.client.config.add_device(device, paused=True)
    done: dict[str, bool] = {}

    async def change(own: list[str], seed: int) -> None:
        chance = random.Random(seed)
        async with Syncthing(lone.api_key, lone.url) as client:
            for _ in range(8):
                some = chance.sample(own, chance.randint(1, len(own)))
                wanted = chance.random() < 0.6
                answer = await (client.config.share if wanted else client.config.unshare)(folder.id, *some)
                assert all((each in shared(answer)) == wanted for each in some)
                done.update(dict.fromkeys(some, wanted))

    await asyncio.gather(change(devices[:3], 1), change(devices[3:], 2))
    assert shared(await lone.client.config.folders(folder.id)).keys() - {lone.device_id} == {
        device for device, wanted in done.items() if wanted
    }


async def test_a_device_that_knocks(a: Daemon, lone: Daemon) -> None:
    """A device that wants to connect is pending until it is dismissed."""
    await lone.client.config.set_device({"deviceID": a.device_id, "addresses": [a.sync_address]})

    async def is_pending() -> bool:
        return lone.device_id in await a.client.cluster.pending_devices()

    await until(is_pending)
    with pytest.raises(UnknownDeviceError):
        await a.client.cluster.dismiss_device(STRANGER)
    assert await is_pending()
    await lone.client.config.remove_device(a.device_id)
    await a.client.cluster.dismiss_device(lone.device_id.lower())
    assert not await is_pending()
    with pytest.raises(UnknownDeviceError):
        await a.client.cluster.dismiss_device(lone.device_id)


async def test_a_folder_that_is_offered(a: Daemon, b: Daemon, folders: Folders) -> None:
    """A folder offered by a device is pending until it is dismissed, for that device or for all.

    Dismissing what is not pending is no error for the daemon, only for the library.
    """
    cluster, request = b.client.cluster, b.client.api.request
    for folder_id, device_id in (("plain", a.device_id.lower()), ("an odd id ?#%&+;=ü", None)):
        await folders.add(a, folder_id, label="A läbel", shared_with=[b])

        async def offer(folder_id: str = folder_id) -> bool:
            return folder_id in await cluster.pending_folders()

        await until(offer)
        offered = (await cluster.pending_folders(a.device_id))[folder_id]["offeredBy"]
        assert offered[a.device_id]["label"] == "A läbel"
        assert folder_id not in await cluster.pending_folders(STRANGER)
        with pytest.raises(UnknownDeviceError):
            await cluster.dismiss_folder(folder_id, STRANGER)
        with pytest.raises(UnknownFolderError):
            await cluster.dismiss_folder("nope")
        assert await offer()
        await cluster.dismiss_folder(folder_id, device_id)
        assert not await offer()
        with pytest.raises(UnknownFolderError):
            await cluster.dismiss_folder(folder_id)
    assert await request("rest/cluster/pending/folders", {"folder": "nope"}, method="DELETE") is None
    assert await request("rest/cluster/pending/devices", {"device": STRANGER}, method="DELETE") is None


async def test_an_offered_folder_with_a_slash(a: Daemon, b: Daemon, folders: Folders, version: Version) -> None:
    """The event mentions it in every version, the list only before version 2; it can always be dismissed."""
    await folders.add(a, SLASHED, shared_with=[b])
    cluster = b.client.cluster

    async def reported(kind: str) -> list[str]:
        polled = [
            event for event in await b.client.events.poll(0, timeout=0) if event["type"] == "PendingFoldersChanged"
        ]
        changes: list[Any] = [each for event in polled for each in event["data"].get(kind) or []]
        return [change["deviceID"] for change in changes if change["folderID"] == SLASHED and "deviceID" in change]

    async def is_offered() -> bool:
        return a.device_id in await reported("added")

    await until(is_offered)
    is_listed = version < (2,)
    assert (SLASHED in await cluster.pending_folders()) == is_listed
    assert (SLASHED in await cluster.pending_folders(a.device_id)) == is_listed
    await cluster.dismiss_folder(SLASHED, None if is_listed else a.device_id)
    assert SLASHED not in await cluster.pending_folders()
    if is_listed:
        with pytest.raises(UnknownFolderError):
            await cluster.dismiss_folder(SLASHED)
    else:
        assert a.device_id in await reported("removed")
        await cluster.dismiss_folder(SLASHED)


async def test_accepting_and_ignoring_a_device(a: Daemon, lone: Daemon) -> None:
    """A pending device is accepted under its own name, or ignored until it is added."""
    config, cluster = a.client.config, a.client.cluster
    await lone.client.config.set_device({"deviceID": a.device_id, "addresses": [a.sync_address]})

    async def is_pending() -> bool:
        return lone.device_id in await cluster.pending_devices()

    try:
        with pytest.raises(UnknownDeviceError, match="pending"):
            await cluster.accept_device(STRANGER)
        await until(is_pending)
        own = await lone.client.config.devices(lone.device_id)
        accepted = await cluster.accept_device(lone.device_id.lower(), paused=True)
        assert (accepted["deviceID"], accepted["name"], accepted["paused"]) == (lone.device_id, own["name"], True)
        assert not await is_pending()
        with pytest.raises(BadRequestError, match="configured"):
            await cluster.ignore_device(lone.device_id)

        await config.remove_device(lone.device_id)
        await until(is_pending)
        ignored = await cluster.ignore_device(lone.device_id)
        assert (ignored["deviceID"], ignored["name"]) == (lone.device_id, own["name"])
        assert (await config.config())["remoteIgnoredDevices"] == [ignored]
        assert await cluster.ignore_device(lone.device_id) == ignored
        await until(lambda: _not(is_pending))
        with pytest.raises(BadRequestError, match="own device"):
            await cluster.ignore_device(a.device_id)
    finally:
        await lone.client.config.remove_device(a.device_id)
        await config.set_device({"deviceID": lone.device_id, "paused": True})  # no longer ignored
        await config.remove_device(lone.device_id)
    assert (await config.config())["remoteIgnoredDevices"] == []


async def _not(probe: Any) -> bool:
    return not await probe()


async def test_ignoring_a_device_keeps_the_rest(lone: Daemon) -> None:
    """The whole configuration has to be sent, with all that it contains, such as the hash of the password."""
    before = await lone.client.config.config()
    entry = await lone.client.cluster.ignore_device(STRANGER)
    after = await lone.client.config.config()
    assert after["gui"]["password"]
    assert after == {**before, "remoteIgnoredDevices": [entry]}
    await lone.client.config.add_device(STRANGER, paused=True)
    assert (await lone.client.config.config())["remoteIgnoredDevices"] == []


async def test_accepting_a_folder(a: Daemon, b: Daemon, folders: Folders, tmp_path: Path) -> None:
    """It gets its label from the offer, is shared with the device that offers it, and arrives."""
    mine = await folders.add(a, label="A läbel", shared_with=[b], files=["x"])
    client = b.client
    await until(lambda: _offered(b, mine.id))
    with pytest.raises(UnknownDeviceError, match="doesn't offer"):
        await client.cluster.accept_folder(mine.id, str(tmp_path / "its"), device_id=STRANGER)
    with pytest.raises(UnknownFolderError, match="pending"):
        await client.cluster.accept_folder("nope", str(tmp_path / "its"))
    with pytest.raises(BadRequestError, match="unencrypted"):
        await client.cluster.accept_folder(mine.id, str(tmp_path / "its"), type="receiveencrypted")
    with pytest.raises(BadRequestError, match="empty"):
        await client.cluster.accept_folder(mine.id, "")
    accepted = await client.cluster.accept_folder(mine.id, str(tmp_path / "its"), ignores=["*.tmp"], **QUIET)
    try:
        assert accepted == await client.config.folders(mine.id)
        assert (accepted["label"], accepted["type"], accepted["paused"]) == ("A läbel", "sendreceive", False)
        assert shared(accepted).keys() == {a.device_id, b.device_id}
        await client.database.scan(mine.id)
        await until(lambda: _has(b, mine.id, "x"))
    finally:
        await client.config.remove_folder(mine.id)


async def test_accepting_an_encrypted_folder(a: Daemon, b: Daemon, folders: Folders, tmp_path: Path) -> None:
    """It can only become ``receiveencrypted``."""
    mine = await folders.add(a)
    await a.client.config.share(mine.id, b.device_id, encryption_password="secret")
    await until(lambda: _offered(b, mine.id))
    with pytest.raises(BadRequestError, match="would send encrypted"):
        await b.client.cluster.accept_folder(mine.id, str(tmp_path / "its"), type="sendreceive")
    accepted = await b.client.cluster.accept_folder(
        mine.id, str(tmp_path / "its"), device_id=a.device_id.lower(), label="Mine", **QUIET
    )
    try:
        assert (accepted["label"], accepted["type"]) == ("Mine", "receiveencrypted")
    finally:
        await b.client.config.remove_folder(mine.id)


async def test_ignoring_a_folder(a: Daemon, b: Daemon, folders: Folders) -> None:
    """It is no longer pending, and doesn't come back; what the device has ignored before stays ignored."""
    mine = await folders.add(a, label="A läbel", shared_with=[b])
    config, cluster = b.client.config, b.client.cluster
    await config.patch_device(a.device_id, ignoredFolders=[{"id": "before", "label": "Before"}])
    try:
        await until(lambda: _offered(b, mine.id))
        with pytest.raises(UnknownFolderError):
            await cluster.ignore_folder("nope")
        (device,) = await cluster.ignore_folder(mine.id)
        assert device == await config.devices(a.device_id)
        assert {each["id"]: each["label"] for each in device["ignoredFolders"]} == {
            "before": "Before",
            mine.id: "A läbel",
        }
        assert await cluster.ignore_folder(mine.id, device_id=a.device_id) == [device]
        assert not await _offered(b, mine.id)
        (device,) = await cluster.ignore_folder("unheard of", device_id=[a.device_id.lower()])
        assert "unheard of" in {each["id"] for each in device["ignoredFolders"]}
        with pytest.raises(UnknownDeviceError):
            await cluster.ignore_folder(mine.id, device_id=STRANGER)
        with pytest.raises(BadRequestError, match="shared"):
            await cluster.ignore_folder("docs-1", device_id=a.device_id)
    finally:
        await config.patch_device(a.device_id, ignoredFolders=[])


async def _offered(daemon: Daemon, folder_id: str) -> bool:
    return folder_id in await daemon.client.cluster.pending_folders()


async def _has(daemon: Daemon, folder_id: str, name: str) -> bool:
    found = await daemon.client.database.browse(folder_id)
    return name in {each["name"] for each in found or []}
