"""Asking a daemon about its folders and devices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiosyncthing.exceptions import NotFoundError
from aiosyncthing.times import parse_time

from .asking import together
from .rows import View, times

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from typing import TypeVar

    from aiosyncthing import types as t

    from .session import Session

    T = TypeVar("T")

_AT_ONCE: Final = 8  # questions about folders, which the daemon answers one by one anyway


async def look(
    session: Session, folders: Sequence[t.FolderConfiguration] | None = None, *, elsewhere: bool = True
) -> View:
    """Ask about folders and devices, at the same time where possible. The result has them in the order of their names.

    Args:
        session: The daemon.
        folders: Which folders; ``None`` for all.
        elsewhere: Whether to ask how they are on other devices.
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
        sorted(config["folders"], key=lambda folder: (folder["label"] or folder["id"]).casefold()),
        sorted(config["devices"], key=lambda device: (device["name"] or device["deviceID"]).casefold()),
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


async def _ask(gate: asyncio.Semaphore, question: Awaitable[T]) -> T | None:
    """Ask about a folder; ``None`` if it is not running, or was removed in the meantime."""
    async with gate:
        try:
            return await question
        except NotFoundError:
            return None
