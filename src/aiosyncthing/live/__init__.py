"""A live mirror of a daemon: folders, devices, connections and completion, kept up to date by events."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .live import Live as Live
    from .views import Change as Change, LiveDevice as LiveDevice, LiveFolder as LiveFolder
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(__name__, {"live": ["Live"], "views": ["Change", "LiveDevice", "LiveFolder"]})
