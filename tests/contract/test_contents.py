"""The contents of a folder: scans, trees, files, ignore patterns, totals, long lists."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest

from aiosyncthing import Daemon, parse_time
from aiosyncthing.exceptions import BadRequestError, NotFoundError
from tests.support.waiting import until

from .folders import Folder, Folders, write_files
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

DIRECTORIES = [f"d{number % 5}/s{number}" for number in range(10)]
MANY = [f"{directory}/{number}" for directory in DIRECTORIES for number in range(100)]
ITEMS = {*MANY, *DIRECTORIES, *(f"d{number}" for number in range(5))}
TREE = ("top.txt", "sub/one.txt", "sub/two.txt", "sub/deep/three.txt", "other/four.txt")


async def has(folder: Folder, file: str) -> bool:
    """Return whether a file is known."""
    try:
        await folder.client.database.file(folder.id, file)
    except NotFoundError:
        return False
    return True


def names(tree: list[Any]) -> list[Any]:
    """Return a tree as names; a directory with children is a list of its name and theirs."""
    return [[entry["name"], names(entry["children"])] if "children" in entry else entry["name"] for entry in tree]


async def test_scans(lone: Daemon, folders: Folders) -> None:
    """After a scan, everything on disk is known, in the folder or without one in all of them.

    Several scans may be requested at the same time; each returns when it is done.
    """
    folder, other = await folders.add(lone), await folders.add(lone)
    await folder.write("x")
    known = await lone.client.database.file(folder.id, "x")
    assert known["local"]["size"] == len("some text")
    assert known["global"] == known["local"]
    assert (await lone.client.debug.file(folder.id, "x"))["local"]["version"] == known["local"]["version"]
    assert parse_time(known["local"]["modified"]) is not None
    assert (await lone.client.stats.folders())[folder.id]["lastScan"][:4] != "0001"
    for each in (folder, other):
        write_files(each.path, ["y"])
    await lone.client.database.scan()
    assert [await has(each, "y") for each in (folder, other)] == [True, True]
    write_files(folder.path, TREE)
    await asyncio.gather(*(lone.client.database.scan(folder.id, sub=name) for name in TREE))
    assert all([await has(folder, name) for name in TREE])


async def test_a_scan_of_parts(lone: Daemon, folders: Folders) -> None:
    """A scan of some paths finds what is there, and nothing else; paths that don't exist are no error."""
    folder = await folders.add(lone, files=["sub/deep/known.txt"])
    write_files(folder.path, TREE)
    await lone.client.database.scan(folder.id, sub="sub/deep", next=3600)
    assert await has(folder, "sub/deep/three.txt")
    assert not await has(folder, "sub/one.txt")
    await lone.client.database.scan(folder.id, sub=["top.txt", "sub/one.txt", "nope"])
    assert await has(folder, "top.txt")
    assert await has(folder, "sub/one.txt")
    assert not await has(folder, "other/four.txt")


async def test_a_scan_is_only_begun(lone: Daemon, folders: Folders) -> None:
    """A scan that is not waited for runs all the same: of a folder, a part of it, and all folders."""
    folder = await folders.add(lone)
    arguments: dict[str, Any] = {"one": folder.id, "sub/two": folder.id, "three": None}
    for file, folder_id in arguments.items():
        write_files(folder.path, [file])
        await lone.client.database.scan(folder_id, sub="sub" if file == "sub/two" else None, wait=False)
        await until(lambda file=file: has(folder, file))


async def test_a_scan_of_many_paths(lone: Daemon, folders: Folders) -> None:
    """More paths than the daemon accepts in one request are scanned; a request that is too long is an error."""
    folder = await folders.add(lone)
    write_files(folder.path, ["last"])
    directory = "/".join(["directory" * 12] * 5)
    paths = [*(f"{directory}/file {number}" for number in range(1900)), "last"]
    with pytest.raises(BadRequestError, match="too long"):
        await lone.client.api.request("rest/db/scan", {"folder": folder.id, "sub": paths}, method="POST")
    await lone.client.database.scan(folder.id, sub=paths)
    assert await has(folder, "last")


async def test_patterns_for_odd_names(lone: Daemon, folders: Folders) -> None:
    """A pattern that the daemon would misread is refused, and the suggested one matches only that name."""
    odd = ["Icon\r", "a\nb", "\x0btab", "no-break\xa0"]
    harmless = ["Icon", "a", "b", "tab", "no-break", "sp", "x\ry"]
    folder = await folders.add(lone, files=[*odd, *harmless])
    database = lone.client.database
    for name in odd:
        with pytest.raises(BadRequestError, match="can't be used"):
            await database.set_ignores(folder.id, [name])
    await database.set_ignores(folder.id, ["Icon?", "a?b", "?tab", "no-break?", " sp\t", "x\ry"])
    await folder.scan()
    ignored = [name for name in (*odd, *harmless) if (await database.file(folder.id, name))["local"]["ignored"]]
    assert ignored == [*odd, "sp", "x\ry"]


async def test_trees(lone: Daemon, folders: Folders) -> None:
    """A tree can be limited by prefix, levels, or to directories; walking it gives the same."""
    folder = await folders.add(lone, files=TREE)
    (folder.path / "empty").mkdir()
    await folder.scan()
    browse = lone.client.database.browse
    sub = ["sub", [["deep", ["three.txt"]], "one.txt", "two.txt"]]
    assert sorted(names(await browse(folder.id)), key=str) == sorted(
        ["empty", ["other", ["four.txt"]], sub, "top.txt"], key=str
    )
    assert names(await browse(folder.id, "sub/deep")) == ["three.txt"]
    assert sorted(names(await browse(folder.id, levels=0))) == ["empty", "other", "sub", "top.txt"]
    directories = names(await browse(folder.id, dirsonly=True))
    assert sorted(directories, key=str) == sorted(["empty", "other", ["sub", ["deep"]]], key=str)
    assert await browse(folder.id, "nope") == []
    assert await browse(folder.id, "empty") == []

    everything = {*TREE, "empty", "sub", "sub/deep", "other"}
    walked = await folder.walk()
    assert len(walked) == len(everything)
    assert set(walked) == everything
    assert set(await folder.walk(dirsonly=True)) == {"empty", "sub", "sub/deep", "other"}
    assert set(await folder.walk("sub")) == {"sub/one.txt", "sub/two.txt", "sub/deep", "sub/deep/three.txt"}
    assert set(await folder.walk("sub/deep/")) == {"sub/deep/three.txt"}
    assert await folder.walk("nope") == []
    # The daemon takes any value for true.
    raw = await lone.client.api.request("rest/db/browse", {"folder": folder.id, "dirsonly": "false"})
    assert names(raw) == directories


async def test_kinds_of_items(lone: Daemon, folders: Folders, version: Version) -> None:
    """Directories, links and deleted files are distinguished."""
    folder = await folders.add(lone, files=["gone", "sub/kept"])
    (folder.path / "link").symlink_to("sub")
    (folder.path / "gone").unlink()
    await folder.scan()
    ask = lone.client.database.file
    kinds = {name: (await ask(folder.id, name))["local"]["type"] for name in ("sub", "sub/kept", "link")}
    assert kinds == {
        "sub": "FILE_INFO_TYPE_DIRECTORY",
        "sub/kept": "FILE_INFO_TYPE_FILE",
        "link": "FILE_INFO_TYPE_SYMLINK",
    }
    gone = (await ask(folder.id, "gone"))["local"]
    assert (gone["deleted"], gone["size"]) == (True, 0)
    assert set(await folder.walk()) == {"sub", "sub/kept", "link"}
    status = await folder.status()
    counts = [status["localFiles"], status["localDirectories"], status["localSymlinks"], status["localDeleted"]]
    assert counts == [1, 1, 1, 1]
    assert status["localTotalItems"] == 4
    size = len("some text") + (2 * 128 if version < (2, 1, 2) else 0)
    assert status["localBytes"] == status["globalBytes"] == status["inSyncBytes"] == size


async def test_odd_times(lone: Daemon, folders: Folders) -> None:
    """Times before 1970 and far in the future are kept; a symbolic link has none."""
    folder = await folders.add(lone)
    dated = {"scan": -2145916800, "photo": -312768000, "old": -86400, "new": 7258118400}
    for name, seconds in dated.items():
        write_files(folder.path, [name])
        os.utime(folder.path / name, (seconds, seconds))
    (folder.path / "link").symlink_to("old")
    await folder.scan()
    times = {
        name: parse_time((await lone.client.database.file(folder.id, name))["global"]["modified"])
        for name in (*dated, "link")
    }
    assert times == {**{name: datetime.fromtimestamp(seconds, UTC) for name, seconds in dated.items()}, "link": None}


async def test_ignore_patterns(lone: Daemon, folders: Folders) -> None:
    """Patterns are kept as given and take effect; an empty list removes them."""
    folder = await folders.add(lone, files=["keep.txt", "drop.tmp"])
    client = lone.client
    assert await client.database.ignores(folder.id) == {"ignore": None, "expanded": None, "error": None}
    lines = ["// a comment", "*.tmp", "", "!ünïcode ✓", "/quo\"te'd"]
    answer = await client.database.set_ignores(folder.id, lines)
    assert answer["ignore"] == lines
    assert "*.tmp" in (answer["expanded"] or [])
    assert await client.database.ignores(folder.id) == answer
    assert (folder.path / ".stignore").read_text().splitlines() == lines
    await folder.scan()
    assert set(await folder.walk()) == {"keep.txt"}
    assert (await folder.status())["ignorePatterns"]

    assert (await client.database.set_ignores(folder.id, []))["ignore"] is None
    assert (await client.database.ignores(folder.id))["ignore"] is None
    await folder.scan()
    assert set(await folder.walk()) == {"keep.txt", "drop.tmp"}


async def test_ignore_patterns_that_can_not_be_read(lone: Daemon, folders: Folders) -> None:
    """Patterns with an error are written all the same, and the answer says so."""
    folder = await folders.add(lone)
    answer = await lone.client.database.set_ignores(folder.id, ["#include nowhere"])
    assert answer["error"]
    assert (await lone.client.database.ignores(folder.id))["error"]
    await until(lambda: folder.in_state("error"))
    assert (await lone.client.database.set_ignores(folder.id, []))["error"] is None
    await folder.scan()


async def test_sums(lone: Daemon, folders: Folders) -> None:
    """A folder that no other device has is complete; a total over no folders is not."""
    database = lone.client.database
    assert (await database.completion())["completion"] == 0
    folder = await folders.add(lone, files=["x", "y"])
    own = await database.completion(folder.id)
    assert own["completion"] == 100
    assert (own["globalItems"], own["needItems"], own["needBytes"]) == (2, 0, 0)
    assert await database.completion(folder.id, lone.device_id) == own
    assert (await database.completion())["globalBytes"] == own["globalBytes"]


async def test_folders_of_the_machine(lone: Daemon, folders: Folders, version: Version) -> None:
    """The directories of the daemon's machine are listed by prefix, without files."""
    folder = await folders.add(lone, files=["dir/file", "Dir two/file", "other/file"])
    found = await lone.client.system.browse(f"{folder.path}/d")
    end = "/" if version < (1, 29, 4) else ""
    assert found == [f"{folder.path}/dir{end}", f"{folder.path}/Dir two{end}"]
    assert len(await lone.client.system.browse(f"{folder.path}/") or []) >= 3
    assert await lone.client.system.browse(f"{folder.path}/nope") == []
    assert await lone.client.system.browse(filesystem="basic") == ["/"]


# --- Paged lists are complete, whatever the size of the pages ---


async def collect(items: AsyncGenerator[Any]) -> list[str]:
    """Return the names of all items, sorted; duplicates are kept."""
    async with aclosing(items):
        return sorted([item["name"] async for item in items])


def paths(tree: list[Any], above: str = "") -> list[str]:
    """Return all paths of a tree."""
    found: list[str] = []
    for entry in tree:
        path = above + entry["name"]
        found += [path, *paths(entry.get("children", []), f"{path}/")]
    return found


async def test_a_thousand_items(a: Daemon, b: Daemon, folders: Folders) -> None:
    """What is walked and iterated is what the daemon returns in one piece."""
    mine = await folders.add(a, files=MANY)
    whole = await a.client.database.browse(mine.id)
    walked = await mine.walk()
    assert len(walked) == len(ITEMS)
    assert set(walked) == set(paths(whole)) == ITEMS

    # A send-only folder pulls nothing, so it keeps needing everything.
    its = await folders.add(b, mine.id, type="sendonly", shared_with=[a])
    await a.client.config.patch_folder(mine.id, devices=[{"deviceID": b.device_id}])

    async def is_known() -> bool:
        """Return whether the index has arrived; it may be sent twice, and disappear in between."""
        if (await its.status())["needTotalItems"] != len(ITEMS):
            return False
        need = await b.client.database.need(its.id)
        in_one = [item["name"] for part in (need["progress"], need["queued"], need["rest"]) for item in part]
        in_pages = await collect(b.client.database.iter_need(its.id, perpage=300))
        by_default = await collect(b.client.database.iter_need(its.id))
        last = await b.client.database.need(its.id, page=4, perpage=300)
        return sorted(in_one) == in_pages == by_default == sorted(ITEMS) and len(last["rest"]) == len(ITEMS) % 300

    await until(is_known)

    remote = (await a.client.database.remote_need(mine.id, b.device_id))["files"]
    assert sorted(item["name"] for item in remote) == sorted(ITEMS)
    for perpage in (300, len(ITEMS), len(ITEMS) + 1):
        items = a.client.database.iter_remote_need(mine.id, b.device_id, perpage=perpage)
        assert await collect(items) == sorted(ITEMS)

    async with aclosing(b.client.database.iter_need(its.id, perpage=300)) as items:
        async for _ in items:
            break  # this leaves no task behind


async def test_changes_of_a_receive_only_folder(lone: Daemon, folders: Folders) -> None:
    """Local changes are iterated as they are listed."""
    folder = await folders.add(lone, type="receiveonly")
    write_files(folder.path, [f"{number}" for number in range(120)])
    await folder.scan()
    listed = sorted(item["name"] for item in (await lone.client.database.local_changed(folder.id))["files"])
    assert len(listed) == 120
    for perpage in (50, 60, 120, 121):
        assert await collect(lone.client.database.iter_local_changed(folder.id, perpage=perpage)) == listed


async def test_pages_beyond_the_end(lone: Daemon, folders: Folders) -> None:
    """A page beyond the end is empty, and has its number."""
    folder = await folders.add(lone)
    beyond: dict[str, int] = {"page": 3, "perpage": 5}
    assert await lone.client.database.need(folder.id, **beyond) == {"progress": [], "queued": [], "rest": [], **beyond}
    assert await lone.client.database.local_changed(folder.id, **beyond) == {"files": [], **beyond}
    errors = await lone.client.folder.errors(folder.id, **beyond)
    assert errors == {"folder": folder.id, "errors": None, **beyond}
