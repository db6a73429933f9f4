"""A live mirror of a daemon: folders, devices, connections and completion, kept right by events."""

from __future__ import annotations

from .live import Live
from .mirror import Change, LiveDevice, LiveFolder

__all__ = ["Change", "Live", "LiveDevice", "LiveFolder"]
