"""``changes`` and ``scan``: changes that a folder's type doesn't allow, and scanning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import click

from aiosyncthing.cli import prompts
from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.contents import items
from aiosyncthing.cli.errors import (
    CommandError,
    Exit,
    UnknownNameError,
    UsageError,
    command,
    hint_of,
    is_expected,
    kind_of,
    message_of,
    status_of,
)
from aiosyncthing.cli.names import check_chosen
from aiosyncthing.cli.parameters import FOLDER
from aiosyncthing.cli.values import count_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.changed import Changed
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import LocalChange
    from aiosyncthing.cli.session import Session

_UNDO: Final[Mapping[str, Literal["revert", "override"]]] = {
    "receiveonly": "revert",
    "receiveencrypted": "revert",
    "sendonly": "override",
}
_DONE: Final = {"revert": "reverted", "override": "overridden"}
_COLUMNS: Final = items.item_columns(("changed", "deleted"))


@click.command("changes", cls=Command)
@click.argument("folder", type=FOLDER)
@click.option("--revert", is_flag=True, help="Undo the local changes of a receive-only folder.")
@click.option("--override", is_flag=True, help="Undo changes on other devices in a send-only folder.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@table_options
@click.pass_obj
def changes(run: Run, folder: str, *, revert: bool, override: bool, yes: bool) -> int:
    """List changes that a folder's type doesn't allow, or undo them.

    In a receive-only folder, these are local changes; in a send-only folder, changes on other devices. The daemon
    undoes them in the background; `aiosyncthing wait` waits until that is done.
    """
    if revert and override:
        raise UsageError("--revert is for receive-only folders, and --override for send-only ones: choose one")
    if revert or override:
        return _undo(run, folder, "revert" if revert else "override", yes=yes)

    async def ask(session: Session) -> AsyncGenerator[LocalChange]:
        from contextlib import aclosing  # noqa: PLC0415 - loads asyncio

        there = await session.folder(folder)
        undo, database = _undo_of(there), session.client.database
        listed = database.iter_local_changed(there["id"]) if undo == "revert" else database.iter_need(there["id"])
        async with aclosing(listed) as found:
            async for info in found:
                row = items.item(session.name, there["id"], info)
                yield {"type": "change", "schema": "aiosyncthing/local-change/1", **row, "undo": undo}

    return run.stream(ask, _COLUMNS, empty="no changes")


def _undo_of(folder: t.FolderConfiguration) -> Literal["revert", "override"]:
    """Return how the changes of a folder are undone.

    Raises:
        CommandError: It is a send-receive folder, which has no such changes.
    """
    if undo := _UNDO.get(folder["type"]):
        return undo
    raise CommandError(
        f"the folder {folder['id']} is send-receive: it has no changes to revert or override",
        Exit.IMPOSSIBLE,
        hint=f"{command('need', folder['id'])} lists what is missing here",
    )


def _undo(run: Run, name: str, wanted: Literal["revert", "override"], *, yes: bool) -> int:
    async def work(session: Session, changed: Changed) -> None:
        folder, database = await session.folder(name), session.client.database
        if (undo := _undo_of(folder)) != wanted:
            raise CommandError(
                f"the type of the folder {folder['id']} is {folder['type']}", Exit.IMPOSSIBLE, hint=f"use --{undo}"
            )
        summary = await database.status(folder["id"])
        # The daemon does nothing in a paused folder, whose figures are 0; `revert` and `override` refuse it.
        count = summary.get("receiveOnlyTotalItems", 0) if undo == "revert" else summary["needTotalItems"]
        if not count and not folder["paused"]:
            return
        what = f"{count_text(count)} change{'' if count == 1 else 's'}"
        where = folder["label"] or folder["id"]
        if undo == "revert":
            question = f"Undo {what} made here in {where}, and delete files that were added?"
        else:
            question = f"Undo {what} made elsewhere in {where}, on all devices?"
        prompts.confirm(run.out, question, yes=yes or folder["paused"])
        await (database.revert if undo == "revert" else database.override)(folder["id"])
        changed.add({"kind": "folder", "id": folder["id"], "name": folder["label"], "action": _DONE[undo]})

    return run.change(work)


@click.command("scan", cls=Command)
@click.argument("place", nargs=-1, metavar="FOLDER[:SUB]...", type=FOLDER)
@click.option("--all", "everything", is_flag=True, help="All folders that are not paused.")
@click.option("--wait", is_flag=True, help="Wait until the scan is done; --timeout limits that.")
@click.pass_obj
def scan(run: Run, place: tuple[str, ...], *, everything: bool, wait: bool) -> int:
    """Scan folders, or parts of them, for changes.

    SUB is a path in the folder; one that doesn't exist is skipped, which is an error with --wait. On the daemon's
    own computer, a local path means the folder that contains it. Interrupting this command doesn't stop the scan.
    """
    check_chosen(place, "folders", everything=everything)

    async def work(session: Session, changed: Changed) -> None:
        from aiosyncthing._loops import together  # noqa: PLC0415 - loads asyncio

        wanted: dict[str, tuple[t.FolderConfiguration, list[str]]] = {}
        if everything:
            wanted = {each["id"]: (each, [""]) for each in await session.folders() if not each["paused"]}
        for text in place:
            there = await session.place(text)
            _, paths = wanted.setdefault(there.folder["id"], (there.folder, []))
            paths.append(there.path)
        await together(*(_scan(session, changed, folder, paths, wait=wait) for folder, paths in wanted.values()))

    return run.change(work)


async def _is_known(session: Session, folder: t.FolderConfiguration, path: str) -> bool:
    """Return whether this device has or had a file at a path, as far as the daemon knows after a scan."""
    from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, UnknownFolderError  # noqa: PLC0415 - loads aiohttp

    try:
        return bool((await session.client.database.file(folder["id"], path))["local"]["name"])
    except (UnknownFolderError, FolderNotRunningError):
        return True
    except NotFoundError:
        return False


async def _scan(
    session: Session, changed: Changed, folder: t.FolderConfiguration, paths: Sequence[str], *, wait: bool
) -> None:
    """Scan these paths in a folder, or the whole folder if one of them is empty."""
    subs = None if "" in paths else list(dict.fromkeys(paths))
    try:
        await session.client.database.scan(folder["id"], sub=subs, wait=wait)
    except Exception as error:
        if not is_expected(error):
            raise
        text = f"{folder['label'] or folder['id']}: {message_of(error)}"
        changed.fail(CommandError(text, status_of(error), hint=hint_of(error), kind=kind_of(error)))
        return
    action = "scanned" if wait else "scanning"
    if subs is None:
        changed.add({"kind": "folder", "id": folder["id"], "name": folder["label"], "action": action})
    for path in subs or ():
        if wait and not await _is_known(session, folder, path):
            text = f"{folder['label'] or folder['id']}: there is no {path!r}, or it is ignored: it was skipped"
            changed.fail(UnknownNameError(text, kind="NotFoundError"))
            continue
        changed.add({"kind": "file", "id": f"{folder['id']}:{path}", "name": path, "action": action})
