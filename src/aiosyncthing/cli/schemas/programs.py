"""The output of ``version``, ``profile``, ``daemon``, ``id``, ``fingerprint`` and ``qr``."""

from typing import Literal, TypedDict

from .common import Daemon, Failure


class VersionRow(TypedDict):
    """The version of a daemon."""

    daemon: str
    url: str
    version: str
    longVersion: str
    os: str
    arch: str


class Version(TypedDict):
    """``version/1``."""

    schema: Literal["aiosyncthing/version/1"]
    daemon: Daemon | None
    failures: list[Failure]
    aiosyncthing: str
    python: str
    daemons: list[VersionRow]


class ProfileRow(TypedDict):
    """A profile."""

    name: str
    url: str | None
    home: str | None
    key: Literal["file", "command", "inline", "home", "credential"]
    """The source of its key."""
    tls: str | None


class Profiles(TypedDict):
    """``profiles/1``."""

    schema: Literal["aiosyncthing/profiles/1"]
    file: str
    profiles: list[ProfileRow]


class PrivateDaemon(TypedDict):
    """``daemon/1``: a private daemon that is ready."""

    schema: Literal["aiosyncthing/daemon/1"]
    url: str
    apiKeyFile: str
    id: str
    version: str
    home: str
    syncAddress: str | None


class DeviceId(TypedDict):
    """``id/1``: a device ID."""

    schema: Literal["aiosyncthing/id/1"]
    id: str
    short: str


class Certificate(TypedDict):
    """``fingerprint/1``: the certificate that a server shows."""

    schema: Literal["aiosyncthing/fingerprint/1"]
    url: str
    fingerprint: str


class QrCode(TypedDict):
    """``qr/1``: a device ID as a QR code."""

    schema: Literal["aiosyncthing/qr/1"]
    id: str
    rows: list[str]
    """A digit for each module, without a border: 1 is dark."""
