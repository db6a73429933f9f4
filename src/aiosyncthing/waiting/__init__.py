"""Waiting until a daemon is ready, and until folders are in sync."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .progress import FailedItem as FailedItem, Missing as Missing, SyncProgress as SyncProgress
    from .waiting import wait_in_sync as wait_in_sync, wait_ready as wait_ready
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__, {"progress": ["FailedItem", "Missing", "SyncProgress"], "waiting": ["wait_in_sync", "wait_ready"]}
    )
