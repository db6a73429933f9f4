"""What `Config.edit` needs, and few programs do: it loads with the first edit."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config_edit import ConfigEdit as ConfigEdit
    from .objects import Objects as Objects
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(__name__, {"config_edit": ["ConfigEdit"], "objects": ["Objects"]})
