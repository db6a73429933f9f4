"""A node: what outlives its process, and when its configuration is told to be saved."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.nodes import OWN, make_node

from pytest_syncthing.model.events import DEFAULT

if TYPE_CHECKING:
    from pytest_syncthing.model.node import Node


async def kinds(node: Node) -> list[str]:
    """Return the types of the events of this process."""
    return [event["type"] for event in await node.events.poll(DEFAULT, 0, 0, 0)]


async def saved(node: Node) -> int:
    """Return how often it was told that the configuration is saved."""
    return (await kinds(node)).count("ConfigSaved")


def changed(node: Node, section: str, **changes: Any) -> dict[str, Any]:
    """Return its configuration with other settings."""
    config = copy.deepcopy(node.config)
    config[section] |= changes
    return config


@pytest.fixture
async def node() -> Node:
    """A node that runs."""
    return make_node("1.29.5")


async def test_a_new_process(node: Node) -> None:
    """Events, log and a required restart are those of the process; the configuration stays."""
    assert (node.generation, node.short_id) == (1, OWN.short)
    node.commit(changed(node, "options", maxSendKbps=7))
    node.restart_required = True
    node.events.emit("StateChanged", {})
    node.halt()
    assert not node.running
    node.clock.advance(60)
    node.boot()
    assert node.running
    assert (node.generation, node.restart_required) == (2, False)
    assert node.started == node.clock.now
    assert node.config["options"]["maxSendKbps"] == 7
    assert (await kinds(node))[0] == "Starting"
    assert (await kinds(node))[-1] == "StartupComplete"
    assert await saved(node) == 0


async def test_a_change_is_saved_twice(node: Node) -> None:
    """Once at once, and once more by the saver, for all that has changed meanwhile."""
    node.commit(changed(node, "options", maxSendKbps=7))
    node.commit(changed(node, "options", maxSendKbps=8))
    assert await saved(node) == 2
    node.clock.advance(4.9)
    assert await saved(node) == 2
    node.clock.advance(0.1)
    assert await saved(node) == 3
    node.clock.advance(60)
    assert await saved(node) == 3


async def test_no_change_is_saved_once(node: Node) -> None:
    """What changes nothing is no business of the saver."""
    node.commit(node.config)
    node.clock.advance(60)
    assert await saved(node) == 1


async def test_a_change_that_is_saved_later(node: Node) -> None:
    """Some changes are left to the saver; an end of the process before is too early for it."""
    node.commit(changed(node, "options", maxSendKbps=7), save=False)
    assert await saved(node) == 0
    node.clock.advance(5)
    assert await saved(node) == 1
    node.commit(changed(node, "options", maxSendKbps=8), save=False)
    node.halt()
    node.clock.advance(5)
    assert await saved(node) == 1


async def test_settings_of_the_api(node: Node) -> None:
    """Whoever listens for the API learns of them, and of no others."""
    told: list[str] = []
    node.on_listener = lambda: told.append("listener")
    node.commit(changed(node, "options", maxSendKbps=7))
    assert told == []
    node.commit(changed(node, "gui", theme="dark"))
    assert told == ["listener"]


async def test_what_was_committed_is_its_own(node: Node) -> None:
    """What the caller does with it afterwards changes nothing."""
    config = changed(node, "options", maxSendKbps=7)
    node.commit(config)
    config["options"]["maxSendKbps"] = 8
    assert node.config["options"]["maxSendKbps"] == 7


async def test_nobody_listens_yet() -> None:
    """Until somebody cares, the end of a process and a new listener are nobody's business."""
    node = make_node("2.1.3")
    node.on_end(0)
    node.on_listener()
    assert node.running
