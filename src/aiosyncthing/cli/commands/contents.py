"""``need``, ``ls``, ``conflicts`` and ``errors``: what folders contain and lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import click

from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.contents import items
from aiosyncthing.cli.contents.places import check_named, check_versioned, known_file, no_such_file
from aiosyncthing.cli.errors import Exit
from aiosyncthing.cli.output.tables import Column, Size, Styled
from aiosyncthing.cli.parameters import DEVICE, FOLDER
from aiosyncthing.exceptions import FolderNotRunningError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.names import Place
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import Conflict, Entry, ErrorRow, Item, NeededItem
    from aiosyncthing.cli.session import Session

NEEDED: Final[Sequence[Column[Item]]] = items.item_columns(("get", "delete"))

CONFLICTS: Final[Sequence[Column[Conflict]]] = (
    Column("FOLDER", lambda row: row["folder"], streamed=12),
    Column("TIME", lambda row: row["time"].replace("T", " "), rank=3, streamed=19),
    Column("CHANGED BY", lambda row: row["deviceName"] or row["device"], rank=4, streamed=12),
    Column("SIZE", lambda row: Size(row["size"]), right=True, rank=2, streamed=10),
    Column("ORIGINAL", lambda row: row["original"], long=True, rank=4, streamed=30),
    Column("PATH", lambda row: row["path"], least=16),
)

ERRORS: Final[Sequence[Column[ErrorRow]]] = (
    Column("FOLDER", lambda row: row["label"] or row["folder"], least=8),
    Column("PATH", lambda row: row["path"], least=12, rank=1),
    Column("ERROR", lambda row: Styled(row["error"], "bad"), least=20),
)


@click.command("need", cls=Command)
@click.argument("folder", type=FOLDER)
@click.option("--device", type=DEVICE, help="Show what this device still needs, as far as is known here.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N items.")
@table_options
@click.pass_obj
def need(run: Run, folder: str, device: str | None, limit: int | None) -> int:
    """List what a folder still needs, here or on another device.

    Items that are being fetched come first, then the queue.
    """

    async def ask(session: Session) -> AsyncGenerator[NeededItem]:
        from contextlib import aclosing  # noqa: PLC0415 - loads asyncio

        database = session.client.database
        folder_id = (await session.folder(folder))["id"]
        perpage: dict[str, int] = {} if limit is None else {"perpage": min(limit, 5000)}
        there = None if device is None else (await session.device(device))["deviceID"]
        if there is None or there == await session.own_id():
            needed = database.iter_need(folder_id, **perpage)
        else:
            needed = database.iter_remote_need(folder_id, there, **perpage)
        count = 0
        async with aclosing(needed) as found:
            async for info in found:
                row = items.item(session.name, folder_id, info)
                yield {"type": "need", "schema": "aiosyncthing/need/1", **row}
                count += 1
                if count == limit:
                    return

    return run.stream(ask, NEEDED, empty="nothing is needed")


@click.command("ls", cls=Command)
@click.argument("place", metavar="FOLDER[:DIR]", type=FOLDER)
@click.option("-R", "--recursive", is_flag=True, help="List all directories below it, too.")
@click.option("--versions", is_flag=True, help="Count old versions, and list deleted files that have some.")
@table_options
@click.pass_obj
def ls(run: Run, place: str, *, recursive: bool, versions: bool) -> int:
    """List the files of a folder, including those not here yet.

    This is the global tree: the newest state that any device has announced. FOLDER:DIR is a directory or file in the
    folder; on the daemon's own computer, local paths work, too.
    """
    base = ""

    async def ask(session: Session) -> AsyncGenerator[Entry]:
        from contextlib import aclosing  # noqa: PLC0415 - loads asyncio

        nonlocal base
        there = await session.place(place)
        base = f"{there.path}/" if there.path else ""
        check_named(there.folder)
        if versions:
            check_versioned(there.folder)
        kept = await session.client.folder.versions(there.folder["id"]) if versions else {}
        left = {path: each for path, each in kept.items() if path == there.path or path.startswith(base)}
        async with aclosing(_tree(session, there, recursive=recursive, optional=bool(left))) as tree:
            async for path, entry in tree:
                left.pop(path, None)
                row = _entry(session.name, there.folder["id"], path, entry)
                if versions and row["kind"] == "file":
                    row["versions"] = len(kept.get(path, ()))
                yield row
        for path, each in sorted(left.items()):
            if recursive or path == there.path or "/" not in path.removeprefix(base):
                yield _gone(session.name, there.folder["id"], path, each)

    def name(row: Entry) -> str:
        return row["path"].removeprefix(base) + ("/" if row["kind"] == "directory" else "")

    columns: list[Column[Entry]] = [
        Column(
            "SIZE", lambda row: Size(row["size"] if row["kind"] == "file" else None), right=True, rank=2, streamed=10
        ),
        Column("MODIFIED", lambda row: items.when(row["modified"]), rank=3, streamed=20),
        Column("KIND", lambda row: "deleted" if row["deleted"] else row["kind"], long=not versions, rank=4, streamed=9),
    ]
    if versions:
        columns.append(Column("VERSIONS", lambda row: row["versions"], right=True, rank=5))
    return run.stream(ask, [*columns, Column("NAME", name, least=16)], empty="no files")


@click.command("conflicts", cls=Command)
@click.argument("folder", nargs=-1, type=FOLDER)
@click.option("--exit-code", is_flag=True, help="Exit with status 8 if there are any.")
@table_options
@click.pass_obj
def conflicts(run: Run, folder: tuple[str, ...], *, exit_code: bool) -> int:
    """List conflict copies: files changed on two devices at once.

    They are found by their names, in the given FOLDERs or in all that are not paused. TIME is by the clock of the
    device that made the copy, and in its time zone. CHANGED BY is the device whose change won; the copy holds the
    version that lost.
    """
    count = 0

    async def ask(session: Session) -> AsyncGenerator[Conflict]:
        from contextlib import aclosing  # noqa: PLC0415 - loads asyncio

        nonlocal count
        names = {each["deviceID"]: each["name"] for each in await session.devices()}
        chosen = [each["id"] for each in await session.chosen_folders(folder)] if folder else [None]
        for folder_id in chosen:
            async with aclosing(session.client.database.conflicts(folder_id)) as copies:
                async for copy in copies:
                    count += 1
                    yield _conflict(session.name, copy, names)

    status = run.stream(ask, CONFLICTS, empty="no conflict copies")
    return Exit.FOUND if exit_code and count and status == Exit.DONE else status


@click.command("errors", cls=Command)
@click.argument("folder", nargs=-1, type=FOLDER)
@click.option("--exit-code", is_flag=True, help="Exit with status 8 if there are any.")
@table_options
@click.pass_obj
def errors(run: Run, folder: tuple[str, ...], *, exit_code: bool) -> int:
    """List folder errors: failed items, missing disks, and more.

    Errors of a folder as a whole have no PATH: a missing disk, or a file watcher that can't run, so that only scans
    find changes.
    """
    count = 0

    async def ask(session: Session) -> dict[str, list[ErrorRow]]:
        from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

        chosen = await session.chosen_folders(folder) if folder else None
        view = await overview.look(session, chosen, elsewhere=False)
        found: list[ErrorRow] = []
        for each in chosen or view.folders:
            summary = view.summaries.get(each["id"])
            if summary is not None:
                error = rows.folder_row(session.name, view, each)["error"]
                found += [row async for row in _errors_of(session, each, summary, error)]
            elif chosen:
                raise FolderNotRunningError(f"the folder {each['id']} is not running, so its errors are unknown")
        nonlocal count
        count += len(found)
        return {"errors": found}

    def draw(answer: Answer) -> None:
        answer.table_with_failures("errors", ERRORS, "no errors")

    status = run.read("errors/1", ("errors",), ask, draw)
    return Exit.FOUND if exit_code and count and status == Exit.DONE else status


async def _errors_of(
    session: Session, folder: t.FolderConfiguration, summary: t.FolderSummary, error: str | None
) -> AsyncGenerator[ErrorRow]:
    def row(kind: Literal["folder", "item", "watch"], path: str | None, text: str) -> ErrorRow:
        return {
            "daemon": session.name,
            "folder": folder["id"],
            "label": folder["label"],
            "kind": kind,
            "path": path,
            "error": text,
        }

    if error:
        yield row("folder", None, error)
    if watching := summary.get("watchError"):
        yield row("watch", None, f"not watched for changes: {watching}")
    if summary["errors"]:
        async for failed in session.client.folder.iter_errors(folder["id"]):
            yield row("item", failed["path"], failed["error"])


async def _tree(
    session: Session, place: Place, *, recursive: bool, optional: bool
) -> AsyncGenerator[tuple[str, t.TreeEntry]]:
    """Yield the paths and entries at a place: those in a directory, or the file itself.

    Args:
        session: The daemon.
        place: The place.
        recursive: Whether to enter the directories in it.
        optional: Whether a place that doesn't exist is not an error.

    Raises:
        UnknownNameError: The place doesn't exist.
    """
    from contextlib import aclosing  # noqa: PLC0415 - loads asyncio

    database, folder_id, path = session.client.database, place.folder["id"], place.path
    found = False
    if recursive:
        async with aclosing(database.walk(folder_id, path)) as entries:
            async for each in entries:
                found = True
                yield each
    else:
        for entry in await database.browse(folder_id, path, levels=0):
            found = True
            yield f"{path}/{entry['name']}" if path else entry["name"], entry
    if found or not path:
        return
    info = await known_file(session, place)
    if info is None:
        if not optional:
            raise no_such_file(place)
    elif info["type"] != "FILE_INFO_TYPE_DIRECTORY":
        yield path, {"name": path, "modTime": info["modified"], "size": info["size"], "type": info["type"]}


def _entry(daemon: str, folder_id: str, path: str, entry: t.TreeEntry) -> Entry:
    kind = items.kind_of(entry["type"])
    return {
        "type": "entry",
        "schema": "aiosyncthing/entry/1",
        "daemon": daemon,
        "folder": folder_id,
        "path": path,
        "kind": kind,
        "deleted": False,
        "size": entry["size"] if kind == "file" else 0,
        "modified": items.utc(entry["modTime"]),
        "versions": None,
    }


def _gone(daemon: str, folder_id: str, path: str, versions: Sequence[t.FileVersion]) -> Entry:
    """Return the row of a deleted file with old versions."""
    newest = max(versions, key=lambda each: items.utc(each["versionTime"]) or "")
    return {
        "type": "entry",
        "schema": "aiosyncthing/entry/1",
        "daemon": daemon,
        "folder": folder_id,
        "path": path,
        "kind": "file",
        "deleted": True,
        "size": newest["size"],
        "modified": items.utc(newest["modTime"]),
        "versions": len(versions),
    }


def _conflict(daemon: str, copy: t.ConflictCopy, names: Mapping[str, str]) -> Conflict:
    return {
        "type": "conflict",
        "schema": "aiosyncthing/conflict/1",
        "daemon": daemon,
        "folder": copy["folder"],
        "path": copy["name"],
        "original": copy["original"],
        "time": copy["time"],
        "device": copy["device"],
        "deviceID": copy["deviceID"],
        "deviceName": names.get(copy["deviceID"] or "") or None,
        "size": copy["size"],
        "modified": items.utc(copy["modTime"]),
    }
