"""The events: ``rest/events`` and ``rest/events/disk``.

Every event has its own TypedDict, and `Event` is the union of all of them, distinguished by ``type``::

    if event["type"] == "StateChanged":
        print(event["data"]["folder"], event["data"]["to"])

A ``match`` statement should have ``event["type"]`` as its subject: mypy doesn't narrow by the pattern
``{"type": "StateChanged"}``. Newer daemons may send types that are not listed here.
"""

from typing import Any, Literal, TypeAlias, TypedDict

from .config import Configuration
from .event_data import (
    DeviceConnectedData,
    DeviceData,
    DeviceDisconnectedData,
    DeviceDiscoveredData,
    DeviceRejectedData,
    DiskChangeData,
    FailureData,
    FolderCompletionData,
    FolderErrorsData,
    FolderPausedData,
    FolderRejectedData,
    FolderScanProgressData,
    FolderSummaryData,
    FolderWatchStateChangedData,
    ItemFinishedData,
    ItemStartedData,
    ListenAddressesChangedData,
    LocalIndexUpdatedData,
    LoginAttemptData,
    PendingDevicesChangedData,
    PendingFoldersChangedData,
    PullerProgress,
    RemoteDownloadProgressData,
    RemoteIndexUpdatedData,
    StartingData,
    StartupCompleteData,
    StateChangedData,
    UpgradeRestartScheduledData,
)

__all__ = [
    "AnyEvent",
    "ClusterConfigReceivedEvent",
    "ConfigSavedEvent",
    "DeviceConnectedEvent",
    "DeviceDisconnectedEvent",
    "DeviceDiscoveredEvent",
    "DevicePausedEvent",
    "DeviceRejectedEvent",
    "DeviceResumedEvent",
    "DiskEvent",
    "DownloadProgressEvent",
    "Event",
    "EventEnvelope",
    "FailureEvent",
    "FolderCompletionEvent",
    "FolderErrorsEvent",
    "FolderPausedEvent",
    "FolderRejectedEvent",
    "FolderResumedEvent",
    "FolderScanProgressEvent",
    "FolderSummaryEvent",
    "FolderWatchStateChangedEvent",
    "ItemFinishedEvent",
    "ItemStartedEvent",
    "ListenAddressesChangedEvent",
    "LocalChangeDetectedEvent",
    "LocalIndexUpdatedEvent",
    "LoginAttemptEvent",
    "PendingDevicesChangedEvent",
    "PendingFoldersChangedEvent",
    "RemoteChangeDetectedEvent",
    "RemoteDownloadProgressEvent",
    "RemoteIndexUpdatedEvent",
    "StartingEvent",
    "StartupCompleteEvent",
    "StateChangedEvent",
    "UpgradeRestartScheduledEvent",
]


class EventEnvelope(TypedDict):
    """The keys of all events, apart from ``type`` and ``data``."""

    id: int
    """Counts the events of one subscription; those of another subscription have unrelated numbers."""
    globalID: int
    """Counts all events since the daemon started."""
    time: str


class AnyEvent(EventEnvelope):
    """An event of any type, as yielded by `aiosyncthing.events.Events.listen`.

    ``data`` is untyped, as in version 0. `Event` has its type for each type of event.
    """

    type: str
    data: Any


class StartingEvent(EventEnvelope):
    """The daemon is starting; always the first event."""

    type: Literal["Starting"]
    data: StartingData


class StartupCompleteEvent(EventEnvelope):
    """The daemon has started; the first scans may still be running."""

    type: Literal["StartupComplete"]
    data: StartupCompleteData


class DeviceDiscoveredEvent(EventEnvelope):
    """Local discovery found a device."""

    type: Literal["DeviceDiscovered"]
    data: DeviceDiscoveredData


class DeviceConnectedEvent(EventEnvelope):
    """A connection was established; >= 1.25.0 a device may have several."""

    type: Literal["DeviceConnected"]
    data: DeviceConnectedData


class DeviceDisconnectedEvent(EventEnvelope):
    """The last connection of a device ended."""

    type: Literal["DeviceDisconnected"]
    data: DeviceDisconnectedData


class DeviceRejectedEvent(EventEnvelope):
    """An unknown device connected. Deprecated in favour of PendingDevicesChanged."""

    type: Literal["DeviceRejected"]
    data: DeviceRejectedData


class PendingDevicesChangedEvent(EventEnvelope):
    """The list of unknown devices that tried to connect changed."""

    type: Literal["PendingDevicesChanged"]
    data: PendingDevicesChangedData


class DevicePausedEvent(EventEnvelope):
    """A device was paused."""

    type: Literal["DevicePaused"]
    data: DeviceData


class DeviceResumedEvent(EventEnvelope):
    """A device was resumed."""

    type: Literal["DeviceResumed"]
    data: DeviceData


class ClusterConfigReceivedEvent(EventEnvelope):
    """A device announced which folders it shares; >= 1.20.0."""

    type: Literal["ClusterConfigReceived"]
    data: DeviceData


class LocalChangeDetectedEvent(EventEnvelope):
    """A scan found a local change. Not sent by default."""

    type: Literal["LocalChangeDetected"]
    data: DiskChangeData


class RemoteChangeDetectedEvent(EventEnvelope):
    """A change from another device was applied here. Not sent by default."""

    type: Literal["RemoteChangeDetected"]
    data: DiskChangeData


class LocalIndexUpdatedEvent(EventEnvelope):
    """The index of this device changed."""

    type: Literal["LocalIndexUpdated"]
    data: LocalIndexUpdatedData


class RemoteIndexUpdatedEvent(EventEnvelope):
    """Another device announced changes of its index."""

    type: Literal["RemoteIndexUpdated"]
    data: RemoteIndexUpdatedData


class ItemStartedEvent(EventEnvelope):
    """Syncing of an item started."""

    type: Literal["ItemStarted"]
    data: ItemStartedData


class ItemFinishedEvent(EventEnvelope):
    """Syncing of an item succeeded or failed."""

    type: Literal["ItemFinished"]
    data: ItemFinishedData


class StateChangedEvent(EventEnvelope):
    """The state of a folder changed."""

    type: Literal["StateChanged"]
    data: StateChangedData


class FolderRejectedEvent(EventEnvelope):
    """A device offers an unknown folder. Deprecated in favour of PendingFoldersChanged."""

    type: Literal["FolderRejected"]
    data: FolderRejectedData


class PendingFoldersChangedEvent(EventEnvelope):
    """The list of unknown folders that are offered changed."""

    type: Literal["PendingFoldersChanged"]
    data: PendingFoldersChangedData


class ConfigSavedEvent(EventEnvelope):
    """The configuration was saved. The data contains secrets, so don't log it."""

    type: Literal["ConfigSaved"]
    data: Configuration


class DownloadProgressEvent(EventEnvelope):
    """The progress of running downloads, by folder and file name. Empty when all have ended."""

    type: Literal["DownloadProgress"]
    data: dict[str, dict[str, PullerProgress]]


class RemoteDownloadProgressEvent(EventEnvelope):
    """Another device announced the progress of its downloads."""

    type: Literal["RemoteDownloadProgress"]
    data: RemoteDownloadProgressData


class FolderSummaryEvent(EventEnvelope):
    """The state or contents of a folder changed."""

    type: Literal["FolderSummary"]
    data: FolderSummaryData


class FolderCompletionEvent(EventEnvelope):
    """How complete a folder is on another device; < 1.27.4 only for connected devices."""

    type: Literal["FolderCompletion"]
    data: FolderCompletionData


class FolderErrorsEvent(EventEnvelope):
    """Items of a folder failed to sync. There is no event when the errors are gone."""

    type: Literal["FolderErrors"]
    data: FolderErrorsData


class FolderScanProgressEvent(EventEnvelope):
    """The progress of a scan in hashing changed files."""

    type: Literal["FolderScanProgress"]
    data: FolderScanProgressData


class FolderPausedEvent(EventEnvelope):
    """A folder was paused."""

    type: Literal["FolderPaused"]
    data: FolderPausedData


class FolderResumedEvent(EventEnvelope):
    """A folder was resumed."""

    type: Literal["FolderResumed"]
    data: FolderPausedData


class FolderWatchStateChangedEvent(EventEnvelope):
    """Watching a folder for changes failed, or works again."""

    type: Literal["FolderWatchStateChanged"]
    data: FolderWatchStateChangedData


class ListenAddressesChangedEvent(EventEnvelope):
    """The daemon's listen addresses changed."""

    type: Literal["ListenAddressesChanged"]
    data: ListenAddressesChangedData


class LoginAttemptEvent(EventEnvelope):
    """A login with a password succeeded or failed."""

    type: Literal["LoginAttempt"]
    data: LoginAttemptData


class FailureEvent(EventEnvelope):
    """Something went wrong inside the daemon."""

    type: Literal["Failure"]
    data: str | FailureData


class UpgradeRestartScheduledEvent(EventEnvelope):
    """The daemon upgraded itself and will restart; >= 2.0.15."""

    type: Literal["UpgradeRestartScheduled"]
    data: UpgradeRestartScheduledData


DiskEvent: TypeAlias = LocalChangeDetectedEvent | RemoteChangeDetectedEvent
"""Any event of ``rest/events/disk``."""

Event: TypeAlias = (
    StartingEvent
    | StartupCompleteEvent
    | DeviceDiscoveredEvent
    | DeviceConnectedEvent
    | DeviceDisconnectedEvent
    | DeviceRejectedEvent
    | PendingDevicesChangedEvent
    | DevicePausedEvent
    | DeviceResumedEvent
    | ClusterConfigReceivedEvent
    | LocalChangeDetectedEvent
    | RemoteChangeDetectedEvent
    | LocalIndexUpdatedEvent
    | RemoteIndexUpdatedEvent
    | ItemStartedEvent
    | ItemFinishedEvent
    | StateChangedEvent
    | FolderRejectedEvent
    | PendingFoldersChangedEvent
    | ConfigSavedEvent
    | DownloadProgressEvent
    | RemoteDownloadProgressEvent
    | FolderSummaryEvent
    | FolderCompletionEvent
    | FolderErrorsEvent
    | FolderScanProgressEvent
    | FolderPausedEvent
    | FolderResumedEvent
    | FolderWatchStateChangedEvent
    | ListenAddressesChangedEvent
    | LoginAttemptEvent
    | FailureEvent
    | UpgradeRestartScheduledEvent
)
"""Any event."""
