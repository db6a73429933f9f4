"""Requesting scans."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.database import scans
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    RequestTimeoutError,
    ServerError,
    UnknownFolderError,
)
from tests.support.calls import FOLDER, KEY
from tests.support.server import Answer, Request, Server, as_json, as_text

RUNNING = as_json({"paused": False})


@pytest.mark.parametrize(
    ("sub", "requests"),
    [
        (["x"], 1),
        ([f"{number:04}" for number in range(700)], 1),
        ([f"{number:04}" for number in range(800)], 2),
        ([f"ü{number:04}" for number in range(500)], 2),
        (["a" * 4000, "b" * 4000], 2),
        (["a", "ü" * 2000, "b"], 3),
    ],
)
def test_many_paths(sub: list[str], requests: int) -> None:
    """Many paths are sent in several requests, short enough for proxies; only the last one sets the next scan."""
    found: list[Any] = scans.queries(FOLDER, iter(sub), 60)
    assert len(found) == requests
    assert [path for query in found for path in query["sub"]] == sub
    assert all(len(query["sub"]) == 1 or sum(map(len, query["sub"])) < 7000 for query in found)
    assert [query.get("next") for query in found] == [*[None] * (requests - 1), "60"]
    assert {query["folder"] for query in found} == {FOLDER}


def test_impossible_paths() -> None:
    """If one path is invalid, all are refused; paths and the next scan need a folder."""
    wrong: list[Any] = [[], "", ["x", ""], ["x", 5], ["x", "\ud800"]]
    for sub in wrong:
        with pytest.raises(BadRequestError):
            scans.queries(FOLDER, sub, None)
    assert scans.queries(None, None, None) == [{}]
    for options in (("x", None), (None, 5)):
        with pytest.raises(BadRequestError, match="need a folder_id"):
            scans.queries(None, *options)


async def test_requests_follow_one_another() -> None:
    """The next request is sent when the one before has been answered, unless that failed."""
    sub = [f"{number:04}" for number in range(2000)]
    answers = Answer(), as_text("folder path missing", 500)
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(ServerError, match="folder path missing"):
            await client.database.scan(FOLDER, sub=sub)
    assert len(server.requests) == 2


@pytest.mark.parametrize("connections", [1, 100])
async def test_starting_scans_of_many_paths(connections: int) -> None:
    """With ``wait=False``, every request is sent, even over one connection, and no task or connection is left."""
    sub = [f"{number:05}" for number in range(2000)]
    never = asyncio.Event()
    before = asyncio.all_tasks()

    def answer(request: Request) -> Answer:
        return RUNNING if request.method == "GET" else Answer(after=never)

    connector = aiohttp.TCPConnector(limit=connections)
    async with Server(answer=answer) as server, aiohttp.ClientSession(connector=connector) as session:
        await Syncthing(KEY, server.url, session=session).database.scan(FOLDER, sub=sub, wait=False)
        assert [task for task in asyncio.all_tasks() - before if "scan" in repr(task) or "call" in repr(task)] == []
        never.set()
        await server.until(lambda: not server.open)
    assert [path for request in server.requests[1:] for path in parse_qs(request.query)["sub"]] == sub


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([as_text("No folder with given ID", 404)], UnknownFolderError),
        ([as_json({"paused": True})], FolderNotRunningError),
        ([RUNNING, as_text("no such folder", 500)], UnknownFolderError),
        ([RUNNING, as_text("folder path missing", 500)], ServerError),
    ],
)
async def test_a_scan_that_is_refused_at_once(answers: list[Answer], expected: type[Exception]) -> None:
    """The error is raised even with ``wait=False``."""
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await client.database.scan(FOLDER, wait=False)
    assert type(caught.value) is expected


@pytest.mark.parametrize(("patience", "longer"), [(60, 0), (0.001, 1e6)])
async def test_a_scan_that_is_refused_late(patience: float, longer: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal may take the minimum, or a multiple of the time that the request before took, whichever is longer."""
    monkeypatch.setattr(scans, "_PATIENCE", patience)
    monkeypatch.setattr(scans, "_LONGER", longer)
    late = asyncio.Event()
    refusal = dataclasses.replace(as_text("folder path missing", 500), after=late)
    async with Server(RUNNING, refusal) as server, Syncthing(KEY, server.url) as client:
        scan = asyncio.create_task(client.database.scan(FOLDER, wait=False))
        await server.requested(2)
        asyncio.get_running_loop().call_later(0.05, late.set)
        with pytest.raises(ServerError, match="folder path missing"):
            await scan


async def test_a_start_that_ends_early() -> None:
    """The time limit applies to the request before the scan; a cancelled start ends at once, without a connection."""
    never = asyncio.Event()
    waiting = Answer(after=never)
    async with Server(waiting, RUNNING, waiting) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(RequestTimeoutError):
            await client.database.scan(wait=False, timeout=0.5)
        scan = asyncio.create_task(client.database.scan(FOLDER, wait=False))
        await server.requested(3)
        scan.cancel()
        await asyncio.wait([scan])
        assert scan.cancelled()
        never.set()
        await server.until(lambda: not server.open)
