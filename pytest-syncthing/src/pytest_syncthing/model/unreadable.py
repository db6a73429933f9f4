"""Files that a scan can't take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .disk import DirectoryDisk

if TYPE_CHECKING:
    from .disk import Disk


def unreadable(disk: Disk, root: str) -> list[str]:
    """Return the names of what has no UTF-8 name, as the daemon shows them; only the real disk can have such."""
    found: list[str] = []
    if isinstance(disk, DirectoryDisk):
        for directory, directories, files in os.walk(root):
            for name in directories + files:
                path = str(Path(directory, name).relative_to(root))
                shown = os.fsencode(path).decode(errors="replace")
                if shown != path:
                    found.append(shown)
    return sorted(found)
