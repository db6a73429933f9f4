"""The smaller parts: ``rest/cluster``, ``folder``, ``stats``, ``svc``, ``noauth`` and ``debug``."""

from typing import NotRequired, TypeAlias, TypedDict, final

__all__ = [
    "DeviceIDAnswer",
    "DeviceStatistics",
    "FileError",
    "FileVersion",
    "FolderErrors",
    "FolderStatistics",
    "HTTPMetric",
    "Health",
    "InvalidDeviceID",
    "LastFile",
    "PasswordLogin",
    "PendingDevice",
    "PendingFolder",
    "PendingFolderOffer",
    "RandomString",
    "ValidDeviceID",
]


class PendingDevice(TypedDict):
    """An unknown device that tried to connect: ``rest/cluster/pending/devices``."""

    time: str
    name: str
    address: str


class PendingFolderOffer(TypedDict):
    """One device's offer of a folder."""

    time: str
    label: str
    receiveEncrypted: bool
    """Whether this device is to get encrypted data."""
    remoteEncrypted: bool
    """Whether the other device has encrypted data only."""


class PendingFolder(TypedDict):
    """An unknown folder that devices offer: ``rest/cluster/pending/folders``."""

    offeredBy: dict[str, PendingFolderOffer]
    """By device ID."""


class FileError(TypedDict):
    """An item that could not be synchronised."""

    path: str
    error: str


class FolderErrors(TypedDict):
    """``rest/folder/errors``."""

    folder: str
    errors: list[FileError] | None
    """``None`` if there are none, or not on this page."""
    page: int
    perpage: int


class FileVersion(TypedDict):
    """An old version of a file: ``rest/folder/versions``."""

    versionTime: str
    """Identifies it; to restore it, send this text as it is."""
    modTime: str
    size: int


class DeviceStatistics(TypedDict):
    """``rest/stats/device``."""

    lastSeen: str
    """1970 for never."""
    lastConnectionDurationS: float
    """Seconds."""


class LastFile(TypedDict):
    """The file that was synchronised last; year 1 and no name if none was."""

    at: str
    filename: str
    deleted: bool


class FolderStatistics(TypedDict):
    """``rest/stats/folder``."""

    lastScan: str
    """Year 1 for never."""
    lastFile: LastFile


@final
class ValidDeviceID(TypedDict):
    """Answer to a device ID that is right."""

    id: str
    """Its canonical form; empty for an empty one, which counts as right."""


@final
class InvalidDeviceID(TypedDict):
    """Answer to a device ID that is wrong."""

    error: str


DeviceIDAnswer: TypeAlias = ValidDeviceID | InvalidDeviceID
"""``rest/svc/deviceid``; ``if "id" in answer`` tells which one it is."""


class RandomString(TypedDict):
    """``rest/svc/random/string``."""

    random: str


class Health(TypedDict):
    """``rest/noauth/health``; >= 1.22.1."""

    status: str
    """Always ``OK``."""


class PasswordLogin(TypedDict):
    """The body of a login: ``rest/noauth/auth/password``; >= 1.26.0."""

    username: str
    password: str
    stayLoggedIn: NotRequired[bool]


class HTTPMetric(TypedDict):
    """How often an endpoint was called, and how long that took: ``rest/debug/httpmetrics``; < 2.0.0."""

    count: int
    sumMs: int
    ratesPerS: list[float]
    """Average of 1, 5 and 15 minutes."""
    percentilesMs: list[float]
    """50, 95 and 99 percent."""
