"""The daemon itself: ``rest/system``."""

from typing import NotRequired, TypedDict

from .enumerations import ConnectionType

__all__ = [
    "ConnectionInfo",
    "ConnectionStats",
    "ConnectionStatusEntry",
    "ConnectionTotals",
    "Connections",
    "DebugFacilities",
    "DiscoveryEntry",
    "DiscoveryStatus",
    "ListenerStatusEntry",
    "LogLevels",
    "LogLine",
    "Ok",
    "Ping",
    "SystemErrors",
    "SystemLog",
    "SystemStatus",
    "SystemVersion",
    "UpgradeInfo",
]


class Ping(TypedDict):
    """``rest/system/ping``."""

    ping: str
    """Always ``pong``."""


class Ok(TypedDict):
    """What the daemon says before it ends or restarts."""

    ok: str


class SystemVersion(TypedDict):
    """``rest/system/version``."""

    version: str
    """Such as ``v2.1.3``; distributions add suffixes such as ``v1.19.2-ds1``."""
    longVersion: str
    codename: str
    os: str
    """As Go names it: ``linux``, ``darwin``, ``windows``, ..."""
    arch: str
    """As Go names it: ``amd64``, ``arm64``, ..."""
    user: str
    """Who built it."""
    date: str
    """When it was built."""
    stamp: str
    """When it was built, in Unix seconds, as a text."""
    tags: list[str]
    isBeta: bool
    isCandidate: bool
    isRelease: bool
    container: NotRequired[bool]
    """>= 1.23.0."""
    extra: NotRequired[str]
    """>= 1.23.7."""


class ListenerStatusEntry(TypedDict):
    """State of an address listened on."""

    error: str | None
    lanAddresses: list[str] | None
    """``None`` until the listener runs."""
    wanAddresses: list[str] | None
    """``None`` until the listener runs."""


class ConnectionStatusEntry(TypedDict):
    """The last try to connect to an address."""

    when: str
    error: str | None
    """``None`` if it succeeded."""


class DiscoveryStatus(TypedDict):
    """State of a way to find devices."""

    error: str | None


class SystemStatus(TypedDict):
    """``rest/system/status``."""

    myID: str
    startTime: str
    """Start of the process: another one after a restart."""
    uptime: int
    """Seconds."""
    alloc: int
    """Bytes in use."""
    sys: int
    """Bytes obtained from the operating system."""
    goroutines: int
    cpuPercent: float
    """Always 0."""
    tilde: str
    """Home directory of the daemon's user."""
    pathSeparator: str
    urVersionMax: int
    guiAddressOverridden: bool
    """Whether environment or command line override the configured address."""
    guiAddressUsed: str
    connectionServiceStatus: dict[str, ListenerStatusEntry]
    """By the configured URL, such as ``tcp://0.0.0.0:22000``."""
    lastDialStatus: dict[str, ConnectionStatusEntry]
    """By the address."""
    discoveryEnabled: NotRequired[bool]
    """This and the next three are only there while local or global discovery is on."""
    discoveryStatus: NotRequired[dict[str, DiscoveryStatus]]
    discoveryErrors: NotRequired[dict[str, str]]
    """Deprecated; only the ways that fail."""
    discoveryMethods: NotRequired[int]
    """Deprecated; how many ways there are."""


class ConnectionInfo(TypedDict):
    """One connection of a device."""

    at: str
    """When this was measured."""
    inBytesTotal: int
    outBytesTotal: int
    startedAt: str
    address: str
    type: ConnectionType
    isLocal: bool
    crypto: str


class ConnectionStats(TypedDict):
    """All connections of a device together."""

    at: str
    """When this was measured; year 1 when not connected."""
    inBytesTotal: int
    """Bytes since it was connected."""
    outBytesTotal: int
    """Bytes since it was connected."""
    startedAt: str
    """Year 1 when not connected."""
    connected: bool
    paused: bool
    clientVersion: str
    address: str
    type: ConnectionType
    crypto: str
    """Such as ``TLS1.3-TLS_AES_128_GCM_SHA256``."""
    isLocal: NotRequired[bool]
    """>= 1.23.0."""
    primary: NotRequired[ConnectionInfo]
    """Also there, and empty, when not connected; >= 1.25.0."""
    secondary: NotRequired[list[ConnectionInfo]]
    """Missing when there is none; >= 1.25.0."""


class ConnectionTotals(TypedDict):
    """What all connections transferred since the daemon started."""

    at: str
    inBytesTotal: int
    outBytesTotal: int


class Connections(TypedDict):
    """``rest/system/connections``."""

    connections: dict[str, ConnectionStats]
    """By device ID. In 1.19 the own device is among them."""
    total: ConnectionTotals


class DiscoveryEntry(TypedDict):
    """Where a device was found: ``rest/system/discovery``."""

    addresses: list[str] | None


class LogLine(TypedDict):
    """A line of the log."""

    when: str
    message: str
    level: int | str
    """0 debug, 1 verbose, 2 info, 3 warning; >= 2.0.0 ``DBG``, ``INF``, ``WRN``, ``ERR``, or as ``INF+1``."""


class SystemErrors(TypedDict):
    """``rest/system/error``."""

    errors: list[LogLine] | None


class SystemLog(TypedDict):
    """``rest/system/log``."""

    messages: list[LogLine] | None


class DebugFacilities(TypedDict):
    """``rest/system/debug``; < 2.0.0."""

    enabled: list[str]
    facilities: dict[str, str]
    """Name and description."""


class LogLevels(TypedDict):
    """``rest/system/loglevels``; >= 2.0.0."""

    levels: dict[str, str]
    """By package: ``DEBUG``, ``INFO``, ``WARN``, ``ERROR``, or with an offset as in ``INFO+1``."""
    packages: dict[str, str]
    """Name and description."""


class UpgradeInfo(TypedDict):
    """``rest/system/upgrade``."""

    running: str
    latest: str
    newer: bool
    majorNewer: bool
    """Whether the newer one has another major number, so that a person should decide."""
