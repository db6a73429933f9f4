"""Names that a scan can't take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_syncthing.model.disk import DirectoryDisk, MemoryDisk
from pytest_syncthing.model.unreadable import unreadable

if TYPE_CHECKING:
    from pathlib import Path


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """They are found on the real disk, and shown with what stands for the bytes that are no text."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "fine ü").touch()
    (tmp_path / "sub" / os.fsdecode(b"odd\xff")).touch()
    assert unreadable(DirectoryDisk(), str(tmp_path)) == ["sub/odd\ufffd"]
    assert unreadable(MemoryDisk(), "/srv") == []
