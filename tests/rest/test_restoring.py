"""Restoring files as they were: the requests and the report."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    InvalidResponseError,
    NotFoundError,
    NotSupportedError,
    UnknownFolderError,
)
from aiosyncthing.folder import restoring
from tests.support.calls import ESCAPED, FOLDER, KEY
from tests.support.server import Answer, Server, as_json, as_text

AT = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=1)))  # 11:00 in UTC
KEPT = {"versionTime": "2026-03-01T11:30:00Z", "modTime": "2026-03-01T10:00:00Z", "size": 1}
RECENT = {**KEPT, "versionTime": "2026-03-01T11:59:59Z"}
SIMPLE = as_json({"id": FOLDER, "type": "sendreceive", "paused": False, "versioning": {"type": "simple"}})
CONNECTIONS = as_json(
    {"connections": {}, "total": {"inBytesTotal": 0, "outBytesTotal": 0, "at": "2026-03-01T12:00:00Z"}}
)
BROWSE = f"GET /rest/db/browse?folder={ESCAPED}&levels=0"


def entry(name: str, modified: str = "2026-03-01T13:00:00.123456789+01:00", kind: str = "FILE") -> dict[str, Any]:
    """Return an entry of a tree; its default time is 12:00 in UTC."""
    return {"name": name, "modTime": modified, "size": 1, "type": f"FILE_INFO_TYPE_{kind}"}


def known(kind: str = "FILE", name: str = "x", *, deleted: bool = False) -> Answer:
    """Answer what is known about a file."""
    item = {"name": name, "type": f"FILE_INFO_TYPE_{kind}", "deleted": deleted, "modified": "2026-03-01T12:00:00Z"}
    return as_json({"global": item})


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Don't wait before restoring, but note how long that would have been."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(restoring.asyncio, "sleep", note)
    return noted


async def test_everything_is_reported(pauses: list[float]) -> None:
    """Versions are restored in one request; the report has each file, and can be stored as JSON."""
    tree = as_json(
        [entry("d", kind="DIRECTORY"), entry("ü"), entry("old", "1969-07-20T20:17:40Z"), entry("link", kind="SYMLINK")]
    )
    versions = as_json(
        {
            "ü": [{**KEPT, "versionTime": "2026-03-01T10:30:00Z"}, KEPT],
            "d/gone": [RECENT],
            "d/x": [{**KEPT, "modTime": "2026-03-01T11:20:00Z"}],
            "d": [KEPT],
        }
    )
    failures = as_json({"d/gone": "simple versioner: restore: version not found", "other": "never asked for"})
    answers = SIMPLE, tree, as_json([entry("x")]), versions, CONNECTIONS, failures
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        report = await client.folder.restore_at(FOLDER, AT)
    assert [str(each) for each in server.requests] == [
        f"GET /rest/config/folders/{ESCAPED}",
        BROWSE,
        f"{BROWSE}&prefix=d",
        f"GET /rest/folder/versions?folder={ESCAPED}",
        "GET /rest/system/connections",
        f"POST /rest/folder/versions?folder={ESCAPED}",
    ]
    assert server.requests[-1].json() == {"ü": KEPT["versionTime"], "d/gone": RECENT["versionTime"]}
    assert pauses == [0]
    assert {key: value for key, value in report.items() if key != "files"} == {
        "folder": FOLDER,
        "at": "2026-03-01T11:00:00+00:00",
        "under": "",
        "dryRun": False,
    }
    assert [(each["path"], each["outcome"], bool(each["version"])) for each in report["files"]] == [
        ("d", "failed", True),
        ("d/gone", "failed", True),
        ("d/x", "unknown", True),
        ("link", "unknown", False),
        ("old", "unchanged", False),
        ("ü", "restored", True),
    ]
    assert report["files"][0]["reason"] == "a directory has this name now"
    assert report["files"][1]["reason"] == "simple versioner: restore: version not found"
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("versions", [{}, {"link": [RECENT]}])
@pytest.mark.parametrize("kind", ["SYMLINK", "SYMLINK_FILE"])
async def test_a_symbolic_link(versions: dict[str, Any], kind: str) -> None:
    """It has no versions, so it can't be known what it was, unless a file with its name was archived since."""
    for under, tree in (("", as_json([entry("link", kind=kind)])), ("link", known(kind, "link"))):
        async with Server(SIMPLE, tree, as_json(versions)) as server, Syncthing(KEY, server.url) as client:
            (found,) = (await client.folder.restore_at(FOLDER, AT, under=under, dry_run=True))["files"]
        assert (found["path"], found["outcome"]) == ("link", "restored" if versions else "unknown")
        assert ("symbolic link" in found["reason"]) == (not versions)


async def test_nothing_is_changed_without_need() -> None:
    """A dry run reports the same, without a request that changes anything; without files to restore, there is none."""
    answers = SIMPLE, as_json([entry("f")]), as_json({"f": [RECENT]}), SIMPLE, as_json([]), as_json({})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        report = await client.folder.restore_at(FOLDER, AT, dry_run=True)
        assert (await client.folder.restore_at(FOLDER, AT))["files"] == []
    assert report["dryRun"]
    assert report["files"] == [{"path": "f", "outcome": "restored", "reason": "", "version": RECENT}]
    assert {each.method for each in server.requests} == {"GET"}


async def test_times_and_places_that_are_refused() -> None:
    """Without a time zone a time is ambiguous, and what is outside of the folder can't be restored: nothing is sent."""
    wrong: list[tuple[Any, str, str]] = [
        (AT.replace(tzinfo=None), "", "at must have a time zone"),
        (AT.isoformat(), "", "at must be a datetime"),
        (AT, "../x", "under must be a"),
    ]
    async with Server() as server, Syncthing(KEY, server.url) as client:
        for at, under, words in wrong:
            with pytest.raises(BadRequestError, match=words):
                await client.folder.restore_at(FOLDER, at, under=under)
    assert server.requests == []


async def test_the_second_of_a_version_is_waited_out(pauses: list[float]) -> None:
    """By the daemon's clock, and for each version of the files to restore, but of no others."""
    now = "2026-03-01T12:00:00Z"
    versions = {
        "f": [KEPT, {**RECENT, "versionTime": now}],
        "g": [{**KEPT, "versionTime": "2026-03-01T12:00:01Z", "modTime": now}],
    }
    answers = SIMPLE, as_json([entry("f")]), as_json(versions), CONNECTIONS, as_json({})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.folder.restore_at(FOLDER, AT)
    assert server.requests[-1].json() == {"f": KEPT["versionTime"]}
    assert pauses == [1]


@pytest.mark.parametrize(
    ("file", "tree", "expected"),
    [
        (known(), None, {"a/b": "restored"}),
        (known("DIRECTORY"), [entry("c"), entry("new")], {"a/b": "failed", "a/b/c": "restored", "a/b/new": "unknown"}),
        (known("DIRECTORY", deleted=True), None, {"a/b": "restored", "a/b/c": "restored"}),
        (known(name=""), None, {"a/b": "restored", "a/b/c": "restored"}),
        (known("SYMLINK"), None, {"a/b": "restored", "a/b/c": "restored"}),
    ],
)
async def test_only_one_place(
    file: Answer, tree: list[Any] | None, expected: dict[str, str], pauses: list[float]
) -> None:
    """A file or a directory, which may have been deleted; its neighbours are left alone."""
    versions = as_json(
        {name: [KEPT] for name in ("a", "a/b", "a/b/c", "a/bc", "b") if name in expected or "/b/" not in name}
    )
    trees = [] if tree is None else [as_json(tree)]
    answers = SIMPLE, file, *trees, versions, CONNECTIONS, as_json({})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        report = await client.folder.restore_at(FOLDER, AT, under="a/b/")
    assert str(server.requests[1]) == f"GET /rest/db/file?folder={ESCAPED}&file=a%2Fb"
    assert {each["path"]: each["outcome"] for each in report["files"]} == expected
    assert report["under"] == "a/b"
    assert server.requests[-1].json().keys() == {name for name, outcome in expected.items() if outcome == "restored"}


async def test_a_place_that_never_was(pauses: list[float]) -> None:
    """If the index has no such file, there may be versions of it; if there are none either, it is an error."""
    missing = as_text("No such object in the index", 404), SIMPLE
    answers = SIMPLE, *missing, as_json({"a": [KEPT]}), CONNECTIONS, as_json({})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        assert (await client.folder.restore_at(FOLDER, AT, under="a"))["files"][0]["outcome"] == "restored"
    async with Server(SIMPLE, *missing, as_json({"ab": [KEPT]})) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(NotFoundError, match="no file or directory 'a', and no old version"):
            await client.folder.restore_at(FOLDER, AT, under="a")
    gone = as_text("no such folder", 404), as_text("No folder with given ID", 404)
    async with Server(SIMPLE, *gone) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownFolderError):
            await client.folder.restore_at(FOLDER, AT, under="a")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (as_text("No folder with given ID", 404), UnknownFolderError, "folder"),
        (as_json({"versioning": {"type": "simple"}, "paused": True}), FolderNotRunningError, "^folder a .* is paused$"),
        (as_json({"versioning": {"type": "simple"}, "type": "receiveencrypted"}), NotSupportedError, "encrypted"),
        (as_json({"versioning": {"type": ""}}), NotSupportedError, "keeps no old versions"),
        (as_json({"versioning": {"type": "external"}}), NotSupportedError, "external program"),
        (as_json({"versioning": None}), InvalidResponseError, "versioning: expected an object"),
    ],
)
async def test_folders_without_versions(answer: Answer, error: type[Exception], words: str) -> None:
    """A folder without usable versions is refused before the tree is read."""
    async with Server(answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(error, match=words):
            await client.folder.restore_at(FOLDER, AT)


async def test_cancelled_while_waiting() -> None:
    """Nothing has been changed by then."""
    now = datetime.now(UTC)
    versions = as_json({"f": [KEPT, {**KEPT, "versionTime": now.isoformat(timespec="seconds")}]})
    total = {"inBytesTotal": 0, "outBytesTotal": 0, "at": now.isoformat(timespec="seconds")}
    connections = as_json({"connections": {}, "total": total})
    async with (
        Server(SIMPLE, as_json([entry("f")]), versions, connections) as server,
        Syncthing(KEY, server.url) as client,
    ):
        restored = asyncio.create_task(client.folder.restore_at(FOLDER, AT))
        await server.until(lambda: len(server.requests) == 4)
        restored.cancel()
        with pytest.raises(asyncio.CancelledError):
            await restored
    assert {each.method for each in server.requests} == {"GET"}
