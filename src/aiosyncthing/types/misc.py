"""The smaller namespaces: ``rest/cluster``, ``folder``, ``stats``, ``svc``, ``noauth`` and ``debug``."""

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
    """Whether this device would receive encrypted data."""
    remoteEncrypted: bool
    """Whether the other device has only encrypted data."""


class PendingFolder(TypedDict):
    """An unknown folder that devices offer: ``rest/cluster/pending/folders``."""

    offeredBy: dict[str, PendingFolderOffer]
    """By device ID."""


class FileError(TypedDict):
    """An item that failed to sync."""

    path: str
    error: str


class FolderErrors(TypedDict):
    """``rest/folder/errors``."""

    folder: str
    errors: list[FileError] | None
    """``None`` if there are none, or none on this page."""
    page: int
    perpage: int


class FileVersion(TypedDict):
    """An old version of a file: ``rest/folder/versions``."""

    versionTime: str
    """Identifies the version; send it unchanged to restore the version."""
    modTime: str
    size: int


class DeviceStatistics(TypedDict):
    """``rest/stats/device``."""

    lastSeen: str
    """In 1970 if never."""
    lastConnectionDurationS: float
    """Seconds."""


class LastFile(TypedDict):
    """The file that was synced last; year 1 and an empty name if there is none."""

    at: str
    filename: str
    deleted: bool


class FolderStatistics(TypedDict):
    """``rest/stats/folder``."""

    lastScan: str
    """Year 1 if never."""
    lastFile: LastFile


@final
class ValidDeviceID(TypedDict):
    """The answer to a valid device ID."""

    id: str
    """Its canonical form; empty for an empty ID, which counts as valid."""


@final
class InvalidDeviceID(TypedDict):
    """The answer to an invalid device ID."""

    error: str


DeviceIDAnswer: TypeAlias = ValidDeviceID | InvalidDeviceID
"""``rest/svc/deviceid``; use ``if "id" in answer`` to distinguish them."""


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
    """How often an endpoint was called, and how long it took: ``rest/debug/httpmetrics``; < 2.0.0."""

    count: int
    sumMs: int
    ratesPerS: list[float]
    """Averages over 1, 5 and 15 minutes."""
    percentilesMs: list[float]
    """The 50th, 95th and 99th percentile."""
