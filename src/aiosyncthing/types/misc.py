"""The smaller namespaces: ``rest/cluster``, ``folder``, ``stats``, ``svc``, ``noauth`` and ``debug``."""

from typing import NotRequired, TypeAlias, TypedDict, final

from .enumerations import RestoreOutcome

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
    "RestoreReport",
    "RestoredFile",
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
    """An old version of a file: ``rest/folder/versions``. Both times are whole seconds; fractions are cut off."""

    versionTime: str
    """When the version was archived, because a change from another device replaced or deleted the file.

    Identifies the version; send it unchanged to restore the version. The daemon keeps this time in local time without
    a zone, so it is wrong for versions archived in another time zone, or in the hour that is repeated when summer time
    ends. In the trash can, a file that was replaced by restoring a version has its own modification time here.
    """
    modTime: str
    """When the file was last modified before that. In the trash can it is ``versionTime``, since it keeps no other."""
    size: int


class RestoredFile(TypedDict):
    """What happened to a file: part of a `RestoreReport`."""

    path: str
    """Path within the folder."""
    outcome: RestoreOutcome
    """Whether the file was restored, or with ``dry_run`` would be; or why not.

    ``unchanged``: it was left alone, since it is as it was, as far as is known; ``unknown``: what it was like can't be
    known, so it was left alone, too; ``failed``: the daemon could not restore it.
    """
    reason: str
    """Why; the daemon's own words if it failed, empty if it was restored."""
    version: FileVersion | None
    """The version that was to be restored; for ``unknown`` the one archived first afterwards, if there is any."""


class RestoreReport(TypedDict):
    """What `Folder.restore_at` did, or with ``dry_run`` would do."""

    folder: str
    """ID of the folder."""
    at: str
    """The time to go back to, in UTC."""
    under: str
    """The directory or file; empty for the whole folder."""
    dryRun: bool
    """Whether nothing was changed."""
    files: list[RestoredFile]
    """All files that exist or of which there are versions, by path."""


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
