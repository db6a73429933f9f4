"""Which fakes can meet."""

from __future__ import annotations

from tests.support.nodes import make_node

from pytest_syncthing.model.world import World


async def test_those_that_are_up_are_found() -> None:
    """A fake is found by its address as long as it runs; a later one at the same address takes its place."""
    world = World()
    one, other = make_node("2.1.3", world=world), make_node("2.1.3", world=world, other=True)
    assert world.at(one.sync_address) is one
    assert world.at(f"{one.sync_address}/?call=2") is one
    assert world.at("dynamic") is None
    assert world.others(one) == [other]
    again = make_node("2.1.3", world=world)
    one.halt()
    assert world.at(again.sync_address) is again
    again.halt()
    assert world.at(again.sync_address) is None
    other.halt()
    assert world.others(one) == []
