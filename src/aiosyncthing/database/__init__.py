"""``rest/db``: the contents of folders, and what they need."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .database import Database as Database
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(__name__, {"database": ["Database"]})
