"""What ``import aiosyncthing`` gives, and what it costs."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import aiosyncthing
from aiosyncthing import exceptions

SOURCE = ast.parse(Path(aiosyncthing.__file__).read_text(encoding="utf-8"))
# The errors that are at the top level, too.
ERRORS = [name for name in aiosyncthing.__all__ if name in exceptions.__all__]
# Modules that version 0 had, which programs import, or reach after `import aiosyncthing` alone.
SEED = ["api", "config", "database", "events", "exceptions", "syncthing", "system"]


def run(code: str) -> str:
    """Run a program in a Python of its own, with warnings as errors, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def for_type_checkers() -> dict[str, str]:
    """Return the names that type checkers see, with the modules that they come from."""
    (block,) = (
        node
        for node in SOURCE.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    return {
        alias.asname or alias.name: node.module or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_type_checkers_see_what_is_there() -> None:
    """The names for type checkers, those that load on first use, and `__all__` are the same."""
    names = for_type_checkers()
    assert names.pop("Any") == "typing"
    assert names == aiosyncthing._MODULES
    assert sorted({*aiosyncthing._MODULES, *ERRORS, "exceptions"}) == aiosyncthing.__all__


@pytest.mark.parametrize("name", aiosyncthing.__all__)
def test_every_name_loads(name: str) -> None:
    """Each public name is there, and is the one of its module."""
    value = getattr(aiosyncthing, name)
    assert name in dir(aiosyncthing)
    if name != "exceptions":
        module = exceptions if name in ERRORS else getattr(aiosyncthing, aiosyncthing._MODULES[name])
        assert value is getattr(module, name)
        assert f"{value.__module__}.".startswith(f"{module.__name__}.")
        assert inspect.getdoc(value)


@pytest.mark.parametrize("name", [*SEED, "types", "daemon", "device_id", "times"])
def test_modules_are_there_without_an_import_of_their_own(name: str) -> None:
    """After `import aiosyncthing` alone, its modules are attributes of it."""
    if name != "exceptions":
        assert aiosyncthing.__getattr__(name) is importlib.import_module(f"aiosyncthing.{name}")
    assert run(f"import aiosyncthing; print(aiosyncthing.{name}.__name__)") == f"aiosyncthing.{name}"
    assert name in dir(aiosyncthing)


@pytest.mark.parametrize("name", ["nope", "_routes_", "__path", ""])
def test_an_unknown_name_is_an_attribute_error(name: str) -> None:
    """A name that doesn't exist is reported like that of any module."""
    with pytest.raises(AttributeError, match=rf"^module 'aiosyncthing' has no attribute '{name}'$"):
        getattr(aiosyncthing, name)
    assert not hasattr(aiosyncthing, name)


def test_the_version_is_that_of_the_distribution() -> None:
    """`__version__` is at hand and has one source."""
    assert aiosyncthing.__version__ == version("aiosyncthing")


def test_importing_is_cheap() -> None:
    """The import alone loads neither aiohttp, asyncio nor typing, and no module of the package but the errors."""
    loaded = run(
        "import sys; before = set(sys.modules); import aiosyncthing; print(*sorted(set(sys.modules) - before))"
    ).split()
    assert {name for name in loaded if name.startswith("aiosyncthing")} == {
        "aiosyncthing",
        "aiosyncthing._lazy",
        "aiosyncthing.exceptions",
    }
    heavy = {"aiohttp", "asyncio", "orjson", "yarl", "ssl", "logging", "typing", "importlib.metadata"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    ("first", "second"),
    [("import aiohttp", "import aiosyncthing"), ("import aiosyncthing", "aiosyncthing.Syncthing")],
)
def test_where_aiohttp_is_loaded_all_is(first: str, second: str) -> None:
    """With aiohttp there, or loaded by a first name, every name is there, and none has to be imported later."""
    run(
        f"{first}\n{second}\nimport sys; before = set(sys.modules)\n"
        "missing = [name for name in (*aiosyncthing.__all__, *aiosyncthing._MODULES.values(), 'types')"
        " if name not in vars(aiosyncthing)]\n"
        "assert not missing, missing\n"
        "for name in dir(aiosyncthing): getattr(aiosyncthing, name)\n"
        "assert set(sys.modules) == before, set(sys.modules) - before"
    )


def test_the_errors_that_programs_catch() -> None:
    """The usual errors are at hand at the top level, and are the same classes."""
    assert {"SyncthingError", "UnauthorizedError", "NotFoundError", "UnreachableError", "WaitTimeoutError"} < {*ERRORS}
    for name in ERRORS:
        assert getattr(aiosyncthing, name) is getattr(exceptions, name)


@pytest.mark.parametrize(
    "code",
    [
        "from aiosyncthing import DeviceID, parse_time, exceptions",
        "import aiosyncthing; aiosyncthing.DeviceID, aiosyncthing.parse_time",
        "from aiosyncthing import types, device_id",
        "import aiosyncthing; dir(aiosyncthing)",
    ],
)
def test_what_needs_no_network_loads_no_aiohttp(code: str) -> None:
    """Device IDs, times, types and errors can be had without aiohttp and asyncio."""
    assert run(f"{code}; import sys; print(sys.modules.keys() & {{'aiohttp', 'asyncio'}})") == "set()"


def test_a_star_imports_all_that_is_public() -> None:
    """`from aiosyncthing import *` gives exactly `__all__`."""
    found = run("before = set(globals()); from aiosyncthing import *; print(*sorted(set(globals()) - before))").split()
    assert [name for name in found if name != "before"] == aiosyncthing.__all__


def test_names_of_the_first_version() -> None:
    """Programs written for version 0 find what they import."""
    run(
        "from aiosyncthing import API, Config, Database, Events, Syncthing, System\n"
        "from aiosyncthing.exceptions import PingError, SyncthingError\n"
        "from aiosyncthing.syncthing import API, Config, Database, Events, Syncthing, System\n"
        "import aiosyncthing.system; aiosyncthing.system.System.status"
    )


def test_a_second_access_costs_nothing() -> None:
    """A name that was loaded is an ordinary attribute of the package from then on."""
    run(
        "import aiosyncthing; aiosyncthing.parse_time, aiosyncthing.types\n"
        "aiosyncthing.__getattr__ = None; aiosyncthing.parse_time, aiosyncthing.types"
    )
