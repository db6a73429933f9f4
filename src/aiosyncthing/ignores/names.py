"""Names of files that Syncthing reserves for itself. Pure."""

from __future__ import annotations

from typing import Final

FILE: Final = ".stignore"
"""The file that holds the patterns of a folder."""

_INTERNAL: Final = (".stfolder", FILE, ".stversions")
_TEMPORARY: Final = (".syncthing.", "~syncthing~")


def is_internal(path: str) -> bool:
    """Return whether a file is one of Syncthing's own, which are ignored whatever the patterns.

    Args:
        path: Its path within the folder, with ``/``.
    """
    return path.partition("/")[0] in _INTERNAL or path.rpartition("/")[2].startswith(_TEMPORARY)
