"""Who has what of a folder, and what follows from it: what is newest, needed, counted, and shown as a tree."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.support import recordings

from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.model.index import BrowseError, Index, aggregate
from pytest_syncthing.model.items import IGNORED, RECEIVE_ONLY, Item, Kind, Order, bump, compare

FACTS = Facts.of("1.29.5")
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
    """Return a tree as names, or for a directory with children a name and these."""
    return [[entry["name"], shape(entry["children"])] if "children" in entry else entry["name"] for entry in tree]


def test_own_items_are_numbered() -> None:
    """Each change of an own item gets the next number."""
    index = Index(FACTS)
    assert index.sequence == 0
    assert [item.sequence for item in index.put_own([file("x"), file("y")])] == [1, 2]
    assert index.put_own([file("x", 5)])[0].sequence == index.sequence == 3
    assert {name: item.size for name, item in index.own.items()} == {"x": 5, "y": 1}
    index.forget_own(["x", "nope"])
    assert (list(index.own), index.sequence, index.newest("x")) == (["y"], 3, None)


def test_items_of_others() -> None:
    """Of other devices their own numbers count, but not their flags or inodes."""
    index = Index(FACTS)
    index.put_remote(OTHER, [file("x", by=OTHER, sequence=7, local_flags=RECEIVE_ONLY, changed=5)])
    item = index.remotes[OTHER]["x"]
    assert (item.local_flags, item.invalid, item.changed) == (0, True, 0)
    assert index.remote_sequence(OTHER) == 7
    index.put_remote(OTHER, [file("y", by=OTHER, sequence=3)])
    assert index.remote_sequence(OTHER) == 7
    index.put_remote(OTHER, [], 9)
    assert index.remote_sequence(OTHER) == 9
    assert index.remote_sequence(THIRD) == 0
    index.drop_remote(OTHER)
    index.drop_remote(THIRD)
    assert (index.remotes, index.remote_sequence(OTHER), index.newest_items()) == ({}, 0, [])


def test_the_newest_is_needed() -> None:
    """A newer version of another device is needed here, an older one there."""
    index = Index(FACTS)
    mine = index.put_own([file("mine"), file("both")])
    newer = replace(mine[1], size=9, version=bump(mine[1].version, OTHER, 20))
    index.put_remote(OTHER, [mine[1]])
    assert names(index.remote_need(OTHER)) == ["mine"]
    assert index.need() == []
    index.put_remote(OTHER, [newer, file("its", by=OTHER)])
    assert names(index.need()) == ["both", "its"]
    assert names(index.remote_need(OTHER)) == ["mine"]
    newest = index.newest("both")
    assert newest is not None
    assert newest.size == 9
    assert index.availability("both") == [OTHER]
    assert index.availability("mine") == index.availability("nope") == []
    index.put_own([newer, file("its", by=OTHER)])
    assert index.need() == []
    assert names(index.newest_items()) == ["both", "its", "mine"]


def test_conflicts_are_needed_by_who_has_lost() -> None:
    """Of two versions that don't know of each other the winner is needed, and only by the other side."""
    index = Index(FACTS)
    index.put_own([file("x", seconds=10)])
    index.put_remote(OTHER, [file("x", 5, OTHER, seconds=20)])
    assert [item.size for item in index.need()] == [5]
    assert index.remote_need(OTHER) == []
    index.put_remote(OTHER, [file("x", 5, OTHER, seconds=9)])
    assert index.need() == []
    assert names(index.remote_need(OTHER)) == ["x"]


def test_deletions_are_needed_by_who_has_the_file() -> None:
    """A deletion is needed where the file is; who never had it doesn't need it."""
    index = Index(FACTS)
    mine = index.put_own([file("x"), file("y")])
    index.put_remote(OTHER, mine[:1])
    index.put_own([each.removed(OWN, 20) for each in mine])
    assert [(item.name, item.deleted) for item in index.remote_need(OTHER)] == [("x", True)]
    assert index.remote_need(THIRD) == []
    completion = index.completion(OTHER)
    assert (completion["completion"], completion["needItems"], completion["needDeletes"]) == (95, 0, 1)


def test_invalid_items_do_not_count() -> None:
    """What is invalid is nobody's need, and the newest only if there is no other."""
    index = Index(FACTS)
    index.put_own([file("x", local_flags=RECEIVE_ONLY)])
    index.put_remote(OTHER, [])
    newest = index.newest("x")
    assert newest is not None
    assert newest.invalid
    assert index.remote_need(OTHER) == index.remote_need(THIRD) == index.browse() == []
    index.put_remote(OTHER, [file("x", 5, OTHER, seconds=1)])
    newest = index.newest("x")
    assert newest is not None
    assert newest.size == 5


def test_local_changes() -> None:
    """What was changed in a receive-only folder is listed, and counted as local and changed, but not as global."""
    index = Index(FACTS)
    shared = index.put_own([file("a"), file("b")])
    index.put_remote(OTHER, shared)
    index.put_own(
        [
            file("c", 7, local_flags=RECEIVE_ONLY),
            shared[1].removed(OWN, 20, local_flags=RECEIVE_ONLY),
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
    """What is global, local and needed is counted by kind; what is needed is not in sync."""
    index = Index(FACTS)
    index.put_own([file("a", 10), directory("d"), Item("l", Kind.SYMLINK, version=bump((), OWN, 1))])
    index.put_remote(OTHER, [file("b", 100, OTHER), directory("e", OTHER), *index.own.values()])
    index.put_remote(OTHER, [index.own["a"].removed(OTHER, 99)])
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
def test_sums_have_the_recorded_keys(version: str) -> None:
    """The counts are those of a real daemon's status; the older one tells changes of receive-only folders only."""
    index = Index(Facts.of(version))
    answers = [
        exchange.answer
        for exchange in recordings.exchanges(version)
        if exchange.uri == "rest/db/status" and exchange.status == 200
    ]
    others = {
        *("errors", "pullErrors", "invalid", "state", "stateChanged", "error", "version", "sequence"),
        *("remoteSequence", "ignorePatterns", "watchError"),
    }
    keys = {frozenset(answer.keys() - others) for answer in answers}
    assert keys == {frozenset(index.sums()), frozenset(index.sums(receive_only=False))}
    assert (len(keys) == 2) == (version == "1.19.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_completion_has_the_recorded_numbers(version: str) -> None:
    """From the same bytes and items comes the percentage that a real daemon has answered."""
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
        index.put_own([each.removed(OWN, 99) for each in gone])
        assert index.completion(OTHER, shared=had > 0) == answer
        checked += 1
    assert checked >= 3


def test_completion() -> None:
    """The own device and others are as complete as the bytes they have."""
    index = Index(FACTS)
    assert index.completion()["completion"] == 100
    index.put_own([file("a", 75)])
    index.put_remote(OTHER, [file("b", 25, OTHER, sequence=4)])
    assert index.completion() == {
        "completion": 75,
        "globalBytes": 100,
        "globalItems": 2,
        "needBytes": 25,
        "needDeletes": 0,
        "needItems": 1,
        "sequence": 1,
    }
    assert (index.completion(OTHER)["completion"], index.completion(OTHER)["sequence"]) == (25, 4)
    assert index.completion(OTHER, downloaded=25)["completion"] == 50


@pytest.mark.parametrize(("version", "percent"), [("1.19", 100), ("1.29", 100), ("2.1", 0)])
def test_completion_of_silent_devices(version: str, percent: int) -> None:
    """A device that has sent no index lacks everything, but 1.x says of one that shares the folder it lacks nothing."""
    index = Index(Facts.of(version))
    index.put_own([file("x")])
    assert index.completion(OTHER)["completion"] == percent
    assert names(index.remote_need(OTHER)) == ["x"]
    index.put_remote(OTHER, [])
    assert index.completion(OTHER)["completion"] == percent
    stranger = index.completion(THIRD, shared=False)
    assert (stranger["completion"], stranger["needItems"], stranger["sequence"]) == (0, 1, 0)


def test_completion_of_several_folders() -> None:
    """Sums of several folders give one percentage, without a sequence; no folder is 0 percent."""
    one, other = Index(FACTS), Index(FACTS)
    one.put_own([file("a", 75)])
    other.put_remote(OTHER, [file("b", 25, OTHER)])
    whole = aggregate([one.completion(), other.completion()])
    assert (whole["completion"], whole["globalItems"], whole["sequence"]) == (75, 2, 0)
    assert (aggregate([])["completion"], aggregate([])["globalBytes"]) == (0, 0)


def test_trees() -> None:
    """A tree is cut by prefix and levels, or to its directories; what is deleted is not in it."""
    index = Index(FACTS)
    tree = ["sub", "sub/deep", "empty", "sub-way"]
    files = ["top.txt", "sub/one.txt", "sub/deep/three.txt", "sub-way/x", "gone"]
    index.put_own([*map(directory, tree), *map(file, files)])
    index.put_own([index.own["gone"].removed(OWN, 99)])
    way = ["sub-way", ["x"]]
    assert shape(index.browse()) == ["empty", ["sub", [["deep", ["three.txt"]], "one.txt"]], way, "top.txt"]
    assert shape(index.browse("sub")) == shape(index.browse("sub/")) == [["deep", ["three.txt"]], "one.txt"]
    assert shape(index.browse(levels=0)) == ["empty", "sub", "sub-way", "top.txt"]
    assert shape(index.browse(levels=1)) == ["empty", ["sub", ["deep", "one.txt"]], way, "top.txt"]
    assert shape(index.browse(dirs_only=True)) == ["empty", ["sub", ["deep"]], "sub-way"]
    assert index.browse("nope") == index.browse("empty") == index.browse("top.txt") == []
    assert index.browse("sub/deep") == [
        {"name": "three.txt", "modTime": "1970-01-01T00:00:00.00000001Z", "size": 1, "type": "FILE_INFO_TYPE_FILE"}
    ]


@pytest.mark.parametrize(("name", "child", "parent"), [("a/b/c", "a", ""), ("d/b/c", "b", "d"), ("d/e/f/g", "f", "e")])
def test_trees_without_directories(name: str, child: str, parent: str) -> None:
    """Of items whose directory is not known, as in encrypted folders, no tree can be made; the daemon says why."""
    index = Index(FACTS)
    index.put_own([directory("d"), directory("d/e"), file(name)])
    with pytest.raises(BrowseError, match=f"^could not find child '{child}' for path '{name}' in parent '{parent}'$"):
        index.browse()


def test_everything_is_forgotten() -> None:
    """A cleared index is as good as new."""
    index = Index(FACTS)
    index.put_own([file("x")])
    index.put_remote(OTHER, [file("y", by=OTHER)])
    index.clear()
    assert (index.own, index.remotes, index.sequence, index.need(), index.newest_items()) == ({}, {}, 0, [], [])
    assert set(index.sums().values()) == {0}


def naive(index: Index, device: str | None) -> list[str]:
    """Return what a device needs, found without anything that was kept up."""
    had = index.own if device is None else index.remotes.get(device, {})
    needed: list[str] = []
    for item in index.newest_items():
        mine = had.get(item.name)
        if item.invalid or (mine is None and item.deleted):
            continue
        if mine is None or compare(mine.version, item.version) not in {Order.EQUAL, Order.NEWER}:
            needed.append(item.name)
    return needed


@pytest.mark.parametrize("seed", range(5))
def test_what_is_kept_up_is_what_it_would_be(seed: int) -> None:
    """After any changes the index is as if it had been made at once from what all have now."""
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
