"""The resilient event stream."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .stream import EventStream as EventStream
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(__name__, {"stream": ["EventStream"]})
