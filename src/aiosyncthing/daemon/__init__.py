"""Launch a private Syncthing daemon: for tests, and for programs that bring their own.

::

    async with Daemon() as daemon:
        print(await daemon.client.system.version())
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiosyncthing._lazy import LazyNames

if TYPE_CHECKING:
    from .daemon import Daemon
    from .supervision import Crash

__all__ = ["Crash", "Daemon"]

_MODULES = {"Crash": "supervision", "Daemon": "daemon"}

_names = LazyNames(globals(), _MODULES)


def __getattr__(name: str) -> Any:
    return _names.load(name)


def __dir__() -> list[str]:
    return _names.names()


_names.load_rest()
