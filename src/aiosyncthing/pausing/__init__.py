"""Pause folders and devices temporarily, or bring a folder to rest."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .choice import check_state as check_state
    from .pause import Pause as Pause, Save as Save, resume as resume
    from .resting import at_rest as at_rest
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__, {"choice": ["check_state"], "pause": ["Pause", "Save", "resume"], "resting": ["at_rest"]}
    )
