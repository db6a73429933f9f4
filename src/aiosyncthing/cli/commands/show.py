"""``show``: everything about one folder or one device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli import names
from aiosyncthing.cli.command import Command
from aiosyncthing.cli.output.output import spans
from aiosyncthing.cli.output.tables import Column, Line, Size, Span, Value, When
from aiosyncthing.cli.parameters import EITHER
from aiosyncthing.cli.values import size_text

from .lists import device_name, device_state, folder_name, needed, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.output.output import Output
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import DeviceRow, FailedItem, FolderRow, Remote
    from aiosyncthing.cli.session import Session

_WIDE: Final = 12

REMOTES: Final[Sequence[Column[Remote]]] = (
    Column("DEVICE", device_name, least=8),
    Column("DONE", lambda row: None if row["percent"] is None else f"{row['percent']:g} %", right=True),
    Column("NEEDED", lambda row: Size(row["neededBytes"]), right=True, rank=1),
    Column("LAST SEEN", lambda row: "now" if row["connected"] else When(row["lastSeen"]), rank=2),
    Column("MISSING", lambda row: row["missing"], least=12),
)
SHARES: Final[Sequence[Column[Remote]]] = (
    Column("FOLDER", lambda row: row["name"] or row["id"], least=8),
    *REMOTES[1:3],
    REMOTES[4],
)
FAILED: Final[Sequence[Column[FailedItem]]] = (
    Column("FAILED", lambda row: row["path"], least=12),
    Column("REASON", lambda row: row["error"], least=12),
)


@click.command("show", cls=Command)
@click.argument("name", type=EITHER, metavar="FOLDER|DEVICE")
@click.pass_obj
def show(run: Run, name: str) -> int:
    """Show everything about one folder or one device.

    If a folder and a device have the same name, use folder:NAME or device:NAME. --json includes the configuration,
    without secrets.
    """

    async def ask(session: Session) -> dict[str, Any]:
        if names.is_path(name):
            return await _folder(session, await session.folder(name))
        found = names.find_either(name, await session.folders(), await session.devices())
        return await (_folder(session, found[1]) if found[0] == "folder" else _device(session, found[1]))

    def draw(details: Any) -> None:
        if "folder" in details:
            _draw(run.out, folder_fields(details["folder"]))
            _draw_tables(run.out, (REMOTES, details["folder"]["elsewhere"]), (FAILED, details["failed"]))
        else:
            _draw(run.out, device_fields(details["device"]))
            _draw_tables(run.out, (SHARES, details["shares"]))

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
    from aiosyncthing._loops import together  # noqa: PLC0415 - loads asyncio
    from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

    shared = [folder for folder in await session.folders() if rows.shares(folder, device["deviceID"])]
    view, own = await together(overview.look(session, shared), session.own_id())
    shares = [] if device["deviceID"] == own else [(each, rows.remote_row(view, each, device)) for each in shared]
    return {
        "device": rows.device_row(session.name, view, device),
        "shares": [{**row, "id": folder["id"], "name": folder["label"]} for folder, row in shares],
        "config": _without_secrets("devices", device["deviceID"], device),
    }


def _without_secrets(section: str, element_id: str, element: object) -> Any:
    from aiosyncthing.config import hide_secrets  # noqa: PLC0415 - loads aiohttp

    return hide_secrets((section, element_id), element)


def folder_fields(row: FolderRow) -> list[tuple[str, Value]]:
    """Return the fields of a folder, apart from other devices and failed items."""
    different = row["missing"] if row["missing"] != row["state"] else None
    return [
        ("folder", folder_name(row)),
        ("id", row["id"]),
        ("state", state(row)),
        *([("missing", different)] if different else []),
        ("type", row["type"]),
        ("path", row["path"]),
        ("here", _amount(row["localBytes"], row["localItems"])),
        ("everywhere", _amount(row["globalBytes"], row["globalItems"])),
        ("needed", needed(row)),
        *([("changed here", row["localChanges"])] if row["localChanges"] else []),
        ("last scan", When(row["lastScan"])),
    ]


def device_fields(row: DeviceRow) -> list[tuple[str, Value]]:
    """Return the fields of a device, apart from folders."""
    return [
        ("device", device_name(row)),
        ("id", row["id"]),
        ("state", device_state(row)),
        ("last seen", "now" if row["state"] == "connected" else When(row["lastSeen"])),
        ("address", row["address"]),
        ("configured", ", ".join(row["addresses"])),
        ("connection", row["connectionType"]),
        ("version", row["version"]),
        ("received", Size(row["inBytes"])),
        ("sent", Size(row["outBytes"])),
    ]


def field_line(name: str, value: str, style: str = "") -> Line:
    """Return a line with one field, as text."""
    return spans(Span(name.ljust(_WIDE), "dim"), "  ", Span(value, style))


def _draw(out: Output, fields: Sequence[tuple[str, Value]]) -> None:
    for name, value in fields:
        out.spans(field_line(name, out.text(value), getattr(value, "style", "")))


def _draw_tables(out: Output, *tables: tuple[Sequence[Column[Any]], Sequence[Any]]) -> None:
    for columns, rows in tables:
        if rows:
            out.table(columns, rows)


def _amount(size: int | None, items: int | None) -> Value:
    if size is None or items is None:
        return None
    return f"{size_text(size)} in {items:,} item{'' if items == 1 else 's'}"
