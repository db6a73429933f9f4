"""What programs find out about the public names at run time: annotations, signatures, and where they live."""

from __future__ import annotations

import importlib
import inspect
import pickle
import subprocess
import sys
import typing
from typing import Any, Final, get_type_hints, is_typeddict

import pytest

from aiosyncthing import Fingerprint, SyncProgress, Syncthing, exceptions, types
from aiosyncthing.daemon import Crash
from aiosyncthing.live import Change
from aiosyncthing.local import LocalDaemon
from aiosyncthing.tls import CertificateFile
from aiosyncthing.waiting import FailedItem, Missing
from tests.support.introspection import about, functions, public

MODULES: Final = (
    *("api", "cluster", "config", "database", "debug", "events", "folder", "noauth", "stats", "svc", "system"),
    *("blocking", "daemon", "device_id", "exceptions", "health", "ignores", "live", "local", "pausing"),
    *("stream", "syncthing", "times", "tls", "types", "waiting"),
)
PUBLIC: Final = public("aiosyncthing", MODULES)
FUNCTIONS: Final = dict(found for path, value in PUBLIC.items() for found in functions(path, value))
CLASSES: Final = {path: value for path, value in PUBLIC.items() if isinstance(value, type)}
TYPEDDICTS: Final = {path: value for path, value in CLASSES.items() if is_typeddict(value)}

MISSING: Final = Missing("3 items failed", "docs", failed=(FailedItem("a", "permission denied"),))
VALUES: Final = [
    MISSING,
    SyncProgress(1, 1, 2, 50.0, None, None, (MISSING,)),
    Change("folder", "docs", frozenset({"state"})),
    Fingerprint("ab" * 32),
    CertificateFile("https-cert.pem"),
    LocalDaemon("http://127.0.0.1:8384", "key"),
    Crash(2, ("panic: ...",), 1, restarting=True),
]


def run(code: str) -> str:
    """Run a program in a Python of its own, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_everything_public_is_looked_at() -> None:
    """Methods, inherited ones, attributes that are computed, constructors and functions are among what is tested."""
    assert {
        "aiosyncthing.Syncthing.local",
        "aiosyncthing.Syncthing.url",
        "aiosyncthing.Syncthing.__init__",
        "aiosyncthing.config.Config.folders (overload 1)",
        "aiosyncthing.config.Config.patch_options",
        "aiosyncthing.live.LiveFolder.label",
        "aiosyncthing.waiting.SyncProgress.__init__",
        "aiosyncthing.parse_time",
    } <= FUNCTIONS.keys()
    assert "aiosyncthing.types.FolderSummary" in TYPEDDICTS


def test_the_annotations_of_every_function_can_be_resolved() -> None:
    """`get_type_hints` and `inspect.signature` find all names in the module of the function."""
    for path, function in FUNCTIONS.items():
        with about(path):
            annotated = set(inspect.get_annotations(function))
            assert get_type_hints(function).keys() == annotated
            signature = inspect.signature(function, eval_str=True)
            assert not any(isinstance(parameter.annotation, str) for parameter in signature.parameters.values())


def test_the_annotations_of_every_class_can_be_resolved() -> None:
    """`get_type_hints` resolves the attributes of dataclasses, named tuples and TypedDicts."""
    for path, cls in CLASSES.items():
        with about(path):
            assert get_type_hints(cls).keys() >= inspect.get_annotations(cls).keys()


def test_what_the_annotations_are() -> None:
    """They are the very types: those of the data, and those of other parts of the library."""
    assert (
        get_type_hints(FUNCTIONS["aiosyncthing.System.status"])["return"] is PUBLIC["aiosyncthing.types.SystemStatus"]
    )
    assert get_type_hints(FUNCTIONS["aiosyncthing.Syncthing.watch"])["return"] is PUBLIC["aiosyncthing.Live"]
    hints = get_type_hints(exceptions.WaitTimeoutError.__init__)
    assert hints["progress"] == SyncProgress | None
    assert hints["missing"] == tuple[Missing, ...]


def test_the_keys_of_every_typeddict() -> None:
    """Each key is either required or optional at run time, as it is declared, also when it is inherited."""
    for path, shape in TYPEDDICTS.items():
        with about(path):
            hints = get_type_hints(shape, include_extras=True)
            assert shape.__required_keys__ | shape.__optional_keys__ == hints.keys()
            assert not shape.__required_keys__ & shape.__optional_keys__
            marked = {key for key, hint in hints.items() if typing.get_origin(hint) is typing.NotRequired}
            assert marked <= shape.__optional_keys__


def test_every_class_says_where_it_is_imported_from() -> None:
    """`__module__` is a public module that has the class: reprs and pickles refer to that."""
    for path, cls in CLASSES.items():
        with about(path):
            assert cls.__module__.removeprefix("aiosyncthing.") in MODULES
            home = importlib.import_module(cls.__module__)
            assert cls.__name__ in home.__all__
            assert getattr(home, cls.__name__) is cls
            assert pickle.loads(pickle.dumps(cls)) is cls


def test_where_classes_are_imported_from() -> None:
    """What is in a folder of its own is imported from that, not from the file inside."""
    assert repr(SyncProgress) == "<class 'aiosyncthing.waiting.SyncProgress'>"
    assert repr(Syncthing) == "<class 'aiosyncthing.syncthing.Syncthing'>"
    assert repr(types.FolderSummary) == "<class 'aiosyncthing.types.FolderSummary'>"
    assert repr(exceptions.NotFoundError) == "<class 'aiosyncthing.exceptions.NotFoundError'>"


def test_classes_that_are_met_without_their_name() -> None:
    """They say the same when a program has never asked for them by name."""
    printed = run(
        "import asyncio, typing\n"
        "from aiosyncthing import Syncthing\n"
        "def show(value): print(type(value).__module__)\n"
        "async def main():\n"
        "    client = Syncthing('key', 'http://127.0.0.1:1')\n"
        "    show(client.events.stream())\n"
        "    show(client.watch())\n"
        "    try: await client.wait_ready(0.001)\n"
        "    except Exception as error:\n"
        "        show(error)\n"
        "        print(typing.get_type_hints(error.__init__)['progress'])\n"
        "asyncio.run(main())"
    )
    assert printed.splitlines() == [
        "aiosyncthing.stream",
        "aiosyncthing.live",
        "aiosyncthing.exceptions",
        "aiosyncthing.waiting.SyncProgress | None",
    ]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_can_be_pickled(value: Any) -> None:
    """A process that has not loaded the class yet gets an equal value."""
    pickled = pickle.dumps(value)
    assert pickle.loads(pickled) == value
    assert run(f"import pickle; print(pickle.loads({pickled!r}))") == str(value)
