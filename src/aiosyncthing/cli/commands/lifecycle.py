"""``restart``, ``shutdown``, ``upgrade`` and ``reset``: stopping and restarting the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing import exceptions as e
from aiosyncthing.cli import prompts
from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, Exit, UsageError, command
from aiosyncthing.cli.names import check_chosen
from aiosyncthing.cli.parameters import FOLDER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.changed import Changed
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session

_PAUSE: Final = 0.1  # seconds between requests


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for flag, text in (
        ("--wait", "Wait until it is done; --timeout limits that."),
        ("--yes", "Don't ask."),
    ):
        function = click.option(flag, is_flag=True, help=text)(function)
    return function


@click.command("restart", cls=Command)
@_options
@click.pass_obj
def restart(run: Run, *, yes: bool, wait: bool) -> int:
    """Restart the daemon."""

    async def work(session: Session, changed: Changed) -> None:
        await _remember(session)
        prompts.confirm(run.out, f"Restart Syncthing on {session.name}?", yes=yes)
        await session.client.system.restart()
        if wait:
            await _until_back(session)
        await _note(session, changed, "restarted")

    return run.change(work)


@click.command("shutdown", cls=Command)
@_options
@click.pass_obj
def shutdown(run: Run, *, yes: bool, wait: bool) -> int:
    """Shut down the daemon.

    A service manager may start it again.
    """

    async def work(session: Session, changed: Changed) -> None:
        await _remember(session)
        prompts.confirm(run.out, f"Shut Syncthing down on {session.name}?", yes=yes)
        await session.client.system.shutdown()
        if wait:
            began = (await session.status())["startTime"]
            await _until(session, lambda status: status is None or status["startTime"] != began)
        await _note(session, changed, "shut down")

    return run.change(work)


@click.command("upgrade", cls=Command)
@click.option("--check", is_flag=True, help="Only show whether there is a newer release.")
@click.option("--exit-code", is_flag=True, help="With --check: exit with status 8 if there is one.")
@_options
@click.pass_obj
def upgrade(run: Run, *, check: bool, exit_code: bool, yes: bool, wait: bool) -> int:
    """Upgrade the daemon to the newest release, and restart it.

    Daemons from Linux packages can't upgrade themselves: the exit status is then 7.
    """
    if exit_code and not check:
        raise UsageError("--exit-code needs --check")
    if check:
        return _check(run, exit_code=exit_code)

    async def work(session: Session, changed: Changed) -> None:
        await _remember(session)
        info = await session.client.system.check_upgrade()
        if not info["newer"]:
            return
        major = " This is a new major version: read its release notes." if info["majorNewer"] else ""
        prompts.confirm(run.out, f"Upgrade from {info['running']} to {info['latest']}?{major}", yes=yes)
        if await session.client.system.upgrade() is None:
            return
        if wait:
            await _until_back(session)
        await _note(session, changed, f"upgraded to {info['latest']}")

    return run.change(work)


def _check(run: Run, *, exit_code: bool) -> int:
    newer = False

    async def ask(session: Session) -> dict[str, Any]:
        nonlocal newer
        info = await session.client.system.check_upgrade()
        newer = info["newer"]
        return {key: info.get(key) for key in ("running", "latest", "newer", "majorNewer")}

    def draw(info: t.UpgradeInfo) -> None:
        if not info["newer"]:
            run.out.line(f"{info['running']} is the newest release")
        else:
            major = ", a new major version" if info["majorNewer"] else ""
            run.out.line(f"{info['latest']} is newer than {info['running']}{major}")

    status = run.single("upgrade/1", ask, draw)
    return status or (Exit.FOUND if exit_code and newer else Exit.DONE)


@click.command("reset", cls=Command)
@click.argument("folder", required=False, type=FOLDER)
@click.option("--all", "everything", is_flag=True, help="All folders.")
@_options
@click.pass_obj
def reset(run: Run, folder: str | None, *, everything: bool, yes: bool, wait: bool) -> int:
    """Erase the database of a folder, and restart the daemon.

    The files stay, and are scanned again. The folder must be paused, and stays paused.
    """
    check_chosen(folder, "folders", everything=everything)

    async def work(session: Session, changed: Changed) -> None:
        await _remember(session)
        chosen = await session.folders() if folder is None else [await session.folder(folder)]
        if running := [each for each in chosen if not each["paused"]]:
            raise CommandError(
                f"not paused: {', '.join(each['label'] or each['id'] for each in running)}",
                Exit.IMPOSSIBLE,
                hint=f"{command('pause', '--all' if folder is None else running[0]['id'])} first",
            )
        what = "all folders" if folder is None else f"the folder {chosen[0]['label'] or chosen[0]['id']}"
        prompts.confirm(run.out, f"Erase the database of {what}? The files stay, and are scanned again.", yes=yes)
        await session.client.system.reset(None if folder is None else chosen[0]["id"])
        if wait:
            await _until_back(session)
        for each in chosen:
            changed.folder(each, "reset")
        await _note(session, changed, "restarted")

    return run.change(work)


async def _remember(session: Session) -> None:
    """Request the information for the final output, while the daemon can still be reached."""
    await session.about()
    await session.config()


async def _until_back(session: Session) -> None:
    """Wait until the daemon is ready again, as a new process."""
    began = (await session.status())["startTime"]
    away = False

    def back(status: t.SystemStatus | None) -> bool:
        nonlocal away
        away = away or status is None
        return status is not None and (away or status["startTime"] != began)

    await _until(session, back)


async def _until(session: Session, done: Callable[[t.SystemStatus | None], bool]) -> None:
    """Poll the daemon's status until a condition is true; the status is ``None`` if there is no answer."""
    import asyncio  # noqa: PLC0415 - see `run`

    while True:
        if done(await _look(session.client.system.status)):
            return
        await asyncio.sleep(_PAUSE)


async def _look(ask: Callable[[], Awaitable[t.SystemStatus]]) -> t.SystemStatus | None:
    try:
        return await ask()
    except e.TLSError:
        raise
    except (e.UnreachableError, e.ServerError, e.MigrationError, e.ProxyError, e.InvalidResponseError):
        return None  # it is down, or a proxy reports that


async def _note(session: Session, changed: Changed, action: str) -> None:
    own, devices = await session.own_id(), await session.devices()
    name = next((each["name"] for each in devices if each["deviceID"] == own), "")
    changed.add({"kind": "daemon", "id": own, "name": name, "action": action})
