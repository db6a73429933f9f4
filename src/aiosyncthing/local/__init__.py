"""Finding the Syncthing of this computer: its address, key and certificate, without a question asked.

`discover` reads some small files and needs nothing but Python's standard library. ``Syncthing.local`` makes a client of
what it finds.
"""

from __future__ import annotations

from .search import LocalDaemon, discover

__all__ = ["LocalDaemon", "discover"]
