"""Other devices that are connected, and what they offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.clock import format_time

if TYPE_CHECKING:
    from pytest_syncthing.facts import Facts

    from .cluster import Cluster

_CRYPTO: Final = "TLS1.3-TLS_AES_128_GCM_SHA256"
_NEVER: Final = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Offer:
    """A folder that a device shares with another one, as it says in its cluster config.

    Attributes:
        folder_id: ID of the folder.
        label: Its label.
        paused: Whether it is paused there.
        receive_encrypted: Whether it is to be received encrypted.
        remote_encrypted: Whether it is encrypted there.
    """

    folder_id: str
    label: str = ""
    paused: bool = False
    receive_encrypted: bool = False
    remote_encrypted: bool = False


@dataclass(slots=True, eq=False)
class Peer:
    """A device that is connected.

    Attributes:
        device: Its ID.
        address: Its address, such as ``127.0.0.1:22001``.
        kind: The kind of connection, such as ``tcp-client``.
        version: What it says to run.
        started: When it was connected, in nanoseconds since 1970.
        cluster: The fake that it is; ``None`` for a device that only the test knows.
        offers: What it offers, by folder; ``None`` until it has said so.
        asked: The folders that were shared with it when it said so: of others nothing is known.
        stuck: The folders of which it takes nothing as long as it is connected.
        received: Bytes that have come from it.
        sent: Bytes that went to it.
    """

    device: str
    address: str
    kind: str
    version: str
    started: int
    cluster: Cluster | None = None
    offers: dict[str, Offer] | None = None
    asked: frozenset[str] = frozenset()
    stuck: set[str] = field(default_factory=set[str])
    received: int = 0
    sent: int = 0

    def to_json(self, facts: Facts, now: int) -> dict[str, Any]:
        """Return it as ``rest/system/connections`` has it."""
        connection = {
            "at": format_time(now, whole=True),
            "inBytesTotal": self.received,
            "outBytesTotal": self.sent,
            "startedAt": format_time(self.started, whole=True),
            "address": self.address,
            "type": self.kind,
            "isLocal": True,
            "crypto": _CRYPTO,
        }
        return _in_version(facts, connection, connected=True, paused=False, client=self.version)


def nobody(facts: Facts, *, paused: bool) -> dict[str, Any]:
    """Return what ``rest/system/connections`` has for a device that is not connected."""
    connection = {
        "at": _NEVER,
        "inBytesTotal": 0,
        "outBytesTotal": 0,
        "startedAt": _NEVER,
        "address": "",
        "type": "",
        "isLocal": False,
        "crypto": "",
    }
    return _in_version(facts, connection, connected=False, paused=paused, client="")


def _in_version(
    facts: Facts, connection: dict[str, Any], *, connected: bool, paused: bool, client: str
) -> dict[str, Any]:
    shown = {**connection, "connected": connected, "paused": paused, "clientVersion": client}
    if facts.numbers < (1, 23):
        del shown["isLocal"]
    if facts.numbers >= (1, 25):
        shown["primary"] = connection
    return shown
