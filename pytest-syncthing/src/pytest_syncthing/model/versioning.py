"""Old versions of files (lib/versioner)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.clock import format_time

from .items import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .disk import Disk, Entry

_SECOND: Final = 1_000_000_000
_DAY: Final = 86400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIRECTORY: Final = ".stversions"
_TAG: Final = re.compile(r".*~([^~.]+)(?:\.[^.]+)?", re.DOTALL)
_FORMAT: Final = "%Y%m%d-%H%M%S"
# Staggered: the seconds between two versions that are kept, up to an age in seconds.
_INTERVALS: Final = ((3600, 30), (_DAY, 3600), (30 * _DAY, _DAY), (None, 7 * _DAY))
_TAGGED: Final = frozenset({"simple", "staggered"})


class VersioningError(Exception):
    """Old versions can't be listed or restored; the message is the daemon's."""


@dataclass(frozen=True, slots=True)
class Versioner:
    """Keeps old versions of the files of one folder.

    Attributes:
        disk: Where the folder is.
        root: Its path.
        kind: ``simple``, ``trashcan``, ``staggered``, ``external``, or empty for none.
        params: Its parameters in the configuration.
        misreports: Whether a deleted file that comes back from the trash can is reported as failed.
    """

    disk: Disk
    root: str
    kind: str
    params: Mapping[str, str]
    misreports: bool = False

    def archive(self, name: str, now: int) -> None:
        """Remove a file from the folder, and keep it as an old version if there is versioning.

        Args:
            name: Its name.
            now: The time, in nanoseconds since 1970.
        """
        if self.kind in _TAGGED:
            self.disk.rename(self.root, name, f"{_DIRECTORY}/{_tagged(name, now)}")
            self._thin_out(name, now)
        elif self.kind == "trashcan":
            self.disk.rename(self.root, name, f"{_DIRECTORY}/{name}")
            self.disk.set_modified(self.root, f"{_DIRECTORY}/{name}", now)  # there is no other place for the time
        else:
            self.disk.delete(self.root, name)

    def versions(self) -> dict[str, list[dict[str, Any]]]:
        """Return the old versions, as in ``rest/folder/versions``.

        Raises:
            VersioningError: There is no versioning, or it is external.
        """
        if self.kind == "external":
            text = "external versioner: get versions: version restoration not supported with the current versioner"
            raise VersioningError(text)
        self._check()
        found: dict[str, list[dict[str, Any]]] = {}
        for path, entry_size, modified in self._files():
            name, moment = _untagged(path)
            found.setdefault(name, []).append(
                {
                    "versionTime": format_time(modified if moment is None else moment, whole=True),
                    "modTime": format_time(modified, whole=True),
                    "size": entry_size,
                }
            )
        return dict(sorted(found.items()))

    def restore(self, name: str, moment: int, now: int) -> str:
        """Restore an old version. The present file becomes an old version first, even one of the same name.

        Args:
            name: Name of the file.
            moment: The time of the version, in nanoseconds since 1970.
            now: The time.

        Returns:
            What has failed; empty if nothing has.
        """
        where = f"{self.kind} versioner: restore"
        there = self.disk.entry(self.root, name)
        if there is not None and there.kind is Kind.DIRECTORY:
            return f"{where}: cannot restore on top of a directory"
        if self.kind == "trashcan":
            failure = self._restore_trash(name, there)
            return failure and f"{where}: {failure}"
        if there is not None and there.kind is Kind.SYMLINK:
            self.disk.delete(self.root, name)
        elif there is not None:
            self.disk.rename(self.root, name, f"{_DIRECTORY}/{_tagged(name, now)}")
        candidates = [f"{_DIRECTORY}/{each}" for each in (_tagged(name, moment), name)]
        source = next((each for each in candidates if self.disk.entry(self.root, each)), None)
        if source is None:
            return f"{where}: version not found"
        self.disk.rename(self.root, source, name)
        return ""

    def _restore_trash(self, name: str, there: Entry | None) -> str:
        """Restore a file from the trash can. The present file has to take its place there, so they are exchanged."""
        kept = f"{_DIRECTORY}/{name}"
        above, slash, base = kept.rpartition("/")
        temporary = f"{above}{slash}.syncthing.{base}.tmp"
        nothing = f"rename {self.root}/{temporary} {self.root}/{kept}: no such file or directory"
        if there is not None and there.kind is Kind.SYMLINK:
            self.disk.delete(self.root, name)
        elif there is not None:
            if "/" in name:
                return nothing  # looked for in a subdirectory of the subdirectory
            self.disk.rename(self.root, name, temporary)
        found = self.disk.entry(self.root, kept) is not None
        if found:
            self.disk.rename(self.root, kept, name)
        if there is not None and there.kind is not Kind.SYMLINK:
            self.disk.rename(self.root, temporary, kept)
            return ""
        if self.misreports:
            return nothing
        return "" if found else f"lstat {self.root}/{name}: no such file or directory"

    def check_restoring(self) -> None:
        """Check that old versions can be restored.

        Raises:
            VersioningError: There is no versioning, or it is external.
        """
        if self.kind == "external":
            text = "external versioner: restore: version restoration not supported with the current versioner"
            raise VersioningError(text)
        self._check()

    def _check(self) -> None:
        if not self.kind:
            raise VersioningError("folder has no versioner")

    def _files(self) -> list[tuple[str, int, int]]:
        prefix = f"{_DIRECTORY}/"
        return [
            (entry.name.removeprefix(prefix), entry.size, entry.modified)
            for entry in self.disk.files(self.root, _DIRECTORY)
        ]

    def _thin_out(self, name: str, now: int) -> None:
        """Delete surplus versions of a file."""
        kept = sorted(
            (moment, path)
            for path, _, _ in self._files()
            for other, moment in [_untagged(path)]
            if other == name and moment is not None
        )
        if self.kind == "simple":
            limit = int(self.params.get("keep", "") or 5)
            gone = [path for _, path in kept[: max(0, len(kept) - limit)]]
        else:
            gone = self._too_close(kept, now)
        for path in gone:
            self.disk.delete(self.root, f"{_DIRECTORY}/{path}")

    def _too_close(self, kept: list[tuple[int, str]], now: int) -> list[str]:
        longest = int(self.params.get("maxAge", "") or 365 * _DAY)
        gone: list[str] = []
        before: int | None = None
        for moment, path in kept:  # the oldest first
            age = (now - moment) // _SECOND
            interval = next(step for limit, step in _INTERVALS if limit is None or age <= limit)
            if (longest and age > longest) or (before is not None and (moment - before) // _SECOND < interval):
                gone.append(path)
            else:
                before = moment
        return gone


def _tagged(name: str, moment: int) -> str:
    directory, _, file = name.rpartition("/")
    stem, dot, extension = file.rpartition(".")
    if not dot:
        stem, extension = file, ""
    tag = (_EPOCH + timedelta(seconds=moment // _SECOND)).strftime(_FORMAT)
    tagged = f"{stem}~{tag}{dot}{extension}"
    return f"{directory}/{tagged}" if directory else tagged


def _untagged(path: str) -> tuple[str, int | None]:
    """Return the name of a file, and when it became an old version, if its path says so."""
    directory, _, file = path.rpartition("/")
    found = _TAG.fullmatch(file)
    if found is None:
        return path, None
    try:
        moment = datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return path, None
    name = file[: found.start(1) - 1] + file[found.end(1) :]
    return f"{directory}/{name}" if directory else name, (moment - _EPOCH) // timedelta(seconds=1) * _SECOND
