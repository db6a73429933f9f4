"""The same without asyncio, for scripts, notebooks, web applications and the interactive interpreter.

::

    from aiosyncthing.blocking import Syncthing

    with Syncthing.local() as client:
        client.wait_in_sync("docs", timeout=600)
        for item in client.database.iter_need("docs"):
            print(item["name"])

Classes, methods, arguments, answers and errors are those of `aiosyncthing`. Methods that are awaited there return their
results directly, asynchronous iterators become iterators, and asynchronous context managers become context managers.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config_edit import ConfigEdit as ConfigEdit
    from .contexts import BlockingContext as BlockingContext
    from .daemon import Daemon as Daemon
    from .generated.api import API as API
    from .generated.cluster import Cluster as Cluster
    from .generated.config import Config as Config
    from .generated.database import Database as Database
    from .generated.debug import Debug as Debug
    from .generated.events import Events as Events
    from .generated.folder import Folder as Folder
    from .generated.noauth import Noauth as Noauth
    from .generated.stats import Stats as Stats
    from .generated.svc import Svc as Svc
    from .generated.system import System as System
    from .iterators import BlockingIterator as BlockingIterator
    from .live import Live as Live
    from .pause import Pause as Pause
    from .stream import EventStream as EventStream
    from .syncthing import Syncthing as Syncthing
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "config_edit": ["ConfigEdit"],
            "contexts": ["BlockingContext"],
            "daemon": ["Daemon"],
            "generated.api": ["API"],
            "generated.cluster": ["Cluster"],
            "generated.config": ["Config"],
            "generated.database": ["Database"],
            "generated.debug": ["Debug"],
            "generated.events": ["Events"],
            "generated.folder": ["Folder"],
            "generated.noauth": ["Noauth"],
            "generated.stats": ["Stats"],
            "generated.svc": ["Svc"],
            "generated.system": ["System"],
            "iterators": ["BlockingIterator"],
            "live": ["Live"],
            "pause": ["Pause"],
            "stream": ["EventStream"],
            "syncthing": ["Syncthing"],
        },
    )
