"""The configuration: ``rest/config`` and everything below it, as sent by the daemon.

The bodies that change a configuration are in `patches`.
"""

from typing import Any, Literal, NotRequired, TypedDict

from .enumerations import (
    AuthMode,
    BlockPullOrder,
    Compression,
    CopyRangeMethod,
    FolderType,
    LDAPTransport,
    PullOrder,
    Tuning,
    VersioningType,
)

__all__ = [
    "Backup",
    "ConfigChange",
    "ConfigInSync",
    "Configuration",
    "DefaultIgnores",
    "Defaults",
    "DeviceConfiguration",
    "FolderConfiguration",
    "FolderDeviceConfiguration",
    "GUIConfiguration",
    "LDAPConfiguration",
    "ObservedDevice",
    "ObservedFolder",
    "OptionsConfiguration",
    "RestartRequired",
    "Size",
    "VersioningConfiguration",
    "XattrFilter",
    "XattrFilterEntry",
]


class Size(TypedDict):
    """An amount of disk space; zero switches the check off."""

    value: float
    unit: str
    """``%`` of the disk, or ``kB``, ``MB``, ``GB``, ``TB`` (powers of 1000); anything else is bytes."""


class VersioningConfiguration(TypedDict):
    """How a folder keeps old versions of files."""

    type: VersioningType
    params: dict[str, str]
    """Settings of the type; even numbers are strings.

    ``simple``: ``keep`` (versions per file), ``cleanoutDays``. ``trashcan``: ``cleanoutDays`` (0: never deleted).
    ``staggered``: ``maxAge`` in seconds (0: never deleted). ``external``: ``command``.
    """
    cleanupIntervalS: int
    """Seconds between cleanups, at most a year; 0 for never."""
    fsPath: str
    """Directory of the versions; empty for ``.stversions`` inside the folder."""
    fsType: str


class XattrFilterEntry(TypedDict):
    """One rule for extended attributes; the first that matches decides."""

    match: str
    """Pattern for the attribute's name."""
    permit: bool


class XattrFilter(TypedDict):
    """Which extended attributes are synchronised."""

    entries: list[XattrFilterEntry]
    maxSingleEntrySize: int
    """Bytes of one attribute."""
    maxTotalSize: int
    """Bytes of all attributes of a file."""


class FolderDeviceConfiguration(TypedDict):
    """A device that a folder is shared with."""

    deviceID: str
    introducedBy: str
    """ID of the device that introduced it to this folder, if any; otherwise empty."""
    encryptionPassword: str
    """If not empty, the device receives only encrypted data. A secret."""


class FolderConfiguration(TypedDict):
    """A folder."""

    id: str
    label: str
    filesystemType: str
    """``basic``, or ``fake`` for tests; 2.1 may have others."""
    path: str
    """A leading ``~`` means the home directory of the daemon's user."""
    type: FolderType
    devices: list[FolderDeviceConfiguration]
    """Includes this device."""
    rescanIntervalS: int
    """Seconds, at most a year; 0 for never."""
    fsWatcherEnabled: bool
    fsWatcherDelayS: float
    """Seconds; whole ones only < 1.23.3."""
    fsWatcherTimeoutS: NotRequired[float]
    """Seconds; 0 to derive it from the delay; >= 1.27.8."""
    ignorePerms: bool
    autoNormalize: bool
    minDiskFree: Size
    versioning: VersioningConfiguration
    copiers: int
    """0 for the daemon's default."""
    pullerMaxPendingKiB: int
    """KiB; 0 for the daemon's default."""
    hashers: int
    """0 for the daemon's default."""
    order: PullOrder
    ignoreDelete: bool
    scanProgressIntervalS: int
    """Seconds; 0 for the daemon's default, less for no FolderScanProgress events."""
    pullerPauseS: int
    """Seconds; 0 for the daemon's default."""
    pullerDelayS: NotRequired[float]
    """Seconds; >= 2.0.0."""
    maxConflicts: int
    """Conflict copies kept per file; -1 is all, 0 for none."""
    disableSparseFiles: bool
    disableTempIndexes: NotRequired[bool]
    """< 2.0.0."""
    paused: bool
    weakHashThresholdPct: NotRequired[int]
    """Percent; < 2.0.0."""
    markerName: str
    """File or directory whose presence proves that the disk is mounted."""
    copyOwnershipFromParent: bool
    modTimeWindowS: int
    """Seconds by which modification times may differ."""
    maxConcurrentWrites: int
    disableFsync: bool
    blockPullOrder: BlockPullOrder
    copyRangeMethod: CopyRangeMethod
    caseSensitiveFS: bool
    junctionsAsDirs: bool
    """Windows only."""
    syncOwnership: NotRequired[bool]
    """>= 1.21.0."""
    scanOwnership: NotRequired[bool]
    """1.21 only."""
    sendOwnership: NotRequired[bool]
    """>= 1.22.0."""
    syncXattrs: NotRequired[bool]
    """>= 1.22.0."""
    sendXattrs: NotRequired[bool]
    """>= 1.22.0."""
    xattrFilter: NotRequired[XattrFilter]
    """>= 1.22.0."""
    blockIndexing: NotRequired[bool]
    """>= 2.1.0."""
    group: NotRequired[str]
    """Heading in the web interface; >= 2.1.0."""


class ObservedFolder(TypedDict):
    """A folder that a device offers and that is ignored."""

    time: str
    id: str
    label: str


class ObservedDevice(TypedDict):
    """An unknown device that is ignored."""

    time: str
    deviceID: str
    name: str
    address: str


class DeviceConfiguration(TypedDict):
    """A device: this one or another."""

    deviceID: str
    name: str
    addresses: list[str]
    """``dynamic`` or URLs such as ``tcp://192.0.2.1:22000``."""
    compression: Compression
    certName: str
    introducer: bool
    skipIntroductionRemovals: bool
    introducedBy: str
    """ID of the device that introduced it, if any; otherwise empty."""
    paused: bool
    allowedNetworks: list[str]
    """CIDR notation; a leading ``!`` excludes. Empty for all."""
    autoAcceptFolders: bool
    maxSendKbps: int
    """KiB (not kbit) per second; 0 for no limit."""
    maxRecvKbps: int
    """KiB (not kbit) per second; 0 for no limit."""
    ignoredFolders: list[ObservedFolder]
    maxRequestKiB: int
    """KiB; 0 for the daemon's default, less for no limit."""
    untrusted: bool
    remoteGUIPort: int
    """0 for none."""
    numConnections: NotRequired[int]
    """0 for the daemon's default; >= 1.25.0."""
    group: NotRequired[str]
    """Heading in the web interface; >= 2.1.0."""


class OptionsConfiguration(TypedDict):
    """Options of the whole daemon."""

    listenAddresses: list[str]
    """``default`` or URLs such as ``tcp://0.0.0.0:22000``."""
    globalAnnounceServers: list[str]
    globalAnnounceEnabled: bool
    localAnnounceEnabled: bool
    localAnnouncePort: int
    localAnnounceMCAddr: str
    maxSendKbps: int
    """KiB (not kbit) per second; 0 for no limit."""
    maxRecvKbps: int
    """KiB (not kbit) per second; 0 for no limit."""
    reconnectionIntervalS: int
    """Seconds, at least 5."""
    relaysEnabled: bool
    relayReconnectIntervalM: int
    """Minutes."""
    startBrowser: bool
    natEnabled: bool
    natLeaseMinutes: int
    natRenewalMinutes: int
    natTimeoutSeconds: int
    urAccepted: int
    """Usage reports: 0 for undecided, -1 for no, otherwise the accepted version of the report."""
    urSeen: int
    """Newest version of the usage report shown to the user."""
    urUniqueId: str
    urURL: str
    urPostInsecurely: bool
    urInitialDelayS: int
    """Seconds."""
    restartOnWakeup: NotRequired[bool]
    """< 1.21.0."""
    autoUpgradeIntervalH: int
    """Hours; 0 for never."""
    upgradeToPreReleases: bool
    keepTemporariesH: int
    """Hours."""
    cacheIgnoredFiles: NotRequired[bool]
    """< 2.1.3."""
    progressUpdateIntervalS: int
    """Seconds; 0 or less for no DownloadProgress events."""
    limitBandwidthInLan: bool
    minHomeDiskFree: Size
    releasesURL: str
    alwaysLocalNets: list[str]
    """CIDR notation."""
    overwriteRemoteDeviceNamesOnConnect: bool
    tempIndexMinBlocks: int
    unackedNotificationIDs: list[str]
    trafficClass: int
    setLowPriority: bool
    maxFolderConcurrency: int
    """0 for the number of CPUs, less for no limit."""
    crURL: str
    """Where crash reports are sent."""
    crashReportingEnabled: bool
    stunKeepaliveStartS: int
    """Seconds; less than 1 switches STUN off."""
    stunKeepaliveMinS: int
    """Seconds; less than 1 switches STUN off."""
    stunServers: list[str]
    databaseTuning: NotRequired[Tuning]
    """Needs a restart; < 2.0.0."""
    maxConcurrentIncomingRequestKiB: int
    """KiB; 0 for the daemon's default, less for no limit."""
    announceLANAddresses: bool
    sendFullIndexOnUpgrade: bool
    featureFlags: list[str]
    auditEnabled: NotRequired[bool]
    """Needs a restart; >= 1.29.6."""
    auditFile: NotRequired[str]
    """Needs a restart; >= 1.29.6."""
    connectionLimitEnough: int
    """Connections; 0 for no limit."""
    connectionLimitMax: int
    """Connections; 0 for no limit."""
    insecureAllowOldTLSVersions: NotRequired[bool]
    """< 1.29.6."""
    connectionPriorityTcpLan: NotRequired[int]
    """The type of connection with the lowest number is preferred; >= 1.23.5."""
    connectionPriorityQuicLan: NotRequired[int]
    """>= 1.23.5."""
    connectionPriorityTcpWan: NotRequired[int]
    """>= 1.23.5."""
    connectionPriorityQuicWan: NotRequired[int]
    """>= 1.23.5."""
    connectionPriorityRelay: NotRequired[int]
    """>= 1.23.5."""
    connectionPriorityUpgradeThreshold: NotRequired[int]
    """>= 1.23.5."""


class GUIConfiguration(TypedDict):
    """The API and the web interface. Contains secrets: the API key and the password hash."""

    enabled: bool
    """False also disables the API, until the configuration file is edited."""
    address: str
    """As configured; ``guiAddressUsed`` in `SystemStatus` may differ. An absolute path is a Unix socket."""
    unixSocketPermissions: str
    """Octal digits."""
    user: str
    """Without a user (and without LDAP) there is no login."""
    password: str
    """The bcrypt hash; in bodies also the password itself, which the daemon then hashes."""
    authMode: AuthMode
    useTLS: bool
    apiKey: str
    insecureAdminAccess: bool
    theme: str
    debugging: NotRequired[bool]
    """Needed for ``rest/debug``; < 2.0.0."""
    insecureSkipHostcheck: bool
    insecureAllowFrameLoading: bool
    sendBasicAuthPrompt: NotRequired[bool]
    """>= 1.26.0."""
    metricsWithoutAuth: NotRequired[bool]
    """>= 1.29.6."""
    sessionCookieDurationS: NotRequired[int]
    """Seconds; 0 for the daemon's default, less for no expiry; >= 2.1.0."""
    sessionCookiePath: NotRequired[str]
    """>= 2.1.0."""


class LDAPConfiguration(TypedDict):
    """The LDAP server that authenticates logins if ``authMode`` is ``ldap``."""

    address: str
    bindDN: str
    transport: LDAPTransport
    insecureSkipVerify: bool
    searchBaseDN: str
    searchFilter: str


class DefaultIgnores(TypedDict):
    """The ignore patterns of new folders: ``rest/config/defaults/ignores``."""

    lines: list[str]


class Defaults(TypedDict):
    """The defaults of new folders and devices."""

    folder: FolderConfiguration
    """``id`` is empty; >= 2.0.0 ``path`` is empty, too."""
    device: DeviceConfiguration
    """``deviceID`` is empty."""
    ignores: DefaultIgnores


class Configuration(TypedDict):
    """The whole configuration, with all its secrets: ``rest/config`` and the event ConfigSaved."""

    version: int
    """Version of the format. For a body without it the daemon runs all its old migrations."""
    folders: list[FolderConfiguration]
    devices: list[DeviceConfiguration]
    """Includes this device."""
    gui: GUIConfiguration
    ldap: LDAPConfiguration
    options: OptionsConfiguration
    remoteIgnoredDevices: list[ObservedDevice]
    defaults: Defaults


class ConfigInSync(TypedDict):
    """The older opposite of `RestartRequired`: ``rest/config/insync``."""

    configInSync: bool


class RestartRequired(TypedDict):
    """Whether a change takes effect only after a restart: ``rest/config/restart-required``."""

    requiresRestart: bool


class Backup(TypedDict):
    """What `Config.backup` returns. It contains secrets."""

    time: str
    """When it was made, on this computer's clock."""
    version: str
    """The daemon's version."""
    deviceID: str
    """The daemon's own ID, which its certificate decides."""
    config: Configuration
    ignores: dict[str, list[str]]
    """The lines of ``.stignore``, by folder ID."""
    unread: dict[str, str]
    """Why the ignore patterns of the other folders could not be read, by folder ID."""


class ConfigChange(TypedDict):
    """One difference between two configurations: `aiosyncthing.config.Change` as JSON, without passwords and keys."""

    object: str
    """Such as ``folders['docs']`` or ``options``."""
    field: str
    """Such as ``label``; empty for the object as a whole."""
    kind: Literal["added", "removed", "changed"]
    before: Any
    """``None`` if it was added."""
    after: Any
    """``None`` if it was removed."""
