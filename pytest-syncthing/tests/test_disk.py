"""Where the files of folders are: the disk in memory behaves like the real one."""

import os
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_syncthing.model.directory_disk import DirectoryDisk
from pytest_syncthing.model.disk import Disk, Entry, on_disk
from pytest_syncthing.model.items import Kind, block_size, digest_of
from pytest_syncthing.model.memory_disk import MemoryDisk

MADE = 1_700_000_000_000_000_123
DIRECTORIES = ("a", "a/b", "b", ".stversions")
FILES = ("a/b", "a/b/c", "b/c", "ü d", ".stversions/a~1", ".stfolder/x", ".stignore", "a/.syncthing.b.tmp")


def draw(dice: random.Random) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Draw a random change of a disk: the name of a method, and its arguments."""
    name, other = dice.sample(FILES, 2)
    moment = dice.choice((MADE, 0, -5_000_000_000))
    mode = dice.choice((0o644, 0o600, 0o4751))
    content = dice.choice((b"", b"x", b"a" * block_size(0) + b"b"))
    return dice.choice(
        (
            ("write", (name, content), {"modified": moment, "permissions": mode}),
            ("make_directory", (dice.choice(DIRECTORIES),), {"modified": moment, "permissions": 0o1700}),
            ("symlink", (name, "../nowhere"), {"modified": moment}),
            ("delete", (dice.choice((*DIRECTORIES, name)),), {}),
            ("rename", (name, other), {}),
            ("set_modified", (name, moment), {}),
            ("set_permissions", (name, mode), {}),
            ("make_marker", (), {}),
        )
    )


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or that it fails."""
    try:
        return call()
    except OSError:
        return OSError


def seen(disk: Disk, root: str, name: str) -> list[Any]:
    """Return everything that is visible of a folder and one item in it, except for what the system decides."""

    def shown(entry: Entry | None) -> Entry | None:
        is_directory = entry is not None and entry.kind is Kind.DIRECTORY
        return entry and replace(entry, changed=0, modified=0 if is_directory else entry.modified)

    return [
        [shown(entry) for entry in disk.walk(root)],
        [shown(entry) for entry in disk.walk(root, name)],
        [shown(entry) for entry in disk.files(root, ".stversions")],
        shown(disk.entry(root, name)),
        disk.children(root),
        (disk.is_dir(f"{root}/{name}"), disk.is_dir(root), disk.has_marker(root), disk.has_marker(root, "other")),
        outcome(lambda: disk.read(root, name)),
        outcome(lambda: disk.digest(root, name)),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_both_are_the_same(seed: int, tmp_path: Path) -> None:
    """After each of many random changes both disks look the same, and both fail where one does."""
    dice = random.Random(seed)
    root = str(tmp_path / "one" / "folder")
    memory, real = MemoryDisk(), DirectoryDisk()
    assert seen(memory, root, "a") == seen(real, root, "a")
    for disk in (memory, real):
        disk.make_root(root)
    for _ in range(300):
        method, arguments, options = draw(dice)
        entry = real.entry(root, arguments[0]) if arguments else None
        if method.startswith("set_") and entry is not None and entry.kind is Kind.SYMLINK:
            continue  # the real one would follow it
        if method == "rename" and entry is not None and entry.kind is Kind.DIRECTORY:
            continue  # only files and links are moved
        found = [outcome(partial(getattr(disk, method), root, *arguments, **options)) for disk in (memory, real)]
        assert found[0] == found[1], (method, arguments)
        name = dice.choice(FILES)
        assert seen(memory, root, name) == seen(real, root, name), (method, arguments)


def test_a_content_is_known_by_its_blocks() -> None:
    """A long file is hashed block by block."""
    disk, block = MemoryDisk(), block_size(0)
    disk.write("/f", "x", b"a" * block + b"b", modified=MADE)
    assert disk.digest("/f", "x") == digest_of([b"a" * block, b"b"])


def test_what_a_real_disk_has_besides(tmp_path: Path) -> None:
    """Only files, directories and links are listed; names that are not UTF-8 are listed separately."""
    disk = DirectoryDisk()
    (tmp_path / "fine").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/not utf8 \xff")).write_text("x")
        assert [entry.name for entry in disk.walk(str(tmp_path))] == ["fine"]
        assert disk.entry(str(tmp_path), "pipe") is None
    assert disk.unreadable(str(tmp_path)) == ["not utf8 \ufffd"]
    # A folder itself may be a link, but nothing is found behind one that is in it.
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub")
    disk.write(str(tmp_path / "link"), "a/x", b"", modified=MADE)
    assert [entry.name for entry in disk.walk(str(tmp_path / "link"))] == ["a", "a/x"]
    assert disk.entry(str(tmp_path / "link"), "a/x") is not None
    assert disk.entry(str(tmp_path), "link/a/x") is None


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """A failed write leaves no temporary file, and a name of maximum length can be written."""
    disk = DirectoryDisk()
    (tmp_path / "dir" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        disk.write(str(tmp_path), "dir", b"x", modified=MADE)
    assert [path.name for path in tmp_path.iterdir()] == ["dir"]
    disk.write(str(tmp_path), "x" * 255, b"", modified=MADE)
    assert (tmp_path / ("x" * 255)).exists()


@pytest.mark.parametrize("disk", [MemoryDisk(), DirectoryDisk()], ids=["memory", "real"])
async def test_where_calls_are_made(disk: Disk) -> None:
    """Only calls for the real disk leave the loop's thread; arguments, results and errors pass unchanged."""
    assert (await on_disk(disk, threading.get_ident) == threading.get_ident()) is not disk.blocks
    assert await on_disk(disk, sorted, [2, 1], reverse=True) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        await on_disk(disk, divmod, 1, 0)
