"""Edits of the whole configuration: everything can be changed, nothing else is touched, and no change gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from aiosyncthing import diff
from tests.support import racing

from .conftest import STRANGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiosyncthing import Daemon, types as t

pytestmark = pytest.mark.asyncio(loop_scope="package")

OTHER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
IGNORED = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"


@pytest_asyncio.fixture(loop_scope="package")
async def before(lone: Daemon) -> AsyncIterator[t.Configuration]:
    """Return the configuration, and put it back afterwards."""
    before = await lone.client.config.config()
    yield before
    async with lone.client.config.edit() as config:
        config.update(before)
    assert diff(before, config) == ()


def folder_of(config: Any, folder_id: str) -> Any:
    """Return a folder of a configuration."""
    return next(each for each in config["folders"] if each["id"] == folder_id)


async def test_everything_at_once(lone: Daemon, before: t.Configuration, tmp_path: Path) -> None:
    """Each part can be changed, in one edit, and back; the daemon has what the dict has, and all else is as before."""
    client = lone.client
    edit = client.config.edit()
    async with edit as config:
        anything: Any = config
        anything["devices"] += [{"deviceID": STRANGER.lower(), "name": "a"}, {"deviceID": OTHER, "paused": True}]
        password = {"deviceID": OTHER, "encryptionPassword": "secret"}
        for number, folder_id in enumerate(("f", "a/b", "..")):
            anything["folders"].append(
                {
                    "id": folder_id,
                    "path": str(tmp_path / f"{number}"),
                    "paused": True,
                    "devices": [{"deviceID": STRANGER}, password],
                }
            )
        folder_of(config, "f")["versioning"] = {"type": "simple", "params": {"keep": "3", "cleanoutDays": "9"}}
        anything["remoteIgnoredDevices"].append({"deviceID": IGNORED, "name": "n"})
        anything["options"]["maxSendKbps"] = 7
        anything["ldap"]["searchFilter"] = "x"
        anything["defaults"]["ignores"]["lines"].append("*.tmp")
        anything["defaults"]["folder"]["versioning"] = {"type": "simple", "params": {"cleanoutDays": "3"}}
        anything["defaults"]["device"]["maxRecvKbps"] = 8
        anything["gui"]["theme"] = "dark"
    assert config == await client.config.config()
    changed = [(each.object, each.field) for each in diff(before, config)]
    assert sorted(changed) == sorted((each.object, each.field) for each in edit.changes)
    assert len(changed) == 13
    assert (edit.ignored, edit.reconnect) == ((), ())
    assert config["gui"]["password"] == before["gui"]["password"]

    edit = client.config.edit()
    async with edit as config:
        anything = config
        folder_of(config, "f")["versioning"]["params"] = {"keep": "4"}
        folder_of(config, "a/b")["label"] = ".."
        anything["folders"] = [each for each in config["folders"] if each["id"] != ".."]
        anything["devices"] = [each for each in config["devices"] if each["deviceID"] != STRANGER]
    assert config == await client.config.config()
    versioning = folder_of(config, "f")["versioning"]
    assert (versioning["type"], versioning["params"]) == ("simple", {"keep": "4"})
    assert folder_of(config, "a/b")["label"] == ".."
    for folder_id in ("f", "a/b"):
        passwords = {each["deviceID"]: each["encryptionPassword"] for each in folder_of(config, folder_id)["devices"]}
        assert passwords == {lone.device_id: "", OTHER: "secret"}
    backup = await client.config.backup()
    assert (backup["config"], backup["deviceID"], backup["version"]) == (config, lone.device_id, lone.version)
    assert backup["unread"].keys() == {"f", "a/b"}


async def test_races(lone: Daemon, before: t.Configuration, tmp_path: Path) -> None:
    """Several clients edit at random: each change that was reported as done is there, or a later one took its place."""
    await racing.prepare(lone.client, str(tmp_path))
    found = await racing.race(lone.url, lone.api_key, clients=2, edits=6, seed=3)
    assert found.lost(await lone.client.config.config()) == []
    assert found.edits + found.refused == 12
    assert found.edits > 6
