"""What a test does to a folder, on the disk and as devices that only it knows."""

from __future__ import annotations

import pytest
from tests.support.meeting import Ear, add_folder, configure, lone_node, settle, two_nodes
from tests.support.nodes import OTHER

from pytest_syncthing.config import configuration

OTHER_ID = str(OTHER)


async def test_the_disk() -> None:
    """What is written, linked and deleted there is found by a scan only."""
    async with lone_node() as node:
        folder = await add_folder(node)
        await folder.simulated.disk_write({"a/b": "text", "c": b"bytes", "empty": None})
        await folder.simulated.disk_link("link", "c")
        assert await folder.simulated.disk_files() == {"a/b": b"text", "c": b"bytes"}
        assert folder.index.own == {}
        await folder.scan()
        assert sorted(folder.index.own) == ["a", "a/b", "c", "empty", "link"]
        await folder.simulated.disk_delete(["a", "link", "nothing"])
        await folder.scan()
        assert sorted(name for name, item in folder.index.own.items() if item.deleted) == ["a", "a/b", "link"]


async def test_a_clock_that_stands_still() -> None:
    """A scan finds each change all the same, though the size of the file stays as it is."""
    async with lone_node() as node:
        folder = await add_folder(node)
        node.clock.freeze()
        sequences: list[int] = []
        for content in (b"1", b"2", b"3"):
            await folder.simulated.disk_write({"a": content})
            await folder.scan()
            sequences.append(folder.index.own["a"].sequence)
        assert len(set(sequences)) == 3


async def test_what_a_device_writes_is_needed_until_it_is_got() -> None:
    """With the directories that it is in; then it is there, from that device."""
    async with lone_node() as node:
        folder = await add_folder(node)
        node.cluster.connect(OTHER)
        ear = await Ear(node).begin()
        folder.simulated.remote_write(OTHER_ID, {"sub/deep/x": "text", "sub/y": b"bytes", "empty": None})
        await settle()
        told = await ear.take()
        assert (told[0]["kind"], told[0]["items"], told[0]["sequence"]) == ("RemoteIndexUpdated", 5, 5)
        assert {event["kind"] for event in told[1:]} == {"FolderSummary", "FolderCompletion"}
        assert [item.name for item in folder.needed()] == ["empty", "sub", "sub/deep", "sub/deep/x", "sub/y"]
        assert folder.state.name == "idle"
        await folder.pull(["sub", "sub/y"])
        assert [item.name for item in folder.needed()] == ["empty", "sub/deep", "sub/deep/x"]
        await folder.pull()
        assert await folder.simulated.disk_files() == {"sub/deep/x": b"text", "sub/y": b"bytes"}
        assert node.cluster.peers[OTHER_ID].received == len("text") + len("bytes")
        assert folder.last_file["filename"] == "sub/y" or folder.last_file["filename"] == "sub/deep/x"

        folder.simulated.remote_write(OTHER_ID, {"sub/z": ""})
        assert [item.name for item in folder.needed()] == ["sub/z"]
        folder.simulated.remote_delete(OTHER_ID, ["sub"])
        await folder.pull()
        assert await folder.simulated.disk_files() == {}
        assert node.cluster.disk.entry("/srv/docs", "sub") is None
        folder.simulated.remote_delete(OTHER_ID, ["nothing"])
        assert folder.needed() == []


@pytest.mark.parametrize(("version", "at_first"), [("1.29.5", 100), ("2.1.3", 0)])
async def test_what_a_device_lacks_until_it_gets_it(version: str, at_first: int) -> None:
    """All, or some of it; then it tells. Before it has ever told anything, version 1 takes it for complete."""
    async with lone_node(version) as node:
        folder = await add_folder(node, files={"a": "1", "b": "22"})
        node.cluster.connect(OTHER)
        assert [item.name for item in folder.index.remote_need(OTHER_ID)] == ["a", "b"]
        assert folder.completion(OTHER_ID)["completion"] == at_first
        folder.simulated.remote_pull(OTHER_ID, ["b"])
        assert [item.name for item in folder.index.remote_need(OTHER_ID)] == ["a"]
        assert folder.completion(OTHER_ID)["needBytes"] == 1
        folder.simulated.remote_pull(OTHER_ID)
        folder.simulated.remote_pull(OTHER_ID)
        completion = folder.completion(OTHER_ID)
        assert (completion["completion"], completion["sequence"], completion["remoteState"]) == (100, 2, "valid")
        assert node.cluster.peers[OTHER_ID].sent == 3


async def test_who_takes_part() -> None:
    """Connected devices that share the folder and have accepted it, unless they are fakes themselves."""
    async with lone_node() as node:
        folder = await add_folder(node)
        assert folder.simulated.devices == []
        node.cluster.connect(OTHER)
        assert folder.simulated.devices == [OTHER_ID]
        node.cluster.accept(OTHER, "docs", "paused")
        assert folder.simulated.devices == []
    async with two_nodes() as (a, _):
        assert (await add_folder(a)).simulated.devices == []


async def test_a_file_that_is_under_way() -> None:
    """So much of it is here, which is told, until that ends."""
    async with lone_node() as node:
        folder = await add_folder(node)
        node.cluster.connect(OTHER)
        folder.simulated.remote_write(OTHER_ID, {"large": b"x" * (512 << 10)})
        await settle()
        ear = await Ear(node).begin()
        folder.simulated.start_pull("large", 0.5)
        assert folder.state.name == "syncing"
        assert [download.done for download in node.cluster.downloads.of(folder)] == [256 << 10]
        assert folder.sums()["needBytes"] == 256 << 10
        folder.simulated.start_pull("large", 0.75)
        folder.simulated.start_pull("large", 1)
        told = await ear.take("DownloadProgress")
        assert [event.get("docs", {}).get("large", {}).get("bytesDone") for event in told] == [
            256 << 10,
            384 << 10,
            None,
        ]
        folder.simulated.start_pull("large", 1)
        await folder.pull()
        assert folder.needed() == []
        with pytest.raises(KeyError, match="large"):
            folder.simulated.start_pull("large", 0.5)


async def test_a_send_only_folder_gets_nothing() -> None:
    """Even if it is told to."""
    async with lone_node() as node:
        folder = await add_folder(node, type="sendonly")
        node.cluster.connect(OTHER)
        folder.simulated.remote_write(OTHER_ID, {"x": "1"})
        await folder.pull()
        assert [item.name for item in folder.needed()] == ["x"]
        configure(node, configuration.patch_folder, "docs", {"type": "sendreceive"})
        await settle()
        assert [item.name for item in folder.needed()] == ["x"]
