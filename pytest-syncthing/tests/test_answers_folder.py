"""``rest/folder`` of the fake."""

from __future__ import annotations

import json

import pytest
from tests.support.answers import ANSWERS
from tests.support.meeting import add_folder, configure, lone_node, settle
from tests.support.nodes import ask, decoded
from tests.support.recordings import exchanges
from tests.support.shapes import problems

from pytest_syncthing.config import configuration
from pytest_syncthing.rest.folder import HANDLERS

VERSIONS_PATH = "/rest/folder/versions?folder=docs"
SIMPLE = {"type": "simple", "params": {"keep": "3"}}


@pytest.mark.parametrize("path", ["/rest/folder/errors", "/rest/folder/pullerrors"])
async def test_errors(path: str) -> None:
    """What has failed, page by page; no list if there is nothing on a page."""
    async with lone_node() as node:
        folder = await add_folder(node)
        for name in "abc":
            folder.fail(name, f"{name} failed")
        answer = decoded(await ask(node, HANDLERS, f"{path}?folder=docs&page=2&perpage=2"))
        assert answer == {
            "folder": "docs",
            "errors": [{"path": "c", "error": "c failed"}],
            "page": 2,
            "perpage": 2,
        }
        assert problems(answer, ANSWERS["GET", path[1:]]) == []
        assert decoded(await ask(node, HANDLERS, f"{path}?folder=docs&page=9"))["errors"] is None
        configure(node, configuration.patch_folder, "docs", {"paused": True})
        paused = await ask(node, HANDLERS, f"{path}?folder=docs")
        assert (paused.status, paused.body) == (404, b"folder is paused\n")


async def test_versions_come_back() -> None:
    """Those that there are; the rest is answered with what is wrong, and what came back is found by a scan."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": "new"}, versioning=SIMPLE)
        await folder.scan()
        node.cluster.disk.write("/srv/docs", ".stversions/x~20260201-000000", b"old", modified=1)
        listed = decoded(await ask(node, HANDLERS, VERSIONS_PATH))
        assert problems(listed, ANSWERS["GET", "rest/folder/versions"]) == []
        (version,) = listed["x"]
        wanted = json.dumps({"x": version["versionTime"], "nope": version["versionTime"]}).encode()
        answer = decoded(await ask(node, HANDLERS, VERSIONS_PATH, method="POST", body=wanted))
        assert answer == {"nope": "simple versioner: restore: version not found"}
        await settle()
        assert node.cluster.disk.read("/srv/docs", "x") == b"old"
        assert folder.index.own["x"].sequence == 2
        assert decoded(await ask(node, HANDLERS, VERSIONS_PATH, method="POST", body=b"{}")) == {}
        assert decoded(await ask(node, HANDLERS, VERSIONS_PATH, method="POST", body=b"null")) == {}


async def test_a_disk_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is the reason why a version does not come back."""
    async with lone_node() as node:
        await add_folder(node, versioning=SIMPLE)
        node.cluster.disk.write("/srv/docs", ".stversions/x~20260201-000000", b"old", modified=1)

        def rename(*_: object) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(node.cluster.disk, "rename", rename)
        body = b'{"x": "2026-02-01T00:00:00Z"}'
        answer = decoded(await ask(node, HANDLERS, VERSIONS_PATH, method="POST", body=body))
        assert answer == {"x": "simple versioner: restore: [Errno 5] Input/output error"}


async def test_folders_without_versions() -> None:
    """Nothing is listed or restored there."""
    async with lone_node() as node:
        await add_folder(node)
        for method in ("GET", "POST"):
            answer = await ask(node, HANDLERS, VERSIONS_PATH, method=method, body=b"{}")
            assert (answer.status, answer.body) == (500, b"folder has no versioner\n")


@pytest.mark.parametrize("version", ["1.19.2", "1.29.5", "2.1.3"])
async def test_bodies_that_can_not_be_read(version: str) -> None:
    """They are refused, a wrong time in the words that were recorded."""
    async with lone_node(version) as node:
        await add_folder(node, versioning=SIMPLE)
        recorded = next(each for each in exchanges(version) if each.body == {"x": "notatime"})
        for body, text in (
            (b"", "unexpected end of JSON input"),
            (b"{", None),
            (b"[]", "json: cannot unmarshal array into Go value of type map[string]time.Time"),
            (b"5", "json: cannot unmarshal number into Go value of type map[string]time.Time"),
            (b"true", "json: cannot unmarshal bool into Go value of type map[string]time.Time"),
            (b'"x"', "json: cannot unmarshal string into Go value of type map[string]time.Time"),
            (b'{"x": 5}', "Time.UnmarshalJSON: input is not a JSON string"),
            (b'{"x": "notatime"}', recorded.answer.strip()),
        ):
            answer = await ask(node, HANDLERS, VERSIONS_PATH, method="POST", body=body)
            assert answer.status == 500
            assert text is None or answer.body.decode().strip() == text
