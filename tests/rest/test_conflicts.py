"""Conflict copies: which names are those of copies, and how a tree is searched for them."""

import tracemalloc
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing import Syncthing, types as t
from aiosyncthing.database.conflicts import conflict_copy, whole_id
from aiosyncthing.exceptions import FolderNotRunningError, InvalidResponseError, UnknownFolderError
from pytest_syncthing import FakeSyncthing
from tests.support.calls import KEY
from tests.support.server import Server, as_json, as_text

MARK = ".sync-conflict-20260301-120000-ABCDEF2"
OTHER_MARK = ".sync-conflict-20250228-235959-7654321"


def found(path: str, kind: Any = "FILE_INFO_TYPE_FILE") -> t.ConflictCopy | None:
    """Look at a file of the folder f."""
    return conflict_copy("f", path, {"name": "", "modTime": "2026-03-01T11:00:00Z", "size": 5, "type": kind})


@pytest.mark.parametrize(
    ("path", "original"),
    [
        (f"file{MARK}.txt", "file.txt"),
        (f"a/b.c/file{MARK}.txt", "a/b.c/file.txt"),
        (f"{MARK}.bashrc", ".bashrc"),
        (f"odd{MARK}.", "odd."),
        (f"line\nbreak ü{MARK}.t\nxt", "line\nbreak ü.t\nxt"),
        (f"file{OTHER_MARK}{MARK}.txt", f"file{OTHER_MARK}.txt"),
        (f"d{OTHER_MARK}/file{MARK}.txt", f"d{OTHER_MARK}/file.txt"),
    ],
)
def test_names(path: str, original: str) -> None:
    """The mark is before the last dot, as the daemon puts it there, and the last mark counts."""
    assert found(path) == {
        "folder": "f",
        "name": path,
        "original": original,
        "time": "2026-03-01T12:00:00",
        "device": "ABCDEF2",
        "deviceID": None,
        "size": 5,
        "modTime": "2026-03-01T11:00:00Z",
    }


@pytest.mark.parametrize(
    "path",
    [
        "file.txt",
        "",
        MARK,
        f"a/{MARK}",
        f"d{MARK}/file.txt",
        f"file{MARK}.tar.gz",
        f"file{MARK[1:]}.txt",
        f"file{MARK}x.txt",
        "file.sync-conflict-20261301-120000-ABCDEF2.txt",
        "file.sync-conflict-20260301-120000-ABCDEF1.txt",
        "file.sync-conflict-20260301-120000-abcdef2.txt",
        "file.sync-conflict-٢٠٢٦٠٣٠١-120000-ABCDEF2.txt",
    ],
)
def test_other_names(path: str) -> None:
    """Anything else is not a copy."""
    assert found(path) is None


def test_other_kinds() -> None:
    """A directory is not a copy, a link may be one; daemons did not always know, or say, a device."""
    assert found(f"file{MARK}.txt", "FILE_INFO_TYPE_DIRECTORY") is None
    assert found(f"file{MARK}.txt", "FILE_INFO_TYPE_SYMLINK") is not None
    for mark in (".sync-conflict-20170301-120000", ".sync-conflict-20170301-120000-"):
        copy = found(f"file{mark}.txt")
        assert copy is not None
        assert (copy["original"], copy["time"], copy["device"]) == ("file.txt", "2017-03-01T12:00:00", None)


@settings(max_examples=50)
@given(st.text("ab.-/~", min_size=1).filter(lambda path: not path.endswith("/")))
def test_every_original_is_found(path: str) -> None:
    """Whatever the name of a file, that of its copy leads back to it."""
    directory, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    copy = f"{stem}{MARK}.{extension}" if dot else f"{name}{MARK}"
    conflict = found(f"{directory}{slash}{copy}")
    assert conflict is not None
    assert conflict["original"] == path


def test_whole_ids() -> None:
    """A short ID stands for a device only if a single one begins with it."""
    assert whole_id("ABC", ["ABC-1", "ABD-1"]) == "ABC-1"
    assert whole_id("ABC", ["ABC-1", "ABC-2"]) is None
    assert whole_id("ABC", []) is None
    assert whole_id(None, ["ABC-1"]) is None


async def test_a_large_tree() -> None:
    """Each directory costs one request, made when it is reached, and only one is held at a time."""
    count, each = 60, 40
    with FakeSyncthing() as fake:
        device = fake.add_device("phone")
        copy = f"dir 20/file.sync-conflict-20260301-120000-{device[:7]}.txt"
        names = [
            f"dir {number}/a file with a rather long name {file}" for number in range(count) for file in range(each)
        ]
        fake.add_folder("docs", files=dict.fromkeys([*names, copy, "x.sync-conflict-20260301-120000-AAAAAAA"], b"x"))
        fake.add_folder("music", files={f"m{MARK}.mp3": b"x"})
        fake.add_folder("paused", files={f"p{MARK}": b"x"}, paused=True)
        async with fake.client(max_response_size=20_000) as client:
            await client.system.ping()
            before = len(fake.requests)
            async with aclosing(client.database.conflicts()) as conflicts:
                first = await anext(conflicts)
                assert (first["original"], first["device"], first["deviceID"]) == ("x", "AAAAAAA", None)
                early = len(fake.requests) - before
                assert early == 3  # the folders, the first directory, the devices
                tracemalloc.start()
                try:
                    rest = [(each["folder"], each["original"], each["deviceID"]) async for each in conflicts]
                    _, peak = tracemalloc.get_traced_memory()
                finally:
                    tracemalloc.stop()
            assert rest == [("docs", "dir 20/file.txt", device), ("music", "m.mp3", None)]
            assert len(fake.requests) - before == early + count + 1
            assert peak < 600_000  # the fake's part included; the whole tree would take more than that
            with pytest.raises(Exception, match="larger"):
                await client.database.browse("docs")


async def test_folders_that_go() -> None:
    """One that is removed or paused while all are searched is left out; one that was asked for is an error."""
    gone, not_configured = as_text("no such folder", 500), as_text("No folder with given ID", 404)
    files = as_json([{"name": f"a{MARK}", "type": "FILE_INFO_TYPE_FILE", "size": 0, "modTime": "2026-03-01T12:00:00Z"}])
    paused = as_json({"id": "y", "paused": True})
    folders = as_json([{"id": "x"}, {"id": "y"}, {"id": "z"}])
    answers = (folders, gone, not_configured, gone, paused, files, as_json([]))
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        assert [each["folder"] async for each in client.database.conflicts()] == ["z"]
    for second, error in ((not_configured, UnknownFolderError), (paused, FolderNotRunningError)):
        async with Server(gone, second) as server, Syncthing(KEY, server.url) as client:
            with pytest.raises(error):
                await anext(client.database.conflicts("y"))


async def test_an_entry_without_its_fields() -> None:
    """That is an error, but only where they are needed."""
    files = as_json([{"name": "f", "type": "FILE_INFO_TYPE_FILE"}, {"name": f"a{MARK}", "type": "FILE_INFO_TYPE_FILE"}])
    async with Server(files) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(InvalidResponseError, match="modTime: missing"):
            await anext(client.database.conflicts("y"))
