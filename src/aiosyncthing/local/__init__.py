"""Find the Syncthing daemon of this computer: its address, key and certificate.

`discover` reads a few small files and needs only Python's standard library. ``Syncthing.local`` makes a client from
what it finds.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .search import LocalDaemon as LocalDaemon, discover as discover
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(__name__, {"search": ["LocalDaemon", "discover"]})
