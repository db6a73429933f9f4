"""`Syncthing`, the entry point: one daemon and the namespaces of its REST API."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .syncthing import (
        API as API,
        Config as Config,
        Database as Database,
        Events as Events,
        Syncthing as Syncthing,
        System as System,
    )
else:
    from aiosyncthing._lazy import lazy

    # The others are for programs written for version 0, which import them from here.
    __all__, __getattr__, __dir__ = lazy(
        __name__, {"syncthing": ["API", "Config", "Database", "Events", "Syncthing", "System"]}
    )
