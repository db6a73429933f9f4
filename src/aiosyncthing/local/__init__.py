"""Find the Syncthing daemon of this computer: its address, key and certificate.

`discover` reads a few small files and needs only Python's standard library. ``Syncthing.local`` makes a client from
what it finds.
"""

from __future__ import annotations

from .search import LocalDaemon, discover

__all__ = ["LocalDaemon", "discover"]
