"""The rooms of both packages, from the lowest layer to the highest, with their contents and the tests that cover them.

A room is a folder, or a group of modules beside the folders. A lower one never imports a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["PACKAGES", "Package", "Room"]

ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Room:
    """A group of modules and folders that belong together.

    Attributes:
        name: Its name.
        members: The names of its folders and modules, without the package's.
        tests: The folders, and files beside folders, that have to cover it.
    """

    name: str
    members: frozenset[str]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Package:
    """A package and its rooms, the lowest first."""

    name: str
    folder: Path
    rooms: tuple[Room, ...]

    def files(self) -> dict[str, Path]:
        """Return the file of each module, by the module's full name."""
        files = sorted((self.folder / self.name).rglob("*.py"))
        return {self._module(file): file for file in files}

    def room(self, module: str) -> Room:
        """Return the room of a module.

        Raises:
            LookupError: It is not in any room.
        """
        member = module.removeprefix(self.name).removeprefix(".").partition(".")[0] or "__init__"
        for room in self.rooms:
            if member in room.members:
                return room
        raise LookupError(f"{module} is in no room: name {member!r} in scripts/_rooms.py, in the layer it belongs to")

    def _module(self, file: Path) -> str:
        return ".".join(file.relative_to(self.folder).with_suffix("").parts).removesuffix(".__init__")


def _room(name: str, members: str, *tests: str) -> Room:
    return Room(name, frozenset(members.split()), tests)


LIBRARY: Final = Package(
    "aiosyncthing",
    ROOT / "src",
    (
        _room("facts", "exceptions device_id names times types _routes _lazy _loops _timing", "tests/facts"),
        _room("ignores", "ignores", "tests/ignores"),
        _room("_http", "_http", "tests/http"),
        _room("tls", "tls", "tests/tls"),
        _room("the one send", "api", "tests/http"),
        _room("_rest", "_rest", "tests/rest"),
        _room("stream", "stream", "tests/stream"),
        _room("namespaces", "system config cluster database folder events stats svc debug noauth", "tests/rest"),
        _room("waiting", "waiting", "tests/waiting"),
        _room("live", "live", "tests/live"),
        _room("pausing", "pausing", "tests/pausing"),
        _room("health", "health", "tests/health"),
        _room("local", "local", "tests/local"),
        _room("the entry", "syncthing", "tests/facts"),
        _room("daemon", "daemon", "tests/daemon"),
        _room("blocking", "blocking", "tests/blocking"),
        _room("the package", "__init__", "tests/facts"),
        _room("the command line", "cli __main__", "tests/cli"),
    ),
)
"""The library."""

_KIT_TESTS: Final = ("pytest-syncthing/tests", "tests/contract")

KIT: Final = Package(
    "pytest_syncthing",
    ROOT / "pytest-syncthing" / "src",
    (
        _room("facts", "facts certificate clock identity", *_KIT_TESTS),
        _room("http", "http", *_KIT_TESTS),
        _room("go", "go", *_KIT_TESTS),
        _room("config", "config", *_KIT_TESTS),
        _room("model", "model", *_KIT_TESTS),
        _room("rest", "rest", *_KIT_TESTS),
        _room(
            "what tests use",
            "host life contents observations troubles handles fake real plugin __main__ __init__",
            *_KIT_TESTS,
        ),
    ),
)
"""The testing kit, which imitates a daemon; only its public API is tested directly."""

PACKAGES: Final = (LIBRARY, KIT)
