"""Findings about devices, and about pending devices and folders. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing.times import parse_time
from aiosyncthing.waiting.grace import seconds_between
from aiosyncthing.waiting.sync import device_name

from .answers import by_id
from .finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosyncthing import types as t

    from .answers import Answers

_DAY: Final = 24 * 60 * 60
_SHORT: Final = 7  # characters of a device ID that is shown for want of a name


def device_findings(answers: Answers, unseen_days: float) -> Iterator[Finding]:
    """Return the findings about devices.

    Args:
        answers: The daemon's answers.
        unseen_days: After how many days without a connection a device is reported.
    """
    connected, now = answers.connected, answers.connections["total"]["at"]
    for device in answers.remotes:
        name = device["deviceID"]
        if device["paused"]:
            yield Finding(
                "device_paused",
                Severity.INFO,
                device=name,
                text=f"Device {device_name(device)} is paused.",
                remedy="Resume it if folders should be synchronised with it.",
            )
        elif name not in connected and answers.stats is not None and name in answers.stats:
            yield from _unseen(device, answers.stats[name]["lastSeen"], now, unseen_days)
    yield from _pending_devices(answers)
    yield from _pending_folders(answers)


def _unseen(device: t.DeviceConfiguration, last_seen: str, now: str, days: float) -> Iterator[Finding]:
    name = device_name(device)
    if parse_time(last_seen) is None:
        yield Finding(
            "device_never_seen",
            Severity.WARNING,
            device=device["deviceID"],
            text=f"Device {name} has never been connected.",
            remedy="Check its ID and addresses, and that this device has been added there.",
        )
        return
    age = seconds_between(last_seen, now)  # None if the daemon's clock was set back
    if age is not None and age >= days * _DAY:
        passed = int(age // _DAY)
        yield Finding(
            "device_unseen",
            Severity.WARNING,
            device=device["deviceID"],
            text=f"Device {name} was last seen {passed} day{'' if passed == 1 else 's'} ago.",
            remedy="Check that it is switched on and runs Syncthing; remove it if it is no longer in use.",
            seconds=age,
        )


def _pending_devices(answers: Answers) -> Iterator[Finding]:
    for device_id, pending in (answers.pending_devices or {}).items():
        name = pending.get("name") or device_id[:_SHORT]
        address = pending.get("address")
        yield Finding(
            "pending_device",
            Severity.INFO,
            device=device_id,
            text=f"Device {name}{f' at {address}' if address else ''} wants to connect.",
            remedy="Add it if you know it; otherwise ignore it.",
        )


def _pending_folders(answers: Answers) -> Iterator[Finding]:
    devices = by_id(answers.config["devices"])
    for folder_id, pending in (answers.pending_folders or {}).items():
        for device_id, offer in pending["offeredBy"].items():
            name = device_name(devices[device_id]) if device_id in devices else device_id[:_SHORT]
            yield Finding(
                "pending_folder",
                Severity.INFO,
                folder_id,
                device_id,
                text=f"Device {name} offers the folder {offer.get('label') or folder_id}.",
                remedy="Accept it or ignore it.",
            )
