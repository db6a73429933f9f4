"""Temporary pauses, and bringing a folder to rest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.waiting import until

from .conftest import STRANGER

if TYPE_CHECKING:
    from aiosyncthing import Daemon

    from .folders import Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")


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
