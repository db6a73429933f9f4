"""A live mirror of a daemon: folders, devices, connections and completion, kept up to date by events."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .live import Live as Live
    from .snapshots import (
        DeviceSnapshot as DeviceSnapshot,
        FolderSnapshot as FolderSnapshot,
        PendingDeviceSnapshot as PendingDeviceSnapshot,
        PendingFolderSnapshot as PendingFolderSnapshot,
        RemoteSnapshot as RemoteSnapshot,
        Snapshot as Snapshot,
    )
    from .views import Change as Change, LiveDevice as LiveDevice, LiveFolder as LiveFolder, LiveTotals as LiveTotals
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "live": ["Live"],
            "snapshots": [
                "DeviceSnapshot",
                "FolderSnapshot",
                "PendingDeviceSnapshot",
                "PendingFolderSnapshot",
                "RemoteSnapshot",
                "Snapshot",
            ],
            "views": ["Change", "LiveDevice", "LiveFolder", "LiveTotals"],
        },
    )
