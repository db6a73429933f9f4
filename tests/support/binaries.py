"""The real Syncthing daemons that the tests drive."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

__all__ = ["NONE_FOUND", "binary_name", "daemon_binaries", "newest_binary"]

_CACHE: Final = Path(__file__).parents[2] / ".cache" / "syncthing"

NONE_FOUND: Final = (
    f"no Syncthing to test with: run scripts/test, name binaries in SYNCTHING_BINARIES (separated by {os.pathsep!r}), "
    f"or put them into {_CACHE}/VERSION/syncthing"
)


def daemon_binaries() -> list[Path]:
    """Return the binaries named in SYNCTHING_BINARIES, or else those in the cache, each once."""
    if given := os.environ.get("SYNCTHING_BINARIES"):
        found = [Path(path) for path in given.split(os.pathsep) if path]
    else:
        found = [path for path in sorted(_CACHE.glob("[0-9]*/syncthing")) if path.is_file()]
    return list({path.resolve(): path for path in found}.values())


def newest_binary() -> Path | None:
    """Return the last of them, which are named in the order of their versions; None without any."""
    return next(reversed(daemon_binaries()), None)


def binary_name(binary: Path | None) -> str:
    """Return a name that has no dash, so that it can be separated from what follows it in the name of a test."""
    return re.sub(r"[^\w.]", "_", binary.parent.name) if binary else "missing"
