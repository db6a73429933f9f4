"""Items of a folder's index: versions, conflicts, and their form in answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support import recordings

from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.go.words import parse_time
from pytest_syncthing.model.items import RECEIVE_ONLY, Item, Kind, Order, block_size, bump, compare, digest_of, merge

OLD = (("AAAAAAA", 5),)
NEW = (("AAAAAAA", 6),)


def recorded(version: str) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Return the items that a real daemon has returned, and whether they were in a list."""
    for exchange in recordings.exchanges(version):
        if exchange.status != 200:
            continue
        if exchange.uri == "rest/db/file":
            yield from ((False, exchange.answer[side]) for side in ("global", "local"))
        for part in ("files", "rest", "progress", "queued"):
            if exchange.uri in {"rest/db/need", "rest/db/remoteneed", "rest/db/localchanged"}:
                yield from ((True, item) for item in exchange.answer.get(part, ()))


def item_of(recorded: dict[str, Any]) -> Item:
    """Return the item of a daemon's answer."""

    def time(text: str) -> int:
        moment = parse_time(text)
        assert moment is not None
        return moment

    kind = Kind(recorded["type"])
    blocks = recorded["numBlocks"] if recorded["numBlocks"] or recorded["deleted"] else 1
    is_file = kind is Kind.FILE and not recorded["deleted"]
    return Item(
        recorded["name"],
        kind,
        recorded["size"] if is_file else 0,
        time(recorded["modified"]),
        recorded["modifiedBy"],
        tuple((device, int(count)) for device, count in (each.split(":") for each in recorded["version"])),
        None if recorded["noPermissions"] else int(recorded["permissions"], 8),
        recorded["deleted"],
        recorded["localFlags"],
        recorded["sequence"],
        recorded.get("blocksHash", "unknown") if is_file and blocks else None,
        previous_digest=recorded.get("previousBlocksHash"),
        changed=time(recorded.get("inodeChange", "1970-01-01T00:00:00Z")),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_items_look_as_recorded(version: str) -> None:
    """An item looks the same as in a real daemon's answers."""
    items = list(recorded(version))
    assert len(items) > 20
    for listed, item in items:
        assert item_of(item).to_json(Facts.of(version), listed=listed) == item


def test_a_counter_is_at_least_the_time() -> None:
    """A change raises the counter of its device to at least the time; others stay, sorted by ID."""
    assert bump((), "BBBBBBB", 100) == (("BBBBBBB", 100),)
    assert bump((("BBBBBBB", 100),), "BBBBBBB", 50) == (("BBBBBBB", 101),)
    assert bump((("B222222", 7),), "BAAAAAA", 100) == (("BAAAAAA", 100), ("B222222", 7))
    assert bump((("BAAAAAA", 7),), "3AAAAAA", 9) == (("BAAAAAA", 7), ("3AAAAAA", 9))


def test_versions_are_compared() -> None:
    """A version is newer if it includes all changes of the other one and more."""
    one, both = (("AAAAAAA", 6),), (("AAAAAAA", 6), ("BBBBBBB", 1))
    assert compare(one, one) is Order.EQUAL
    assert compare(one, (("AAAAAAA", 6), ("BBBBBBB", 0))) is Order.EQUAL
    assert (compare(OLD, NEW), compare(NEW, OLD)) == (Order.OLDER, Order.NEWER)
    assert (compare(one, both), compare(both, one)) == (Order.OLDER, Order.NEWER)
    assert compare(NEW, (("AAAAAAA", 5), ("BBBBBBB", 1))) is Order.CONCURRENT
    assert compare((), ()) is Order.EQUAL
    assert compare((), OLD) is Order.OLDER


def test_versions_are_merged() -> None:
    """The merged version is older than neither."""
    one, other = (("AAAAAAA", 6), ("3333333", 1)), (("AAAAAAA", 5), ("BBBBBBB", 1))
    merged = merge(one, other)
    assert merged == (("AAAAAAA", 6), ("BBBBBBB", 1), ("3333333", 1))
    assert {compare(merged, each) for each in (one, other)} == {Order.NEWER}


def test_conflicts() -> None:
    """Of two conflicting items the valid one wins, then one that isn't deleted, the later one, the lower device ID."""
    mine = Item("x", Kind.FILE, version=(("AAAAAAA", 6), ("BBBBBBB", 1)), modified=5)
    its = Item("x", Kind.FILE, version=(("AAAAAAA", 5), ("BBBBBBB", 2)), modified=5)
    pairs = [
        (mine, replace(its, local_flags=RECEIVE_ONLY, modified=9)),
        (mine, replace(its, invalid_elsewhere=True)),
        (mine, replace(its, deleted=True, modified=9)),
        (replace(its, modified=6), mine),
        (mine, its),
    ]
    for winner, loser in pairs:
        assert winner.wins_over(loser)
        assert not loser.wins_over(winner)
    assert not mine.wins_over(mine)


def test_blocks() -> None:
    """Files have at most about 2000 blocks, of 128 KiB to 16 MiB; an empty file has one block."""
    kib = 1 << 10
    assert [block_size(size) for size in (0, 2000 * 128 * kib - 1, 2000 * 128 * kib, 1 << 50)] == [
        128 * kib,
        128 * kib,
        256 * kib,
        16384 * kib,
    ]
    sizes = {0: 1, 128 * kib: 1, 128 * kib + 1: 2, 2000 * 128 * kib: 1000}
    assert {size: Item("x", Kind.FILE, size, digest="x").blocks for size in sizes} == sizes
    assert Item("x", Kind.DIRECTORY).blocks == 0


def test_digests() -> None:
    """A content is identified by what 2.x calls ``blocksHash``: the hash of the hashes of its blocks."""
    empty = {item["blocksHash"] for _, item in recorded("2.1.3") if item["name"] == "empty"}
    assert empty == {digest_of([b""])}
    assert len({digest_of(blocks) for blocks in ([b"a"], [b"a", b"b"], [b"ab"], [b""])}) == 4


def test_deleted_items() -> None:
    """A deleted file keeps the fraction of its time, and is a newer version without content."""
    item = Item("x", Kind.FILE, 7, 5_000_000_123, "BBBBBBB", OLD, 0o600, digest="x", sequence=3)
    gone = item.deleted_by("AAAAAAA", 9_500_000_000)
    assert (gone.deleted, gone.size, gone.digest, gone.modified) == (True, 0, None, 9_000_000_123)
    assert (gone.modified_by, gone.version, gone.permissions) == ("AAAAAAA", (("AAAAAAA", 9),), 0o600)
    assert gone.weight(Facts.of("1.19")) == 0
    assert not gone.invalid
    assert item.deleted_by("AAAAAAA", 9_500_000_000, local_flags=RECEIVE_ONLY).invalid
