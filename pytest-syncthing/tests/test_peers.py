"""Devices that are connected, as the API shows them."""

from __future__ import annotations

import pytest
from tests.support.recordings import exchanges
from tests.support.shapes import problems

from aiosyncthing import types as t
from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.model.peers import Peer, nobody

NOW = 1_700_000_000 * 10**9


@pytest.mark.parametrize("version", VERSIONS)
def test_connections_have_the_fields_of_their_version(version: str) -> None:
    """What is shown, of one that is connected and one that is not, has exactly the keys that real daemons send."""
    facts = Facts.of(version)
    recorded = [
        connection
        for exchange in exchanges(version)
        if exchange.path == "/rest/system/connections" and exchange.status == 200
        for connection in exchange.answer["connections"].values()
    ]
    peer = Peer("x", "127.0.0.1:22000", "tcp-client", "v1", NOW, received=5, sent=6)
    shown = peer.to_json(facts, NOW + 10**9)
    gone = nobody(facts, paused=True)
    for each in (shown, gone):
        assert sorted(each) == sorted(recorded[0])
        assert problems(each, t.ConnectionStats) == []
    assert (shown["connected"], shown["inBytesTotal"], shown["outBytesTotal"]) == (True, 5, 6)
    assert (shown["startedAt"], shown["at"]) == ("2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z")
    assert (gone["connected"], gone["paused"], gone["address"], gone["at"][:4]) == (False, True, "", "0001")
