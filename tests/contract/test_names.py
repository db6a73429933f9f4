"""IDs and names are data: odd ones arrive unchanged everywhere."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from aiosyncthing.exceptions import BadRequestError, UnknownFolderError
from tests.support.waiting import until

from .folders import write_files

if TYPE_CHECKING:
    from aiosyncthing import Daemon

    from .folders import Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

FOLDER_IDS = [
    ".",
    "..",
    "/",
    "../../system/shutdown",
    "a b?#%&+;=",
    "%2F%2e%2e",
    "ünïcode ✓ 𝄞 quote'\"<>&lt;",
    "back\\slash tab\there",
    "null",
]
FILES = [
    *("sp ace", " leading and trailing ", "?#%&+;=", "%2F", "ünïcode ✓ 𝄞", "quote'\"<>", "back\\slash", "new\nline"),
    *("-dash", "a+b/c d/e&f#g?.txt", "..."),
]


@pytest.mark.parametrize("folder_id", FOLDER_IDS)
async def test_odd_folder_ids(lone: Daemon, folders: Folders, folder_id: str) -> None:
    """Every method with a folder ID accepts any."""
    client = lone.client
    folder = await folders.add(
        lone, folder_id, files=["x", "d/y"], type="receiveonly", versioning={"type": "simple", "params": {"keep": "1"}}
    )
    assert (await client.config.folders(folder_id))["id"] == folder_id
    await client.config.patch_folder(folder_id, label="läbel", devices=[])
    assert (await client.config.folders(folder_id))["label"] == "läbel"
    assert folder_id in {each["id"] for each in await client.config.folders()}
    assert folder_id in await client.stats.folders()

    await client.database.scan(folder_id, sub=["x"])
    assert (await client.database.status(folder_id))["localFiles"] == 2
    assert (await client.database.completion(folder_id))["completion"] == 100
    await client.database.completion(folder_id, lone.device_id)
    async with aclosing(client.database.walk(folder_id)) as entries:
        walked = [path async for path, _ in entries]
    assert walked == []  # what is new in a receive-only folder is not in the global tree
    assert await client.database.browse(folder_id) == []
    assert (await client.database.file(folder_id, "x"))["local"]["name"] == "x"
    assert await client.database.need(folder_id)
    assert [item async for item in client.database.iter_need(folder_id)] == []
    remote = (await client.database.remote_need(folder_id, lone.device_id))["files"]
    assert [item async for item in client.database.iter_remote_need(folder_id, lone.device_id)] == remote
    assert len((await client.database.local_changed(folder_id))["files"]) == 3
    assert [item async for item in client.database.iter_local_changed(folder_id, perpage=1)]
    assert (await client.database.prioritize(folder_id, "x"))["queued"] == []
    with pytest.raises(BadRequestError, match="not sendonly"):
        await client.database.override(folder_id)
    assert (await client.database.set_ignores(folder_id, ["z"]))["ignore"] == ["z"]
    assert (await client.database.ignores(folder_id))["ignore"] == ["z"]
    assert (await client.folder.errors(folder_id))["folder"] == folder_id
    assert [error async for error in client.folder.iter_errors(folder_id)] == []
    assert await client.folder.versions(folder_id) == {}
    assert await client.folder.restore(folder_id, {}) == {}
    assert (await client.debug.file(folder_id, "x"))["local"]["name"] == "x"

    await client.database.revert(folder_id)

    async def is_reverted() -> bool:
        return not (await client.database.local_changed(folder_id))["files"]

    await until(is_reverted)
    assert not (folder.path / "x").exists()

    whole = await client.config.folders(folder_id)
    await client.config.set_folder({**whole, "label": "other"})
    assert await client.config.folders(folder_id) == {**whole, "label": "other"}
    await client.config.remove_folder(folder_id)
    with pytest.raises(UnknownFolderError):
        await client.config.folders(folder_id)
    with pytest.raises(UnknownFolderError):
        await client.config.remove_folder(folder_id)
    await client.system.ping()  # nothing odd has happened


async def test_odd_device_ids(lone: Daemon) -> None:
    """An invalid device ID leads nowhere else."""
    client = lone.client
    before = await client.config.config()
    for device_id in ("a/b", ".", "..", "?", "rest/../config"):
        for change in (client.config.remove_device, client.system.pause):
            with pytest.raises(BadRequestError):
                await change(device_id)
        with pytest.raises(BadRequestError):
            await client.config.patch_device(device_id, name="x")
    assert await client.config.config() == before


async def test_odd_file_names(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Files with any name are found, walked, synced, restored and prioritized."""
    versioning = {"type": "simple", "params": {"keep": "2"}}
    mine, its = await folders.share(a, b, files=FILES, versioning=versioning)
    database = a.client.database
    for name in FILES:
        answer = await database.file(mine.id, name)
        assert answer["global"]["name"] == name
        assert (its.path / name).read_text() == "some text"
        assert await database.prioritize(mine.id, name)
        await database.scan(mine.id, sub=name)
    directories = ["a+b", "a+b/c d"]
    async with aclosing(database.walk(mine.id)) as entries:
        walked = [path async for path, _ in entries]
    assert sorted(walked) == sorted(FILES + directories)
    for directory in directories:
        async with aclosing(database.walk(mine.id, directory)) as entries:
            assert "a+b/c d/e&f#g?.txt" in [path async for path, _ in entries]
    assert [entry["name"] for entry in await database.browse(mine.id, "a+b/c d")] == ["e&f#g?.txt"]

    patterns = ["/?#%&+;=", "/new line", "/back\\\\slash", "// ünïcode ✓ 𝄞"]
    assert (await database.set_ignores(mine.id, patterns))["ignore"] == patterns
    await database.set_ignores(mine.id, [])

    write_files(mine.path, FILES, "second")
    await mine.scan()
    await until(lambda: mine.has_sent_all_to(its))
    versions = await b.client.folder.versions(its.id)
    assert set(versions) >= set(FILES) - {"..."}  # the daemon itself can't read the version's name of that one


async def test_odd_labels_and_names(lone: Daemon, folders: Folders) -> None:
    """Labels and names are kept to the letter."""
    text = "<b>&amp;\u2028'\"\\ ünïcode ✓ 𝄞 %s {} \t."
    folder = await folders.add(lone, label=text)
    await lone.client.config.patch_device(lone.device_id, name=text)
    assert (await lone.client.config.folders(folder.id))["label"] == text
    assert (await lone.client.config.devices(lone.device_id))["name"] == text
    await lone.client.system.clear_errors()
    await lone.client.system.post_error(text)
    errors = (await lone.client.system.error())["errors"]
    assert errors
    assert "ünïcode ✓" in errors[-1]["message"]
    await lone.client.system.clear_errors()
    assert (await lone.client.system.error())["errors"] is None
