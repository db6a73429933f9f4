"""The state of a folder and what is told of it."""

from __future__ import annotations

import pytest
from tests.support.meeting import Ear, lone_node

from pytest_syncthing.model.state import State


async def test_changes_are_told_with_their_time() -> None:
    """Each change is told with how long the last state has lasted, since the second in which that one began."""
    async with lone_node() as node:
        ear = await Ear(node).begin()
        state = State(node, "docs")
        assert (state.name, state.error, state.changed) == ("idle", "", None)
        node.clock.advance(0.75)
        state.set("scanning")
        node.clock.advance(1.5)
        state.set("scanning")
        state.set("idle")
        begun, ended = await ear.take()
        assert begun == {"kind": "StateChanged", "folder": "docs", "from": "idle", "to": "scanning"}
        assert (ended["from"], ended["to"]) == ("scanning", "idle")
        assert ended["duration"] == pytest.approx(2.25, abs=0.1)
        assert state.changed == node.clock.now // 10**9 * 10**9


async def test_errors_are_told_once() -> None:
    """An error makes the state one, until there is none any more; the same again is no news."""
    async with lone_node() as node:
        ear = await Ear(node).begin()
        state = State(node, "docs")
        for error in ("", "folder path missing", "folder path missing", "", ""):
            state.set_error(error)
        events = await ear.take()
        assert [(event["from"], event["to"], event.get("error")) for event in events] == [
            ("idle", "error", "folder path missing"),
            ("error", "idle", None),
        ]
