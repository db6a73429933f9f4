"""``folders`` and ``devices``: one row each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from aiosyncthing.cli import values
from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.output.tables import Column, Rate, Size, Styled, Value, When
from aiosyncthing.cli.parameters import DEVICE, DURATION, FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import DeviceRow, FolderRow, Remote
    from aiosyncthing.cli.session import Session

_STATES: Final = {
    "scan-waiting": "waiting to scan",
    "sync-waiting": "waiting to sync",
    "sync-preparing": "preparing to sync",
    "clean-waiting": "waiting to clean",
    "unknown": "starting",
}


def folder_name(row: FolderRow) -> str:
    """Return the name of a folder: its label, or its ID if it has none."""
    return row["label"] or row["id"]


def device_name(row: DeviceRow | Remote) -> str:
    """Return the name of a device, or the first block of its ID if it has none."""
    return row["name"] or row["id"][:7]


def state(row: FolderRow) -> Value:
    """Return the state of a folder in words."""
    if row["state"] == "paused":
        return Styled("paused", "dim")
    if row["error"]:
        return Styled("error", "bad")
    if row["inSync"]:
        return Styled("in sync", "good")
    if row["state"] == "syncing":
        return Styled(f"syncing {int(row['percent'] or 0)} %", "busy")
    if row["state"] != "idle":
        return Styled(_STATES.get(row["state"], row["state"]), "busy")
    return Styled(f"{row['failedItems']} failed" if row["failedItems"] else "out of sync", "warn")


def needed(row: FolderRow) -> Value:
    """Return what a folder needs here, as bytes, or as items if these have no size."""
    if row["neededBytes"]:
        return Size(row["neededBytes"])
    items = row["neededItems"]
    return f"{items:,} item{'' if items == 1 else 's'}" if items else None


def _elsewhere(row: FolderRow) -> Value:
    if row["error"]:
        return row["error"]
    return ", ".join(_place(each) for each in row["elsewhere"]) if row["state"] != "paused" else None


def _place(remote: Remote) -> str:
    name = device_name(remote)
    if remote["missing"] == values.DEVICE_PAUSED:
        return f"{name} paused"
    if not remote["connected"]:
        seen = remote["lastSeen"]
        ago = values.ago_text(datetime.fromisoformat(seen), values.now()).removesuffix(" ago") if seen else "never seen"
        return f"{name} offline {ago}"
    if remote["inSync"]:
        return f"{name} 100 %"
    if remote["neededBytes"] or remote["neededItems"]:
        return f"{name} {int(remote['percent'] or 0)} %"
    return f"{name} ({remote['missing']})"


def _unseen(row: DeviceRow) -> Value:
    return "now" if row["state"] == "connected" else When(row["lastSeen"])


def device_state(row: DeviceRow) -> Value:
    """Return the state of a device."""
    return Styled(row["state"], {"connected": "good", "paused": "dim"}.get(row["state"], "warn"))


FOLDER_COLUMNS: Final[Sequence[Column[FolderRow]]] = (
    Column("FOLDER", folder_name, least=8),
    Column("STATE", state),
    Column("HERE", lambda row: Size(row["localBytes"]), right=True, rank=2),
    Column("ITEMS", lambda row: row["localItems"], right=True, rank=4),
    Column("NEEDED", needed, right=True, rank=1),
    Column("ID", lambda row: row["id"], least=8, rank=6, long=True),
    Column("TYPE", lambda row: row["type"], rank=7, long=True),
    Column("SCANNED", lambda row: When(row["lastScan"]), rank=8, long=True),
    Column("PATH", lambda row: row["path"], least=12, rank=5, long=True),
    Column("ELSEWHERE", _elsewhere, least=12, rank=3),
)

DEVICE_COLUMNS: Final[Sequence[Column[DeviceRow]]] = (
    Column("DEVICE", device_name, least=8),
    Column("STATE", device_state),
    Column("LAST SEEN", _unseen, rank=1),
    Column("ID", lambda row: row["id"], least=7, rank=4, long=True),
    Column("VERSION", lambda row: row["version"], rank=5, long=True),
    Column("IN", lambda row: Size(row["inBytes"]), right=True, rank=6, long=True),
    Column("OUT", lambda row: Size(row["outBytes"]), right=True, rank=7, long=True),
    Column("FOLDERS", lambda row: ", ".join(row["folders"]), least=8, rank=3, long=True),
    Column("ADDRESS", lambda row: row["address"], least=12, rank=2),
)

RATE_COLUMNS: Final[Sequence[Column[DeviceRow]]] = (
    Column("DOWN", lambda row: Rate(row["inRate"]), right=True, rank=3),
    Column("UP", lambda row: Rate(row["outRate"]), right=True, rank=4),
)
"""Shown where rates are known: by `status --watch`."""


@click.command("folders", cls=Command)
@click.argument("folder", nargs=-1, type=FOLDER)
@table_options
@click.pass_obj
def folders(run: Run, folder: tuple[str, ...]) -> int:
    """List folders: state, size, and what is missing where.

    A FOLDER is an ID, a label or a local path; the default is all. Several profiles (-p) can be queried at once.
    """

    async def ask(session: Session) -> dict[str, list[FolderRow]]:
        from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

        chosen = await session.chosen_folders(folder) if folder else None
        view = await overview.look(session, chosen)
        return {"folders": [rows.folder_row(session.name, view, each) for each in chosen or view.folders]}

    def draw(answer: Answer) -> None:
        answer.table_with_failures("folders", FOLDER_COLUMNS, "no folders")

    return run.read("folders/1", ("folders",), ask, draw)


@click.command("devices", cls=Command)
@click.argument("device", nargs=-1, type=DEVICE)
@click.option("--unseen", type=DURATION, help="Only devices not seen for this long, or never.")
@table_options
@click.pass_obj
def devices(run: Run, device: tuple[str, ...], unseen: float | None) -> int:
    """List devices: connected or not, last seen, and address.

    A DEVICE is an ID, its first block, or a name; the default is all but the daemon's own.
    """

    async def ask(session: Session) -> dict[str, list[DeviceRow]]:
        from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

        view = await overview.look(session, ())
        chosen = [await session.device(each) for each in device] if device else view.remotes
        found = [rows.device_row(session.name, view, each) for each in chosen]
        return {"devices": [row for row in found if unseen is None or _is_unseen(row, unseen)]}

    def draw(answer: Answer) -> None:
        answer.table_with_failures("devices", DEVICE_COLUMNS, "no devices")

    return run.read("devices/1", ("devices",), ask, draw)


def _is_unseen(row: DeviceRow, seconds: float) -> bool:
    if row["state"] == "connected":
        return False
    if row["lastSeen"] is None:
        return True
    return (values.now() - datetime.fromisoformat(row["lastSeen"])).total_seconds() >= seconds
