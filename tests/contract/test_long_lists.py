"""Paged lists are complete, whatever the size of the pages."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.waiting import until

from .folders import write_files

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiosyncthing import Daemon

    from .folders import Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

DIRECTORIES = [f"d{number % 5}/s{number}" for number in range(10)]
FILES = [f"{directory}/{number}" for directory in DIRECTORIES for number in range(100)]
ITEMS = {*FILES, *DIRECTORIES, *(f"d{number}" for number in range(5))}


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
    mine = await folders.add(a, files=FILES)
    whole = await a.client.database.browse(mine.id)
    async with aclosing(a.client.database.walk(mine.id)) as entries:
        walked = [path async for path, _ in entries]
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
