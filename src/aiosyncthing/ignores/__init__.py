"""Ignore patterns: which files of a folder Syncthing ignores. Needs no client."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .merging import Conflict as Conflict, merge as merge
    from .names import is_internal as is_internal
    from .pattern import Pattern as Pattern
    from .patterns import IgnorePatterns as IgnorePatterns
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "merging": ["Conflict", "merge"],
            "names": ["is_internal"],
            "pattern": ["Pattern"],
            "patterns": ["IgnorePatterns"],
        },
    )
