"""Files that are replaced: at once, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aiosyncthing.cli.errors import CommandError
from aiosyncthing.cli.files import READABLE, replace_file


@pytest.mark.parametrize(("mode", "expected"), [((), 0o600), ((READABLE,), 0o644)])
def test_replacing(mode: tuple[int, ...], expected: int, tmp_path: Path) -> None:
    """The new file has the permissions that were asked for, whatever the old one had."""
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o666)
    replace_file(file, "n€w", *mode)
    assert file.read_text(encoding="utf-8") == "n€w"
    assert stat.S_IMODE(file.stat().st_mode) == expected
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full, the old file stays, and nothing is left beside it."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "file"
    file.write_text("old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommandError, match=r"^can't write .*/file: No space left on device$"):
        replace_file(file, "new", durable=True)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "old"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The message names the file that was meant, and not the temporary one."""
    with pytest.raises(CommandError, match=r"^can't write .*/no/file: No such file or directory$"):
        replace_file(tmp_path / "no" / "file", b"new")


def test_links(tmp_path: Path) -> None:
    """A link stays, and what it leads to is replaced."""
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    replace_file(link, "new")
    assert (link.is_symlink(), file.read_text()) == (True, "new")


def test_what_is_no_file(tmp_path: Path) -> None:
    """A device or a pipe is never replaced by a file: root could lose /dev/null."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (pipe, tmp_path):
        with pytest.raises(CommandError, match="it is not a regular file"):
            replace_file(place, "new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
