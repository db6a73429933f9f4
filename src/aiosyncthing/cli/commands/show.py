"""``show``: everything about one folder or one device."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli import names
from aiosyncthing.cli.command import Command
from aiosyncthing.cli.output import spans
from aiosyncthing.cli.parameters import EITHER
from aiosyncthing.cli.tables import Column, Size, Span, Value, When
from aiosyncthing.cli.values import size_text

from .lists import device_name, device_state, folder_name, needed, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import DeviceDetails, FailedItem, FolderDetails, Remote
    from aiosyncthing.cli.session import Session

_WIDE: Final = 12

_REMOTES: Final[Sequence[Column[Remote]]] = (
    Column("DEVICE", device_name, least=8),
    Column("DONE", lambda row: None if row["percent"] is None else f"{row['percent']:g} %", right=True),
    Column("NEEDED", lambda row: Size(row["neededBytes"]), right=True, rank=1),
    Column("LAST SEEN", lambda row: "now" if row["connected"] else When(row["lastSeen"]), rank=2),
    Column("MISSING", lambda row: row["missing"], least=12),
)
_SHARES: Final[Sequence[Column[Remote]]] = (
    Column("FOLDER", lambda row: row["name"] or row["id"], least=8),
    *_REMOTES[1:3],
    _REMOTES[4],
)
_FAILED: Final[Sequence[Column[FailedItem]]] = (
    Column("FAILED", lambda row: row["path"], least=12),
    Column("REASON", lambda row: row["error"], least=12),
)


@click.command("show", cls=Command)
@click.argument("name", type=EITHER, metavar="FOLDER|DEVICE")
@click.pass_obj
def show(run: Run, name: str) -> int:
    """Show everything about one folder or one device.

    If a folder and a device have the same name, say folder:NAME or device:NAME. With --json also its configuration,
    without secrets.
    """

    async def ask(session: Session) -> dict[str, Any]:
        if names.is_path(name):
            return await _folder(session, await session.folder(name))
        found = names.find_either(name, await session.folders(), await session.devices())
        return await (_folder(session, found[1]) if found[0] == "folder" else _device(session, found[1]))

    def draw(details: Any) -> None:
        if "folder" in details:
            _draw_folder(run, details)
        else:
            _draw_device(run, details)

    return run.single(lambda details: "folder/1" if "folder" in details else "device/1", ask, draw)


async def _folder(session: Session, folder: t.FolderConfiguration) -> dict[str, Any]:
    from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

    view = await overview.look(session, [folder])
    row = rows.folder_row(session.name, view, folder)
    failed = await session.client.folder.errors(folder["id"]) if row["failedItems"] else None
    items = (failed["errors"] or []) if failed else []
    return {
        "folder": row,
        "failed": [{"path": each["path"], "error": each["error"]} for each in items],
        "config": _without_secrets("folders", folder["id"], folder),
    }


async def _device(session: Session, device: t.DeviceConfiguration) -> dict[str, Any]:
    from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

    shared = [folder for folder in await session.folders() if rows.shares(folder, device["deviceID"])]
    view, own = await asyncio.gather(overview.look(session, shared), session.own_id())
    shares = [] if device["deviceID"] == own else [(each, rows.remote_row(view, each, device)) for each in shared]
    return {
        "device": rows.device_row(session.name, view, device),
        "shares": [{**row, "id": folder["id"], "name": folder["label"]} for folder, row in shares],
        "config": _without_secrets("devices", device["deviceID"], device),
    }


def _without_secrets(section: str, element_id: str, element: object) -> Any:
    from aiosyncthing.config import hide_secrets  # noqa: PLC0415 - loads aiohttp

    return hide_secrets((section, element_id), element)


def _draw_folder(run: Run, details: FolderDetails) -> None:
    row = details["folder"]
    _field(run, "folder", folder_name(row))
    _field(run, "id", row["id"])
    _field(run, "state", state(row))
    if row["missing"] not in {None, row["state"]}:
        _field(run, "missing", row["missing"])
    _field(run, "type", row["type"])
    _field(run, "path", row["path"])
    _field(run, "here", _amount(row["localBytes"], row["localItems"]))
    _field(run, "everywhere", _amount(row["globalBytes"], row["globalItems"]))
    _field(run, "needed", needed(row))
    if row["localChanges"]:
        _field(run, "changed here", row["localChanges"])
    _field(run, "last scan", When(row["lastScan"]))
    if row["elsewhere"]:
        run.out.table(_REMOTES, row["elsewhere"])
    if details["failed"]:
        run.out.table(_FAILED, details["failed"])


def _draw_device(run: Run, details: DeviceDetails) -> None:
    row = details["device"]
    _field(run, "device", device_name(row))
    _field(run, "id", row["id"])
    _field(run, "state", device_state(row))
    _field(run, "last seen", "now" if row["state"] == "connected" else When(row["lastSeen"]))
    _field(run, "address", row["address"])
    _field(run, "configured", ", ".join(row["addresses"]))
    _field(run, "connection", row["connectionType"])
    _field(run, "version", row["version"])
    _field(run, "received", Size(row["inBytes"]))
    _field(run, "sent", Size(row["outBytes"]))
    if details["shares"]:
        run.out.table(_SHARES, details["shares"])


def _field(run: Run, name: str, value: Value) -> None:
    style = getattr(value, "style", "")
    run.out.spans(spans(Span(name.ljust(_WIDE), "dim"), "  ", Span(run.out.text(value), style)))


def _amount(size: int | None, items: int | None) -> Value:
    if size is None or items is None:
        return None
    return f"{size_text(size)} in {items:,} item{'' if items == 1 else 's'}"
