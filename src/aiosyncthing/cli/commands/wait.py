"""``wait``: until folders are in sync, the daemon is ready, or devices are connected."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, Exit, UnknownNameError, UsageError, command
from aiosyncthing.cli.parameters import DEVICE, DURATION, FOLDER
from aiosyncthing.cli.process import replace_by
from aiosyncthing.cli.values import duration_text, rate_text, size_text

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import Missing, Progress
    from aiosyncthing.cli.session import Session
    from aiosyncthing.live import Live, LiveDevice
    from aiosyncthing.waiting import SyncProgress

_FRAME: Final = 0.25  # seconds between redraws on a terminal
_LINE: Final = 30.0  # seconds between lines without a terminal


@click.command("wait", cls=Command, rest=True)
@click.argument("folder", nargs=-1, type=FOLDER, metavar="[FOLDER]... [-- COMMAND...]")
@click.option("--device", "devices", multiple=True, type=DEVICE, help="Wait only for this device; may be repeated.")
@click.option("--here", is_flag=True, help="Wait only for this daemon, not for other devices.")
@click.option("--rescan", is_flag=True, help="Scan first, to include changes not noticed yet.")
@click.option("--stable", type=DURATION, default=0.0, help="How long they must stay in sync.")
@click.option(
    "--for", "goal", type=click.Choice(["sync", "ready", "connected"]), default="sync", help="What to wait for."
)
@click.pass_obj
def wait(
    run: Run,
    folder: tuple[str, ...],
    devices: tuple[str, ...],
    here: bool,  # noqa: FBT001 - click passes it by name
    rescan: bool,  # noqa: FBT001 - likewise
    stable: float,
    goal: str,
) -> int:
    """Wait until folders are in sync, here and elsewhere.

    Without FOLDER, it waits for all folders; without --device, for all devices they are shared with. --for ready waits
    for a daemon that is starting, --for connected for devices. At the end, COMMAND replaces this process.

    The exit status is 124 if --timeout expires, and 6 if waiting is pointless, for example because a folder is paused.
    """
    if here and devices:
        raise UsageError("--here and --device contradict each other")
    if goal != "sync" and (here or rescan or stable):
        raise UsageError(f"--here, --rescan and --stable can't be combined with --for {goal}")
    if goal == "connected" and not devices:
        raise UsageError("--for connected needs --device")
    if goal != "sync" and folder:
        raise UsageError(f"--for {goal} doesn't take folders")

    async def work(session: Session) -> None:
        if goal == "ready":
            await _ready(run, session)
        elif goal == "connected":
            await _connected(run, session, devices)
        else:
            await _in_sync(run, session, folder, [] if here else devices or None, rescan=rescan, stable=stable)

    status = run.one(work, limited=False, following=run.options.json)
    if run.rest and not status:
        replace_by(run.rest)
    return status


async def _in_sync(
    run: Run,
    session: Session,
    names: Sequence[str],
    devices: Sequence[str] | None,
    *,
    rescan: bool,
    stable: float,
) -> None:
    folders = await session.chosen_folders(names)
    chosen = None if devices is None else [(await session.device(name))["deviceID"] for name in devices]
    labels = {folder["id"]: folder["label"] or folder["id"] for folder in folders}
    view = _View(run, labels if names else {})
    with _ending(run):
        progress = await session.client.wait_in_sync(
            [*labels] if names else None,
            chosen,
            rescan=rescan,
            stable_for=stable,
            timeout=run.options.timeout,
            on_progress=view.show,
        )
    devices_there = {each["deviceID"] for folder in folders for each in folder["devices"]}
    places = len(devices_there if chosen is None else {*chosen, await session.own_id()})
    where = f"{_count(places, 'device')}, {size_text(progress.total_bytes)} in all"
    _done(run, progress, f"in sync: {_count(len(labels), 'folder')} on {where}")


async def _ready(run: Run, session: Session) -> None:
    with _ending(run, f"waiting for {session.client.url}"):
        await session.client.wait_ready(run.options.timeout)
    version = await session.version()
    _done(run, None, f"ready: Syncthing {version['version']} at {session.client.url}")


async def _connected(run: Run, session: Session, names: Sequence[str]) -> None:
    from aiosyncthing._timing import within  # noqa: PLC0415 - loads asyncio

    wanted = {(await session.device(name))["deviceID"]: name for name in names}
    own = await session.own_id()
    if own in wanted:
        raise UsageError(f"{wanted[own]} is the daemon's own device")
    what = ", ".join(wanted.values())
    absent = [*wanted.values()]

    def connected(live: Live) -> bool:
        for device_id, name in wanted.items():
            _check_device(live.devices.get(device_id), name)
        absent[:] = [name for device_id, name in wanted.items() if not live.devices[device_id].connected]
        return not absent

    def reason() -> str:
        return "; ".join(f"device {name} is not connected" for name in absent)

    with _ending(run, f"waiting for {what}"):
        async with within(run.options.timeout, reason), session.client.watch() as live:
            await live.until(connected)
    _done(run, None, f"connected: {what}")


def _check_device(device: LiveDevice | None, name: str) -> None:
    """Raise if waiting for a device to connect is pointless."""
    if device is None:
        raise UnknownNameError(f"device {name} was removed", kind="UnknownDeviceError")
    if device.paused:
        hint = f"{command('resume', f'device:{name}')} resumes it"
        raise CommandError(f"device {name} is paused", Exit.IMPOSSIBLE, hint=hint, kind="CannotSyncError")


@contextmanager
def _ending(run: Run, text: str = "") -> Generator[None]:
    """Show what the command waits for on a terminal, and clear that at the end."""
    if text and run.out.error_terminal.redraws and not (run.options.json or run.out.quiet):
        run.out.redraw(text)
    try:
        yield
    finally:
        run.out.clear()


def _done(run: Run, progress: SyncProgress | None, text: str) -> None:
    from aiosyncthing.waiting import SyncProgress  # noqa: PLC0415 - loaded by now

    if run.options.json:
        run.out.record(_record("done", progress or SyncProgress(0, 0, 0, 100.0, None, 0.0, ())))
    elif not run.out.quiet:
        run.out.line(text)


class _View:
    """Shows progress: a redrawn line on a terminal, JSON lines, or an occasional line."""

    def __init__(self, run: Run, labels: dict[str, str]) -> None:
        self._run = run
        self._what = ", ".join(labels.values()) or "all folders"
        self._next = 0.0
        self._last: tuple[Any, ...] = ()

    def show(self, progress: SyncProgress) -> None:
        """Show progress, unless the last line is too recent."""
        out, now = self._run.out, time.monotonic()
        if self._run.options.json:
            if progress.missing:
                out.record(_record("progress", progress))
            return
        if out.quiet or not progress.missing:
            return
        if out.error_terminal.redraws:
            if now >= self._next:
                self._next = now + _FRAME
                out.redraw(progress_text(self._what, progress))
            return
        what = tuple((each.folder_id, each.device_id, each.reason) for each in progress.missing)
        if what != self._last and now >= self._next:
            self._last, self._next = what, now + _LINE
            out.info(progress_text(self._what, progress))


def progress_text(what: str, progress: SyncProgress) -> str:
    """Return progress in one line."""
    parts = [what, f"{int(progress.percent)} %"]
    if progress.needed_bytes:
        parts.append(f"{size_text(progress.needed_bytes)} left")
    elif progress.needed_items:
        parts.append(f"{progress.needed_items:,} items left")
    if progress.rate:
        parts.append(rate_text(progress.rate))
    if progress.seconds_left:
        parts.append(f"~{duration_text(progress.seconds_left)}")
    first = progress.missing[0] if progress.missing else None
    if first is not None:
        more = f", and {len(progress.missing) - 1} more" if len(progress.missing) > 1 else ""
        parts.append(f"{first}{more}")
    return "  ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _record(kind: Any, progress: SyncProgress) -> Progress:
    return {
        "type": kind,
        "schema": "aiosyncthing/progress/1",
        "neededBytes": progress.needed_bytes,
        "neededItems": progress.needed_items,
        "totalBytes": progress.total_bytes,
        "percent": round(progress.percent, 1),
        "rate": progress.rate,
        "secondsLeft": progress.seconds_left,
        "missing": [_missing(each) for each in progress.missing],
    }


def _missing(each: Any) -> Missing:
    return {
        "folder": each.folder_id or None,
        "device": each.device_id or None,
        "deviceName": each.device_name or None,
        "reason": each.reason,
        "neededBytes": each.needed_bytes,
        "neededItems": each.needed_items,
        "failed": [{"path": item.path, "error": item.error} for item in each.failed],
    }
