"""The ``data`` of events, unless it is the same as an answer."""

from typing import Literal, NotRequired, TypedDict

from .database import FolderCompletion, FolderSummary
from .enumerations import ConnectionType, FolderState, ItemAction, ItemType
from .misc import FileError

__all__ = [
    "URL",
    "DeviceConnectedData",
    "DeviceData",
    "DeviceDisconnectedData",
    "DeviceDiscoveredData",
    "DeviceRejectedData",
    "DiskChangeData",
    "FailureData",
    "FolderCompletionData",
    "FolderErrorsData",
    "FolderPausedData",
    "FolderRejectedData",
    "FolderScanProgressData",
    "FolderSummaryData",
    "FolderWatchStateChangedData",
    "ItemFinishedData",
    "ItemStartedData",
    "ListenAddressesChangedData",
    "LocalIndexUpdatedData",
    "LoginAttemptData",
    "PendingDeviceAdded",
    "PendingDeviceRemoved",
    "PendingDevicesChangedData",
    "PendingFolderAdded",
    "PendingFolderRemoved",
    "PendingFoldersChangedData",
    "PullerProgress",
    "RemoteDownloadProgressData",
    "RemoteIndexUpdatedData",
    "StartingData",
    "StartupCompleteData",
    "StateChangedData",
    "UpgradeRestartScheduledData",
]


class DeviceData(TypedDict):
    """Data of an event about a device."""

    device: str


class StartingData(TypedDict):
    """Data of Starting."""

    home: str
    """Directory of the configuration."""
    myID: str


class StartupCompleteData(TypedDict):
    """Data of StartupComplete."""

    myID: str


class DeviceDiscoveredData(TypedDict):
    """Data of DeviceDiscovered."""

    device: str
    addrs: list[str]


class DeviceConnectedData(TypedDict):
    """Data of DeviceConnected."""

    id: str
    deviceName: str
    """May be empty."""
    clientName: str
    clientVersion: str
    type: ConnectionType
    addr: NotRequired[str]
    """Missing if the connection has none."""


class DeviceDisconnectedData(TypedDict):
    """Data of DeviceDisconnected."""

    id: str
    error: str
    """Why."""


class DeviceRejectedData(TypedDict):
    """Data of DeviceRejected."""

    name: str
    device: str
    address: str


class PendingDeviceAdded(TypedDict):
    """A device that is pending."""

    deviceID: str
    name: str
    address: str


class PendingDeviceRemoved(TypedDict):
    """A device that is no longer pending."""

    deviceID: str
    """Empty if all were dismissed together."""


class PendingDevicesChangedData(TypedDict, total=False):
    """Data of PendingDevicesChanged."""

    added: list[PendingDeviceAdded] | None
    removed: list[PendingDeviceRemoved] | None


class FolderRejectedData(TypedDict):
    """Data of FolderRejected."""

    folder: str
    folderLabel: str
    device: str


class PendingFolderAdded(TypedDict):
    """A folder that is pending."""

    folderID: str
    folderLabel: str
    deviceID: str
    receiveEncrypted: bool
    remoteEncrypted: bool


class PendingFolderRemoved(TypedDict):
    """A folder that is no longer pending."""

    folderID: str
    deviceID: NotRequired[str]
    """Missing if no device offers it any more."""


class PendingFoldersChangedData(TypedDict, total=False):
    """Data of PendingFoldersChanged."""

    added: list[PendingFolderAdded] | None
    removed: list[PendingFolderRemoved] | None


class DiskChangeData(TypedDict):
    """Data of LocalChangeDetected and RemoteChangeDetected."""

    folder: str
    folderID: str
    """Deprecated; the same as ``folder``."""
    label: str
    action: Literal["modified", "deleted"]
    type: ItemType
    path: str
    """With the separators of the daemon's system."""
    modifiedBy: str
    """Short device ID: the first 7 characters."""


class LocalIndexUpdatedData(TypedDict):
    """Data of LocalIndexUpdated."""

    folder: str
    items: int
    filenames: list[str]
    sequence: int
    version: int
    """Deprecated; the same as ``sequence``."""


class RemoteIndexUpdatedData(TypedDict):
    """Data of RemoteIndexUpdated."""

    device: str
    folder: str
    items: int
    sequence: int
    version: int
    """Deprecated; the same as ``sequence``."""


class ItemStartedData(TypedDict):
    """Data of ItemStarted."""

    folder: str
    item: str
    type: ItemType
    action: ItemAction


class ItemFinishedData(ItemStartedData):
    """Data of ItemFinished."""

    error: str | None
    """``None`` if it succeeded; < 2.0.0 always ``None`` for the action ``metadata``."""


# "from" is a keyword, so it can't be an attribute.
_From = TypedDict("_From", {"from": FolderState | str})
_FromIfAny = TypedDict("_FromIfAny", {"from": NotRequired[str]})


class StateChangedData(_From):
    """Data of StateChanged; the old state is in ``from``."""

    folder: str
    to: FolderState | str
    duration: NotRequired[float]
    """Seconds spent in the old state; missing for the first change."""
    error: NotRequired[str]
    """Present only if the new state is ``error``."""


class FolderWatchStateChangedData(_FromIfAny):
    """Data of FolderWatchStateChanged; the old error, if there was one, is in ``from``."""

    folder: str
    to: NotRequired[str]
    """The new error; missing if there is none."""


class PullerProgress(TypedDict):
    """The progress of a download; all but the last two count blocks."""

    total: int
    reused: int
    copiedFromOrigin: int
    copiedFromOriginShifted: int
    """Always 0 in 2.1."""
    copiedFromElsewhere: int
    pulled: int
    pulling: int
    bytesDone: int
    bytesTotal: int


class RemoteDownloadProgressData(TypedDict):
    """Data of RemoteDownloadProgress."""

    device: str
    folder: str
    state: dict[str, int]
    """By file name, the number of blocks that the device has."""


class FolderSummaryData(TypedDict):
    """Data of FolderSummary."""

    folder: str
    summary: FolderSummary


class FolderCompletionData(FolderCompletion):
    """Data of FolderCompletion."""

    folder: str
    device: str


class FolderErrorsData(TypedDict):
    """Data of FolderErrors."""

    folder: str
    errors: list[FileError]


class FolderScanProgressData(TypedDict):
    """Data of FolderScanProgress."""

    folder: str
    current: int
    """Bytes."""
    total: int
    """Bytes, plus one."""
    rate: float
    """Bytes per second."""


class FolderPausedData(TypedDict):
    """Data of FolderPaused and FolderResumed."""

    id: str
    """ID of the folder."""
    label: str


class URL(TypedDict):
    """An address in the form of Go's ``url.URL``; only ``Scheme`` and ``Host`` matter."""

    Scheme: str
    Opaque: str
    User: dict[str, object] | None
    Host: str
    """With the port."""
    Path: str
    RawPath: str
    OmitHost: NotRequired[bool]
    """Only from daemons built with Go >= 1.19."""
    ForceQuery: bool
    RawQuery: str
    Fragment: str
    RawFragment: str


class ListenAddressesChangedData(TypedDict):
    """Data of ListenAddressesChanged."""

    address: URL
    lan: list[URL] | None
    wan: list[URL] | None


class LoginAttemptData(TypedDict):
    """Data of LoginAttempt."""

    success: bool
    username: str
    remoteAddress: str
    """With the port, < 1.29.6."""
    proxy: NotRequired[str]
    """Address of the proxy, if the request came through one; >= 1.29.6."""


class FailureData(TypedDict):
    """Data of Failure, unless it is just a string."""

    Description: str
    Goroutines: str
    Extra: dict[str, str] | None


class UpgradeRestartScheduledData(TypedDict):
    """Data of UpgradeRestartScheduled."""

    delayS: int
    """Seconds until the daemon restarts."""
    newVersion: str
