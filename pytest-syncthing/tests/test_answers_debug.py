"""``rest/debug`` of the fake."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import zipfile

import pytest
from tests.support.answers import ANSWERS
from tests.support.nodes import OTHER, ask, make_node
from tests.support.shapes import problems

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.rest.debug import HANDLERS

OLD = VERSIONS[:-1]


@pytest.mark.parametrize("version", VERSIONS)
async def test_memory_profiles(version: str) -> None:
    """A profile of the memory comes at once, packed and under a name."""
    answer = await ask(make_node(version), HANDLERS, "/rest/debug/heapprof")
    assert gzip.decompress(answer.body)
    assert answer.content_type == "application/octet-stream"
    name = f"syncthing-heap-linux-amd64-v{version}-120000.pprof"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"


@pytest.mark.parametrize(("query", "seconds"), [("?duration=1m5s", 65), ("", 30), ("?duration=x", 30)])
async def test_computing_profiles(query: str, seconds: float) -> None:
    """A profile of what is computed comes after its time, by the fake's clock."""
    node = make_node("1.29.5")
    asking = asyncio.create_task(ask(node, HANDLERS, f"/rest/debug/cpuprof{query}"))
    for part in (0, seconds - 1):
        await asyncio.sleep(0)
        node.clock.advance(part)
        await asyncio.sleep(0)
        assert not asking.done()
    node.clock.advance(1)
    assert gzip.decompress((await asking).body)


@pytest.mark.parametrize("duration", ["0s", "-3s"])
async def test_computing_profiles_of_no_time(duration: str) -> None:
    """A profile of no time needs none."""
    node = make_node("1.29.5")
    asking = asyncio.create_task(ask(node, HANDLERS, f"/rest/debug/cpuprof?duration={duration}"))
    await asyncio.sleep(0)
    node.clock.advance(0)
    assert (await asking).status == 200


@pytest.mark.parametrize("version", OLD)
async def test_request_metrics(version: str) -> None:
    """The figures of requests are JSON, called text."""
    answer = await ask(make_node(version), HANDLERS, "/rest/debug/httpmetrics")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert problems(json.loads(answer.body), ANSWERS["GET", "rest/debug/httpmetrics"]) == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_support_bundles(version: str) -> None:
    """A bundle is a whole ZIP archive, and holds no key and no password."""
    node = make_node(version)
    node.config["gui"] |= {"user": "the-user", "password": "the-password"}
    device = {"deviceID": str(OTHER), "introducedBy": "", "encryptionPassword": "the-secret"}
    folder = {**node.config["defaults"]["folder"], "devices": [device, {**device, "encryptionPassword": ""}]}
    node.config["folders"] = [folder]
    node.log.error("oops")
    answer = await ask(node, HANDLERS, "/rest/debug/support")
    assert answer.content_type == "application/zip"
    assert "support-bundle-P56IOI7-2026-03-01T120000.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}
    for secret in ("the-key", "another-key", "the-user", "the-password", "the-secret"):
        assert not [name for name, content in files.items() if secret in content]
    config = json.loads(files["config.json.txt"])
    assert (config["gui"]["apiKey"], config["folders"][0]["devices"][1]["encryptionPassword"]) == ("REDACTED", "")
    assert "oops" in files["errors.json.txt"]
    assert "oops" in files["log-inmemory.txt"]
    assert json.loads(files["version-platform.json.txt"])["version"] == f"v{version}"
    assert json.loads(files["usage-reporting.json.txt"])["urVersion"] == 3
    for name in ("metrics.txt", "connection-stats.json.txt"):
        assert (name in files) == (version != "1.19.2")
    assert node.config["gui"]["apiKey"] == "the-key"


async def test_support_bundles_of_what_is_well() -> None:
    """Where there are no errors, and no login, there is nothing about them."""
    answer = await ask(make_node("1.29.5"), HANDLERS, "/rest/debug/support")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert "errors.json.txt" not in archive.namelist()
        assert json.loads(archive.read("config.json.txt"))["gui"]["password"] == ""
