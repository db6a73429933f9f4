"""Packages whose names load when they are first used.

What was loaded is stored in the package, so a second use costs nothing. A program that has loaded aiohttp, which takes
longest, may already run an event loop that nothing should block: there, `load_all` loads the rest at once.
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False  # typing takes longer to load than everything here
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    GetAttr: TypeAlias = Callable[[str], Any]
    Dir: TypeAlias = Callable[[], list[str]]

_HELPERS = {"TYPE_CHECKING", "lazy", "lazy_star", "load_all", "sys"}


def lazy(package: str, names: Mapping[str, Iterable[str]], *, public: bool = False) -> tuple[list[str], GetAttr, Dir]:
    """Return the ``__all__``, ``__getattr__`` and ``__dir__`` of a package.

    Args:
        package: The package's ``__name__``.
        names: For each module in the package, the names that it has for users.
        public: Whether these modules are public themselves: attributes of the package without an import of their own,
            and the ``__module__`` of their classes. Each name then loads for itself.

            Otherwise all names load at once, and the ``__module__`` of classes is the package, from which users import
            them. If the annotations of their attributes were strings, they would be looked up there: so the modules of
            dataclasses and named tuples do without ``from __future__ import annotations``.
    """
    modules = {name: module for module, those in names.items() for name in those}

    def load(name: str) -> Any:
        if public and name in names:
            return import_module(f".{name}", package)  # which stores it
        if name not in modules:
            raise _no_attribute(package, name)
        for each in [name] if public else modules:
            value = getattr(import_module(f".{modules[each]}", package), each)
            _store(package, each, value, adopt=not public)
        return vars(sys.modules[package])[name]

    return sorted(modules), load, lambda: _shown(package, {*modules, *(names if public else ())})


def lazy_star(package: str, module: str) -> tuple[GetAttr, Dir]:
    """Return the ``__getattr__`` and ``__dir__`` of a package that has the public names of one module.

    They load at once, and ``__all__`` with them.
    """

    def load(name: str) -> Any:
        if name.startswith("_") and name != "__all__":
            raise _no_attribute(package, name)
        source = vars(import_module(f".{module}", package))
        names = sorted(each for each in source if not each.startswith("_"))
        for each in names:
            _store(package, each, source[each], adopt=True)
        _store(package, "__all__", names)
        if name not in {*names, "__all__"}:
            raise _no_attribute(package, name)
        return vars(sys.modules[package])[name]

    return load, lambda: _shown(package, load("__all__"))


def load_all(package: str) -> None:
    """Load all names of a package, and of the packages in it."""
    module = sys.modules[package]
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, type(sys)) and value.__name__.startswith(f"{package}."):
            load_all(value.__name__)


def _store(package: str, name: str, value: Any, *, adopt: bool = False) -> None:
    if adopt and isinstance(value, type) and value.__module__.startswith(f"{package}."):
        value.__module__ = package
    vars(sys.modules[package]).setdefault(name, value)  # what a test has put there stays


def _shown(package: str, names: Iterable[str]) -> list[str]:
    """Return what completion offers for a package: not what its ``__init__`` itself needed."""
    return sorted({*vars(sys.modules[package]), *names} - _HELPERS)


def _no_attribute(package: str, name: str) -> AttributeError:
    return AttributeError(f"module {package!r} has no attribute {name!r}")
