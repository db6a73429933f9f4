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
    """What the daemon answers before it stops or restarts."""

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
    """When it was built: a Unix timestamp, as a string."""
    tags: list[str]
    isBeta: bool
    isCandidate: bool
    isRelease: bool
    container: NotRequired[bool]
    """>= 1.23.0."""
    extra: NotRequired[str]
    """>= 1.23.7."""


class ListenerStatusEntry(TypedDict):
    """The state of a listener."""

    error: str | None
    lanAddresses: list[str] | None
    """``None`` until the listener runs."""
    wanAddresses: list[str] | None
    """``None`` until the listener runs."""


class ConnectionStatusEntry(TypedDict):
    """The last attempt to connect to an address."""

    when: str
    error: str | None
    """``None`` if it succeeded."""


class DiscoveryStatus(TypedDict):
    """The state of a discovery method."""

    error: str | None


class SystemStatus(TypedDict):
    """``rest/system/status``."""

    myID: str
    startTime: str
    """When the process was started; it changes with a restart."""
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
    """Whether the environment or command line overrides the configured address."""
    guiAddressUsed: str
    connectionServiceStatus: dict[str, ListenerStatusEntry]
    """By configured URL, such as ``tcp://0.0.0.0:22000``."""
    lastDialStatus: dict[str, ConnectionStatusEntry]
    """By address."""
    discoveryEnabled: NotRequired[bool]
    """This and the next three are present only while local or global discovery is enabled."""
    discoveryStatus: NotRequired[dict[str, DiscoveryStatus]]
    discoveryErrors: NotRequired[dict[str, str]]
    """Deprecated; only the methods that fail."""
    discoveryMethods: NotRequired[int]
    """Deprecated; the number of methods."""


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
    """A total of all connections of a device."""

    at: str
    """When this was measured; year 1 if not connected."""
    inBytesTotal: int
    """Bytes since it connected."""
    outBytesTotal: int
    """Bytes since it connected."""
    startedAt: str
    """Year 1 if not connected."""
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
    """Present, but empty, if not connected; >= 1.25.0."""
    secondary: NotRequired[list[ConnectionInfo]]
    """Missing if there is none; >= 1.25.0."""


class ConnectionTotals(TypedDict):
    """The bytes transferred over all connections since the daemon started."""

    at: str
    inBytesTotal: int
    outBytesTotal: int


class Connections(TypedDict):
    """``rest/system/connections``."""

    connections: dict[str, ConnectionStats]
    """By device ID. In 1.19 it includes this device."""
    total: ConnectionTotals


class DiscoveryEntry(TypedDict):
    """The addresses of a device: ``rest/system/discovery``."""

    addresses: list[str] | None


class LogLine(TypedDict):
    """A line of the log."""

    when: str
    message: str
    level: int | str
    """0 debug, 1 verbose, 2 info, 3 warning; >= 2.0.0 ``DBG``, ``INF``, ``WRN``, ``ERR``, also as in ``INF+1``."""


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
    """Descriptions by name."""


class LogLevels(TypedDict):
    """``rest/system/loglevels``; >= 2.0.0."""

    levels: dict[str, str]
    """By package: ``DEBUG``, ``INFO``, ``WARN``, ``ERROR``, or with an offset as in ``INFO+1``."""
    packages: dict[str, str]
    """Descriptions by name."""


class UpgradeInfo(TypedDict):
    """``rest/system/upgrade``."""

    running: str
    latest: str
    newer: bool
    majorNewer: bool
    """Whether the newer one has another major version, so that a person should decide."""
