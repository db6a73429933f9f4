"""What one fake tells another one about folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.meeting import Ear, add_folder, configure, settle, two_nodes
from tests.support.nodes import OTHER, OWN

from pytest_syncthing.config import configuration

if TYPE_CHECKING:
    from pytest_syncthing.model.node import Node


async def reconnect(node: Node) -> None:
    """Let the other one connect again."""
    for paused in (True, False):
        configure(node, configuration.patch_device, OTHER, {"paused": paused})
        await settle()


async def test_a_folder_that_is_offered_accepted_and_given_up() -> None:
    """What the other one does with it is known, and so what it has got."""
    async with two_nodes() as (a, b):
        ear = await Ear(b).begin()
        mine = await add_folder(a, files={"x": "1"})
        assert [event["kind"] for event in await ear.take()] == [
            "FolderRejected",
            "PendingFoldersChanged",
            "ClusterConfigReceived",
        ]
        assert b.cluster.pending.folders["docs"][OWN]["label"] == "Documents"
        assert mine.completion(str(OTHER))["remoteState"] == "unknown"  # it hasn't said anything since
        await reconnect(a)
        assert mine.completion(str(OTHER))["remoteState"] == "notSharing"
        its = await add_folder(b)
        assert b.cluster.pending.folders == {}
        assert mine.completion(str(OTHER))["remoteState"] == "valid"
        assert mine.completion(str(OTHER))["sequence"] == 1
        assert mine.availability("x") == [OTHER]
        b.cluster.pause_folder("docs", paused=True)
        assert mine.completion(str(OTHER))["remoteState"] == "paused"
        await mine.simulated.disk_write({"y": "2"})
        await mine.scan()
        b.cluster.pause_folder("docs", paused=False)
        await settle()
        assert sorted(its.index.own) == ["x", "y"]
        configure(a, configuration.patch_folder, "docs", {"devices": []})
        await settle()
        assert its.completion(str(OWN))["remoteState"] == "notSharing"
        assert its.index.remotes.keys() == {OWN}
        assert mine.index.remotes == {}
        configure(a, configuration.delete_folder, "docs")
        await settle()
        await its.simulated.disk_write({"z": "3"})
        await its.scan()
        await settle()
        assert its.completion(str(OWN))["remoteState"] == "notSharing"


async def test_offers_that_are_withdrawn() -> None:
    """They are pending no longer."""
    async with two_nodes() as (a, b):
        await add_folder(a)
        assert list(b.cluster.pending.folders) == ["docs"]
        configure(a, configuration.delete_folder, "docs")
        await settle()
        assert b.cluster.pending.folders == {}


async def test_a_folder_that_only_one_side_shares() -> None:
    """Nothing goes over."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": "1"})
        its = await add_folder(b, shared=False)
        assert its.index.own == {}
        assert list(b.cluster.pending.folders) == ["docs"]
        assert await a.cluster.sharing.content_for(str(OTHER), "nope", a.cluster.folders["docs"].index.own["x"]) is None


async def test_what_is_told_before_anybody_is_introduced() -> None:
    """Waits until both have told what they share."""
    async with two_nodes() as (a, b):
        for paused in (True, False):
            configure(a, configuration.patch_device, OTHER, {"paused": paused})
        a.cluster.connections._meet()
        assert a.cluster.peers[str(OTHER)].offers is None
        body = {"id": "docs", "path": "/srv/docs", "devices": [{"deviceID": OTHER}]}
        configure(a, configuration.put_folder, body)
        assert b.cluster.pending.folders == {}
        a.cluster.announce(a.cluster.folders["docs"])
        await settle()
        assert list(b.cluster.pending.folders) == ["docs"]
        a.cluster.announce(a.cluster.folders["docs"])


async def test_a_connection_that_breaks_at_once() -> None:
    """Is not used any more."""
    async with two_nodes() as (a, b):
        configure(a, configuration.patch_device, OTHER, {"paused": True})
        ear = await Ear(b).begin()
        configure(a, configuration.patch_device, OTHER, {"paused": False})
        a.cluster.connections._meet()
        a.cluster.disconnect(OTHER)
        b.cluster.disconnect(OWN)
        await settle()
        assert await ear.take("ClusterConfigReceived") in ([], [{"kind": "ClusterConfigReceived", "device": OWN}])


@pytest.mark.parametrize("version", ["1.29.5", "2.1.3"])
async def test_encrypted_folders(version: str) -> None:
    """The other one gets what has no meaning, we know what it has, and changes and deletions go over too."""
    async with two_nodes(version) as (a, b):
        mine = await add_folder(a, files={"dir/secret.txt": "some text"})
        its = await add_folder(b, type="receiveencrypted")
        assert its.index.own == {}  # as long as there is no password
        devices = [{"deviceID": OWN}, {"deviceID": OTHER, "encryptionPassword": "a password"}]
        configure(a, configuration.patch_folder, "docs", {"devices": devices})
        await settle()
        if a.facts.numbers >= (2,):
            assert its.index.own == {}  # it begins at the next connection
            assert mine.completion(str(OTHER))["completion"] == 0
            await reconnect(a)
        assert mine.index.remote_need(str(OTHER)) == []
        assert mine.completion(str(OTHER))["completion"] == 100
        files = await its.simulated.disk_files()
        assert len(files) == 1
        assert not any("secret" in name or b"some text" in content for name, content in files.items())
        await its.scan()
        assert its.index.local_changed() == []
        await mine.simulated.disk_write({"dir/secret.txt": "changed"})
        await mine.scan()
        await settle()
        assert await its.simulated.disk_files() != files
        assert mine.index.remote_need(str(OTHER)) == []
        await mine.simulated.disk_delete(["dir"])
        await mine.scan()
        await settle()
        assert await its.simulated.disk_files() == {}
        assert mine.index.remote_need(str(OTHER)) == []


async def test_an_encrypted_folder_is_offered_as_that() -> None:
    """Both that it is to be received encrypted, and that it is so there."""
    async with two_nodes() as (a, b):
        configure(
            a,
            configuration.put_folder,
            {
                "id": "docs",
                "path": "/srv/docs",
                "devices": [{"deviceID": OTHER, "encryptionPassword": "a password"}],
            },
        )
        await settle()
        assert b.cluster.pending.folders["docs"][OWN]["receiveEncrypted"] is True
        await add_folder(b, folder_id="kept", type="receiveencrypted")
        assert a.cluster.pending.folders["kept"][OTHER]["remoteEncrypted"] is True


async def test_what_is_not_told_after_the_end() -> None:
    """Neither by a daemon that has ended, nor to a folder that is paused."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"x": "1"})
        its = await add_folder(b)
        b.cluster.pause_folder("docs", paused=True)
        a.cluster.announce(mine)
        await settle()
        a.cluster.announce(mine)
        a.cluster.sharing.stop()
        b.cluster.pause_folder("docs", paused=False)
        a.cluster.disconnect(OTHER)
        a.cluster.announce(mine)
        await settle()
        assert list(its.index.own) == ["x"]


async def test_markers_are_removed_with_their_folders() -> None:
    """If they are the usual ones, are empty, and no other folder has the same path."""
    async with two_nodes() as (a, _):
        paths = {"one": "/srv/same", "two": "/srv/same", "used": "/srv/used"}
        for name, path in paths.items():
            await add_folder(a, folder_id=name, path=path)
        a.cluster.disk.write("/srv/used/.stfolder", "x", b"", modified=1)
        for name in ("one", "used"):
            configure(a, configuration.delete_folder, name)
            await settle()
        assert a.cluster.disk.has_marker("/srv/same")
        assert a.cluster.disk.has_marker("/srv/used")
        configure(a, configuration.delete_folder, "two")
        await settle()
        assert not a.cluster.disk.has_marker("/srv/same")


async def test_another_password() -> None:
    """Makes everything new."""
    async with two_nodes() as (a, b):
        devices = [{"deviceID": OTHER, "encryptionPassword": "a password"}]
        await add_folder(a, files={"x": "1"}, devices=devices)
        its = await add_folder(b, type="receiveencrypted")
        (before,) = await its.simulated.disk_files()
        devices = [{"deviceID": OTHER, "encryptionPassword": "another"}, {"deviceID": OWN, "encryptionPassword": ""}]
        configure(a, configuration.patch_folder, "docs", {"devices": devices})
        await settle()
        assert set(await its.simulated.disk_files()) > {before}


async def test_what_was_broken_off_goes_on() -> None:
    """A file that could not be fetched because the other one went away comes at the next connection."""
    async with two_nodes() as (a, b):
        mine, its = await add_folder(a), await add_folder(b)
        its.may_scan.clear()
        its.want_scan()  # which keeps it from fetching
        await mine.simulated.disk_write({"x": "1"})
        await mine.scan()
        await settle()
        configure(a, configuration.patch_device, OTHER, {"paused": True})
        its.may_scan.set()
        await settle()
        assert its.index.newest("x")
        assert "x" not in its.index.own
        configure(a, configuration.patch_device, OTHER, {"paused": False})
        await settle()
        assert "x" in its.index.own
