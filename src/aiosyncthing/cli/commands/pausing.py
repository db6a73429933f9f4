"""``pause``, ``resume`` and ``paused``."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, Exit, UsageError, command, hint_of, is_expected, message_of
from aiosyncthing.cli.names import check_chosen, expanded
from aiosyncthing.cli.parameters import DEVICE, DURATION, EITHER
from aiosyncthing.cli.pause_files import PauseFile, abandoned, is_something, journal, merged
from aiosyncthing.cli.values import duration_text

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.changed import Changed
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session
    from aiosyncthing.exceptions import StillPausedError

_STATE: Final = "Record in FILE what this pauses, for `resume --undo FILE`."

_LONGEST: Final = 366 * 24 * 3600.0  # seconds


class _Thing(NamedTuple):
    """A folder or a device."""

    kind: Literal["folder", "device"]
    config: Any

    @property
    def id(self) -> str:
        """Its ID."""
        id_: str = self.config["id" if self.kind == "folder" else "deviceID"]
        return id_

    def note(self, changed: Changed, action: str) -> None:
        """Record what was done to it."""
        (changed.folder if self.kind == "folder" else changed.device)(self.config, action)

    async def set(self, session: Session, *, paused: bool) -> None:
        """Pause or resume it."""
        if self.kind == "folder":
            await session.client.config.patch_folder(self.id, paused=paused)
        else:
            await session.client.config.patch_device(self.id, paused=paused)


@click.command("pause", cls=Command)
@click.argument("name", nargs=-1, type=EITHER)
@click.option("--all", "everything", is_flag=True, help="All folders and devices.")
@click.option("--for", "duration", type=DURATION, help="Keep running, and resume after this time, or on Ctrl-C.")
@click.option("--state", metavar="FILE", help=_STATE)
@click.pass_obj
def pause(run: Run, name: tuple[str, ...], duration: float | None, state: str | None, *, everything: bool) -> int:
    """Pause folders and devices.

    If a folder and a device have the same name, use folder:NAME or device:NAME. With --for, exactly what was paused is
    resumed, even on SIGTERM and SIGHUP. --state adds to what is already in the file and not resumed yet.
    """
    check_chosen(name, "folders or devices", everything=everything)
    if duration is not None:
        if not 0 < duration <= _LONGEST:
            raise UsageError("--for must be more than 0 s, and a year at most")
        return _pause_for(run, name, duration, state)

    async def work(session: Session, changed: Changed) -> None:
        running = [each for each in await _chosen(session, name) if not each.config["paused"]]
        if state is None:
            await _set_all(session, changed, running, paused=True)
            return
        with PauseFile(state) as file:
            file.write(merged(file.read(), _state_of(await session.own_id(), running)))
            await _set_all(session, changed, running, paused=True)

    return run.change(work)


@click.command("resume", cls=Command)
@click.argument("name", nargs=-1, type=EITHER)
@click.option("--all", "everything", is_flag=True, help="All folders and devices.")
@click.option("--undo", metavar="FILE", help="Resume exactly what is recorded in FILE.")
@click.pass_obj
def resume(run: Run, name: tuple[str, ...], undo: str | None, *, everything: bool) -> int:
    """Resume folders and devices.

    --undo takes a file written by `pause --state` or `paused --state`; running it twice is harmless.
    """
    if undo is None:
        check_chosen(name, "folders or devices", everything=everything)
    elif name or everything:
        raise UsageError("--undo can't be combined with names or --all: the file names what to resume")

    async def work(session: Session, changed: Changed) -> None:
        if undo is None:
            paused = [each for each in await _chosen(session, name) if each.config["paused"]]
            await _set_all(session, changed, paused, paused=False)
            return
        if not PauseFile(undo).path.exists():
            raise CommandError(f"there is no file {undo}")
        with PauseFile(undo) as file:
            for each in await _resume_all(session, file):
                each.note(changed, "resumed")

    return run.change(work)


@click.command("paused", cls=Command, rest=True)
@click.argument("name", nargs=-1, type=EITHER, metavar="NAME... -- COMMAND...")
@click.option("--all", "everything", is_flag=True, help="All folders and devices.")
@click.option("--at-rest", is_flag=True, help="Pause folders when they are complete and idle.")
@click.option("--device", "devices", multiple=True, type=DEVICE, help="With --at-rest: complete on this device, too.")
@click.option("--state", metavar="FILE", help=_STATE)
@click.pass_obj
def paused(
    run: Run, name: tuple[str, ...], devices: tuple[str, ...], state: str | None, *, everything: bool, at_rest: bool
) -> int:
    """Run a command while folders or devices are paused.

    Afterwards exactly what was paused is resumed, however COMMAND ended, and the exit status is that of COMMAND.
    Signals are passed on to COMMAND. If this process is killed, the next `paused` resumes what is left, or `resume
    --undo FILE` does.

    COMMAND gets the paths of the folders in AIOSYNCTHING_PATH and their IDs in AIOSYNCTHING_FOLDER, one per line. With
    --at-rest, folders are scanned, and paused once everything is here; --timeout limits that.
    """
    check_chosen(name, "folders or devices", everything=everything)
    if not run.rest:
        raise UsageError("the command to run is missing: put it after --")
    if devices and not at_rest:
        raise UsageError("--device needs --at-rest")
    from aiosyncthing.cli.programs.children import check_command, end_as, exit_status, run_command  # noqa: PLC0415 - loads asyncio

    check_command(run.rest)
    ended = 0

    async def work(session: Session) -> None:
        nonlocal ended
        with _journal(run, state) as file:
            await _resume_abandoned(run, session, file)
            async with AsyncExitStack() as stack:
                environ = dict(run.environ)
                if at_rest:
                    environ |= await _bring_to_rest(run, session, stack, name, devices, file)
                else:
                    environ |= await _places(session, name)
                    await stack.enter_async_context(await _pause(session, name, file))
                run.out.flush()
                ended = await run_command(run.rest, environ, () if file is None else file.inherited)

    try:
        status = run.one(work, limited=False)
    except Exception as error:
        if ended and is_expected(error):  # the command's own output comes first
            run.out.error(error, exit_status(ended))
            return end_as(ended)
        raise
    return status or end_as(ended)


async def _chosen(session: Session, names: Sequence[str]) -> list[_Thing]:
    """Return the named folders and devices without duplicates; without names, all. Devices come first."""
    if not names:
        folders, devices = await session.folders(), await session.remotes()
        return [*(_Thing("device", each) for each in devices), *(_Thing("folder", each) for each in folders)]
    found = [_Thing(*await session.either(each)) for each in names]
    own = await session.own_id()
    if any(each.kind == "device" and each.id == own for each in found):
        raise UsageError("the daemon's own device can't be paused or resumed")
    return sorted({(each.kind, each.id): each for each in found}.values(), key=lambda each: each.kind)


async def _set_all(session: Session, changed: Changed, things: Sequence[_Thing], *, paused: bool) -> None:
    """Pause folders and devices, or resume them in reverse order, and continue after failures."""
    for each in things if paused else reversed(things):
        try:
            await each.set(session, paused=paused)
        except Exception as error:
            if not is_expected(error):
                raise
            changed.fail(error)
        else:
            each.note(changed, "paused" if paused else "resumed")


def _state_of(daemon: str, things: Sequence[_Thing]) -> t.PauseState:
    return {
        "daemon": daemon,
        "folders": [each.id for each in things if each.kind == "folder"],
        "devices": [each.id for each in things if each.kind == "device"],
    }


async def _things_of(session: Session, state: t.PauseState) -> list[_Thing]:
    """Return the folders and devices of a state that still exist."""
    folders = {each["id"]: _Thing("folder", each) for each in await session.folders()}
    devices = {each["deviceID"]: _Thing("device", each) for each in await session.devices()}
    named = [*(folders.get(each) for each in state["folders"]), *(devices.get(each) for each in state["devices"])]
    return [each for each in named if each is not None]


async def _resume_all(session: Session, file: PauseFile) -> list[_Thing]:
    """Resume what is recorded in a file, update the file, and return what was paused."""
    from aiosyncthing.exceptions import StillPausedError  # noqa: PLC0415 - only where it is needed

    state = file.read()
    try:
        resumed = await session.client.resume(state)
    except StillPausedError as error:
        if error.state is not None:
            file.write(error.state)
        raise _still_paused(error, file) from error
    file.write({**state, "folders": [], "devices": []})
    return await _things_of(session, resumed)


def _pause_for(run: Run, names: tuple[str, ...], duration: float, state: str | None) -> int:
    async def work(session: Session, changed: Changed) -> None:
        import asyncio  # noqa: PLC0415 - see `run`

        with _journal(run, state) as file:
            await _resume_abandoned(run, session, file)
            async with await _pause(session, names, file) as pause:
                things = await _things_of(session, pause.state)
                for each in things:
                    each.note(changed, "paused")
                if things:
                    if not run.options.json:
                        changed.show_new(run.out)
                        run.out.flush()
                    run.out.info(f"paused for {duration_text(duration)}; press Ctrl-C to resume now")
                    await asyncio.sleep(duration)
            for each in things:
                each.note(changed, "resumed")

    return run.change(work)


async def _pause(session: Session, names: tuple[str, ...], file: PauseFile | None) -> Any:
    save = None if file is None else file.saver()
    if not names:
        return session.client.paused(save=save)
    state = _state_of("", await _chosen(session, names))
    return session.client.paused(state["folders"], state["devices"], save=save)


async def _bring_to_rest(
    run: Run,
    session: Session,
    stack: AsyncExitStack,
    names: tuple[str, ...],
    devices: tuple[str, ...],
    file: PauseFile | None,
) -> dict[str, str]:
    """Bring folders to rest, one after another, and return the environment variables about them."""
    things = await _chosen(session, names)
    if names and any(each.kind == "device" for each in things):
        raise UsageError("--at-rest is only for folders: use --device for other devices on which they must be complete")
    folders = [each.config for each in things if each.kind == "folder"]
    there = [(await session.device(each))["deviceID"] for each in devices]
    end = None if run.options.timeout is None else time.monotonic() + run.options.timeout
    paths: list[str] = []
    for folder in folders:
        rest = session.client.at_rest(
            folder["id"],
            devices=there,
            save=None if file is None else file.saver(folder["id"]),
            timeout=None if end is None else max(0.0, end - time.monotonic()),
        )
        paths.append(await stack.enter_async_context(rest))
    return _about(folders, paths)


async def _places(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Return the environment variables about the folders that a command has been given; none without folders."""
    folders = [each.config for each in await _chosen(session, names) if each.kind == "folder"]
    tilde = (await session.status())["tilde"]
    return _about(folders, [expanded(each["path"], tilde) for each in folders]) if folders else {}


def _about(folders: Sequence[t.FolderConfiguration], paths: Sequence[str]) -> dict[str, str]:
    """Return the environment variables about folders with these paths."""
    return {"AIOSYNCTHING_FOLDER": "\n".join(each["id"] for each in folders), "AIOSYNCTHING_PATH": "\n".join(paths)}


async def _resume_abandoned(run: Run, session: Session, file: PauseFile | None) -> None:
    """Resume what killed processes have left paused on this daemon."""
    own = await session.own_id()

    async def resume_one(left: PauseFile) -> None:
        for each in await _resume_all(session, left):
            run.out.warn(f"resumed {each.kind} {each.id}, which an earlier run has left paused")

    if file is not None and is_something(file.read()):
        await resume_one(file)
    for left in abandoned():
        try:
            state = left.read()
        except UsageError as error:
            run.out.warn(str(error))
            continue
        if state["daemon"] == own:
            await resume_one(left)
        if state["daemon"] in {"", own}:
            left.remove()


@contextmanager
def _journal(run: Run, place: str | None) -> Generator[PauseFile | None]:
    """Return the file that records what is paused, and on failure print how to resume later."""
    from aiosyncthing.exceptions import StillPausedError  # noqa: PLC0415 - only where it is needed

    with journal(place, run.out.warn) as file:
        try:
            yield file
        except StillPausedError as error:
            raise _still_paused(error, file) from error
        except BaseException:
            with suppress(CommandError, OSError):  # or it would replace the error, or the cancellation
                if file is not None and is_something(file.read()):  # the library has already reported what
                    run.out.warn(_remedy(file))
            raise


def _still_paused(error: StillPausedError, file: PauseFile | None) -> CommandError:
    hint = _remedy(file) if file is not None else hint_of(error)
    return CommandError(message_of(error), Exit.PARTLY, hint=hint, kind=type(error).__name__)


def _remedy(file: PauseFile) -> str:
    return f"{command('resume', '--undo', str(file.path))} tries again"
