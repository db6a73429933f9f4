"""The state of a folder and its errors (lib/model/folderstate.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .core import Core

_SECOND: Final = 1_000_000_000
_RESTING: Final = frozenset({"idle", "error"})


class State:
    """The state of a folder since it was started.

    Attributes:
        name: The daemon's word for it.
        error: What is wrong with the folder as a whole; empty for nothing.
        changed: When the state last changed, in whole seconds as nanoseconds since 1970; ``None`` for never.
        scan_errors: Why items can't be scanned, by name.
        pull_errors: Why items can't be pulled, by name.
        watch_error: Why changes are not watched for; empty for no reason.
    """

    def __init__(self, core: Core, folder_id: str) -> None:
        self._core = core
        self._folder_id = folder_id
        self.name = "idle"
        self.error = ""
        self.changed: int | None = None
        self.scan_errors: dict[str, str] = {}
        self.pull_errors: dict[str, str] = {}
        self.watch_error = ""

    @property
    def rests(self) -> bool:
        """Whether nothing is under way."""
        return self.name in _RESTING

    @property
    def errors(self) -> list[dict[str, str]]:
        """The items that failed, as in ``rest/folder/errors``."""
        return _listed({**self.scan_errors, **self.pull_errors})

    def set(self, name: str) -> None:
        """Enter a state."""
        if name != self.name:
            self._change(name)

    def set_error(self, error: str) -> None:
        """Enter the state ``error``, or leave it if the error is empty."""
        if error != self.error:
            self.error = error
            self._change("error" if error else "idle", **({"error": error} if error else {}))

    def set_pull_errors(self, errors: dict[str, str]) -> None:
        """Replace the pull errors."""
        self.pull_errors = errors
        if errors:
            self._core.emit("FolderErrors", {"folder": self._folder_id, "errors": _listed(errors)})

    def set_watch_error(self, error: str) -> None:
        """Note why changes are not watched for, or with an empty text that they are."""
        if error != self.watch_error:
            changed = {"from": self.watch_error, "to": error}
            self.watch_error = error
            found = {name: value for name, value in changed.items() if value}
            self._core.emit("FolderWatchStateChanged", {"folder": self._folder_id, **found})

    def _change(self, name: str, **more: str) -> None:
        now = self._core.clock.now
        data: dict[str, Any] = {**more, "folder": self._folder_id, "from": self.name, "to": name}
        if self.changed is not None:
            data["duration"] = (now - self.changed) / _SECOND
        self.name = name
        self.changed = now // _SECOND * _SECOND
        self._core.emit("StateChanged", data)


def _listed(errors: dict[str, str]) -> list[dict[str, str]]:
    return [{"path": path, "error": text} for path, text in errors.items()]
