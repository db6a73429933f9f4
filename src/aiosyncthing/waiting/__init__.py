"""Waiting until a daemon is ready, and until folders are in sync."""

from __future__ import annotations

from .progress import FailedItem, Missing, SyncProgress
from .waiting import wait_in_sync, wait_ready

__all__ = ["FailedItem", "Missing", "SyncProgress", "wait_in_sync", "wait_ready"]
