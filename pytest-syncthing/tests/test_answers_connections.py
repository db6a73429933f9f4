"""``rest/system/connections``, ``pause`` and ``resume`` of the fake."""

from __future__ import annotations

import pytest
from tests.support.answers import ANSWERS
from tests.support.meeting import Ear, lone_node
from tests.support.nodes import OTHER, OWN, ask, decoded
from tests.support.shapes import problems

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.http.messages import EMPTY
from pytest_syncthing.rest.connections import HANDLERS

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"


@pytest.mark.parametrize("version", VERSIONS)
async def test_connections(version: str) -> None:
    """All other devices, and in 1.19 the own one too."""
    async with lone_node(version) as node:
        for connected in (False, True):
            if connected:
                node.cluster.connect(OTHER)
            answer = decoded(await ask(node, HANDLERS, "/rest/system/connections"))
            assert problems(answer, ANSWERS["GET", "rest/system/connections"]) == []
            assert answer["connections"][OTHER]["connected"] is connected
            assert (OWN in answer["connections"]) is (version == "1.19.2")


async def test_pausing_and_resuming() -> None:
    """One device or all, the own one then too."""
    async with lone_node() as node:
        ear = await Ear(node).begin()
        for what, kind in (("pause", "DevicePaused"), ("resume", "DeviceResumed")):
            answer = await ask(node, HANDLERS, f"/rest/system/{what}?device={OTHER.lower()}", method="POST")
            assert answer == EMPTY
            assert [event["device"] for event in await ear.take(kind)] == [OTHER]
        for what, kind in (("pause", "DevicePaused"), ("resume", "DeviceResumed")):
            assert await ask(node, HANDLERS, f"/rest/system/{what}", method="POST") == EMPTY
            assert {event["device"] for event in await ear.take(kind)} == {OTHER, OWN}


async def test_devices_that_can_not_be_paused() -> None:
    """Unknown ones and what is no ID."""
    async with lone_node() as node:
        for device, status, text in (
            ("bad", 500, b'"bad": device ID invalid: incorrect length\n'),
            (STRANGER, 404, b"not found\n"),
        ):
            answer = await ask(node, HANDLERS, f"/rest/system/pause?device={device}", method="POST")
            assert (answer.status, answer.body) == (status, text)
