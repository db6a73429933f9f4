"""Files that record what is paused, so that it can be resumed if the process that paused it is killed.

Such a file is written before anything is paused, and always has everything that may be paused, as a state of
`aiosyncthing.pausing` in JSON. Its process holds a lock on it; programs that it starts inherit the lock.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from .errors import CommandError, UsageError, message_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

    from aiosyncthing import types as t

_ENDING: Final = ".json"
_NOTHING: Final[t.PauseState] = {"daemon": "", "folders": [], "devices": []}


class PauseFile:
    """A file that records what is paused.

    Args:
        path: The file; created if it doesn't exist.
    """

    def __init__(self, path: str | Path) -> None:
        self.path: Path = Path(path).expanduser()
        self._file: BinaryIO | None = None
        self._parts: dict[object, t.PauseState] = {}

    def __enter__(self) -> Self:
        """Open and lock it.

        Raises:
            CommandError: It can't be opened, or another process uses it.
        """
        try:
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
        except OSError as error:
            raise CommandError(f"can't write {self.path}: {error.strerror or error}") from error
        if not _lock(self._file):
            self._file.close()
            raise CommandError(f"another process uses {self.path}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Unlock it, even for programs that have inherited the lock."""
        _unlock(self._opened)
        self._opened.close()

    @property
    def inherited(self) -> tuple[int, ...]:
        """The file descriptors with which a program inherits the lock."""
        return (self._opened.fileno(),) if os.name == "posix" else ()

    def read(self) -> t.PauseState:
        """Return what is paused.

        Raises:
            UsageError: The file contains something else.
        """
        from aiosyncthing.exceptions import BadRequestError  # noqa: PLC0415 - only where it is needed
        from aiosyncthing.pausing import check_state  # noqa: PLC0415 - loads aiohttp

        data = self._content()
        if not data.strip():
            return _NOTHING
        try:
            return check_state(json.loads(data))
        except (ValueError, BadRequestError):
            raise UsageError(f"{self.path} is not a file written by `pause --state` or `paused --state`") from None

    def write(self, state: t.PauseState) -> None:
        """Record what is paused. When this returns, it is on disk.

        Raises:
            CommandError: It can't be written; the file has what was recorded before.
        """
        try:
            before = self._content()
            try:
                # As long as before, which overwrites all of it.
                self._replace(json.dumps(state).encode().ljust(len(before) - 1) + b"\n")
            except OSError:
                with suppress(OSError):
                    self._replace(before)  # which needs no more space
                    self._opened.truncate()
                raise
        except OSError as error:
            raise CommandError(f"can't write {self.path}: {error.strerror or error}") from error

    def saver(self, part: object = None) -> Callable[[t.PauseState], None]:
        """Return a function that records the state of one of several pauses, and keeps those of the others.

        Args:
            part: Identifies the pause.
        """

        def save(state: t.PauseState) -> None:
            self._parts[part] = state
            self.write(merged(*self._parts.values()))

        return save

    def remove(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self.path.unlink()

    def _content(self) -> bytes:
        self._opened.seek(0)
        return self._opened.read()

    def _replace(self, data: bytes) -> None:
        """Write data from the beginning of the file on, to disk.

        In place, since the lock is on this file; and if possible in one write, so that a killed process leaves the old
        or the new state.
        """
        self._opened.seek(0)
        left = memoryview(data)
        while left:
            left = left[self._opened.write(left) :]
        os.fsync(self._opened.fileno())

    @property
    def _opened(self) -> BinaryIO:
        assert self._file is not None  # noqa: S101 - used in a `with` block
        return self._file


@contextmanager
def journal(place: str | None, warn: Callable[[str], None]) -> Generator[PauseFile | None]:
    """Return the file that records what this process pauses.

    Args:
        place: The file; ``None`` for one that belongs to this process and is removed when nothing is left to resume.
        warn: Called if that file can't be created, which doesn't prevent pausing.
    """
    if place is not None:
        with PauseFile(place) as file:
            yield file
        return
    folder = default_folder()
    own: PauseFile | None = None
    with ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            own = stack.enter_context(PauseFile(folder / f"{secrets.token_hex(8)}{_ENDING}"))
        except (OSError, CommandError) as error:
            warn(f"can't record what is paused, in case this process is killed: {message_of(error)}")
        try:
            yield own
        finally:
            with suppress(CommandError, OSError):  # or it would replace what has ended the block
                if own is not None and not is_something(own.read()):
                    own.remove()


def abandoned() -> Generator[PauseFile]:
    """Yield the files of killed processes that no program uses any more; each is open in turn."""
    if os.name != "posix":  # without locks, this can't be determined
        return
    for path in sorted(default_folder().glob(f"*{_ENDING}")):
        with suppress(CommandError), PauseFile(path) as file:
            yield file


def default_folder() -> Path:
    """Return the folder for files of running processes."""
    import platformdirs  # noqa: PLC0415 - only where it is needed

    return platformdirs.user_state_path("aiosyncthing", appauthor=False) / "paused"


def is_something(state: t.PauseState) -> bool:
    """Return whether anything is paused."""
    return bool(state["folders"] or state["devices"])


def merged(*states: t.PauseState) -> t.PauseState:
    """Merge several states of one daemon.

    Raises:
        UsageError: They belong to different daemons.
    """
    daemons = {state["daemon"] for state in states if is_something(state)}
    if len(daemons) > 1:
        raise UsageError("the file records what is paused on another daemon: resume that first, or use another file")
    return {
        "daemon": daemons.pop() if daemons else states[-1]["daemon"],
        "folders": list(dict.fromkeys(each for state in states for each in state["folders"])),
        "devices": list(dict.fromkeys(each for state in states for each in state["devices"])),
    }


def _lock(file: BinaryIO) -> bool:
    """Lock a file, and return whether that succeeded."""
    try:
        import fcntl  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(file: BinaryIO) -> None:
    with suppress(ImportError, OSError):
        import fcntl  # noqa: PLC0415 - not there on Windows

        fcntl.flock(file, fcntl.LOCK_UN)
