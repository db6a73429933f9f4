"""``pending``, ``accept``, ``dismiss`` and ``ignore``: pending devices and folders."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.errors import Exit, UnknownNameError, UsageError, command, kind_of
from aiosyncthing.cli.names import folder_path
from aiosyncthing.cli.output.tables import Column, Styled, Value, When
from aiosyncthing.cli.parameters import DEVICE
from aiosyncthing.cli.values import iso_text

from .setup import FOLDER_TYPES, read_patterns

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.asking.changed import Changed
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import PendingDeviceRow, PendingFolderRow
    from aiosyncthing.cli.session import Session


def _data(row: PendingFolderRow) -> Value:
    if row["receiveEncrypted"]:
        return Styled("encrypted for us", "warn")
    return Styled("only encrypted there", "warn") if row["remoteEncrypted"] else "plain"


DEVICE_COLUMNS: Final[Sequence[Column[PendingDeviceRow]]] = (
    Column("DEVICE", lambda row: row["id"]),
    Column("NAME", lambda row: row["name"], least=6, rank=1),
    Column("TRIED", lambda row: When(row["time"]), rank=2),
    Column("ADDRESS", lambda row: row["address"], least=10, rank=3),
)

FOLDER_COLUMNS: Final[Sequence[Column[PendingFolderRow]]] = (
    Column("FOLDER", lambda row: row["id"], least=8),
    Column("LABEL", lambda row: row["label"], least=6, rank=2),
    Column("FROM", lambda row: row["deviceName"] or row["device"][:7], least=7),
    Column("OFFERED", lambda row: When(row["time"]), rank=3),
    Column("DATA", _data, rank=1),
)


@click.command("pending", cls=Command)
@click.option("--exit-code", is_flag=True, help="Exit with status 8 if anything is pending.")
@table_options
@click.pass_obj
def pending(run: Run, *, exit_code: bool) -> int:
    """List pending devices and folders.

    These are unknown devices that have tried to connect, and folders that other devices offer. Names and labels were
    chosen by the other side, so compare IDs.
    """
    found = False

    async def ask(session: Session) -> dict[str, list[Any]]:
        from aiosyncthing._loops import together  # noqa: PLC0415 - loads asyncio

        nonlocal found
        cluster = session.client.cluster
        devices, folders, known = await together(cluster.pending_devices(), cluster.pending_folders(), session.config())
        names = {each["deviceID"]: each["name"] for each in known["devices"]}
        found = found or bool(devices or folders)
        return {
            "devices": [_device_row(session.name, each, devices[each]) for each in sorted(devices)],
            "folders": [
                _folder_row(session.name, each, device, names.get(device, ""), folders[each]["offeredBy"][device])
                for each in sorted(folders)
                for device in sorted(folders[each]["offeredBy"])
            ],
        }

    def draw(answer: Answer) -> None:
        out = answer.run.out
        devices, folders = answer.sections["devices"], answer.sections["folders"]
        if folders or (answer.failures and not devices):
            answer.table_with_failures("folders", FOLDER_COLUMNS)
        if devices and folders:
            answer.table("devices", DEVICE_COLUMNS)
        elif devices:
            answer.table_with_failures("devices", DEVICE_COLUMNS)
        elif not folders and not answer.failures:
            out.info("nothing is pending")

    status = run.read("pending/1", ("devices", "folders"), ask, draw)
    return status or (Exit.FOUND if exit_code and found else Exit.DONE)


def _device_row(daemon: str, device_id: str, device: t.PendingDevice) -> PendingDeviceRow:
    return {
        "daemon": daemon,
        "id": device_id,
        "name": device["name"],
        "address": device["address"],
        "time": _moment(device["time"]),
    }


def _folder_row(
    daemon: str, folder_id: str, device_id: str, name: str, offer: t.PendingFolderOffer
) -> PendingFolderRow:
    return {
        "daemon": daemon,
        "id": folder_id,
        "label": offer["label"],
        "device": device_id,
        "deviceName": name,
        "time": _moment(offer["time"]),
        "receiveEncrypted": offer["receiveEncrypted"],
        "remoteEncrypted": offer["remoteEncrypted"],
    }


def _moment(text: str) -> str | None:
    from aiosyncthing.times import parse_time  # noqa: PLC0415 - only where it is needed

    moment = parse_time(text)
    return None if moment is None else iso_text(moment)


class _Offer(NamedTuple):
    """A pending device, or the offers of a pending folder; or one that is not pending."""

    kind: Literal["folder", "device"]
    id: str
    name: str
    pending: bool = True


@click.command("accept", cls=Command)
@click.argument("offer_id", metavar="ID")
@click.argument("path", required=False)
@click.option("--name", help="Its name on this daemon; by default the one it reports.")
@click.option("--type", "kind", type=click.Choice(FOLDER_TYPES), help="Its type.")
@click.option("--device", "devices", multiple=True, type=DEVICE, help="Share it only with this one; may be repeated.")
@click.option("--ignores", metavar="FILE|-", help="Its ignore patterns, set before anything is scanned.")
@click.option("--allow-nested", is_flag=True, help="Allow a path inside or around another folder.")
@click.pass_obj
def accept(
    run: Run,
    offer_id: str,
    path: str | None,
    name: str | None,
    kind: t.FolderType | None,
    devices: tuple[str, ...],
    ignores: str | None,
    *,
    allow_nested: bool,
) -> int:
    """Accept a pending device or folder.

    ID must be a whole ID, since anyone can use the name of another. A folder needs PATH, a directory on the daemon's
    computer; it is shared with all devices that offer it. A folder that is offered encrypted becomes receive-encrypted.
    """
    patterns = read_patterns(ignores)

    async def work(session: Session, changed: Changed) -> None:
        offer, cluster = await _find(session, offer_id, pending=False), session.client.cluster
        if offer.kind == "device":
            if path is not None or kind is not None or devices or ignores is not None or allow_nested:
                raise UsageError(f"{offer.id} is a device: only --name applies")
            with _advice(offer):
                changed.device(await cluster.accept_device(offer.id, name=name), "accepted")
            return
        if path is None and offer.pending:
            raise UsageError(
                f"the folder {offer.id} needs a path", hint=f"{command('accept', offer.id, 'PATH')} sets it"
            )
        chosen = [(await session.device(each))["deviceID"] for each in devices]
        place = "" if path is None else folder_path(path, local=session.target.local)
        with _advice(offer):
            folder = await cluster.accept_folder(
                offer.id,
                place,
                device_id=chosen or None,
                type=kind,
                label=name,
                ignores=patterns,
                allow_nested=allow_nested,
            )
        changed.folder(folder, "accepted")

    return run.change(work)


@click.command("dismiss", cls=Command)
@click.argument("offer_id", metavar="ID")
@click.option("--device", type=DEVICE, help="Only the offer of this device.")
@click.pass_obj
def dismiss(run: Run, offer_id: str, device: str | None) -> int:
    """Dismiss a pending device or folder until it is offered again.

    A device is pending again when it next tries to connect, a folder when a device that offers it next connects.
    """

    async def work(session: Session, changed: Changed) -> None:
        offer, cluster = await _find(session, offer_id), session.client.cluster
        if offer.kind == "device":
            _refuse_device(offer, device)
            await cluster.dismiss_device(offer.id)
        else:
            chosen = None if device is None else (await session.device(device))["deviceID"]
            await cluster.dismiss_folder(offer.id, chosen)
        changed.add({"kind": offer.kind, "id": offer.id, "name": offer.name, "action": "dismissed"})

    return run.change(work)


@click.command("ignore", cls=Command)
@click.argument("offer_id", metavar="ID")
@click.option("--device", "devices", multiple=True, type=DEVICE, help="Only the offer of this device; may be repeated.")
@click.pass_obj
def ignore(run: Run, offer_id: str, devices: tuple[str, ...]) -> int:
    """Ignore a pending device or folder permanently.

    To undo that, add the device, or share the folder with the devices that offer it.
    """

    async def work(session: Session, changed: Changed) -> None:
        offer, cluster = await _find(session, offer_id), session.client.cluster
        if offer.kind == "device":
            _refuse_device(offer, devices)
            await cluster.ignore_device(offer.id)
        else:
            chosen = [(await session.device(each))["deviceID"] for each in devices]
            await cluster.ignore_folder(offer.id, device_id=chosen or None)
        changed.add({"kind": offer.kind, "id": offer.id, "name": offer.name, "action": "ignored"})

    return run.change(work)


def _refuse_device(offer: _Offer, given: object) -> None:
    if given:
        raise UsageError(f"{offer.id} is a device: --device is only for folders")


@contextmanager
def _advice(offer: _Offer) -> Generator[None]:
    """If something is not pending, keep the library's reason, and say which command may help."""
    from aiosyncthing.exceptions import UnknownDeviceError, UnknownFolderError  # noqa: PLC0415 - not for help

    try:
        yield
    except (UnknownDeviceError, UnknownFolderError) as error:
        if offer.pending:
            raise
        if offer.kind == "device":
            hint = f"{command('add-device', offer.id)} adds it nevertheless"
        else:
            hint = f"{command('pending')} lists the offers; {command('add-folder', offer.id, 'PATH')} needs none"
        reason = str(error.args[0])  # without the request, which has succeeded
        raise UnknownNameError(reason, hint=hint, kind=kind_of(error)) from error


async def _find(session: Session, text: str, *, pending: bool = True) -> _Offer:
    """Find a pending device or folder by its ID; ``folder:x`` and ``device:x`` say which is meant.

    Args:
        session: The daemon.
        text: The ID.
        pending: Whether it must be pending. Otherwise the library is to say why it isn't, which it knows best.

    Raises:
        UnknownNameError: There is none.
    """
    from aiosyncthing._loops import together  # noqa: PLC0415 - loads asyncio

    cluster = session.client.cluster
    devices, folders = await together(cluster.pending_devices(), cluster.pending_folders())
    readings = [("", text)]
    if text.startswith(("folder:", "device:")):
        kind, _, wanted = text.partition(":")
        readings.append((kind, wanted))
    for kind, wanted in readings:
        device_id = _device_id(wanted)
        is_folder = wanted in folders and kind != "device"
        is_device = device_id in devices and kind != "folder"
        if is_folder and is_device:
            hint = f"use folder:{text} or device:{text}"
            raise UnknownNameError(f"{text!r} is both a folder and a device", hint=hint, kind="AmbiguousNameError")
        if is_folder:
            return _Offer("folder", wanted, next(filter(None, _labels(folders[wanted])), ""))
        if is_device:
            return _Offer("device", device_id, devices[device_id]["name"])
    kind, wanted = readings[-1]
    names = [each["name"] for each in devices.values()] + [
        label for each in folders.values() for label in _labels(each)
    ]
    shortened = wanted in names or any(each.startswith((wanted, wanted.upper())) for each in (*devices, *folders))
    device_id = _device_id(wanted)
    if pending or shortened or (kind == "device" and not device_id):
        where = f"{command('pending')} lists pending devices and folders with whole IDs"
        hint = f"give the whole ID: {where}" if shortened else where
        raise UnknownNameError(f"nothing with the ID {text!r} is pending", hint=hint)
    if device_id and kind != "folder":
        return _Offer("device", device_id, "", pending=False)
    return _Offer("folder", wanted, "", pending=False)


def _labels(folder: t.PendingFolder) -> list[str]:
    return [offer["label"] for offer in folder["offeredBy"].values()]


def _device_id(text: str) -> str:
    """Return a device ID in its canonical form; empty if it is none."""
    from aiosyncthing.device_id import DeviceID  # noqa: PLC0415 - only where it is needed
    from aiosyncthing.exceptions import InvalidDeviceIDError  # noqa: PLC0415 - likewise

    try:
        return str(DeviceID(text))
    except InvalidDeviceIDError:
        return ""
