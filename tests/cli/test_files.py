"""Files that are replaced: at once, or not at all."""

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


def test_what_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays, nothing is left beside it, and the message names the file that was meant."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(CommandError, match=r"^can't write .*/no/file: No such file or directory$"):
        replace_file(tmp_path / "no" / "file", b"new")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommandError, match=r"^can't write .*/file: No space left on device$"):
        replace_file(file, "new", durable=True)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "old"


def test_what_is_no_file(tmp_path: Path) -> None:
    """What a link leads to is replaced; a device or a pipe never is: root could lose /dev/null."""
    file, link, pipe = tmp_path / "file", tmp_path / "link", tmp_path / "pipe"
    file.write_text("old")
    link.symlink_to(file)
    replace_file(link, "new")
    assert (link.is_symlink(), file.read_text()) == (True, "new")
    os.mkfifo(pipe)
    for place in (pipe, tmp_path):
        with pytest.raises(CommandError, match="it is not a regular file"):
            replace_file(place, "new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
