"""Names of a package that load when they are first used, and no later than necessary.

What was loaded is stored in the package, so a second use costs nothing. What takes long to load is aiohttp: once that
is there, nothing is left to spare, and the rest loads at once, rather than in the middle of a running event loop.
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False  # typing takes longer to load than everything here
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class LazyNames:
    """The names that a package offers without having loaded them.

    Args:
        namespace: The package's ``globals()``; what was loaded is stored there.
        modules: For each name, the submodule that has it.
        submodules: Submodules that are attributes of the package without an import of their own.
    """

    def __init__(self, namespace: dict[str, Any], modules: Mapping[str, str], submodules: tuple[str, ...] = ()) -> None:
        self._namespace = namespace
        self._package: str = namespace["__name__"]
        self._modules = modules
        self._submodules = frozenset(submodules)
        self._complete = False

    def load(self, name: str) -> Any:
        """Load a name: the package's ``__getattr__``.

        Raises:
            AttributeError: There is none.
        """
        if name in self._submodules:
            return self._import(name)  # which stores it
        if name not in self._modules:
            raise AttributeError(f"module {self._package!r} has no attribute {name!r}")
        value = self._namespace[name] = getattr(self._import(self._modules[name]), name)
        self.load_rest()
        return value

    def load_rest(self) -> None:
        """Load all names, if aiohttp is loaded."""
        if self._complete or "aiohttp" not in sys.modules:
            return
        self._complete = True
        for name in self._submodules:
            self._import(name)
        for name, module in self._modules.items():
            self._namespace.setdefault(name, getattr(self._import(module), name))

    def names(self) -> list[str]:
        """Return all names, loaded or not: the package's ``__dir__``."""
        return sorted({*self._namespace, *self._modules, *self._submodules})

    def _import(self, module: str) -> Any:
        return import_module(f".{module}", self._package)
