"""Cursor files: the position in a daemon's events, for one follower at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from aiosyncthing.cli.errors import CommandError, UsageError
from aiosyncthing.cli.files import replace_file

if TYPE_CHECKING:
    from types import TracebackType

    from aiosyncthing.types import Cursor


class CursorFile:
    """The position after the last processed event, kept for the next run.

    Args:
        path: The file, which need not exist yet. A lock file beside it is locked during the block.

    Raises:
        CommandError: Another process follows with the same file, or it can't be read or written.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        self._lock: Any = None

    def __enter__(self) -> Self:
        """Lock it."""
        try:
            self._lock = self._path.with_name(f"{self._path.name}.lock").open("w")
            _lock(self._lock)
        except BlockingIOError:
            self._lock.close()
            raise CommandError(f"another process follows events with {self._path}") from None
        except OSError as error:
            raise CommandError(f"can't lock {self._path}: {error.strerror or error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Unlock it. The lock file is kept: if it were removed, two processes could lock different files."""
        self._lock.close()

    def read(self) -> Cursor | None:
        """Return the position; ``None`` if there is no file yet."""
        return read_cursor(str(self._path)) if self._path.exists() else None

    def write(self, cursor: Cursor) -> None:
        """Replace the file.

        Raises:
            CommandError: It can't be written; the old one is kept.
        """
        replace_file(self._path, json.dumps(cursor))


def read_cursor(path: str) -> Cursor:
    """Return the position in a file.

    Raises:
        UsageError: It can't be read, or contains something else.
    """
    try:
        cursor: object = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    except ValueError:
        raise UsageError(f"{path} is not a cursor file") from None
    if not isinstance(cursor, dict):
        raise UsageError(f"{path} holds no position in events")
    return cast("Cursor", cursor)


def _lock(file: Any) -> None:
    """Lock a file, or raise BlockingIOError."""
    try:
        import fcntl  # noqa: PLC0415 - not there on Windows
    except ImportError:
        import msvcrt  # noqa: PLC0415 - only there

        locking: Any = msvcrt
        try:
            locking.locking(file.fileno(), locking.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
