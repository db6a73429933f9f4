"""``rest/config``: folders, devices and settings.

``set_...`` replaces a whole object; fields missing from the body get their defaults. ``patch_...`` changes the fields
in the body: objects are merged field by field (including the parameters of ``versioning``, so old ones stay), and lists
are replaced.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .changes import (
        MISSING as MISSING,
        Change as Change,
        Changes as Changes,
        Place as Place,
        apply as apply,
        compare as compare,
        diff as diff,
        fields_of as fields_of,
        hide_secrets as hide_secrets,
        steps as steps,
        value_at as value_at,
    )
    from .config import Config as Config
    from .edits import ConfigEdit as ConfigEdit
    from .redacting import REDACTED as REDACTED, contains_redacted as contains_redacted, redact as redact
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "changes": [
                *("Change", "Changes", "MISSING", "Place"),
                *("apply", "compare", "diff", "fields_of", "hide_secrets", "steps", "value_at"),
            ],
            "config": ["Config"],
            "edits": ["ConfigEdit"],
            "redacting": ["REDACTED", "contains_redacted", "redact"],
        },
    )
