"""Launch a private Syncthing daemon, for tests and for programs that bring their own.

::

    async with Daemon() as daemon:
        print(await daemon.client.system.version())
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .daemon import Daemon as Daemon
    from .supervision import Crash as Crash
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(__name__, {"daemon": ["Daemon"], "supervision": ["Crash"]})
