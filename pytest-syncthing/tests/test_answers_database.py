"""``rest/db`` of the fake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.answers import ANSWERS
from tests.support.meeting import add_folder, configure, lone_node, settle, two_nodes
from tests.support.nodes import OTHER, OWN, ask, decoded
from tests.support.shapes import problems

from pytest_syncthing.config import configuration
from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.http.messages import EMPTY
from pytest_syncthing.rest.database import HANDLERS

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Response
    from pytest_syncthing.model.node import Node

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"


async def get(node: Node, what: str, **params: str) -> Any:
    """Return an answer that is as its type says."""
    query = "&".join(f"{key}={value}" for key, value in params.items())
    answer = decoded(await ask(node, HANDLERS, f"/rest/db/{what}?{query}"))
    assert problems(answer, ANSWERS["GET", f"rest/db/{what}"]) == []
    return answer


async def post(node: Node, what: str, query: str = "folder=docs", body: Any = None) -> Response:
    """Return what is answered to a request that does something."""
    data = b"" if body is None else json.dumps(body).encode()
    return await ask(node, HANDLERS, f"/rest/db/{what}?{query}", method="POST", body=data)


async def refusal(node: Node, what: str, query: str, method: str = "GET") -> tuple[int, str]:
    """Return status and words of a refusal."""
    answer = await ask(node, HANDLERS, f"/rest/db/{what}?{query}", method=method)
    return answer.status, answer.body.decode().removesuffix("\n")


@pytest.mark.parametrize("version", VERSIONS)
async def test_everything_fits_its_type(version: str) -> None:
    """Of a folder in which something is needed, something is missing elsewhere, and something is ignored."""
    async with lone_node(version) as node:
        folder = await add_folder(node, files={"x": "1", "dir/y": "2", ".stignore": "*.tmp\n"}, type="receiveonly")
        node.cluster.connect(OTHER)
        folder.simulated.remote_write(str(OTHER), {"needed": "3"})
        status = await get(node, "status", folder="docs")
        assert (status["localFiles"], status["needFiles"], status["ignorePatterns"]) == (2, 1, True)
        assert status["receiveOnlyTotalItems"] == 3
        assert ("remoteSequence" in status) is (version != "1.19.2")
        await get(node, "completion")
        await get(node, "completion", device=OTHER)
        await get(node, "completion", folder="docs")
        completion = await get(node, "completion", folder="docs", device=OTHER)
        assert completion.get("remoteState") == (None if version == "1.19.2" else "valid")
        assert [entry["name"] for entry in await get(node, "browse", folder="docs")] == ["needed"]
        for file in ("x", "dir", "needed"):
            answer = await get(node, "file", folder="docs", file=file)
            assert (answer["availability"] is None) is (file != "needed")
            assert ("mtime" in answer) is (version != "2.1.3")
        assert (await get(node, "ignores", folder="docs"))["ignore"] == ["*.tmp"]
        assert [item["name"] for item in (await get(node, "need", folder="docs"))["rest"]] == ["needed"]
        assert (await get(node, "remoteneed", folder="docs", device=OTHER))["files"] == []
        changed = await get(node, "localchanged", folder="docs", perpage="2")
        assert [item["name"] for item in changed["files"]] == ["dir", "dir/y"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_unknown_and_paused_folders(version: str) -> None:
    """Each function has its own status and words, which differ between versions in places."""
    new, old = version == "2.1.3", version == "1.19.2"
    missing, no_file = "no such folder", "No such object in the index"
    async with lone_node(version) as node:
        await add_folder(node, files={"x": "1"})
        configure(node, configuration.patch_folder, "docs", {"paused": True})
        assert (await get(node, "status", folder="docs"))["state"] == ""
        for what, method, unknown, paused in (
            ("status", "GET", (404, missing), None),
            ("completion", "GET", (404, missing), (404, "folder is paused")),
            ("browse", "GET", (500, missing), (500, missing)),
            ("file", "GET", (404, no_file if new else missing), (500 if new else 404, missing)),
            ("need", "GET", (404, missing), (404, missing)),
            ("remoteneed", "GET", (404, missing), (404, missing)),
            ("localchanged", "GET", (404, missing), (404, missing)),
            ("scan", "POST", (500, missing), (500, "folder is paused")),
            ("prio", "POST", (404, missing), (404, missing)),
        ):
            assert await refusal(node, what, "folder=nope&file=x", method) == unknown, what
            if paused is not None:
                assert await refusal(node, what, "folder=docs&file=x", method) == paused, what
        assert (await refusal(node, "file", "folder=docs&file=y"))[0] == 404
        for what in ("override", "revert"):
            for name in ("nope", "docs"):
                assert await post(node, what, f"folder={name}") == EMPTY
        if old:
            assert await refusal(node, "ignores", "folder=nope") == (500, "folder nope does not exist")
            assert await refusal(node, "completion", "") == (404, "folder is paused")
        else:
            assert (await get(node, "ignores", folder="nope"))["error"] == "folder nope does not exist"
            assert (await get(node, "completion"))["completion"] == 0
        answer = await post(node, "ignores", "folder=nope", {"ignore": []})
        assert (answer.status, answer.body) == (500, b"folder  does not exist\n")


async def test_devices_that_are_none() -> None:
    """What is no ID is refused, and one that nobody knows lacks everything."""
    words = '"bad": device ID invalid: incorrect length'
    async with lone_node() as node:
        await add_folder(node, files={"x": "1"})
        assert await refusal(node, "completion", "folder=docs&device=bad") == (400, words)
        assert await refusal(node, "remoteneed", "folder=docs&device=bad") == (500, words)
        unknown = await get(node, "completion", folder="docs", device=STRANGER)
        assert (unknown["completion"], unknown["needItems"], unknown["remoteState"]) == (0, 1, "unknown")
        assert (await get(node, "completion", device=STRANGER))["globalItems"] == 0
        for device in ({}, {"device": STRANGER}):
            assert len((await get(node, "remoteneed", folder="docs", **device))["files"]) == 1


async def test_sums_over_folders() -> None:
    """Of all that run, or all that are shared with a device."""
    async with lone_node() as node:
        await add_folder(node, files={"x": "1"})
        await add_folder(node, folder_id="alone", files={"y": "22"}, shared=False)
        await add_folder(node, folder_id="paused", paused=True)
        assert (await get(node, "completion"))["globalItems"] == 2
        assert (await get(node, "completion", device=OTHER))["globalItems"] == 1
        own = await get(node, "completion", device=OWN)
        assert (own["globalItems"], own["remoteState"], own["sequence"]) == (2, "unknown", 0)


async def test_trees() -> None:
    """By prefix, levels, and directories only, for which any text is true."""
    async with lone_node() as node:
        await add_folder(node, files={"sub/deep/x": "1", "y": "2"})
        assert await get(node, "browse", folder="docs", prefix="nope") == []
        assert [each["name"] for each in await get(node, "browse", folder="docs", prefix="sub/")] == ["deep"]
        (sub,) = await get(node, "browse", folder="docs", dirsonly="false")
        assert [each["name"] for each in sub["children"]] == ["deep"]
        assert "children" not in (await get(node, "browse", folder="docs", levels="0"))[0]


async def test_trees_that_can_not_be_made() -> None:
    """Without the directories that items are in there is none."""
    async with two_nodes() as (a, b):
        devices = [{"deviceID": OTHER, "encryptionPassword": "a password"}]
        await add_folder(a, files={"x": "1"}, devices=devices)
        await add_folder(b, type="receiveencrypted")
        assert (await refusal(b, "browse", "folder=docs"))[0] == 500


async def test_files_that_only_one_side_has() -> None:
    """The other side is shown as nothing; what neither has is not there."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"mine": "1"})
        node.cluster.connect(OTHER)
        folder.simulated.remote_write(str(OTHER), {"theirs": "2"})
        answer = await get(node, "file", folder="docs", file="theirs")
        assert (answer["local"]["name"], answer["local"]["version"]) == ("", [])
        assert answer["availability"] == [{"id": OTHER, "fromTemporary": False}]
        assert await refusal(node, "file", "folder=docs&file=nope") == (404, "No such object in the index")


async def test_ignore_patterns() -> None:
    """They are written, in effect, and removed; without the key they are wiped."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x.tmp": "1"})
        answer = decoded(await post(node, "ignores", body={"ignore": ["*.tmp"]}))
        assert answer == {"ignore": ["*.tmp"], "expanded": answer["expanded"], "error": None}
        await settle()
        assert folder.index.own["x.tmp"].invalid
        assert node.cluster.disk.read("/srv/docs", ".stignore") == b"*.tmp\n"
        nothing: tuple[Any, ...] = ({"ignore": []}, {}, {"ignore": None})
        for body in nothing:
            assert decoded(await post(node, "ignores", body=body))["ignore"] is None
        assert node.cluster.disk.entry("/srv/docs", ".stignore") is None
        assert decoded(await post(node, "ignores", body={"ignore": ["#include nowhere"]}))["error"]
        await settle()
        assert folder.state.name == "error"
        node.cluster.disk.remove_root("/srv/docs")
        assert decoded(await post(node, "ignores", body={"ignore": ["x"]}))["ignore"] == ["x"]
        wrong: tuple[Any, ...] = ([], "x", {"ignore": "x"}, {"ignore": [1]})
        for body in wrong:
            assert (await post(node, "ignores", body=body)).status == 500
        assert (await post(node, "ignores")).body == b"unexpected end of JSON input\n"


async def test_scans() -> None:
    """Of one folder, of parts of it, of all; the reasons why all can't be scanned get lost."""
    async with lone_node() as node:
        folder = await add_folder(node)
        broken = await add_folder(node, folder_id="broken")
        await folder.simulated.disk_write({"a": "1", "b": "2", "c": "3"})
        assert await post(node, "scan", "folder=docs&sub=a&sub=b&next=60") == EMPTY
        assert sorted(folder.index.own) == ["a", "b"]
        assert await post(node, "scan", "") == EMPTY
        assert sorted(folder.index.own) == ["a", "b", "c"]
        broken.set_error("folder path missing")
        assert await refusal(node, "scan", "folder=broken", "POST") == (500, "folder path missing")
        status, text = await refusal(node, "scan", "", "POST")
        assert (status, text) == (500, 'Error scanning folders\n{\n  "broken": {}\n}')


async def test_overriding_and_reverting() -> None:
    """They answer at once, and are done soon."""
    async with lone_node() as node:
        folder = await add_folder(node, type="sendonly")
        node.cluster.connect(OTHER)
        folder.simulated.remote_write(str(OTHER), {"x": "1"})
        assert await post(node, "override") == EMPTY
        await settle()
        assert folder.needed() == []
        configure(node, configuration.patch_folder, "docs", {"type": "receiveonly"})
        await settle()
        await folder.simulated.disk_write({"y": "1"})
        await folder.scan()
        assert await post(node, "revert") == EMPTY
        await settle()
        assert await folder.simulated.disk_files() == {}


async def test_what_is_under_way_comes_first() -> None:
    """Then what waits, then the rest; one page goes over all of it. What waits can be moved to the front."""
    async with two_nodes() as (a, b):
        options = {"limitBandwidthInLan": True, "maxRecvKbps": 128}
        configure(b, configuration.patch_section, "options", options)
        await add_folder(a, files={**dict.fromkeys("abc", b"x" * (256 << 10)), "dir": None})
        await add_folder(b, order="alphabetic")
        need = await get(b, "need", folder="docs")
        parts = {part: [item["name"] for item in need[part]] for part in ("progress", "queued", "rest")}
        assert parts == {"progress": ["a"], "queued": ["b", "c"], "rest": []}
        need = decoded(await post(b, "prio", "folder=docs&file=c&perpage=2"))
        assert [[item["name"] for item in need[part]] for part in ("progress", "queued")] == [["a"], ["c"]]
        assert (need["page"], need["perpage"]) == (1, 2)
