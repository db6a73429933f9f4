"""The open files of this process."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

__all__ = ["open_files"]


def open_files() -> set[int]:
    """Return the descriptors of all open files, without sockets and pipes."""
    found = set()
    for descriptor in range(1024):
        with suppress(OSError):
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                found.add(descriptor)
    return found
