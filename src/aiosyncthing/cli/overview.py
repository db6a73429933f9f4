"""Ask a daemon about its folders and devices."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiosyncthing._loops import together
from aiosyncthing.exceptions import NotFoundError, SyncthingError
from aiosyncthing.times import parse_time

from .rows import View, times

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    from aiosyncthing import Live, Syncthing, types as t

    from .session import Session

    C = TypeVar("C", bound=Mapping[str, Any])
    T = TypeVar("T")

FRAME: Final = 0.25
"""The minimum time between two views of a mirror, in seconds."""

_REPORTED_EVERY: Final = 10.0  # seconds
_AT_ONCE: Final = 8  # concurrent requests about folders, which the daemon answers one by one anyway


async def look(
    session: Session, folders: Sequence[t.FolderConfiguration] | None = None, *, elsewhere: bool = True
) -> View:
    """Ask about folders and devices, concurrently where possible. The result is sorted by name.

    Args:
        session: The daemon.
        folders: Which folders; ``None`` for all.
        elsewhere: Whether to ask about their state on other devices.
    """
    client = session.client
    config, own, connections, seen, scanned = await together(
        session.config(),
        session.own_id(),
        client.system.connections(),
        client.stats.devices(),
        client.stats.folders(),
    )
    view = View(
        own,
        _by_name(config["folders"], "label", "id"),
        _by_name(config["devices"], "name", "deviceID"),
        connections["connections"],
        times(seen, "lastSeen"),
        times(scanned, "lastScan"),
        at=parse_time(connections["total"]["at"]),
    )
    running = [folder for folder in (view.folders if folders is None else folders) if not folder["paused"]]
    gate = asyncio.Semaphore(_AT_ONCE)
    known = {device["deviceID"] for device in view.remotes}
    pairs = [
        (folder["id"], each["deviceID"])
        for folder in (running if elsewhere else ())
        for each in folder["devices"]
        if each["deviceID"] in known
    ]
    answers = await together(
        *(_ask(gate, client.database.status(folder["id"])) for folder in running),
        *(_ask(gate, client.database.completion(*pair)) for pair in pairs),
    )
    summaries = zip(running, answers, strict=False)
    completions = zip(pairs, answers[len(running) :], strict=True)
    view.summaries = {folder["id"]: answer for folder, answer in summaries if answer is not None}
    view.completions = {pair: answer for pair, answer in completions if answer is not None}
    return view


def mirrored(live: Live, reported: Sequence[str] = ()) -> View:
    """Return the view of a mirror.

    Args:
        live: The mirror.
        reported: The errors that the daemon reports, which the mirror doesn't have.
    """
    folders, devices = live.folders.values(), live.devices.values()
    return View(
        live.own_id,
        _by_name((each.config for each in folders), "label", "id"),
        _by_name((each.config for each in devices), "name", "deviceID"),
        {each.id: each.connection for each in devices if each.connection is not None},
        {each.id: each.last_seen for each in devices},
        {each.id: each.last_scan for each in folders},
        {each.id: each.summary for each in folders if each.summary is not None},
        {(each.id, device): answer for each in folders for device, answer in each.completion.items()},
        {each.id: (each.in_rate, each.out_rate) for each in devices},
        reported=reported,
    )


async def next_change(live: Live) -> None:
    """Wait for the next change of a mirror."""
    looks = 0

    def has_changed(_: Live) -> bool:
        nonlocal looks
        looks += 1
        return looks > 1  # the first look is at once

    await live.until(has_changed)


async def reported_by(client: Syncthing) -> list[str]:
    """Return the errors that the daemon reports, as `check` finds them."""
    if not (await client.system.error())["errors"]:
        return []
    from aiosyncthing.health import KINDS  # noqa: PLC0415 - only where it is needed

    found = await client.check([], [], ignore=[kind for kind in KINDS if kind != "system_error"])
    return [each.subject for each in found if each.kind == "system_error"]


async def follow_reported(client: Syncthing, show: Callable[[list[str]], object]) -> None:
    """Poll the errors that the daemon reports, for which there are no events.

    Args:
        client: The daemon.
        show: Called with the current errors, unless the daemon can't be asked.
    """
    while True:
        await asyncio.sleep(_REPORTED_EVERY)
        with suppress(SyncthingError):
            show(await reported_by(client))


async def _ask(gate: asyncio.Semaphore, question: Awaitable[T]) -> T | None:
    """Ask about a folder; ``None`` if it is not running, or was removed meanwhile."""
    async with gate:
        try:
            return await question
        except NotFoundError:
            return None


def _by_name(things: Iterable[C], name: str, otherwise: str) -> list[C]:
    return sorted(things, key=lambda each: str(each[name] or each[otherwise]).casefold())
