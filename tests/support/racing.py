"""Edits of one configuration by several clients at the same time, and what became of each.

Each client has an event loop in a thread of its own, and shares no lock with the others, as if in another process.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import EditConflictError

__all__ = ["Race", "prepare", "race"]

DEVICES: Final = (
    "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2",
    "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ",
    "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD",
)
FOLDERS: Final = ("race-1", "race-2")


@dataclass(frozen=True)
class _Done:
    """A change that was reported as done.

    Attributes:
        place: What was changed.
        value: Its value since then.
        begin: When the edit began.
        end: When it was done.
    """

    place: str
    value: Any
    begin: float
    end: float


@dataclass
class Race:
    """What has happened.

    Attributes:
        done: The changes that were reported as done.
        edits: How many edits have ended well.
        refused: How many have ended with a conflict.
        undone: Changes of what no other client changes that were not there any more when it was read again.
    """

    done: list[_Done] = field(default_factory=list)
    edits: int = 0
    refused: int = 0
    undone: list[str] = field(default_factory=list)

    def lost(self, config: Any) -> list[str]:
        """Return the places whose value is none that they may have, now or earlier.

        That is the value of the last change, or of one that was not over when that began. Whether a folder is shared
        with a device is changed by one client only, so there it is that client's last value, at any time.

        Args:
            config: The configuration in the end.
        """
        found = [*self.undone]
        for place in sorted({each.place for each in self.done}):
            there = [each for each in self.done if each.place == place]
            latest = max(each.begin for each in there)
            possible = [each.value for each in there if each.end >= latest]
            if (value := _look(config, place)) not in possible:
                found.append(f"{place}: {value!r}, expected one of {possible!r}")
        return found


def _folder(config: Any, name: str) -> Any:
    return next(each for each in config["folders"] if each["id"] == name)


def _look(config: Any, place: str) -> Any:
    kind, name, key = place.split()
    if kind == "option":
        return config["options"][key]
    if kind == "device":
        return next(each for each in config["devices"] if each["deviceID"] == name)[key]
    folder = _folder(config, name)
    return folder[key] if kind == "folder" else key in [each["deviceID"] for each in folder["devices"]]


def _change(config: Any, place: str, value: Any) -> None:
    kind, name, key = place.split()
    if kind == "option":
        config["options"][key] = value
    elif kind == "device":
        next(each for each in config["devices"] if each["deviceID"] == name)[key] = value
    elif kind == "folder":
        _folder(config, name)[key] = value
    else:
        shares = _folder(config, name)["devices"]
        shares[:] = [each for each in shares if each["deviceID"] != key]
        shares += [{"deviceID": key}] if value else []


async def prepare(client: Syncthing, path: str) -> None:
    """Add what is changed.

    Args:
        client: A client of the daemon.
        path: A directory for the folders.
    """
    async with client.config.edit() as config:
        anything: Any = config
        anything["devices"] += [{"deviceID": each, "paused": True} for each in DEVICES]
        anything["folders"] += [{"id": each, "path": f"{path}/{each}", "paused": True} for each in FOLDERS]


async def race(url: str, api_key: str, *, clients: int, edits: int, seed: int) -> Race:
    """Let clients edit at random, all at once.

    Args:
        url: Base URL of the daemon.
        api_key: Its key.
        clients: How many clients.
        edits: How many edits by each.
        seed: For the dice.
    """
    found = Race()

    async def run(number: int) -> None:
        dice = Random(f"{seed} {number}")
        own: dict[str, Any] = {}
        async with Syncthing(api_key, url) as client:
            for edit in range(edits):
                await _edit(client, dice, found, own, number, edit)

    await asyncio.gather(*(asyncio.to_thread(asyncio.run, run(number)) for number in range(clients)))
    return found


async def _edit(client: Syncthing, dice: Random, found: Race, own: dict[str, Any], number: int, count: int) -> None:
    places = dice.sample(
        [
            *(f"share {folder} {DEVICES[number]}" for folder in FOLDERS),
            *(f"folder {folder} {key}" for folder in FOLDERS for key in ("label", "rescanIntervalS")),
            *(f"device {device} name" for device in DEVICES),
            "option - maxSendKbps",
        ],
        dice.choice((1, 1, 2, 4)),
    )
    begin = time.monotonic()
    edit = client.config.edit()
    wanted: dict[str, Any] = {}
    done = False
    with suppress(EditConflictError):
        async with edit as config:
            found.undone += [f"{place} was undone" for place, value in own.items() if _look(config, place) != value]
            for place in places:
                current = _look(config, place)
                value: Any = f"{number} {count} {place}"
                if isinstance(current, bool):
                    value = not current
                elif isinstance(current, int):
                    value = dice.randrange(1, 10**6)
                _change(config, place, value)
                wanted[place] = value
        done = True
    found.edits += done
    found.refused += not done
    sent = {_place(each) for each in edit.changes}
    made = {place: value for place, value in wanted.items() if done or place in sent}
    own |= {place: value for place, value in made.items() if place.startswith("share")}
    found.done += [_Done(place, value, begin, time.monotonic()) for place, value in made.items()]


def _place(change: Any) -> str:
    kind, *rest = change.place
    if kind == "options":
        return f"option - {rest[0]}"
    if kind == "devices":
        return f"device {rest[0]} {rest[1]}"
    return f"share {rest[0]} {rest[2]}" if rest[1] == "devices" else f"folder {rest[0]} {rest[1]}"
