"""``rest/folder``: failed items and old versions of files."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .folder import Folder as Folder
    from .history import pause_before as pause_before
    from .restoring import check_versioning as check_versioning
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__, {"folder": ["Folder"], "history": ["pause_before"], "restoring": ["check_versioning"]}
    )
