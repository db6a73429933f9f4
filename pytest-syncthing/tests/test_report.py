"""The usage report of the fake."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.nodes import make_node
from tests.support.recordings import exchanges

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.rest.report import report


def recorded(version: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a configuration that a real daemon had, and what it reported then."""
    answers = [exchange for exchange in exchanges(version) if exchange.node == "a" and exchange.status == 200]
    paths = [exchange.path for exchange in answers]
    place = paths.index("/rest/svc/report")
    configs = [each.answer for each in answers[:place] if each.path == "/rest/system/config" and each.answer]
    return configs[-1], answers[place].answer


@pytest.mark.parametrize("version", VERSIONS)
async def test_it_is_as_a_real_one(version: str) -> None:
    """With the configuration of a real daemon, the report says what that one said, but for what it had measured."""
    node = make_node(version)
    config, expected = recorded(version)
    node.config = config
    node.cluster.folders = {  # type: ignore[assignment] - only their sums are asked for
        folder["id"]: SimpleNamespace(sums=lambda: {"globalFiles": 3, "globalBytes": 5 << 20})
        for folder in config["folders"]
    }
    node.clock.advance(44)
    found = report(node, 3)
    figures = {"totFiles", "folderMaxFiles", "totMiB", "folderMaxMiB", "uptime", "memorySize"}
    unknown = {"transportStats", "version", "longVersion", "blockStats"} | figures
    assert figures <= found.keys()
    assert {key: found.get(key) for key in expected.keys() - unknown} == {
        key: value for key, value in expected.items() if key not in unknown
    }
    assert found.keys() - expected.keys() == set()
    assert (found["totFiles"], found["folderMaxFiles"], found["totMiB"], found["uptime"]) == (12, 3, 20, 44)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_report_of_nothing(version: str) -> None:
    """Without folders and a GUI there is nothing about them; version 1 leaves the empty groups in place."""
    node = make_node(version)
    node.config["gui"]["enabled"] = False
    node.config["options"]["globalAnnounceEnabled"] = True
    node.config["options"]["relaysEnabled"] = True
    node.config["devices"][0]["introducer"] = True
    found = report(node, 3)
    is_old = version != "2.1.3"
    for group in ("folderUses", "folderUsesV3", "guiStats"):
        assert found.get(group) == ({} if is_old else None)
    assert found["announce"]["globalEnabled"]
    assert found["relays"] == {"enabled": True}
    assert found["deviceUses"]["introducer"] == 1
    assert "numFolders" not in found


async def test_folders_that_receive_encrypted_data() -> None:
    """What no old report knows is not counted as one of its types."""
    node = make_node("1.29.5")
    config, _ = recorded("1.29.5")
    folder = {**config["folders"][0], "type": "receiveencrypted", "maxConflicts": 0}
    node.config = {**config, "folders": [folder]}
    found = report(node, 3)
    assert "sendreceive" not in found["folderUses"]
    assert found["folderUsesV3"]["conflictsDisabled"] == 1
