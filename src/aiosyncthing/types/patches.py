"""The bodies that change a configuration.

A patch has the keys of the full form, none of them required: the daemon keeps what is left out. Patches can also be
passed as keywords: ``def patch(**changes: Unpack[FolderPatch])``. Nested objects may be complete or partial. Lists with
elements of either kind are typed as `Sequence`, since a `list` of complete ones is not a `list` of either.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from .config import (
    FolderDeviceConfiguration,
    ObservedFolder,
    Size,
    VersioningConfiguration,
    XattrFilter,
    XattrFilterEntry,
)
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
    "DevicePatch",
    "DeviceSettings",
    "FolderDevicePatch",
    "FolderPatch",
    "FolderSettings",
    "GUIPatch",
    "LDAPPatch",
    "NewDevice",
    "NewFolder",
    "ObservedFolderPatch",
    "OptionsPatch",
    "SizePatch",
    "VersioningPatch",
    "XattrFilterPatch",
]


class SizePatch(TypedDict, total=False):
    """Part of a `Size`."""

    value: float
    unit: str


class VersioningPatch(TypedDict, total=False):
    """Part of a `VersioningConfiguration`.

    The daemon resets ``cleanupIntervalS`` and ``fsType`` if they are missing, and merges ``params`` into the existing
    ones. To change the type, first set ``params`` to ``None``, which empties it.
    """

    type: VersioningType
    params: dict[str, str] | None
    cleanupIntervalS: int
    fsPath: str
    fsType: str


class XattrFilterPatch(TypedDict, total=False):
    """Part of an `XattrFilter`."""

    entries: list[XattrFilterEntry]
    maxSingleEntrySize: int
    maxTotalSize: int


class FolderDevicePatch(TypedDict):
    """A device to share a folder with.

    In a PATCH request, the daemon itself fills missing keys from whichever device was in the same place of the list
    before, even with its encryption password. So use only complete elements in raw requests.
    """

    deviceID: str
    introducedBy: NotRequired[str]
    encryptionPassword: NotRequired[str]


class ObservedFolderPatch(TypedDict):
    """An offered folder to ignore. The warning in `FolderDevicePatch` about raw requests applies here, too."""

    id: str
    time: NotRequired[str]
    label: NotRequired[str]


class FolderSettings(TypedDict, total=False):
    """What `add_folder` and `accept_folder` take as keywords besides what they name themselves."""

    filesystemType: str
    rescanIntervalS: int
    fsWatcherEnabled: bool
    fsWatcherDelayS: float
    fsWatcherTimeoutS: float
    ignorePerms: bool
    autoNormalize: bool
    minDiskFree: Size | SizePatch
    versioning: VersioningConfiguration | VersioningPatch
    copiers: int
    pullerMaxPendingKiB: int
    hashers: int
    order: PullOrder
    ignoreDelete: bool
    scanProgressIntervalS: int
    pullerPauseS: int
    pullerDelayS: float
    maxConflicts: int
    disableSparseFiles: bool
    disableTempIndexes: bool
    paused: bool
    weakHashThresholdPct: int
    markerName: str
    copyOwnershipFromParent: bool
    modTimeWindowS: int
    maxConcurrentWrites: int
    disableFsync: bool
    blockPullOrder: BlockPullOrder
    copyRangeMethod: CopyRangeMethod
    caseSensitiveFS: bool
    junctionsAsDirs: bool
    syncOwnership: bool
    scanOwnership: bool
    sendOwnership: bool
    syncXattrs: bool
    sendXattrs: bool
    xattrFilter: XattrFilter | XattrFilterPatch
    blockIndexing: bool
    group: str


class _WholeFolderSettings(FolderSettings, total=False):
    label: str
    type: FolderType
    devices: Sequence[FolderDeviceConfiguration | FolderDevicePatch]


class FolderPatch(_WholeFolderSettings, total=False):
    """Changes of a folder, or of the defaults of new ones. `FolderConfiguration` documents the keys."""

    id: str
    """Can't be changed: with another ID the daemon would add a second folder."""
    path: str


class NewFolder(_WholeFolderSettings):
    """A folder to add; missing keys are taken from the configured defaults."""

    id: str
    path: str


class DeviceSettings(TypedDict, total=False):
    """What `add_device` and `accept_device` take as keywords besides what they name themselves."""

    compression: Compression
    certName: str
    introducer: bool
    skipIntroductionRemovals: bool
    introducedBy: str
    paused: bool
    allowedNetworks: list[str]
    autoAcceptFolders: bool
    maxSendKbps: int
    maxRecvKbps: int
    ignoredFolders: Sequence[ObservedFolder | ObservedFolderPatch]
    maxRequestKiB: int
    untrusted: bool
    remoteGUIPort: int
    numConnections: int
    group: str


class _WholeDeviceSettings(DeviceSettings, total=False):
    name: str
    addresses: list[str]


class DevicePatch(_WholeDeviceSettings, total=False):
    """Changes of a device, or of the defaults of new ones. `DeviceConfiguration` documents the keys."""

    deviceID: str
    """Can't be changed: with another ID the daemon would add a second device."""


class NewDevice(_WholeDeviceSettings):
    """A device to add; missing keys are taken from the configured defaults."""

    deviceID: str


class OptionsPatch(TypedDict, total=False):
    """Changes of the options. `OptionsConfiguration` documents the keys."""

    listenAddresses: list[str]
    globalAnnounceServers: list[str]
    globalAnnounceEnabled: bool
    localAnnounceEnabled: bool
    localAnnouncePort: int
    localAnnounceMCAddr: str
    maxSendKbps: int
    maxRecvKbps: int
    reconnectionIntervalS: int
    relaysEnabled: bool
    relayReconnectIntervalM: int
    startBrowser: bool
    natEnabled: bool
    natLeaseMinutes: int
    natRenewalMinutes: int
    natTimeoutSeconds: int
    urAccepted: int
    urSeen: int
    urUniqueId: str
    urURL: str
    urPostInsecurely: bool
    urInitialDelayS: int
    restartOnWakeup: bool
    autoUpgradeIntervalH: int
    upgradeToPreReleases: bool
    keepTemporariesH: int
    cacheIgnoredFiles: bool
    progressUpdateIntervalS: int
    limitBandwidthInLan: bool
    minHomeDiskFree: Size | SizePatch
    releasesURL: str
    alwaysLocalNets: list[str]
    overwriteRemoteDeviceNamesOnConnect: bool
    tempIndexMinBlocks: int
    unackedNotificationIDs: list[str]
    trafficClass: int
    setLowPriority: bool
    maxFolderConcurrency: int
    crURL: str
    crashReportingEnabled: bool
    stunKeepaliveStartS: int
    stunKeepaliveMinS: int
    stunServers: list[str]
    databaseTuning: Tuning
    maxConcurrentIncomingRequestKiB: int
    announceLANAddresses: bool
    sendFullIndexOnUpgrade: bool
    featureFlags: list[str]
    auditEnabled: bool
    auditFile: str
    connectionLimitEnough: int
    connectionLimitMax: int
    insecureAllowOldTLSVersions: bool
    connectionPriorityTcpLan: int
    connectionPriorityQuicLan: int
    connectionPriorityTcpWan: int
    connectionPriorityQuicWan: int
    connectionPriorityRelay: int
    connectionPriorityUpgradeThreshold: int


class GUIPatch(TypedDict, total=False):
    """Changes of the API and the web interface. `GUIConfiguration` documents the keys."""

    enabled: bool
    address: str
    unixSocketPermissions: str
    user: str
    password: str
    authMode: AuthMode
    useTLS: bool
    apiKey: str
    insecureAdminAccess: bool
    theme: str
    debugging: bool
    insecureSkipHostcheck: bool
    insecureAllowFrameLoading: bool
    sendBasicAuthPrompt: bool
    metricsWithoutAuth: bool
    sessionCookieDurationS: int
    sessionCookiePath: str


class LDAPPatch(TypedDict, total=False):
    """Changes of the LDAP settings. `LDAPConfiguration` documents the keys."""

    address: str
    bindDN: str
    transport: LDAPTransport
    insecureSkipVerify: bool
    searchBaseDN: str
    searchFilter: str
