"""Where the files of folders are: the disk in memory behaves as the real one."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_syncthing.model.disk import DirectoryDisk, Disk, Entry, MemoryDisk
from pytest_syncthing.model.items import Kind, block_size, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = 1_700_000_000_000_000_123


@pytest.fixture(params=[MemoryDisk, DirectoryDisk])
def disk(request: pytest.FixtureRequest) -> Disk:
    """Each of the disks."""
    made: Callable[[], Disk] = request.param
    return made()


@pytest.fixture
def root(disk: Disk, tmp_path: Path) -> str:
    """A folder that is made."""
    path = str(tmp_path / "folder")
    disk.make_root(path)
    return path


def names(disk: Disk, root: str, below: str = "") -> list[str]:
    """Return the names that walking yields."""
    return [entry.name for entry in disk.walk(root, below)]


def test_folders(disk: Disk, tmp_path: Path) -> None:
    """The directory of a folder is made with those above it, and deleted with all that is in it."""
    root = str(tmp_path / "one" / "two")
    assert not disk.exists(root)
    assert list(disk.walk(root)) == disk.files(root, ".stversions") == disk.children(root) == []
    disk.make_root(root)
    disk.make_root(root)
    assert disk.is_dir(root)
    disk.write(root, "a/b", b"x", modified=MADE)
    assert disk.children(str(tmp_path / "one")) == ["two"]
    assert disk.children(root) == ["a"]
    assert disk.children(f"{root}/a/b") == []
    assert not disk.is_dir(f"{root}/a/b")
    disk.remove_root(root)
    disk.remove_root(root)
    disk.remove_root(f"{root}/nope/nope")
    assert not disk.exists(root)


def test_markers(disk: Disk, root: str) -> None:
    """The marker is made in a folder that is there, and no part of what is walked."""
    assert not disk.has_marker(root)
    disk.make_marker(root)
    disk.make_marker(root)
    assert disk.has_marker(root)
    assert not disk.has_marker(root, "other")
    assert names(disk, root) == []
    with pytest.raises(FileNotFoundError):
        disk.make_marker(f"{root}/nope")
    disk.delete(root, ".stfolder")
    assert not disk.has_marker(root)


def test_files(disk: Disk, root: str) -> None:
    """A file has the content, time and mode it was written with."""
    disk.write(root, "a/ü b", b"some text", modified=MADE, permissions=0o4751)
    entry = disk.entry(root, "a/ü b")
    assert entry is not None
    assert (entry.name, entry.kind, entry.size, entry.modified) == ("a/ü b", Kind.FILE, 9, MADE)
    assert (entry.permissions, entry.changed > 0) == (0o751, True)
    assert disk.read(root, "a/ü b") == b"some text"
    assert disk.digest(root, "a/ü b") == digest_of([b"some text"])
    disk.write(root, "a/ü b", b"", modified=-5_000_000_000)
    assert disk.read(root, "a/ü b") == b""
    assert disk.digest(root, "a/ü b") == digest_of([b""])
    entry = disk.entry(root, "a/ü b")
    assert entry is not None
    assert (entry.size, entry.modified, entry.permissions) == (0, -5_000_000_000, 0o644)
    disk.set_modified(root, "a/ü b", MADE)
    disk.set_permissions(root, "a/ü b", 0o600)
    entry = disk.entry(root, "a/ü b")
    assert entry is not None
    assert (entry.modified, entry.permissions) == (MADE, 0o600)
    assert names(disk, root) == ["a", "a/ü b"]


def test_files_of_several_blocks(disk: Disk, root: str) -> None:
    """A long file is hashed block by block."""
    block = block_size(0)
    content = b"a" * block + b"b"
    disk.write(root, "x", content, modified=MADE)
    assert disk.digest(root, "x") == digest_of([b"a" * block, b"b"])


def test_long_names(disk: Disk, root: str) -> None:
    """A name may be as long as the system allows."""
    name = "x" * 255
    disk.write(root, name, b"", modified=MADE)
    assert names(disk, root) == [name]


def test_directories(disk: Disk, root: str) -> None:
    """A directory is made with its time and mode, and left as it is if it is there."""
    disk.make_directory(root, "a/b", modified=MADE, permissions=0o1700)
    disk.make_directory(root, "a/b", modified=0, permissions=0o755)
    entry = disk.entry(root, "a/b")
    assert entry is not None
    assert (entry.kind, entry.size, entry.modified, entry.permissions) == (Kind.DIRECTORY, 0, MADE, 0o700)
    with pytest.raises(OSError, match="directory"):
        disk.write(root, "a", b"", modified=MADE)
    disk.write(root, "a/file", b"", modified=MADE)
    with pytest.raises(OSError, match=r"director|exists"):
        disk.make_directory(root, "a/file/c", modified=MADE)
    assert names(disk, root) == ["a", "a/b", "a/file"]


def test_links(disk: Disk, root: str) -> None:
    """A link is a thing of its own: its target doesn't matter, and nothing is found behind it."""
    disk.write(root, "dir/x", b"", modified=MADE)
    disk.symlink(root, "new/link", "../dir", modified=MADE)
    entry = disk.entry(root, "new/link")
    assert entry is not None
    assert (entry.kind, entry.size, entry.modified, entry.target) == (Kind.SYMLINK, 0, 0, "../dir")
    assert entry.changed > 0
    assert names(disk, root) == ["dir", "dir/x", "new", "new/link"]
    assert disk.entry(root, "new/link/x") is None
    assert names(disk, root, "new/link/x") == []
    assert names(disk, root, "new/link") == ["new/link"]
    disk.symlink(root, "new/link", "nowhere", modified=MADE)
    assert disk.exists(f"{root}/new/link")
    disk.symlink(root, "dir/x", "y", modified=MADE)
    disk.write(root, "new/link", b"text", modified=MADE)
    assert [(entry.name, entry.kind) for entry in disk.walk(root) if entry.kind is not Kind.DIRECTORY] == [
        ("dir/x", Kind.SYMLINK),
        ("new/link", Kind.FILE),
    ]
    assert not disk.exists(f"{root}/nowhere")


def test_walks(disk: Disk, root: str) -> None:
    """Walking leaves out what Syncthing keeps for itself, and goes through one place if asked for."""
    inner = [".stfolder/x", ".stignore", ".stversions/a/b~1", ".syncthing.x.tmp", "a/~syncthing~y.tmp"]
    for name in ("b", "a/x", "a/.stignore", "a-b/y", *inner):
        disk.write(root, name, b"", modified=MADE)
    assert sorted(names(disk, root)) == sorted(["a", "a-b", "a-b/y", "a/.stignore", "a/x", "b"])
    assert names(disk, root, "a") == ["a", "a/.stignore", "a/x"]
    assert names(disk, root, "a/x") == ["a/x"]
    assert names(disk, root, "nope") == names(disk, root, ".stversions/a") == names(disk, root, ".stignore") == []
    assert [entry.name for entry in disk.files(root, ".stversions")] == [".stversions/a/b~1"]
    assert len(disk.files(root, "")) == 9


def test_deleting(disk: Disk, root: str) -> None:
    """Files, links and empty directories are deleted; a full directory is not, and nothing is no failure."""
    disk.write(root, "a/x", b"", modified=MADE)
    disk.symlink(root, "a/l", "x", modified=MADE)
    with pytest.raises(OSError, match="not empty"):
        disk.delete(root, "a")
    for name in ("a/x", "a/x", "a/l", "a", "nope/x"):
        disk.delete(root, name)
    disk.write(root, "file", b"", modified=MADE)
    disk.delete(root, "file/x")
    assert names(disk, root) == ["file"]


def test_renaming(disk: Disk, root: str) -> None:
    """A file moves with its time and mode in place of another one."""
    disk.write(root, "a", b"new", modified=MADE, permissions=0o600)
    disk.write(root, "b/c", b"old", modified=0)
    disk.rename(root, "a", "b/c")
    disk.rename(root, "b/c", ".stversions/d/e")
    assert (names(disk, root), disk.read(root, ".stversions/d/e")) == (["b"], b"new")
    assert [(entry.modified, entry.permissions) for entry in disk.files(root, ".stversions")] == [(MADE, 0o600)]


def test_failures(disk: Disk, root: str) -> None:
    """What is not there, or no file, can't be read; the failure names it."""
    disk.make_directory(root, "dir", modified=MADE)
    for do in (disk.read, disk.digest):
        with pytest.raises(FileNotFoundError) as caught:
            do(root, "nope")
        assert caught.value.filename in {f"{root}/nope", Path(root, "nope")}
        with pytest.raises(IsADirectoryError):
            do(root, "dir")
    with pytest.raises(FileNotFoundError):
        disk.rename(root, "nope", "x")
    with pytest.raises(FileNotFoundError):
        disk.set_modified(root, "nope", MADE)
    with pytest.raises(FileNotFoundError):
        disk.set_permissions(root, "nope", 0o644)


def test_paths_are_normalized(disk: Disk, root: str) -> None:
    """A path may have slashes too many, and lead through its parent."""
    disk.write(root, "a/b", b"x", modified=MADE)
    assert disk.read(f"{root}/", "a/../a//b") == b"x"
    assert disk.is_dir(f"{root}/a/")


def test_what_a_real_disk_has_besides(tmp_path: Path) -> None:
    """Names that are not UTF-8 and what is neither file nor directory nor link are passed over."""
    disk = DirectoryDisk()
    (tmp_path / "fine").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/not utf8 \xff")).write_text("x")
        assert names(disk, str(tmp_path)) == ["fine"]
        assert disk.entry(str(tmp_path), "pipe") is None
    # A folder itself may be a link.
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub")
    disk.write(str(tmp_path / "link"), "a/x", b"", modified=MADE)
    assert names(disk, str(tmp_path / "link")) == ["a", "a/x"]
    assert disk.entry(str(tmp_path / "link"), "a/x") is not None


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """A file that can't be put in its place is not left under another name."""
    disk = DirectoryDisk()
    (tmp_path / "dir" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        disk.write(str(tmp_path), "dir", b"x", modified=MADE)
    assert [path.name for path in tmp_path.iterdir()] == ["dir"]


def test_entries_say_little_by_default() -> None:
    """A test may make an entry of a name alone."""
    assert Entry("x", Kind.FILE).size == 0
