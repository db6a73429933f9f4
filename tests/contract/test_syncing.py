"""Two daemons at work: what each has and needs, and how to undo changes."""

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aiosyncthing import Daemon, parse_time, types
from aiosyncthing.exceptions import BadRequestError, ServerError
from tests.support.waiting import until

from .conftest import STRANGER
from .folders import Folder, Folders, reads, write_files
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def needs(folder: Folder, count: int) -> bool:
    """Return whether a folder needs this many items and is idle."""
    status = await folder.status()
    return status["needTotalItems"] == count and status["state"] == "idle"


async def is_connected(one: Daemon, other: Daemon) -> bool:
    """Return whether one daemon is connected to the other."""
    return (await one.client.system.connections())["connections"][other.device_id]["connected"]


async def is_paused(one: Daemon, other: Daemon) -> bool:
    """Return whether one daemon has paused the other, and is no longer connected to it."""
    connection = (await one.client.system.connections())["connections"][other.device_id]
    return connection["paused"] and not connection["connected"]


async def test_files_arrive(a: Daemon, b: Daemon, folders: Folders, version: Version) -> None:
    """The other daemon receives what one writes, and both report it. Once it is in sync, what was sent is there."""
    mine, its = await folders.share(a, b)
    await mine.write("dir/new ü.txt", text="news")
    await a.client.wait_ready(timeout=60)
    await a.client.wait_in_sync(mine.id, timeout=60)
    assert await reads(its.path / "dir" / "new ü.txt", "news")
    await until(lambda: mine.has_sent_all_to(its))
    completion = await mine.completion(its)
    assert completion["completion"] == 100
    assert completion["globalItems"] == 3
    assert completion.get("remoteState") == ("valid" if version >= (1, 20) else None)
    await until(lambda: needs(its, 0))
    status = await its.status()
    assert (status["globalFiles"], status["needTotalItems"], status["state"]) == (2, 0, "idle")
    known = await until(lambda: is_available(mine, "shared.txt"))
    assert {each["id"] for each in known} == {b.device_id}
    last = (await b.client.stats.folders())[its.id]["lastFile"]
    assert last["filename"] in {"dir/new ü.txt", "dir"}


async def is_available(folder: Folder, file: str) -> list[Any]:
    """Return which other devices have a file."""
    return (await folder.client.database.file(folder.id, file))["availability"] or []


async def test_modes(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Modes of files and directories go over, unless they are ignored there: then new ones get the usual modes."""
    names = ("dir", "dir/file", "new", "new/file")
    for ignored, expected in ((False, [0o700, 0o600] * 2), (True, [0o755, 0o644] * 2)):
        mine, its = await folders.share(a, b, files=["dir/file"], ignorePerms=ignored)
        await asyncio.to_thread(write_files, mine.path, ["new/file"])
        for name in names:
            (mine.path / name).chmod(0o600 if name.endswith("file") else 0o700)
        await mine.scan()
        await until(lambda mine=mine, its=its: mine.has_sent_all_to(its))
        assert [(its.path / name).stat().st_mode & 0o777 for name in names] == expected


async def test_a_paused_device(a: Daemon, b: Daemon, folders: Folders) -> None:
    """A paused device is disconnected; what it needs is known, as it was last seen, and it comes back when resumed."""
    mine, its = await folders.share(a, b)
    await a.client.system.pause(b.device_id)
    await until(lambda: is_paused(a, b))
    await mine.write("later/one.txt", "later/two.txt")
    lacking = {item["name"] async for item in a.client.database.iter_remote_need(mine.id, b.device_id, perpage=2)}
    assert lacking == {"later", "later/one.txt", "later/two.txt"}
    completion = await mine.completion(its)
    assert completion["needItems"] == 3
    assert completion["completion"] < 100
    await a.client.system.resume(b.device_id)
    await until(lambda: reads(its.path / "later" / "two.txt", "some text"))
    await until(lambda: is_connected(a, b))
    await until(lambda: is_connected(b, a))


async def test_pausing_devices(lone: Daemon) -> None:
    """One device or all are paused and resumed; unlike with a patch, the daemon answers before that takes effect."""
    config, system = lone.client.config, lone.client.system

    async def is_set(*, paused: bool) -> bool:
        return (await config.devices(STRANGER))["paused"] is paused

    await config.set_device({"deviceID": STRANGER, "addresses": ["tcp://127.0.0.1:9"]})
    for change, devices, paused in (
        (system.pause, [STRANGER.lower()], True),
        (system.resume, [STRANGER], False),
        (system.pause, [], True),
        (system.resume, [], False),
    ):
        await change(*devices)
        await until(lambda paused=paused: is_set(paused=paused))
    for paused in (True, False):
        await config.patch_device(STRANGER, paused=paused)
        assert await is_set(paused=paused)
    await config.remove_device(STRANGER)


async def test_only_deletions_are_left(a: Daemon, b: Daemon, folders: Folders) -> None:
    """A device that needs only deletions is at 95 percent."""
    mine, its = await folders.share(a, b, files=["stays.txt", "goes.txt"], ignoreDelete=True)
    (mine.path / "goes.txt").unlink()
    await mine.scan()
    completion = await mine.completion(its)
    assert (completion["completion"], completion["needDeletes"], completion["needItems"]) == (95, 1, 0)
    needed = await a.client.database.remote_need(mine.id, b.device_id)
    assert [(item["name"], item["deleted"]) for item in needed["files"]] == [("goes.txt", True)]


async def test_a_folder_that_is_not_accepted(a: Daemon, b: Daemon, folders: Folders, version: Version) -> None:
    """A device that has not accepted a folder needs everything, although its completion may say 100.

    Its state is unknown until it announces something; when it connects, it says that it doesn't share.
    """
    mine = await folders.add(a, shared_with=[b], files=["x"])

    async def completion() -> Any:
        return await a.client.database.completion(mine.id, b.device_id)  # 100 percent in 1.19 and 1.29

    assert (await completion())["sequence"] == 0
    assert (await completion()).get("remoteState") == (None if version < (1, 20) else "unknown")
    needed = await a.client.database.remote_need(mine.id, b.device_id)
    assert [item["name"] for item in needed["files"]] == ["x"]
    if version < (1, 20):
        return
    await reconnect(a, b)

    async def is_refused() -> bool:
        return (await completion())["remoteState"] == "notSharing"

    await until(is_refused)


async def test_override(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Overriding makes the state of a send-only folder the newest, so that others revert to it."""
    mine, its = await folders.share(a, b, files=["file.txt"])
    await a.client.config.patch_folder(mine.id, type="sendonly")
    await its.write("file.txt", "added.txt", text="changed elsewhere")
    await until(lambda: needs(mine, 2))
    assert await reads(mine.path / "file.txt", "some text")
    await a.client.database.override(mine.id)
    await until(lambda: reads(its.path / "file.txt", "some text"))
    await until(lambda: reads(its.path / "added.txt", None))
    await until(lambda: needs(mine, 0))
    with pytest.raises(BadRequestError, match="sendonly"):
        await a.client.database.revert(mine.id)
    with pytest.raises(BadRequestError, match="sendreceive"):
        await b.client.database.override(its.id)


async def test_revert(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Reverting undoes local changes in a receive-only folder."""
    mine, its = await folders.share(a, b, files=["file.txt", "deleted.txt"], type="receiveonly")
    (its.path / "deleted.txt").unlink()
    await its.write("file.txt", "sub/added.txt", text="changed here")
    changed = await b.client.database.local_changed(its.id)
    expected = {"file.txt", "deleted.txt", "sub", "sub/added.txt"}
    assert {item["name"] for item in changed["files"]} == expected
    assert {item["name"] async for item in b.client.database.iter_local_changed(its.id, perpage=3)} == expected
    assert (await its.status()).get("receiveOnlyTotalItems") == 4
    assert (await a.client.database.local_changed(mine.id))["files"] == []

    await b.client.database.revert(its.id)
    await until(lambda: reads(its.path / "file.txt", "some text"))
    await until(lambda: reads(its.path / "deleted.txt", "some text"))
    await until(lambda: reads(its.path / "sub" / "added.txt", None))

    await until(its.is_reverted)
    with pytest.raises(BadRequestError, match="receiveonly"):
        await b.client.database.override(its.id)


async def test_conflict_copies(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Their names say what they are copies of, when they were made, and whose change won; directories aren't listed."""
    names = ["file.txt", "README", ".hidden", "archive.tar.gz", "dir.d/odd."]
    mine, its = await folders.share(a, b, files=names)
    before = datetime.now().replace(microsecond=0)  # noqa: DTZ005 - copies have local time
    utc = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    await a.client.config.patch_device(b.device_id, paused=True)
    try:
        await until(lambda: is_paused(a, b))
        write_files(mine.path, names, "loses")
        for name in names:
            os.utime(mine.path / name, (1_700_000_000, 1_700_000_000))
        await mine.scan()
        (its.path / "x.sync-conflict-20260101-000000-AAAAAAA").mkdir()
        await its.write(*names, text="wins")
    finally:
        await a.client.config.patch_device(b.device_id, paused=False)

    async def listed() -> list[types.ConflictCopy] | None:
        found = [each async for each in a.client.database.conflicts(mine.id)]
        return found if len(found) == len(names) else None

    copies = await until(listed)
    assert {each["original"] for each in copies} == set(names)
    for copy in copies:
        assert await reads(mine.path / copy["name"], "loses")
        assert (copy["folder"], copy["device"], copy["deviceID"]) == (mine.id, b.device_id[:7], b.device_id)
        assert (copy["size"], parse_time(copy["modTime"])) == (5, datetime.fromtimestamp(1_700_000_000, UTC))
        made = datetime.fromisoformat(copy["time"])
        assert any(timedelta() <= made - start < timedelta(minutes=5) for start in (before, utc))  # the fake is in UTC
    everywhere = [each async for each in a.client.database.conflicts()]
    assert sorted(each["name"] for each in everywhere if each["folder"] == mine.id) == sorted(
        each["name"] for each in copies
    )


async def test_failed_items(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Items that fail to sync are listed with the reason, page by page, until they succeed."""
    mine, its = await folders.share(a, b, files=["one/x.txt", "two/x.txt", "three/x.txt"])
    directories = ["one", "three", "two"]
    await b.client.config.patch_folder(its.id, pullerPauseS=1)
    await b.client.database.set_ignores(its.id, ["*.mine"])
    await its.scan()  # otherwise a scan started by the patch, which doesn't know the patterns, may still be running
    await its.write(*(f"{name}/keep.mine" for name in directories))
    for name in directories:
        (mine.path / name / "x.txt").unlink()
        (mine.path / name).rmdir()
    await mine.scan()

    async def failed() -> bool:
        return len((await b.client.folder.errors(its.id))["errors"] or []) == 3

    await until(failed)
    listed = [error async for error in b.client.folder.iter_errors(its.id, perpage=1)]
    assert sorted(error["path"] for error in listed) == directories
    assert all("ignored" in error["error"] for error in listed)
    beyond = await b.client.folder.errors(its.id, page=2, perpage=3)
    assert (beyond["errors"], beyond["page"], beyond["perpage"]) == (None, 2, 3)
    assert (await its.status())["errors"] == 3

    await b.client.database.set_ignores(its.id, ["(?d)*.mine"])
    await until(lambda: reads(its.path / "one" / "keep.mine", None))
    assert (await a.client.folder.errors(mine.id))["errors"] is None


async def test_encrypted_folders(a: Daemon, b: Daemon, folders: Folders, version: Version) -> None:
    """The other device receives only encrypted files, with meaningless names."""
    mine = await folders.add(a, files=["secret.txt"])
    its = await folders.add(b, mine.id, type="receiveencrypted", shared_with=[a])
    await a.client.config.patch_folder(
        mine.id, devices=[{"deviceID": b.device_id, "encryptionPassword": "a p@ss & wörd"}]
    )
    if version >= (2,):  # the password takes effect with the next connection
        await reconnect(a, b)
    await until(lambda: mine.has_sent_all_to(its))
    files = [path for path in its.path.rglob("*") if path.is_file() and ".stfolder" not in str(path)]
    assert len(files) == 1
    assert "secret" not in str(files[0].relative_to(its.path))
    assert b"some text" not in files[0].read_bytes()
    # Version 1 has no tree of these names, since their directories are not in its index.
    with suppress(ServerError):
        assert "secret" not in str(await b.client.database.browse(its.id))


async def reconnect(a: Daemon, b: Daemon) -> None:
    """Disconnect two daemons and wait until they are connected again."""
    await a.client.config.patch_device(b.device_id, paused=True)
    await until(lambda: is_paused(a, b))
    await a.client.config.patch_device(b.device_id, paused=False)
    await until(lambda: is_connected(a, b))


async def test_what_is_ignored_later(a: Daemon, b: Daemon, folders: Folders) -> None:
    """A synced file that is ignored later has no content here, and stays as it is elsewhere."""
    _, its = await folders.share(a, b, files=["x.mine"])
    before = await b.client.database.file(its.id, "x.mine")
    await b.client.database.set_ignores(its.id, ["*.mine"])
    await its.scan()
    after = await b.client.database.file(its.id, "x.mine")
    local = after["local"]
    assert (local["ignored"], local["size"], local["numBlocks"], local.get("blocksHash")) == (True, 0, 0, None)
    assert local["version"] == before["local"]["version"]
    assert after["global"]["size"] == before["global"]["size"]
    await b.client.database.set_ignores(its.id, [])
    await its.scan()
    assert (await b.client.database.file(its.id, "x.mine"))["local"]["size"] == before["local"]["size"]


async def test_progress(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Files that are being pulled are listed as such, and both daemons report it by events."""
    names = {f"{number}.bin" for number in range(4)}
    before = await b.client.config.options()
    slow: Any = {"maxRecvKbps": 300, "limitBandwidthInLan": True}
    await b.client.config.patch_options(slow, progressUpdateIntervalS=1, tempIndexMinBlocks=1)
    try:
        # In this order: the daemon reports its progress only to devices that offered the folder after it was added.
        its = await folders.add(b, shared_with=[a])
        mine = await folders.add(a, its.id, shared_with=[b])
        for name in names:
            (mine.path / name).write_bytes(os.urandom(1 << 19))
        await mine.scan()

        async def in_progress() -> list[str]:
            return [item["name"] for item in (await b.client.database.need(its.id))["progress"]]

        listed = await until(in_progress)
        assert set(listed) <= names
        need = await b.client.database.prioritize(its.id, listed[-1], page=1, perpage=2)
        assert (need["page"], need["perpage"]) == (1, 2)
        assert {item["name"] async for item in b.client.database.iter_need(its.id, perpage=3)} <= names
        await until(lambda: reported(b, "DownloadProgress", its))
        await until(lambda: reported(a, "RemoteDownloadProgress", its))
    finally:
        await b.client.config.set_options(before)
    await until(lambda: mine.has_sent_all_to(its))


async def reported(daemon: Daemon, kind: Any, folder: Folder) -> bool:
    """Return whether there was an event about the progress of a folder."""
    events = await daemon.client.events.poll(types=kind, timeout=0)
    return any(folder.id in event["data"] or event["data"].get("folder") == folder.id for event in events)
