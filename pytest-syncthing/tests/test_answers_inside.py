"""Those of ``rest/debug`` of the fake that are about folders."""

from __future__ import annotations

import pytest
from tests.support.answers import ANSWERS
from tests.support.meeting import add_folder, lone_node
from tests.support.nodes import OTHER, ask, decoded
from tests.support.shapes import problems

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.rest.inside import HANDLERS


@pytest.mark.parametrize("version", VERSIONS)
async def test_files(version: str) -> None:
    """Version 1 tells of all versions that there are, and who has them."""
    async with lone_node(version) as node:
        folder = await add_folder(node, files={"x": "1"})
        node.cluster.connect(OTHER)
        folder.simulated.remote_write(str(OTHER), {"x": "2", "y": "3"})
        answer = decoded(await ask(node, HANDLERS, "/rest/debug/file?folder=docs&file=x"))
        assert problems(answer, ANSWERS["GET", "rest/debug/file"]) == []
        if version == "2.1.3":
            assert "globalVersions" not in answer
            return
        mine, theirs = answer["local"]["version"], answer["global"]["version"]
        counters = [" ".join(f"{{{each.replace(':', ' ')}}}" for each in version) for version in (mine, theirs)]
        assert answer["globalVersions"] == (
            f"[{{Version:{{[{counters[0]}]}}, Deleted:false, Devices:[7777777], Invalid:[]}}, "
            f"{{Version:{{[{counters[1]}]}}, Deleted:false, Devices:[{OTHER.short}], Invalid:[]}}]"
        )
        assert (await ask(node, HANDLERS, "/rest/debug/file?folder=docs&file=nope")).status == 404
        answer = decoded(await ask(node, HANDLERS, "/rest/debug/file?folder=docs&file=y"))
        assert answer["globalVersions"].count("Version:") == 1


@pytest.mark.parametrize("place", ["folder=nope&file=x", "folder=docs&file=nope", "folder=paused&file=x"])
async def test_files_that_version_2_does_not_have(place: str) -> None:
    """It answers with zero values, whatever is missing."""
    async with lone_node("2.1.3") as node:
        await add_folder(node, files={"x": "1"})
        await add_folder(node, folder_id="paused", paused=True)
        answer = decoded(await ask(node, HANDLERS, f"/rest/debug/file?{place}"))
        assert problems(answer, ANSWERS["GET", "rest/debug/file"]) == []
        assert (answer["global"]["name"], answer["local"]["name"], answer["availability"]) == ("", "", None)


async def test_completion_of_devices() -> None:
    """The mean of the folders that run, for each device."""
    async with lone_node() as node:
        assert decoded(await ask(node, HANDLERS, "/rest/debug/peerCompletion")) == {}
        folder = await add_folder(node, files={"x": "1", "y": "2"})
        await add_folder(node, folder_id="another")
        await add_folder(node, folder_id="paused", paused=True)
        node.cluster.connect(OTHER)
        folder.simulated.remote_pull(str(OTHER), ["x"])
        assert decoded(await ask(node, HANDLERS, "/rest/debug/peerCompletion")) == {OTHER: 75}
