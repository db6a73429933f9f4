"""Waiting until a daemon is ready, and until folders are in sync."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .progress import (
        Amount as Amount,
        FailedItem as FailedItem,
        Missing as Missing,
        SyncProgress as SyncProgress,
    )
    from .sync import local_amount as local_amount, remote_amount as remote_amount
    from .waiting import wait_in_sync as wait_in_sync, wait_ready as wait_ready
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "progress": ["Amount", "FailedItem", "Missing", "SyncProgress"],
            "sync": ["local_amount", "remote_amount"],
            "waiting": ["wait_in_sync", "wait_ready"],
        },
    )
