"""Problems that need a person's attention: `Syncthing.check`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .checking import check as check
    from .finding import KINDS as KINDS, Finding as Finding, Kind as Kind, Severity as Severity
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__, {"checking": ["check"], "finding": ["KINDS", "Finding", "Kind", "Severity"]}
    )
