"""In what state a folder is, as the daemon tells it (lib/model/folderstate.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .node import Node

_SECOND: Final = 1_000_000_000


class State:
    """The state of a folder since it was started.

    Attributes:
        name: The daemon's word for it.
        error: What is wrong with the folder as a whole; empty for nothing.
        changed: When it has changed last, in whole seconds as nanoseconds since 1970; ``None`` for never.
    """

    def __init__(self, node: Node, folder_id: str) -> None:
        self._node = node
        self._folder_id = folder_id
        self.name = "idle"
        self.error = ""
        self.changed: int | None = None

    def set(self, name: str) -> None:
        """Change it, and tell."""
        if name != self.name:
            self._change(name)

    def set_error(self, error: str) -> None:
        """Note what is wrong, or by an empty text that nothing is any more."""
        if error != self.error:
            self.error = error
            self._change("error" if error else "idle", **({"error": error} if error else {}))

    def _change(self, name: str, **more: str) -> None:
        now = self._node.clock.now
        data: dict[str, Any] = {**more, "folder": self._folder_id, "from": self.name, "to": name}
        if self.changed is not None:
            data["duration"] = (now - self.changed) / _SECOND
        self.name = name
        self.changed = now // _SECOND * _SECOND
        self._node.events.emit("StateChanged", data)
