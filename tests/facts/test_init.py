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

ROOMS = ("blocking", "config", "daemon", "health", "ignores", "live", "local", "pausing", "stream", "tls", "waiting")
PACKAGES = ["aiosyncthing", *(f"aiosyncthing.{name}" for name in ROOMS)]
# The errors that are at the top level, too.
ERRORS = [name for name in aiosyncthing.__all__ if name in exceptions.__all__]
# Modules that version 0 had, which programs import, or reach after `import aiosyncthing` alone.
SEED = ["api", "config", "database", "events", "exceptions", "syncthing", "system"]


def run(code: str) -> str:
    """Run a program in a Python of its own, with warnings as errors, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def for_type_checkers(package: str) -> dict[str, str]:
    """Return the names that type checkers see, with the modules that they come from."""
    source = Path(str(importlib.import_module(package).__file__)).read_text(encoding="utf-8")
    (block,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    return {
        alias.asname or alias.name: f"{package}.{node.module or alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_see_what_is_there(package: str) -> None:
    """The names for type checkers and those that load on first use are the same, from the same modules."""
    names = for_type_checkers(package)
    module = importlib.import_module(package)
    differing = sorted((names.keys() - {"types"}) ^ set(module.__all__))
    assert not differing, f"list these twice in the __init__.py of {package}: for type checkers, and for lazy loading"
    for name, home in names.items():
        found = importlib.import_module(home)
        assert getattr(module, name) is getattr(found, name, found)


def test_every_name_loads() -> None:
    """Each public name is there, and explained."""
    assert {*aiosyncthing.__all__} <= {*dir(aiosyncthing)}
    assert [name for name in aiosyncthing.__all__ if not inspect.getdoc(getattr(aiosyncthing, name))] == []


def test_modules_are_there_without_an_import_of_their_own() -> None:
    """After `import aiosyncthing` alone, its modules are attributes of it."""
    names = [*SEED, "types", "daemon", "device_id", "times"]
    assert {*names} <= {*dir(aiosyncthing)}
    # Each in a process of its own: importing one module imports others.
    printed = run(
        "import os, aiosyncthing\n"
        f"for name in {names}:\n"
        "    if os.fork() == 0:\n"
        "        print(getattr(aiosyncthing, name).__name__)\n"
        "        break\n"
        "    assert os.wait()[1] == 0, name"
    )
    assert printed.split() == [f"aiosyncthing.{name}" for name in names]


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
    """The import alone loads neither aiohttp, asyncio nor typing, and no other module of the library."""
    loaded = run(
        "import sys; before = set(sys.modules); import aiosyncthing; print(*sorted(set(sys.modules) - before))"
    ).split()
    assert {name for name in loaded if name.startswith("aiosyncthing")} == {
        "aiosyncthing",
        "aiosyncthing._lazy",
    }
    heavy = {"aiohttp", "asyncio", "orjson", "yarl", "ssl", "logging", "typing", "importlib.metadata"}
    assert not heavy & set(loaded)


def test_where_aiohttp_is_loaded_all_is() -> None:
    """With aiohttp there, every module and every name is loaded, and nothing has to be imported later.

    The blocking clients are of no use in an event loop, and the command line is a program of its own.
    """
    run(
        "import aiohttp, aiosyncthing, pkgutil, sys\n"
        "modules = {each.name for each in pkgutil.walk_packages(aiosyncthing.__path__, 'aiosyncthing.')}\n"
        "apart = ('aiosyncthing.blocking', 'aiosyncthing.cli', 'aiosyncthing.__main__')\n"
        "missing = {name for name in modules - set(sys.modules) if not name.startswith(apart)}\n"
        "assert not missing, missing\n"
        f"for name in {[*PACKAGES, 'aiosyncthing.types']!r}:\n"
        "    if name == 'aiosyncthing.blocking': continue\n"
        "    package = sys.modules[name]\n"
        "    assert set(package.__all__) <= set(vars(package)), name"
    )


def test_a_client_loads_only_what_it_needs() -> None:
    """Without aiohttp there, a client comes without the rooms that few programs enter, and without the TypedDicts."""
    loaded = run("import sys; from aiosyncthing import Syncthing; Syncthing('key'); print(*sys.modules)").split()
    inside = {name.removeprefix("aiosyncthing.") for name in loaded if name.startswith("aiosyncthing.")}
    needed = ("_http.", "_rest.", "stream.", "config.", "database.", "folder.", "syncthing.")
    assert {name for name in inside if "." in name and not name.startswith(needed)} == {
        *("tls.contexts", "tls.fingerprint", "tls.trust"),
        "ignores.lines",
        "types.enumerations",
    }
    assert not {"config.changes", "config.edits.config_edit"} & inside


def test_rooms_load_when_they_are_entered() -> None:
    """What a client offers beyond its requests is there, although it was not loaded with the client."""
    printed = run(
        "import asyncio\n"
        "from aiosyncthing import Syncthing\n"
        "async def main():\n"
        "    async with Syncthing('key', 'http://127.0.0.1:1') as client:\n"
        "        print(type(client.watch()).__name__)\n"
        "        print(type(client.paused()).__name__)\n"
        "        print(type(client.config.edit()).__name__)\n"
        "        for waiting in (client.wait_ready(0.001), client.wait_in_sync()):\n"
        "            try: await waiting\n"
        "            except Exception as error: print(type(error).__name__)\n"
        "asyncio.run(main())\n"
        "try: Syncthing.local('/no/such/folder')\n"
        "except Exception as error: print(type(error).__name__)"
    )
    assert printed.split() == [
        *("Live", "Pause", "ConfigEdit"),
        *("WaitTimeoutError", "ConnectionFailedError", "DiscoveryError"),
    ]


def test_the_errors_that_programs_catch() -> None:
    """The usual errors are at hand at the top level, and are the same classes."""
    assert {"SyncthingError", "UnauthorizedError", "NotFoundError", "UnreachableError", "WaitTimeoutError"} < {*ERRORS}
    for name in ERRORS:
        assert getattr(aiosyncthing, name) is getattr(exceptions, name)


def test_what_needs_no_network_loads_no_aiohttp() -> None:
    """Device IDs, times, types, errors and completion can be had without aiohttp and asyncio."""
    assert not {"aiohttp", "asyncio"} & {
        *run(
            "import aiosyncthing, sys; dir(aiosyncthing); aiosyncthing.DeviceID, aiosyncthing.parse_time\n"
            "from aiosyncthing import types, device_id, exceptions; print(*sys.modules)"
        ).split()
    }


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
