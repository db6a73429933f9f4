"""``add-device``, ``add-folder``, ``remove``, ``share`` and ``unshare``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli import prompts
from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, UsageError
from aiosyncthing.cli.names import folder_path
from aiosyncthing.cli.parameters import DEVICE, EITHER, FOLDER
from aiosyncthing.cli.target import keys

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.changed import Changed
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session

FOLDER_TYPES: Final = ("sendreceive", "sendonly", "receiveonly", "receiveencrypted")
_OPTION: Final = "--encryption-password-file"


def read_patterns(place: str | None) -> list[str] | None:
    """Return the ignore patterns in a file, or in the standard input (``-``).

    Raises:
        CommandError: It can't be read.
    """
    if place is None:
        return None
    try:
        text = sys.stdin.read() if place == "-" else Path(place).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"can't read {place}: {getattr(error, 'strerror', None) or error}") from error
    return text.splitlines()


@click.command("add-device", cls=Command)
@click.argument("device_id", metavar="ID")
@click.option("--name", default="", help="Its name; by default the one that it reports.")
@click.option("--address", "addresses", multiple=True, metavar="URL", help="Its address; may be repeated.")
@click.option("--untrusted", is_flag=True, help="Share only encrypted data with it.")
@click.pass_obj
def add_device(run: Run, device_id: str, name: str, addresses: tuple[str, ...], *, untrusted: bool) -> int:
    """Add a device.

    The other device has to add this one, too. Without --address, it is found by discovery.
    """

    async def work(session: Session, changed: Changed) -> None:
        settings: Any = {"untrusted": True} if untrusted else {}
        addresses_or_default = addresses or ("dynamic",)
        device = await session.client.config.add_device(device_id, name, addresses=addresses_or_default, **settings)
        changed.device(device, "added")

    return run.change(work)


@click.command("add-folder", cls=Command)
@click.argument("folder_id", metavar="ID")
@click.argument("path")
@click.option("--label", default="", help="Its label.")
@click.option("--type", "kind", type=click.Choice(FOLDER_TYPES), default="sendreceive", help="Its type.")
@click.option("--ignores", metavar="FILE|-", help="Its ignore patterns, set before anything is scanned.")
@click.option("--share", "devices", multiple=True, type=DEVICE, help="Share it with this device; may be repeated.")
@click.option("--allow-nested", is_flag=True, help="Allow a path inside or around another folder.")
@click.pass_obj
def add_folder(
    run: Run,
    folder_id: str,
    path: str,
    label: str,
    kind: t.FolderType,
    ignores: str | None,
    devices: tuple[str, ...],
    *,
    allow_nested: bool,
) -> int:
    """Add a folder.

    The ID must be the same on all devices. PATH is a directory on the daemon's computer; if that is this computer, it
    may be relative. The home directory of the daemon's user, its parents, and the path of another folder are
    refused.
    """
    patterns = read_patterns(ignores)

    async def work(session: Session, changed: Changed) -> None:
        chosen = [await session.device(each) for each in devices]
        folder = await session.client.config.add_folder(
            folder_id,
            folder_path(path, local=session.target.local),
            label=label,
            type=kind,
            devices=[each["deviceID"] for each in chosen],
            ignores=patterns,
            allow_nested=allow_nested,
        )
        changed.folder(folder, "added")
        for each in chosen:
            changed.device(each, "shared")

    return run.change(work)


@click.command("remove", cls=Command)
@click.argument("name", type=EITHER)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def remove(run: Run, name: str, *, yes: bool) -> int:
    """Remove a folder or a device from the configuration.

    The files of a folder stay on disk. If a folder and a device have the same name, use folder:NAME or device:NAME.
    """

    async def work(session: Session, changed: Changed) -> None:
        kind, found = await session.either(name)
        if kind == "folder":
            folder: Any = found
            what = f"Remove the folder {folder['label'] or folder['id']}? Its files in {folder['path']} stay."
            prompts.confirm(run.out, what, yes=yes)
            await session.client.config.remove_folder(folder["id"])
            changed.folder(folder, "removed")
            return
        device: Any = found
        if device["deviceID"] == await session.own_id():
            raise UsageError("the daemon's own device can't be removed")
        shared = [
            folder["id"]
            for folder in await session.folders()
            if any(each["deviceID"] == device["deviceID"] for each in folder["devices"])
        ]
        unshared = f" It shares {', '.join(shared)}." if shared else ""
        question = f"Remove the device {device['name'] or device['deviceID']}?{unshared}"
        prompts.confirm(run.out, question, yes=yes)
        await session.client.config.remove_device(device["deviceID"])
        changed.device(device, "removed")

    return run.change(work)


@click.command("share", cls=Command)
@click.argument("folder", type=FOLDER)
@click.argument("device", nargs=-1, type=DEVICE, required=True)
@click.option(_OPTION, "password_file", metavar="FILE|-", help="Send only encrypted data; the file has the password.")
@click.pass_obj
def share(run: Run, folder: str, device: tuple[str, ...], password_file: str | None) -> int:
    """Share a folder with devices.

    Devices that already share it keep their encryption passwords, unless a new one is given.
    """
    password = _password(run, password_file)

    async def work(session: Session, changed: Changed) -> None:
        there, devices = await session.folder(folder), await _devices(session, device)
        changed.about = f", folder {there['id']}"
        before = {each["deviceID"]: each.get("encryptionPassword", "") for each in there["devices"]}
        ids = [each["deviceID"] for each in devices]
        await session.client.config.share(there["id"], *ids, encryption_password=password)
        for each in devices:
            if each["deviceID"] not in before:
                changed.device(each, "shared")
            elif password is not None and before[each["deviceID"]] != password:
                changed.device(each, "encryption password changed")

    return run.change(work)


@click.command("unshare", cls=Command)
@click.argument("folder", type=FOLDER)
@click.argument("device", nargs=-1, type=DEVICE, required=True)
@click.pass_obj
def unshare(run: Run, folder: str, device: tuple[str, ...]) -> int:
    """Stop sharing a folder with devices.

    The files that they already have stay there.
    """

    async def work(session: Session, changed: Changed) -> None:
        there, devices = await session.folder(folder), await _devices(session, device)
        changed.about = f", folder {there['id']}"
        before = {each["deviceID"] for each in there["devices"]}
        await session.client.config.unshare(there["id"], *(each["deviceID"] for each in devices))
        for each in devices:
            if each["deviceID"] in before:
                changed.device(each, "unshared")

    return run.change(work)


async def _devices(session: Session, names: tuple[str, ...]) -> list[t.DeviceConfiguration]:
    """Return the named devices without duplicates."""
    found = [await session.device(each) for each in names]
    return list({each["deviceID"]: each for each in found}.values())


def _password(run: Run, place: str | None) -> str | None:
    if place is None:
        return None
    if place == "-" and prompts.can_ask():
        return prompts.ask_secret(run.out, "Encryption password", option=_OPTION)
    return keys.read_secret(place, run.out.warn)
