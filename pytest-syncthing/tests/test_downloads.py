"""Downloads that take their time, and what is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.meeting import Ear, add_folder, configure, settle, two_nodes
from tests.support.nodes import OTHER, OWN

from pytest_syncthing.config import configuration

BLOCK = 128 << 10


def limit(node: Any, **options: Any) -> None:
    """Limit its bandwidth, or something else."""
    configure(node, configuration.patch_section, "options", {"limitBandwidthInLan": True, **options})


async def test_a_limit_takes_time() -> None:
    """Block by block; meanwhile it is listed and told, here and there, and in the end that it is over."""
    async with two_nodes() as (a, b):
        limit(b, maxRecvKbps=128, progressUpdateIntervalS=1, tempIndexMinBlocks=2)
        await add_folder(a, files={"large": b"x" * 3 * BLOCK, "small": b"y" * 100})
        here, there = await Ear(b).begin(), await Ear(a).begin()
        its = await add_folder(b, order="alphabetic")
        assert its.state.name == "syncing"
        (download,) = b.cluster.downloads.of(its)
        assert (download.item.name, download.done, list(its.queue)) == ("large", 0, ["small"])
        await b.clock.pass_by(1)
        await settle()
        assert its.sums()["needBytes"] == 2 * BLOCK + 100
        (told,) = await here.take("DownloadProgress")
        assert told["docs"]["large"] == {
            "total": 3,
            "reused": 0,
            "copiedFromOrigin": 0,
            "copiedFromOriginShifted": 0,
            "copiedFromElsewhere": 0,
            "pulled": told["docs"]["large"]["pulled"],
            "pulling": 1,
            "bytesTotal": 3 * BLOCK,
            "bytesDone": told["docs"]["large"]["pulled"] * BLOCK,
        }
        (remote,) = await there.take("RemoteDownloadProgress")
        assert (remote["device"], remote["folder"]) == (OTHER, "docs")
        await b.clock.pass_by(5)
        await settle()
        assert (await here.take("DownloadProgress"))[-1] == {"kind": "DownloadProgress"}
        assert (await there.take("RemoteDownloadProgress"))[-1]["state"] == {}
        assert its.needed() == []
        assert b.cluster.downloads.of(its) == []


async def test_what_the_other_device_has_already() -> None:
    """It is not counted as missing there."""
    async with two_nodes() as (a, b):
        limit(b, maxRecvKbps=128, progressUpdateIntervalS=1, tempIndexMinBlocks=1)
        mine = await add_folder(a, files={"large": b"x" * 4 * BLOCK})
        await add_folder(b)
        await b.clock.pass_by(2.5)
        await settle()
        assert a.cluster.progress_of(str(OTHER), "docs") == {"large": 1}  # as it was when it was told, at 2 s
        mine.index.put_remote(str(OTHER), [replace(mine.index.own["large"], name="other")])
        assert mine.completion(str(OTHER))["needBytes"] == 3 * BLOCK
        a.cluster.disconnect(OTHER)
        assert a.cluster.progress_of(str(OTHER), "docs") == {}


async def test_progress_can_be_switched_off() -> None:
    """Without an interval nothing is told."""
    async with two_nodes() as (a, b):
        limit(b, maxRecvKbps=128, progressUpdateIntervalS=-1)
        await add_folder(a, files={"large": b"x" * 3 * BLOCK})
        ear = await Ear(b).begin()
        its = await add_folder(b)
        await b.clock.pass_by(10)
        await settle()
        assert await ear.take("DownloadProgress") == []
        assert its.needed() == []


@pytest.mark.parametrize("what", ["stop", "sender", "device"])
async def test_limits_and_their_end(what: str) -> None:
    """The sender's limit counts as well, and that of the device; and a folder that is paused fetches nothing more."""
    async with two_nodes() as (a, b):
        if what == "sender":
            limit(a, maxSendKbps=128)
        else:
            limit(b, maxRecvKbps=128 if what == "stop" else 0)
        if what == "device":
            configure(b, configuration.patch_device, OWN, {"maxRecvKbps": 64})
        await add_folder(a, files={"large": b"x" * 3 * BLOCK})
        its = await add_folder(b)
        assert b.cluster.connections.receive_rate(str(OWN)) == (64 if what == "device" else 128) * 1024
        assert len(b.cluster.downloads.of(its)) == 1
        if what == "stop":
            configure(b, configuration.patch_folder, "docs", {"paused": True})
            await settle()
            assert b.cluster.downloads.of(its) == []
        else:
            for node in (a, b):
                limit(node, limitBandwidthInLan=False)
            await b.clock.pass_by(3)
            await settle()
            assert its.needed() == []


async def test_files_that_wait_are_moved_to_the_front() -> None:
    """The next one to be fetched is the one that was asked for last; others keep their order."""
    async with two_nodes() as (a, b):
        limit(b, maxRecvKbps=128)
        await add_folder(a, files=dict.fromkeys("abcd", b"x" * BLOCK))
        its = await add_folder(b, order="alphabetic")
        its.bring_to_front("d")
        its.bring_to_front("nope")
        assert list(its.queue) == ["d", "b", "c"]
        await b.clock.pass_by(1.5)
        assert [download.item.name for download in b.cluster.downloads.of(its)] == ["d"]
