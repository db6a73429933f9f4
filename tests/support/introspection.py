"""The functions and classes of a package as programs find them at run time."""

import importlib
import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, get_overloads


def public(package: str, modules: Iterable[str] = ()) -> dict[str, Any]:
    """Return all that is public in a package and in modules of it, by the path that it is imported from."""
    homes = [importlib.import_module(name) for name in (package, *(f"{package}.{module}" for module in modules))]
    return {f"{home.__name__}.{name}": getattr(home, name) for home in homes for name in home.__all__}


def functions(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a function, or those in a class: methods, what computes its attributes, the constructor; overloads too."""
    if inspect.isfunction(value):
        yield path, value
        yield from ((f"{path} (overload {number})", each) for number, each in enumerate(get_overloads(value)))
    elif isinstance(value, type):
        for name, member in inspect.getmembers_static(value):
            if not name.startswith("_") or name.endswith("__"):
                for found in _below(member):
                    if found.__module__.partition(".")[0] == value.__module__.partition(".")[0]:
                        yield from functions(f"{path}.{name}", found)


def _below(member: Any) -> Iterator[Any]:
    # A static or class method, a cached property, a property.
    inner = [getattr(member, name, None) for name in ("__func__", "func", "fget", "fset", "fdel")]
    yield from (found for found in (member, *inner) if inspect.isfunction(found))


@contextmanager
def about(path: str) -> Iterator[None]:
    """Name what a failure in a block is about, for tests that go through all there is: a test for each takes long."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"This is about {path}.")
        raise
