"""Which ignore pattern decides about a path, and what was changed in the patterns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aiosyncthing.ignores import is_internal

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.cli.schemas import ChangeRow, Decisive, IgnoreTest
    from aiosyncthing.ignores import IgnorePatterns, Pattern


def decide(daemon: str, folder_id: str, path: str, patterns: IgnorePatterns, lines: Sequence[str]) -> IgnoreTest:
    """Return what decides whether a path is ignored; its parent directories are checked first.

    Args:
        daemon: The name of the daemon.
        folder_id: ID of the folder.
        path: The path in the folder, with slashes.
        patterns: Its patterns, with those of included files.
        lines: The lines of its own file.

    Raises:
        BadRequestError: The daemon can't use the patterns, or a file that they include is not known.
    """
    row: IgnoreTest = {
        "daemon": daemon,
        "folder": folder_id,
        "path": path,
        "ignored": patterns.match(path),
        "reason": "none",
        "directory": None,
        "line": None,
        "number": None,
        "pattern": None,
    }
    for parent in [str(each) for each in reversed(PurePosixPath(path).parents)][1:]:
        if is_internal(parent):
            return {**row, "reason": "internal", "directory": parent}
        if (found := patterns.find(parent)) and found.skips:
            return {**row, "reason": "directory", "directory": parent, **_line(found, lines)}
    if is_internal(path):
        return {**row, "reason": "internal"}
    found = patterns.find(path)
    return row if found is None else {**row, "reason": "pattern", **_line(found, lines)}


def _line(found: Pattern, lines: Sequence[str]) -> Decisive:
    numbers = (number for number, line in enumerate(lines, 1) if line.strip() == found.line)
    return {"line": found.line, "number": next(numbers, None), "pattern": str(found)}


def sentence(row: IgnoreTest) -> str:
    """Return the decision as a sentence."""
    if row["reason"] == "none":
        return f"{row['path']}: not ignored, no pattern matches"
    if row["reason"] == "internal":
        what = f"{row['directory']} is" if row["directory"] else "it is"
        return f"{row['path']}: ignored, {what} Syncthing's own"
    by = f"line {row['number']}: {row['line']}" if row["number"] else f"the pattern {row['pattern']}"
    if row["directory"]:
        return f"{row['path']}: ignored, since {row['directory']}/ is, by {by}"
    return f"{row['path']}: {'ignored' if row['ignored'] else 'not ignored'}, by {by}"


def differences(folder: t.FolderConfiguration, before: Sequence[str], after: Sequence[str]) -> list[ChangeRow]:
    """Return the changes: lines that were removed or added, or otherwise a changed order."""
    words = (("removed", before, after), ("added", after, before))
    rows: list[ChangeRow] = [
        {"kind": "pattern", "id": folder["id"], "name": line, "action": action}
        for action, lines, others in words
        for line in dict.fromkeys(lines)
        if line not in others
    ]
    if rows or before == after:
        return rows
    return [{"kind": "folder", "id": folder["id"], "name": folder["label"], "action": "ignore patterns rearranged"}]
