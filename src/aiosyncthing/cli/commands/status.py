"""``status``: the overview, also shown by ``aiosyncthing`` without a command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from aiosyncthing.cli import values
from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.output.output import spans
from aiosyncthing.cli.output.tables import Span
from aiosyncthing.cli.parameters import FOLDER

from .lists import DEVICE_COLUMNS, FOLDER_COLUMNS, RATE_COLUMNS, device_name, folder_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import Live, types as t
    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.rows import View
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import Daemon, DaemonRow, DeviceRow, FolderRow, Problem
    from aiosyncthing.cli.session import Session


@click.command("status", cls=Command)
@click.argument("folder", nargs=-1, type=FOLDER)
@click.option("-w", "--watch", is_flag=True, help="Keep running, and show every change.")
@table_options
@click.pass_obj
def status(run: Run, folder: tuple[str, ...], watch: bool) -> int:  # noqa: FBT001 - click passes it by name
    """Show an overview of folders, devices and problems.

    With FOLDERs, only these, the devices they are shared with, and the daemon itself. "In sync" means what
    `aiosyncthing wait` waits for. With --watch --json, each change is one line.
    """
    if watch:
        return run.one(lambda session: _watch(run, session, folder), following=True)

    async def ask(session: Session) -> dict[str, list[Any]]:
        from aiosyncthing._loops import together  # noqa: PLC0415 - loads aiohttp
        from aiosyncthing.cli import overview  # noqa: PLC0415 - loads aiohttp

        named = await session.chosen_folders(folder) if folder else None
        view, daemon, reported = await together(
            overview.look(session, named), _daemon(session), overview.reported_by(session.client)
        )
        view.reported = reported
        return _sections(session, daemon, view, named)

    return run.read("status/1", ("daemons", "folders", "devices", "problems"), ask, draw)


async def _watch(run: Run, session: Session, names: tuple[str, ...]) -> None:
    """Show the overview after each change."""
    import asyncio  # noqa: PLC0415 - loaded by now

    from aiosyncthing._loops import together  # noqa: PLC0415 - likewise
    from aiosyncthing.cli import overview  # noqa: PLC0415 - likewise

    named = {each["id"] for each in await session.chosen_folders(names)} if names else None
    daemon, about, reported = await together(_daemon(session), session.about(), overview.reported_by(session.client))
    begun = time.monotonic()
    shown: dict[str, list[Any]] = {}

    def show(live: Live) -> bool:
        """Show the overview if anything has changed."""
        nonlocal shown
        folders = None if named is None else [each.config for each in live.folders.values() if each.id in named]
        sections = _sections(session, daemon, overview.mirrored(live, reported), folders)
        if not live.connected:
            away: Problem = {"daemon": session.name, "folder": None, "device": None, "text": "can't be reached"}
            sections["problems"].append(away)
        if sections == shown:
            return False
        shown = sections
        age = round(daemon["uptime"] + time.monotonic() - begun)
        _show(run, about, {**sections, "daemons": [{**daemon, "uptime": age}]})
        return True

    async with session.client.watch() as live:

        def report(errors: list[str]) -> None:
            nonlocal reported
            reported = errors
            show(live)

        async def follow() -> None:
            while True:
                if show(live):
                    await asyncio.sleep(overview.FRAME)
                else:
                    await overview.next_change(live)

        await together(follow(), overview.follow_reported(session.client, report))


def _show(run: Run, about: Daemon, sections: dict[str, list[Any]]) -> None:
    from aiosyncthing.cli.asking.answers import Answer  # noqa: PLC0415 - loaded by now

    if run.options.json:
        run.out.record({"schema": "aiosyncthing/status/1", "daemon": about, "failures": [], **sections})
        return
    run.out.page()
    draw(Answer(run, sections), empty="")  # stderr would get a line with each change
    run.out.flush()


def _sections(
    session: Session, daemon: DaemonRow, view: View, named: Sequence[t.FolderConfiguration] | None
) -> dict[str, list[Any]]:
    from aiosyncthing.cli import rows  # noqa: PLC0415 - loads aiohttp

    chosen = view.folders if named is None else named
    sharing = {each["deviceID"] for one in chosen for each in one["devices"]}
    devices = [each for each in view.remotes if named is None or each["deviceID"] in sharing]
    names = {None, *(each["id"] for each in chosen), *(each["deviceID"] for each in devices)}
    problems = rows.problems(session.name, view, values.now())
    return {
        "daemons": [daemon],
        "folders": [rows.folder_row(session.name, view, each) for each in chosen],
        "devices": [rows.device_row(session.name, view, each) for each in devices],
        "problems": [each for each in problems if {each["folder"], each["device"]} <= names],
    }


def draw(answer: Answer, empty: str = "no folders") -> None:
    """Print an overview for people, with a message for stderr if there are no folders."""
    out = answer.run.out
    for daemon in answer.sections["daemons"]:
        # The rows below are labelled with profiles, and two hosts may share a name.
        profile = [daemon["daemon"]] if answer.many and daemon["daemon"] != daemon["name"] else []
        about = [daemon["name"], daemon["version"], f"up {values.duration_text(daemon['uptime'])}", daemon["url"]]
        line = spans("  ".join([*profile, *about]))
        count = sum(each["daemon"] == daemon["daemon"] for each in answer.sections["problems"])
        if count:
            line += spans("  ", Span(f"{count} problem{'' if count == 1 else 's'}", "warn"))
        out.spans(line)
    answer.table_with_failures("folders", FOLDER_COLUMNS, empty)
    if devices := answer.sections["devices"]:
        rates = RATE_COLUMNS if any(row["inRate"] is not None for row in devices) else ()
        answer.table("devices", [*DEVICE_COLUMNS[:2], *rates, *DEVICE_COLUMNS[2:]])
    for problem in answer.sections["problems"]:
        where = [problem["daemon"]] if answer.many else []
        out.line(": ".join([*where, _subject(answer, problem), problem["text"]]), "warn")


async def _daemon(session: Session) -> DaemonRow:
    from aiosyncthing._loops import together  # noqa: PLC0415 - loads aiohttp

    status, version, devices = await together(session.status(), session.version(), session.devices())
    own = status["myID"]
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
    return problem["folder"] or problem["device"] or "Syncthing"
