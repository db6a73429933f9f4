"""Findings about a folder. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing.exceptions import CannotSyncError, FolderNotRunningError
from aiosyncthing.waiting.progress import FailedItem, enumerated, items_and_bytes
from aiosyncthing.waiting.sync import check_folder, local_amount

from .finding import Finding, Severity, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiosyncthing import types as t

    from .answers import FolderAnswers

_NAMED: Final = 3  # the most items that a sentence names
_LISTED: Final = 10  # the most items of a finding
_UNAVAILABLE: Final = "no connected device has the required version of this file"
"""The end of the daemon's error for an item that it can't get (lib/model/folder_sendrecv.go)."""


def folder_findings(answers: FolderAnswers, connected: frozenset[str]) -> Iterator[Finding]:
    """Return the findings about a folder.

    Args:
        answers: The daemon's answers about it.
        connected: IDs of the devices that are connected.
    """
    yield from _settings(answers.config)
    yield from _state(answers, connected)
    if count := len(answers.conflicts):
        yield Finding(
            "conflict_copies",
            Severity.WARNING,
            answers.config["id"],
            text=f"Folder {label_of(answers.config)} has {count} conflict cop{'y' if count == 1 else 'ies'}, such as "
            f"{enumerated(answers.conflicts[:_NAMED])}.",
            remedy="Compare each copy with its original, keep what you need, and delete the copy.",
            count=count,
        )


def label_of(folder: t.FolderConfiguration) -> str:
    """Return a folder's label, or its ID if it has none."""
    return folder["label"] or folder["id"]


def _settings(folder: t.FolderConfiguration) -> Iterator[Finding]:
    """Return the settings of a folder that put data at risk according to Syncthing's documentation.

    A send-only folder writes nothing, so they don't matter there. See
    https://docs.syncthing.net/advanced/folder-ignoredelete.html,
    https://docs.syncthing.net/advanced/folder-disable-fsync.html and
    https://docs.syncthing.net/users/config.html (``maxConflicts``, ``minDiskFree``).
    """
    name, label = folder["id"], label_of(folder)
    if _sends_only(folder):
        return
    if folder["ignoreDelete"]:
        yield Finding(
            "deletions_ignored",
            Severity.WARNING,
            name,
            text=f"Folder {label} ignores deletions on other devices, so the devices are never in sync.",
            remedy="Switch off ignoreDelete in the folder's advanced settings.",
        )
    if folder["maxConflicts"] == 0:
        yield Finding(
            "conflicts_discarded",
            Severity.WARNING,
            name,
            text=f"Folder {label} keeps no conflict copies, so one of two conflicting changes is lost.",
            remedy="Set maxConflicts in the folder's advanced settings to 10, the default.",
        )
    if folder["disableFsync"]:
        yield Finding(
            "fsync_disabled",
            Severity.WARNING,
            name,
            text=f"Folder {label} doesn't flush files to disk, so a power failure may damage them.",
            remedy="Switch off disableFsync in the folder's advanced settings.",
        )
    if folder["minDiskFree"]["value"] <= 0:
        yield Finding(
            "free_space_unchecked",
            Severity.INFO,
            name,
            text=f"Folder {label} may fill its disk, because no minimum of free space is set.",
            remedy="Set the folder's minimum free disk space to 1 %, the default.",
        )


def _state(answers: FolderAnswers, connected: frozenset[str]) -> Iterator[Finding]:
    folder, summary = answers.config, answers.summary
    name, label = folder["id"], label_of(folder)
    try:
        check_folder(folder, summary)
    except FolderNotRunningError:
        yield Finding(
            "folder_paused",
            Severity.INFO,
            name,
            text=f"Folder {label} is paused.",
            remedy="Resume it if it should be synchronised.",
        )
        return
    except CannotSyncError as error:
        yield Finding(
            "folder_error",
            Severity.CRITICAL,
            name,
            text=sentence(f"Folder {label} has stopped: {error.reason}"),
            remedy="Check that the disk is mounted and the folder's path is right, then rescan the folder.",
        )
        return
    if summary is None:
        return
    failed = answers.failed if summary["errors"] else []
    items = [FailedItem(each["path"], each["error"].strip()) for each in failed]  # 1.19 ends some with a newline
    unavailable = [item for item in items if item.error.endswith(_UNAVAILABLE)]
    others = [item for item in items if item not in unavailable]
    count = max(summary["errors"] - len(unavailable), len(others))
    if count and (others or not unavailable):  # if all known ones are unavailable, so are those beyond the page
        named = f", such as {enumerated(others[:_NAMED])}" if others else ""
        yield Finding(
            "failed_items",
            Severity.WARNING,
            name,
            text=sentence(f"Folder {label} has {count} failed item{'' if count == 1 else 's'}{named}"),
            remedy="Fix the causes, such as missing permissions, then rescan the folder.",
            count=count,
            items=tuple(others[:_LISTED]),
        )
    if reason := summary.get("watchError"):
        yield Finding(
            "watch_error",
            Severity.WARNING,
            name,
            text=sentence(f"Folder {label} isn't watched for changes: {reason}"),
            remedy="Raise the system's limit for watched files if that is the cause; until then, only periodic scans "
            "find changes.",
        )
    yield from _differences(answers, summary, connected, unavailable)


def _differences(
    answers: FolderAnswers, summary: t.FolderSummary, connected: frozenset[str], unavailable: Sequence[FailedItem]
) -> Iterator[Finding]:
    """Return how the folder differs from the rest of the cluster, where that won't resolve by itself.

    Args:
        answers: The daemon's answers about it.
        summary: Its status.
        connected: IDs of the devices that are connected.
        unavailable: Items that the daemon could not get from any device.
    """
    folder, amount = answers.config, local_amount(answers.config, summary)
    name, label = folder["id"], label_of(folder)
    if amount.needed_items and _sends_only(folder):
        yield Finding(
            "remote_changes",
            Severity.INFO,
            name,
            text=f"Folder {label} is send-only, but other devices have changed {_items(amount.needed_items)}.",
            remedy="Override the changes, or make the folder send and receive.",
            count=amount.needed_items,
        )
    elif amount.needed_items and (reason := _no_source(answers, connected, unavailable)):
        missing = items_and_bytes(amount.needed_items, amount.needed_bytes)
        yield Finding(
            "no_source",
            Severity.WARNING,
            name,
            text=f"Folder {label} lacks {missing}, and {reason}.",
            remedy="Connect a device that has the missing items.",
            count=amount.needed_items,
            items=tuple(unavailable[:_LISTED]),
        )
    changed = summary.get("receiveOnlyTotalItems", 0)
    if changed and folder["type"] in {"receiveonly", "receiveencrypted"}:
        yield Finding(
            "local_changes",
            Severity.INFO,
            name,
            text=f"Folder {label} is receive-only, but {_items(changed)} changed on this device.",
            remedy="Revert the changes, or make the folder send and receive.",
            count=changed,
        )


def _no_source(answers: FolderAnswers, connected: frozenset[str], unavailable: Sequence[FailedItem]) -> str:
    """Return why no connected device has the rest of a folder; empty if one may have it."""
    if not answers.sharers:
        return "is shared with no other device"
    if not any(device["deviceID"] in connected for device in answers.sharers):
        return "no device that shares it is connected"
    if unavailable:
        return f"no connected device has {enumerated((item.path for item in unavailable), _NAMED)}"
    return ""


def _sends_only(folder: t.FolderConfiguration) -> bool:
    return folder["type"] == "sendonly"


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"
