"""When the sums of a folder are told."""

from __future__ import annotations

import pytest
from tests.support.meeting import Ear, add_folder, configure, lone_node, settle, two_nodes
from tests.support.nodes import OTHER

from pytest_syncthing.config import configuration

SUMS = ("FolderSummary", "FolderCompletion")


async def test_changes_are_told_together_when_the_folder_rests() -> None:
    """However much has changed, once; first the folder itself, then each device that shares it."""
    async with lone_node() as node:
        folder = await add_folder(node)
        ear = await Ear(node).begin()
        await folder.simulated.disk_write({"a": "1", "b": "2"})
        await folder.scan()
        await settle()
        summary, completion = await ear.take(*SUMS)
        assert (summary["folder"], summary["summary"]) == ("docs", folder.status())
        assert {key: completion[key] for key in ("folder", "device")} == {"folder": "docs", "device": OTHER}
        assert completion["globalItems"] == 2
        await folder.scan()
        await settle()
        assert await ear.take(*SUMS) == []
        folder.summary.touch()
        folder.stop()
        folder.summary.settle()
        await settle()
        assert await ear.take(*SUMS) == []


@pytest.mark.parametrize("kinds", [{"FolderSummary"}, {"ItemStarted"}])
async def test_old_versions_tell_those_who_listen(kinds: set[str]) -> None:
    """Version 1.19 does it for a minute after somebody has asked for such events, and of connected devices only."""
    async with lone_node("1.19.2") as node:
        folder = await add_folder(node)
        await node.events.poll(frozenset(kinds), 0, 0, 0)
        for pause in (59, 2):
            node.clock.advance(pause)
            await folder.simulated.disk_write({"a": f"{pause}"})
            await folder.scan()
            await settle()
        told = await node.events.poll(frozenset(kinds), 0, 0, 0)
        assert len(told) == (1 if kinds == {"FolderSummary"} else 0)


async def test_what_was_got_is_told_in_any_case() -> None:
    """When a folder has got what it needed, even an old version tells without a listener."""
    async with two_nodes("1.19.2") as (a, b):
        await add_folder(a, files={"x": "1"})
        await b.events.poll(frozenset({"FolderSummary"}), 0, 0, 0)
        b.clock.advance(100)
        await add_folder(b)
        assert len(await b.events.poll(frozenset({"FolderSummary"}), 0, 0, 0)) == 1


async def test_nothing_is_told_of_a_folder_that_was_paused() -> None:
    """What was to be told is not, once it has stopped."""
    async with lone_node() as node:
        folder = await add_folder(node)
        ear = await Ear(node).begin()
        folder.summary.touch()
        configure(node, configuration.patch_folder, "docs", {"paused": True})
        await settle()
        assert await ear.take(*SUMS) == []


async def test_they_may_be_told_late() -> None:
    """After as long as the test says, together, and not while the folder has something to do."""
    async with lone_node() as node:
        folder = await add_folder(node)
        ear = await Ear(node).begin()
        node.cluster.summary_delay = 2
        for name, told in (("a", 0), ("b", 1)):
            await folder.simulated.disk_write({name: "1"})
            await folder.scan()
            node.clock.advance(1)
            await settle()
            assert len(await ear.take("FolderSummary")) == told
        await folder.simulated.disk_write({"c": "1"})
        await folder.scan()
        folder.stop()
        node.clock.advance(2)
        await settle()
        assert await ear.take("FolderSummary") == []
