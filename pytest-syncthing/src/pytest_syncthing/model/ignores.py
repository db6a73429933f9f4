"""The ignore patterns of a folder, as its ``.stignore`` has them. Pure, apart from reading and writing that file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing.ignores import IgnorePatterns, Pattern, is_internal

from .items import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_syncthing.facts import Facts

    from .disk import Disk, Entry

FILE: Final = ".stignore"
"""The file that holds the patterns of a folder."""


class Ignores:
    """The patterns of a folder. Without any, nothing is ignored but what Syncthing keeps there for itself.

    Attributes:
        lines: The lines of the file; ``None`` without one.
        expanded: The patterns that they expand to, as the daemon prints them; ``None`` without a file.
        error: Why they can't be parsed; ``None`` if they can. Then there are no patterns.
    """

    def __init__(self, patterns: IgnorePatterns | None = None) -> None:
        self.error = None if patterns is None else patterns.error
        self._patterns = None if self.error else patterns
        self.lines: list[str] | None = None
        self.expanded: list[str] | None = None
        if patterns is not None:
            self.lines = [line.strip() for line in patterns.lines]
            self.expanded = [] if self.error else [str(pattern) for pattern in patterns.expanded]

    def __bool__(self) -> bool:
        """Whether there are lines apart from comments: ``ignorePatterns`` of ``rest/db/status``."""
        return any(line and not line.startswith("//") for line in self.lines or ())

    def matches(self, path: str) -> bool:
        """Return whether a file or directory is ignored."""
        found = self._find(path)
        return is_internal(path) or (found is not None and found.ignores)

    def deletable(self, path: str) -> bool:
        """Return whether an ignored file may be deleted together with its directory."""
        found = self._find(path)
        return not is_internal(path) and found is not None and found.ignores and found.deletable

    def kept(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries of a disk that a scan takes.

        These are the ones that aren't ignored, and the directories above them if a pattern makes the scan look there.

        Args:
            entries: What is on the disk, each directory before its content.
        """
        kept: list[Entry] = []
        above: dict[str, Entry] = {}
        skipped: set[str] = set()
        for entry in entries:
            parents = _parents(entry.name)
            if any(parent in skipped for parent in parents):
                continue
            if self.matches(entry.name):
                if entry.kind is not Kind.DIRECTORY or self._skips(entry.name):
                    skipped.add(entry.name)
                else:
                    above[entry.name] = entry
                continue
            kept += [above.pop(parent) for parent in parents if parent in above]
            kept.append(entry)
        return kept

    def _skips(self, path: str) -> bool:
        """Return whether a scan leaves out everything in an ignored directory."""
        found = self._find(path)
        return is_internal(path) or (found is not None and found.skips)

    def _find(self, path: str) -> Pattern | None:
        return None if self._patterns is None else self._patterns.find(path)


def load(disk: Disk, root: str, facts: Facts) -> Ignores:
    """Read the patterns of a folder. If that fails, `Ignores.error` says why."""

    def read(name: str) -> str:
        return disk.read(root, name).decode(errors="replace")

    try:
        text = read(FILE)
    except OSError:
        return Ignores()
    return Ignores(IgnorePatterns(text, version=facts.name, read_include=read))


def write(disk: Disk, root: str, lines: Sequence[str], now: int) -> None:
    """Write the patterns of a folder; without any, there is no file.

    Args:
        disk: Where the folder is.
        root: Its path.
        lines: The patterns.
        now: The time, in nanoseconds since 1970.
    """
    if not lines:
        disk.delete(root, FILE)
        return
    if not disk.is_dir(root):
        disk.make_root(root)
    disk.write(root, FILE, "".join(f"{line}\n" for line in lines).encode(), modified=now)


def _parents(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
