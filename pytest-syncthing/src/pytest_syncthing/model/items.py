"""Items of a folder's index as Syncthing has them: files, directories and links, with their versions. Pure.

Versions are compared and conflicts resolved as in lib/protocol (``Vector.Compare``, ``WinsConflict``). The JSON has the
keys that real daemons send (``jsonFileInfo`` in lib/api).
"""

from __future__ import annotations

import base64
import enum
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pytest_syncthing.clock import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_syncthing.facts import Facts

IGNORED: Final = 2
"""Flag of an ignored item."""
RECEIVE_ONLY: Final = 8
"""Flag of an item that was changed in a receive-only folder."""

_DIRECTORY_SIZE: Final = 128
_SECOND: Final = 1_000_000_000
_SMALLEST_BLOCK: Final = 128 << 10
_LARGEST_BLOCK: Final = 16 << 20
_BLOCKS_PER_FILE: Final = 2000


class Kind(enum.Enum):
    """The type of an item; the value is the one in JSON."""

    FILE = "FILE_INFO_TYPE_FILE"
    DIRECTORY = "FILE_INFO_TYPE_DIRECTORY"
    SYMLINK = "FILE_INFO_TYPE_SYMLINK"

    @property
    def word(self) -> str:
        """The name of the type in events."""
        return _WORDS[self]


_WORDS: Final = {Kind.FILE: "file", Kind.DIRECTORY: "dir", Kind.SYMLINK: "symlink"}

Vector: TypeAlias = tuple[tuple[str, int], ...]
"""A version: a counter for each device that has changed the item, by short ID, sorted by device."""

# In base32, digits come after letters; in Unicode, before.
_BASE32: Final = str.maketrans("234567", "[\\]^_`")


def _place(counter: tuple[str, int]) -> str:
    return counter[0].translate(_BASE32)


def bump(vector: Vector, short_id: str, seconds: int) -> Vector:
    """Return the next version of an item that a device changes.

    Args:
        vector: The version before; empty for a new item.
        short_id: Short ID of the device.
        seconds: The time in seconds since 1970. A counter is never lower, so that it keeps growing after a device has
            lost its index.
    """
    counters = dict(vector)
    counters[short_id] = max(counters.get(short_id, 0) + 1, seconds)
    return tuple(sorted(counters.items(), key=_place))


def merge(one: Vector, other: Vector) -> Vector:
    """Return the smallest version that is older than neither."""
    counters = dict(one)
    for device, counter in other:
        counters[device] = max(counters.get(device, 0), counter)
    return tuple(sorted(counters.items(), key=_place))


class Order(enum.Enum):
    """How a version compares to another one."""

    EQUAL = "equal"
    OLDER = "older"
    NEWER = "newer"
    CONCURRENT = "concurrent"


def compare(a: Vector, b: Vector) -> Order:
    """Return how ``a`` compares to ``b``."""
    return _compare(a, b)[0]


def _compare(a: Vector, b: Vector) -> tuple[Order, bool]:
    """Return how ``a`` compares to ``b``, and whether ``a`` is ahead at the first device where they differ."""
    if a == b:
        return Order.EQUAL, False
    mine, others = dict(a), dict(b)
    ahead = behind = first = False
    for device, _ in sorted({(each, 0) for each in (*mine, *others)}, key=_place):
        difference = mine.get(device, 0) - others.get(device, 0)
        first = first or (difference > 0 and not behind)
        ahead = ahead or difference > 0
        behind = behind or difference < 0
    order = {(True, True): Order.CONCURRENT, (True, False): Order.NEWER, (False, True): Order.OLDER}
    return order.get((ahead, behind), Order.EQUAL), first


def block_size(size: int) -> int:
    """Return the block size for a file of that size (lib/protocol ``BlockSize``)."""
    block = _SMALLEST_BLOCK
    while block < _LARGEST_BLOCK and size >= _BLOCKS_PER_FILE * block:
        block *= 2
    return block


def digest_of(blocks: Iterable[bytes]) -> str:
    """Return the ``blocksHash`` of a file in base64: the hash of the hashes of its blocks.

    Version 1 also hashes weak hashes; here all versions give the same.

    Args:
        blocks: The content in blocks of `block_size`. An empty file has one empty block.
    """
    whole = hashlib.sha256()
    for block in blocks:
        whole.update(hashlib.sha256(block).digest())
    return base64.b64encode(whole.digest()).decode()


@dataclass(frozen=True, slots=True)
class Item:
    """An item as one device has it.

    Attributes:
        name: Path below the folder, with ``/``.
        kind: Its type.
        size: Bytes of a file; 0 for everything else.
        modified: Modification time in nanoseconds since 1970; 0 for links.
        modified_by: Short ID of the device that last changed it.
        version: Its version.
        permissions: Its mode; ``None`` for links and where permissions are ignored.
        deleted: Whether it has been deleted.
        local_flags: Why it doesn't count for other devices: `IGNORED`, `RECEIVE_ONLY`, or 0 if it does.
        sequence: Its sequence number in the index of the device.
        digest: For files, the `digest_of` their content.
        target: Where a link points.
        previous_digest: For files, the digest before the last change, if known.
        changed: When its inode was changed, in nanoseconds since 1970; 0 if not known.
        invalid_elsewhere: Whether the device that has it says that it doesn't count.
    """

    name: str
    kind: Kind
    size: int = 0
    modified: int = 0
    modified_by: str = ""
    version: Vector = ()
    permissions: int | None = 0o644
    deleted: bool = False
    local_flags: int = 0
    sequence: int = 0
    digest: str | None = None
    target: str = ""
    previous_digest: str | None = None
    changed: int = 0
    invalid_elsewhere: bool = False

    @property
    def invalid(self) -> bool:
        """Whether it doesn't count for other devices."""
        return self.invalid_elsewhere or self.local_flags != 0

    @property
    def blocks(self) -> int:
        """The number of its blocks."""
        return max(1, -(-self.size // block_size(self.size))) if self.digest else 0

    def deleted_by(self, short_id: str, now: int, *, local_flags: int = 0) -> Item:
        """Return it as deleted by a device. Of its time, only the whole seconds change, as in real daemons.

        Args:
            short_id: Short ID of the device.
            now: The time, in nanoseconds since 1970.
            local_flags: The flags of the deletion.
        """
        return replace(
            self,
            deleted=True,
            size=0,
            digest=None,
            modified=now // _SECOND * _SECOND + self.modified % _SECOND,
            modified_by=short_id,
            version=bump(self.version, short_id, now // _SECOND),
            local_flags=local_flags,
            invalid_elsewhere=False,
        )

    def ignored(self) -> Item:
        """Return it as an ignored item."""
        return replace(self, size=0, local_flags=IGNORED, digest=None)

    def weight(self, facts: Facts) -> int:
        """Return the size that it counts with."""
        if self.deleted:
            return 0
        if self.kind is Kind.FILE:
            return self.size
        return 0 if facts.WEIGHTLESS_DIRECTORIES else _DIRECTORY_SIZE

    def wins_over(self, other: Item) -> bool:
        """Return whether it wins a conflict, where neither version is newer."""
        if self.invalid != other.invalid:
            return other.invalid
        if self.deleted != other.deleted:
            return other.deleted
        if self.modified != other.modified:
            return self.modified > other.modified
        order, ahead = _compare(self.version, other.version)
        return order is Order.CONCURRENT and ahead

    def to_json(self, facts: Facts, *, listed: bool) -> dict[str, Any]:
        """Return it as in an answer.

        Args:
            facts: The daemon's version.
            listed: Whether as part of a list, for which version 1 doesn't read the blocks.
        """
        answer: dict[str, Any] = {
            "deleted": self.deleted,
            "ignored": bool(self.local_flags & IGNORED),
            "invalid": self.invalid,
            "localFlags": self.local_flags,
            "modified": format_time(self.modified),
            "modifiedBy": self.modified_by,
            "mustRescan": False,
            "name": self.name,
            "noPermissions": self.permissions is None,
            "numBlocks": self._shown_blocks(facts, listed=listed),
            "sequence": self.sequence,
            "size": self.weight(facts),
            "type": self.kind.value,
            "version": [f"{device}:{counter}" for device, counter in self.version],
        }
        if self.permissions is not None:
            answer["permissions"] = f"0{self.permissions:o}" if self.permissions else "0"
        if facts.PLATFORM:
            answer["platform"] = dict.fromkeys(("Unix", "Windows", "Linux", "Darwin", "FreeBSD", "NetBSD"))
        if facts.INODE_CHANGE:
            answer["inodeChange"] = format_time(self.changed)
        if facts.BLOCKS_HASH:
            answer["blocksHash"] = self.digest
        if facts.PREVIOUS_BLOCKS_HASH:
            answer["previousBlocksHash"] = self.previous_digest
        return dict(sorted(answer.items()))

    def _shown_blocks(self, facts: Facts, *, listed: bool) -> int | None:
        if not listed or facts.BLOCKS_IN_LISTS:
            return self.blocks
        return 0 if facts.NUMBER_OF_BLOCKS else None


NOTHING: Final = Item("", Kind.FILE, permissions=0)
"""Stands in answers for an item that a device doesn't have."""
