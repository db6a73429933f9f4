"""Which device has which items of a folder, and what follows: the newest, the needed, the counts and the tree."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.support import recordings

from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.model.index import BrowseError, Index
from pytest_syncthing.model.items import IGNORED, RECEIVE_ONLY, Item, Kind, Order, bump, compare

FACTS = Facts.of("1.29.5")
SECOND = 1_000_000_000
OWN, OTHER, THIRD = "AAAAAAA", "BBBBBBB", "CCCCCCC"


def file(name: str, size: int = 1, by: str = OWN, *, seconds: int = 10, **fields: Any) -> Item:
    """Return a new file."""
    return Item(name, Kind.FILE, size, seconds, by, bump((), by, seconds), digest="x", **fields)


def directory(name: str, by: str = OWN) -> Item:
    """Return a new directory."""
    return Item(name, Kind.DIRECTORY, 0, 10, by, bump((), by, 10))


def names(items: list[Item]) -> list[str]:
    """Return the names of items."""
    return [item.name for item in items]


def shape(tree: list[dict[str, Any]]) -> list[Any]:
    """Return a tree as names; a directory with children becomes its name and their shapes."""
    return [[entry["name"], shape(entry["children"])] if "children" in entry else entry["name"] for entry in tree]


def test_local_changes() -> None:
    """Changes in a receive-only folder are listed, and counted as local and as changed, but not as global."""
    index = Index(FACTS)
    shared = index.put_own([file("a"), file("b")])
    index.put_remote(OTHER, shared)
    index.put_own(
        [
            file("c", 7, local_flags=RECEIVE_ONLY),
            shared[1].deleted_by(OWN, 20 * SECOND, local_flags=RECEIVE_ONLY),
            replace(directory("d"), local_flags=RECEIVE_ONLY),
            replace(file("ignored", 70), local_flags=IGNORED),
        ]
    )
    assert names(index.local_changed()) == ["b", "c", "d"]
    sums = index.sums()
    changed = {key.removeprefix("receiveOnly"): value for key, value in sums.items() if key.startswith("receiveOnly")}
    assert changed == {
        "ChangedFiles": 1,
        "ChangedDirectories": 1,
        "ChangedSymlinks": 0,
        "ChangedDeletes": 1,
        "ChangedBytes": 7 + 128,
        "TotalItems": 3,
    }
    assert (sums["localFiles"], sums["localDeleted"], sums["localTotalItems"]) == (2, 1, 4)
    assert (sums["globalFiles"], sums["globalBytes"], sums["needTotalItems"]) == (2, 2, 0)


def test_sums() -> None:
    """Global, local and needed items are counted by kind; needed items are not in sync."""
    index = Index(FACTS)
    index.put_own([file("a", 10), directory("d"), Item("l", Kind.SYMLINK, version=bump((), OWN, 1))])
    index.put_remote(OTHER, [file("b", 100, OTHER), directory("e", OTHER), *index.own.values()])
    index.put_remote(OTHER, [index.own["a"].deleted_by(OTHER, 99 * SECOND)])
    sums = index.sums()
    assert {key.removeprefix("need"): sums[key] for key in sums if key.startswith("need")} == {
        "Files": 1,
        "Directories": 1,
        "Symlinks": 0,
        "Deletes": 1,
        "Bytes": 228,
        "TotalItems": 3,
    }
    assert (sums["globalTotalItems"], sums["globalBytes"], sums["globalDeleted"]) == (5, 100 + 3 * 128, 1)
    assert (sums["localTotalItems"], sums["localBytes"]) == (3, 10 + 2 * 128)
    assert (sums["inSyncFiles"], sums["inSyncBytes"]) == (0, 2 * 128)
    fewer = index.sums(ignore_delete=True, downloaded=28)
    assert (fewer["needDeletes"], fewer["needTotalItems"], fewer["needBytes"]) == (0, 2, 200)
    assert index.sums(downloaded=1000)["needBytes"] == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_completion_has_the_recorded_numbers(version: str) -> None:
    """The same bytes and items give the percentage that a real daemon has reported."""
    checked = 0
    for exchange in recordings.exchanges(version):
        if exchange.uri != "rest/db/completion" or exchange.status != 200 or "folder" not in exchange.params:
            continue
        answer = {key: value for key, value in exchange.answer.items() if key != "remoteState"}
        # Any items will do that have these sums: here the bytes that are needed are those of one file.
        index = Index(Facts.of(version))
        had, needed = answer["globalItems"] - answer["needItems"], answer["needItems"]
        items = [file(f"had{number}", 0) for number in range(had)] + [file(f"new{n}", 0) for n in range(needed)]
        for name, size in (("had0", answer["globalBytes"] - answer["needBytes"]), ("new0", answer["needBytes"])):
            items = [replace(each, size=size) if each.name == name else each for each in items]
        index.put_own(items)
        gone = [file(f"gone{number}") for number in range(answer["needDeletes"])]
        index.put_remote(OTHER, [*items[:had], *gone], answer["sequence"])
        index.put_own([each.deleted_by(OWN, 99 * SECOND) for each in gone])
        assert index.completion(OTHER, shared=had > 0) == answer
        checked += 1
    assert checked >= 3


@pytest.mark.parametrize(("version", "percent"), [("1.19", 100), ("1.29", 100), ("2.1", 0)])
def test_completion_of_silent_devices(version: str, percent: int) -> None:
    """A device that has sent no index needs everything; 1.x reports that one that shares the folder needs nothing."""
    index = Index(Facts.of(version))
    index.put_own([file("x")])
    assert index.completion(OTHER)["completion"] == percent
    assert names(index.remote_need(OTHER)) == ["x"]
    index.put_remote(OTHER, [])
    assert index.completion(OTHER)["completion"] == percent
    stranger = index.completion(THIRD, shared=False)
    assert (stranger["completion"], stranger["needItems"], stranger["sequence"]) == (0, 1, 0)


@pytest.mark.parametrize(("name", "child", "parent"), [("a/b/c", "a", ""), ("d/b/c", "b", "d"), ("d/e/f/g", "f", "e")])
def test_trees_without_directories(name: str, child: str, parent: str) -> None:
    """Items with an unknown directory, as in encrypted folders, make no tree; the error is the daemon's."""
    index = Index(FACTS)
    index.put_own([directory("d"), directory("d/e"), file(name)])
    with pytest.raises(BrowseError, match=f"^could not find child '{child}' for path '{name}' in parent '{parent}'$"):
        index.browse()


def naive(index: Index, device: str | None) -> list[str]:
    """Compute from scratch what a device needs."""
    had = index.own if device is None else index.remotes.get(device, {})
    needed: list[str] = []
    for item in index.newest_items():
        mine = had.get(item.name)
        if item.invalid or (mine is None and item.deleted):
            continue
        if mine is None or compare(mine.version, item.version) not in {Order.EQUAL, Order.NEWER}:
            needed.append(item.name)
    return needed


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_up_is_what_it_would_be(seed: int) -> None:
    """After any changes the index is the same as one built from scratch."""
    chance = random.Random(seed)
    index = Index(FACTS)
    for second in range(300):
        who = chance.choice([OWN, OTHER, THIRD])
        had = index.own if who == OWN else index.remotes.get(who, {})
        name = chance.choice("abcdefgh")
        item = chance.choice([had.get(name), index.newest(name)]) or file(name, by=who)
        changed = replace(
            item,
            size=chance.randrange(9),
            deleted=chance.random() < 0.2,
            local_flags=chance.choice([0, 0, 0, RECEIVE_ONLY, IGNORED]),
            version=chance.choice([item.version, bump(item.version, who, second)]),
        )
        if chance.random() < 0.05:
            index.drop_remote(chance.choice([OTHER, THIRD]))
        elif who == OWN and chance.random() < 0.1:
            index.forget_own([name])
        elif who == OWN:
            index.put_own([changed])
        else:
            index.put_remote(who, [changed])
        fresh = Index(FACTS)
        fresh.put_own(index.own.values())
        for device, items in index.remotes.items():
            fresh.put_remote(device, items.values())
        assert fresh.sums() == index.sums()
        assert [names(index.need()), names(fresh.need())] == [naive(index, None)] * 2
        for device in (OTHER, THIRD):
            assert [names(index.remote_need(device)), names(fresh.remote_need(device))] == [naive(index, device)] * 2
