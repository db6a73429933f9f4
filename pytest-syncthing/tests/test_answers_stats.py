"""``rest/stats`` of the fake."""

from __future__ import annotations

import pytest
from tests.support.answers import ANSWERS
from tests.support.meeting import add_folder, lone_node
from tests.support.nodes import OTHER, OWN, ask, decoded
from tests.support.shapes import problems

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.rest.stats import HANDLERS


@pytest.mark.parametrize("version", VERSIONS)
async def test_devices(version: str) -> None:
    """All that are known, with the own one; a new version takes a connected one to be seen now."""
    async with lone_node(version) as node:
        node.cluster.connect(OTHER)
        connected = node.clock.format(whole=True)
        node.clock.advance(5)
        stats = decoded(await ask(node, HANDLERS, "/rest/stats/device"))
        assert problems(stats, ANSWERS["GET", "rest/stats/device"]) == []
        assert stats[OWN]["lastSeen"] == "1970-01-01T00:00:00Z"
        assert stats[OTHER]["lastSeen"] == (connected if version == "1.19.2" else node.clock.format(whole=True))


async def test_folders() -> None:
    """All that run; what never happened has no time."""
    async with lone_node() as node:
        folder = await add_folder(node)
        await add_folder(node, folder_id="paused", paused=True)
        stats = decoded(await ask(node, HANDLERS, "/rest/stats/folder"))
        assert problems(stats, ANSWERS["GET", "rest/stats/folder"]) == []
        nothing = {"at": "0001-01-01T00:00:00Z", "filename": "", "deleted": False}
        assert stats == {"docs": {"lastScan": node.clock.format(whole=True), "lastFile": nothing}}
        folder.forget_history()
        stats = decoded(await ask(node, HANDLERS, "/rest/stats/folder"))
        assert stats["docs"]["lastScan"] == "0001-01-01T00:00:00Z"
