"""``rest/cluster`` of the fake."""

from __future__ import annotations

from tests.support.answers import ANSWERS
from tests.support.meeting import lone_node
from tests.support.nodes import OTHER, ask, decoded
from tests.support.shapes import problems

from pytest_syncthing.http.messages import EMPTY
from pytest_syncthing.rest.cluster import HANDLERS

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
DEVICES, FOLDERS = "/rest/cluster/pending/devices", "/rest/cluster/pending/folders"


async def test_pending_devices() -> None:
    """They are listed until they are dismissed, of which there is no failure but a malformed ID."""
    async with lone_node() as node:
        node.cluster.offer_device(STRANGER, "stranger", "192.0.2.1:22000")
        listed = decoded(await ask(node, HANDLERS, DEVICES))
        assert listed[STRANGER]["name"] == "stranger"
        assert problems(listed, ANSWERS["GET", DEVICES[1:]]) == []
        for query in (f"?device={STRANGER.lower()}", f"?device={STRANGER}", ""):
            assert await ask(node, HANDLERS, DEVICES + query, method="DELETE") == EMPTY
        assert decoded(await ask(node, HANDLERS, DEVICES)) == {}
        refused = await ask(node, HANDLERS, f"{DEVICES}?device=bad", method="DELETE")
        assert (refused.status, refused.body) == (400, b'"bad": device ID invalid: incorrect length\n')


async def test_pending_folders() -> None:
    """They are listed, of all devices or of one, until they are dismissed."""
    async with lone_node() as node:
        node.cluster.offer_folder(OTHER, "odd/id", "Odd", receive_encrypted=True)
        listed = decoded(await ask(node, HANDLERS, FOLDERS))
        assert listed["odd/id"]["offeredBy"][OTHER]["label"] == "Odd"
        assert problems(listed, ANSWERS["GET", FOLDERS[1:]]) == []
        assert decoded(await ask(node, HANDLERS, f"{FOLDERS}?device={OTHER}")) == listed
        assert decoded(await ask(node, HANDLERS, f"{FOLDERS}?device={STRANGER}")) == {}
        for method in ("GET", "DELETE"):
            assert (await ask(node, HANDLERS, f"{FOLDERS}?device=bad", method=method)).status == 400
        assert await ask(node, HANDLERS, f"{FOLDERS}?folder=odd/id&device={STRANGER}", method="DELETE") == EMPTY
        assert list(node.cluster.pending.folders) == ["odd/id"]
        assert await ask(node, HANDLERS, f"{FOLDERS}?folder=odd/id", method="DELETE") == EMPTY
        assert node.cluster.pending.folders == {}
