"""What `Syncthing.paused` has paused."""

from typing import TypedDict

__all__ = ["PauseState"]


class PauseState(TypedDict):
    """What is to be resumed, for `Syncthing.resume`. It can be stored as JSON."""

    daemon: str
    """Device ID of the daemon; empty if nothing was requested yet."""
    folders: list[str]
    """IDs of folders, in the order in which they are paused, after the devices."""
    devices: list[str]
    """IDs of devices, in the order in which they are paused."""
