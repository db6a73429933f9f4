"""``status``: the overview, which a bare ``aiosyncthing`` shows, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiosyncthing.cli import values
from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.output import spans
from aiosyncthing.cli.parameters import FOLDER
from aiosyncthing.cli.tables import Span

from .lists import DEVICE_COLUMNS, FOLDER_COLUMNS, device_name, folder_name

if TYPE_CHECKING:
    from aiosyncthing.cli.asking import Answer
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import DaemonRow, DeviceRow, FolderRow
    from aiosyncthing.cli.session import Session


@click.command("status", cls=Command)
@click.argument("folder", nargs=-1, type=FOLDER)
@table_options
@click.pass_obj
def status(run: Run, folder: tuple[str, ...]) -> int:
    """Overview of folders and devices, and what needs attention.

    With FOLDERs, only these and the devices that share them. "In sync" is what `aiosyncthing wait` waits for, here and
    elsewhere.
    """

    async def ask(session: Session) -> dict[str, list[Any]]:
        from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - load aiohttp

        named = await session.chosen_folders(folder) if folder else None
        view = await overview.look(session, named)
        chosen = named or view.folders
        sharing = {each["deviceID"] for one in chosen for each in one["devices"]}
        devices = [each for each in view.remotes if not folder or each["deviceID"] in sharing]
        problems = rows.problems(session.name, view, values.now())
        names = {*(each["id"] for each in chosen), *(each["deviceID"] for each in devices)}
        return {
            "daemons": [await _daemon(session, view.own)],
            "folders": [rows.folder_row(session.name, view, each) for each in chosen],
            "devices": [rows.device_row(session.name, view, each) for each in devices],
            "problems": [each for each in problems if {each["folder"], each["device"]} & names],
        }

    return run.read("status/1", ask, draw)


def draw(answer: Answer) -> None:
    """Show an overview to a person."""
    out = answer.run.out
    count = len(answer.sections.get("problems", ()))
    for daemon in answer.sections.get("daemons", ()):
        parts = [daemon["name"], daemon["version"], f"up {values.duration_text(daemon['uptime'])}", daemon["url"]]
        line = spans("  ".join(parts))
        if count and not answer.many:
            line += spans("  ", Span(f"{count} problem{'' if count == 1 else 's'}", "warn"))
        out.spans(line)
    answer.table_with_failures("folders", FOLDER_COLUMNS)
    if answer.sections.get("devices"):
        answer.table("devices", DEVICE_COLUMNS)
    for problem in answer.sections.get("problems", ()):
        where = [problem["daemon"]] if answer.many else []
        out.line(": ".join([*where, _subject(answer, problem), problem["text"]]), "warn")


async def _daemon(session: Session, own: str) -> DaemonRow:
    status, version, devices = await session.status(), await session.version(), await session.devices()
    name = next((device["name"] for device in devices if device["deviceID"] == own), "")
    return {
        "daemon": session.name,
        "id": own,
        "name": name or own[:7],
        "url": session.client.url,
        "version": version["version"],
        "uptime": status["uptime"],
    }


def _subject(answer: Answer, problem: Any) -> str:
    folders: list[FolderRow] = list(answer.sections["folders"])
    devices: list[DeviceRow] = list(answer.sections["devices"])
    for row in folders:
        if row["daemon"] == problem["daemon"] and row["id"] == problem["folder"]:
            return folder_name(row)
    for each in devices:
        if each["daemon"] == problem["daemon"] and each["id"] == problem["device"]:
            return device_name(each)
    return problem["folder"] or problem["device"] or ""
