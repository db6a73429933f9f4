"""``rest/config``: folders, devices and settings.

How the daemon treats a body: ``set_...`` replaces the whole object, with defaults for what the body leaves out;
``patch_...`` changes what the body names. In a patch, objects are merged field by field (including the parameters of
``versioning``, so old ones stay), and lists are replaced.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .changes import Change as Change, Changes as Changes, diff as diff
    from .config import Config as Config
    from .config_edit import ConfigEdit as ConfigEdit
    from .redacting import redact as redact
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "changes": ["Change", "Changes", "diff"],
            "config": ["Config"],
            "config_edit": ["ConfigEdit"],
            "redacting": ["redact"],
        },
    )
