"""What is different between the versions that the fake plays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import orjson

from aiosyncthing.exceptions import BadRequestError

if TYPE_CHECKING:
    from aiosyncthing._routes import Route

VERSIONS: Final = ("1.19.2", "1.29.5", "2.1.3")
"""The versions that the fake plays, the oldest first."""


class Since:
    """A fact about versions, as an attribute of `Facts`: true from one version on, perhaps up to another.

    Args:
        *since: The first version that has it.
        until: The first version that doesn't have it any more.
    """

    def __init__(self, *since: int, until: tuple[int, ...] | None = None) -> None:
        self._since = since
        self._until = until

    def __get__(self, facts: Facts, _: object) -> bool:
        """Return whether that version has it."""
        return facts.numbers >= self._since and not (self._until and facts.numbers >= self._until)


@dataclass(frozen=True, slots=True)
class Facts:
    """A version, and what it has: ``facts.REMOTE_STATE`` is true in all that have it.

    Attributes:
        name: The version, such as ``1.29.5``.
        numbers: The version in numbers.
    """

    name: str
    numbers: tuple[int, ...]

    # --- Devices, folders and files ---

    CLUSTER_CONFIG_EVENT = Since(1, 20)  # ``ClusterConfigReceived``
    LISTS_OTHERS_ONLY = Since(1, 20)  # ``rest/system/connections`` leaves out the own device
    REMOTE_STATE = Since(1, 20)  # in a completion
    SEEN_WHILE_CONNECTED = Since(1, 20)  # ``lastSeen`` of a connected device is now
    LEAVES_OUT_PAUSED = Since(1, 21)  # the completion of all folders does, where it was refused before
    IS_LOCAL = Since(1, 23)  # of a connection
    TRUST = Since(1, 23, 7)  # a device may be untrusted; the field itself came with 1.23.0
    PRIMARY_CONNECTION = Since(1, 25)
    IGNORES_OF_ANY = Since(1, 27, 1)  # patterns of a folder that there is not are an answer with an error
    FULL_STATUS = Since(1, 27, 4)  # a folder's status has all its fields, and is sent to all who listen
    DATABASE_2 = Since(2)  # SQLite: what is not in it has other words, and devices without an index lack everything
    ONE_CONNECTION = Since(2)  # a refused connection is no event, and a password begins at the next one
    STARTING = Since(2, 1)  # the state of a folder

    # --- Items ---

    NUMBER_OF_BLOCKS = Since(1, 20)  # 0 in lists, where there was a null
    PLATFORM = Since(1, 22)
    INODE_CHANGE = Since(1, 22, until=(2, 1))
    BLOCKS_HASH = Since(1, 23, 3)
    BLOCKS_IN_LISTS = Since(2)
    PREVIOUS_BLOCKS_HASH = Since(2, 0, 10)
    WEIGHTLESS_DIRECTORIES = Since(2, 1, 2)

    # --- Scanning and synchronising ---

    RESTORES_DELETED = Since(1, 29)  # from the trash can, without calling it a failure; not looked at in between
    SCAN_PROGRESS = Since(1, 20)  # ``FolderScanProgress``
    ERRORS_IN_ONE_LINE = Since(1, 20)  # of what is in the way of deleting a directory
    METADATA_ERRORS = Since(2)  # in ``ItemFinished``

    # --- Configuration ---

    CHECKS_LISTS = Since(1, 20)  # a body that is no list, in place of many folders or devices
    REPORT_ID = Since(1, 20)  # who agrees to usage reports gets one at once
    KEEPS_HASHES = Since(1, 25)  # a password that is a hash already, or too long for one
    CHECKS_VERSIONING = Since(1, 26)  # before, a type of versioning that doesn't exist is fatal

    # --- The API ---

    NEWER_GO = Since(1, 20)  # other words for what is no time
    UPGRADE_UNSUPPORTED = Since(1, 22, 1)  # 501
    BEARER = Since(1, 23, 7)  # the key may be a bearer token
    LOGIN_PAGE = Since(1, 26)  # in place of HTTP's own login; some paths are open to all
    LANGUAGE_WEIGHTS = Since(1, 28)
    NO_SEPARATORS = Since(1, 29, 4)  # at the end of the directories that ``rest/system/browse`` finds
    LOGIN_WARNING = Since(1, 29, 6)  # a failed login is a warning, and its address has no port
    ALWAYS_DEBUGGING = Since(2)
    LISTENER_LOCK = Since(2)  # two changes of the listener at once end it
    MAPPED_ADDRESSES_ONLY = Since(2)  # ``wanAddresses`` has no ``0.0.0.0:0``
    STRUCTURED_LOG = Since(2)
    SHORT_REPORT = Since(2)  # empty groups are left out
    PLAIN_JSON = Since(2, 0, 14)  # without a character set

    @classmethod
    def of(cls, version: str) -> Facts:
        """Find a version by its whole name or the beginning of it: ``2.1.3``, ``v2.1.3``, ``2.1`` or ``2``.

        Raises:
            BadRequestError: The fake doesn't play that one.
        """
        wanted = version.removeprefix("v")
        for name in reversed(VERSIONS):
            if f"{name}.".startswith(f"{wanted}."):
                return cls(name, _numbers(name))
        raise BadRequestError(f"the fake plays Syncthing {', '.join(VERSIONS)}, not {version!r}")

    def has(self, route: Route[Any]) -> bool:
        """Return whether this version has a route."""
        since, until = route.since, route.until
        return (not since or self.numbers >= _numbers(since)) and not (until and self.numbers >= _numbers(until))

    @property
    def data(self) -> dict[str, Any]:
        """What this version answers by itself; shared, so don't change it."""
        return _read(self.name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


@cache
def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(files("pytest_syncthing").joinpath("data", f"{name}.json").read_bytes())
    return data


for _name in VERSIONS:
    _read(_name)  # now: whoever asks first may be in an event loop, which this would block
