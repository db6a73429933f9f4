"""Blocks: edits of the whole configuration, in which no change gets lost, and temporary pauses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aiosyncthing import Daemon, diff, types as t
from tests.support import racing
from tests.support.waiting import until

from .conftest import OTHER, STRANGER
from .folders import Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

IGNORED = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"


@pytest_asyncio.fixture(loop_scope="package")
async def before(lone: Daemon) -> AsyncIterator[t.Configuration]:
    """Return the configuration, and put it back afterwards."""
    before = await lone.client.config.config()
    yield before
    async with lone.client.config.edit() as config:
        config.update(before)
    assert diff(before, config) == ()


def folder_of(config: Any, folder_id: str) -> Any:
    """Return a folder of a configuration."""
    return next(each for each in config["folders"] if each["id"] == folder_id)


async def test_everything_at_once(lone: Daemon, before: t.Configuration, tmp_path: Path) -> None:
    """Each part can be changed, in one edit, and back; the daemon has what the dict has, and all else is as before."""
    client = lone.client
    edit = client.config.edit()
    async with edit as config:
        anything: Any = config
        anything["devices"] += [{"deviceID": STRANGER.lower(), "name": "a"}, {"deviceID": OTHER, "paused": True}]
        password = {"deviceID": OTHER, "encryptionPassword": "secret"}
        for number, folder_id in enumerate(("f", "a/b", "..")):
            anything["folders"].append(
                {
                    "id": folder_id,
                    "path": str(tmp_path / f"{number}"),
                    "paused": True,
                    "devices": [{"deviceID": STRANGER}, password],
                }
            )
        folder_of(config, "f")["versioning"] = {"type": "simple", "params": {"keep": "3", "cleanoutDays": "9"}}
        anything["remoteIgnoredDevices"].append({"deviceID": IGNORED, "name": "n"})
        anything["options"]["maxSendKbps"] = 7
        anything["ldap"]["searchFilter"] = "x"
        anything["defaults"]["ignores"]["lines"].append("*.tmp")
        anything["defaults"]["folder"]["versioning"] = {"type": "simple", "params": {"cleanoutDays": "3"}}
        anything["defaults"]["device"]["maxRecvKbps"] = 8
        anything["gui"]["theme"] = "dark"
    assert config == await client.config.config()
    changed = [(each.object, each.field) for each in diff(before, config)]
    assert sorted(changed) == sorted((each.object, each.field) for each in edit.changes)
    assert len(changed) == 13
    assert (edit.ignored, edit.reconnect) == ((), ())
    assert config["gui"]["password"] == before["gui"]["password"]

    edit = client.config.edit()
    async with edit as config:
        anything = config
        folder_of(config, "f")["versioning"]["params"] = {"keep": "4"}
        folder_of(config, "a/b")["label"] = ".."
        anything["folders"] = [each for each in config["folders"] if each["id"] != ".."]
        anything["devices"] = [each for each in config["devices"] if each["deviceID"] != STRANGER]
    assert config == await client.config.config()
    versioning = folder_of(config, "f")["versioning"]
    assert (versioning["type"], versioning["params"]) == ("simple", {"keep": "4"})
    assert folder_of(config, "a/b")["label"] == ".."
    for folder_id in ("f", "a/b"):
        passwords = {each["deviceID"]: each["encryptionPassword"] for each in folder_of(config, folder_id)["devices"]}
        assert passwords == {lone.device_id: "", OTHER: "secret"}
    backup = await client.config.backup()
    assert (backup["config"], backup["deviceID"], backup["version"]) == (config, lone.device_id, lone.version)
    assert backup["unread"].keys() == {"f", "a/b"}


async def test_races(lone: Daemon, before: t.Configuration, tmp_path: Path) -> None:
    """Several clients edit at random: each change that was reported as done is there, or a later one took its place."""
    await racing.prepare(lone.client, str(tmp_path))
    found = await racing.race(lone.url, lone.api_key, clients=2, edits=6, seed=3)
    assert found.lost(await lone.client.config.config()) == []
    assert found.edits + found.refused == 12
    assert found.edits > 6


# --- Temporary pauses, and bringing a folder to rest ---


async def things(daemon: Daemon) -> tuple[Any, Any]:
    """Return the folders and devices of a daemon as they are configured."""
    return await daemon.client.config.folders(), await daemon.client.config.devices()


async def test_only_what_ran_is_resumed(lone: Daemon, folders: Folders) -> None:
    """Only `paused` changes, for folders with any ID, and afterwards everything is as before.

    What a state names can be resumed later; what was resumed or removed meanwhile is not an error.
    """
    await lone.client.config.set_device({"deviceID": STRANGER, "addresses": ["tcp://127.0.0.1:9"]})
    shared = [{"deviceID": STRANGER, "encryptionPassword": "a p@ss & wörd"}]
    for name, settings in (("one", {"devices": shared}), ("a/ü ?", {}), ("rests", {"paused": True})):
        await folders.add(lone, name, **settings)
    before = await things(lone)
    async with lone.client.paused() as pause:
        during = await things(lone)
        state = pause.state
    assert await things(lone) == before
    assert state == {"daemon": lone.device_id, "folders": ["a/ü ?", "one"], "devices": [STRANGER]}
    for now, then in zip(during, before, strict=True):
        assert now == [{**each, "paused": each.get("deviceID") != lone.device_id} for each in then]
    async with lone.client.paused(["one", "a/ü ?"], STRANGER):
        await lone.client.config.remove_folder("one")
        await lone.client.config.patch_folder("a/ü ?", paused=False)
        await lone.client.config.remove_device(STRANGER)
    assert [each["paused"] for each in (await things(lone))[0]] == [False, True]
    state |= {"folders": ["a/ü ?", "one", "rests"]}
    assert await lone.client.resume(state) == {"daemon": lone.device_id, "folders": ["rests"], "devices": []}
    assert [each["paused"] for each in (await things(lone))[0]] == [False, False]


async def test_a_folder_at_rest(a: Daemon, b: Daemon, folders: Folders) -> None:
    """The folder at rest has everything sent before; later changes arrive after the block."""
    mine, its = await folders.share(a, b)
    await mine.write("before.txt")
    async with b.client.at_rest(its.id, devices=None, timeout=60) as path:
        assert path == str(its.path)
        assert {each.name for each in its.path.glob("*.txt")} == {"shared.txt", "before.txt"}
        await mine.write("after.txt")
        assert (await b.client.config.folders(its.id))["paused"]
    await until(lambda: asyncio.to_thread((its.path / "after.txt").exists))
