"""Replace files atomically, so that readers never see part of one, and a full disk leaves the old one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from .errors import CommandError, reason_of

PRIVATE: Final = 0o600
READABLE: Final = 0o644
"""For everyone."""


def replace_file(path: str | Path, content: str | bytes, mode: int = PRIVATE, *, durable: bool = False) -> None:
    """Replace or create a file; a symbolic link to a file is kept.

    Args:
        path: The file. A temporary file with another suffix is created beside it.
        content: Its new content; text is encoded as UTF-8.
        mode: Its permissions.
        durable: Whether it must be on disk when this returns.

    Raises:
        CommandError: It can't be written; the old one is kept.
    """
    data = content.encode(errors="replace") if isinstance(content, str) else content
    try:
        place = Path(path).expanduser().resolve()
        if place.exists() and not place.is_file():  # root could replace /dev/null
            raise CommandError(f"can't write {path}: it is not a regular file")
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            if mode != PRIVATE:  # mkstemp's default
                Path(name).chmod(mode)
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"can't write {path}: {reason_of(error)}") from error
