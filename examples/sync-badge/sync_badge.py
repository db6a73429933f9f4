"""A badge that shows the state of a Syncthing folder: an SVG file that is kept up to date.

Usage: sync_badge.py FOLDER FILE

FOLDER is a folder's ID. The program finds the Syncthing of this computer by itself.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import SyncthingError

if TYPE_CHECKING:
    from aiosyncthing import Live
    from aiosyncthing.live import LiveFolder

GREEN, BLUE, GREY, RED = "#3a3", "#37b", "#777", "#b33"
CHARACTER = 7  # width in pixels


@dataclass(frozen=True)
class Badge:
    """The contents of a badge.

    Attributes:
        label: Its left side.
        text: Its right side.
        colour: The colour of the right side.
    """

    label: str
    text: str
    colour: str

    def svg(self) -> str:
        """Return the badge as an SVG image."""
        left, right = (CHARACTER * len(part) + 10 for part in (self.label, self.text))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" font-family="monospace" '
            f'font-size="11" fill="#fff"><rect width="{left + right}" height="20" fill="#444"/>'
            f'<rect x="{left}" width="{right}" height="20" fill="{self.colour}"/>'
            f'<text x="5" y="14">{escape(self.label)}</text>'
            f'<text x="{left + 5}" y="14">{escape(self.text)}</text></svg>'
        )


def badge_of(live: Live, folder_id: str) -> Badge:
    """Return the badge for a folder."""
    folder = live.folders.get(folder_id)
    if folder is None:
        return Badge(folder_id, "no such folder", RED)
    if not live.connected:
        return Badge(folder.label, "offline", GREY)
    return Badge(folder.label, *state_of(folder))


def state_of(folder: LiveFolder) -> tuple[str, str]:
    """Return the text for a folder's state, and its colour."""
    if folder.paused:
        return "paused", GREY
    if folder.error:
        return folder.error, RED
    if folder.errors:
        return f"{len(folder.errors)} failed", RED
    if folder.summary is None:
        return "starting", GREY
    needed, total = folder.summary["needBytes"], folder.summary["globalBytes"]
    if folder.summary["needTotalItems"]:
        return f"{100 * (1 - needed / total) if total else 0:.0f} %", BLUE
    others = [completion for completion in folder.completion.values() if completion["needItems"]]
    if others:
        return f"{len(others)} behind", BLUE
    return "in sync", GREEN


async def follow(client: Syncthing, folder_id: str, file: Path) -> None:
    """Keep the file up to date until cancelled."""
    shown: Badge | None = None
    async with client.watch() as live, aclosing(live.changes()) as changes:
        while True:
            badge = badge_of(live, folder_id)
            if badge != shown:
                await asyncio.to_thread(replace, file, badge.svg())
                shown = badge
            await anext(changes)


def replace(file: Path, text: str) -> None:
    """Replace a file atomically, so that readers never see half of it."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


async def main(folder_id: str, file: str) -> None:
    """Find the Syncthing of this computer and follow a folder."""
    client = await asyncio.to_thread(Syncthing.local)
    async with client:
        await follow(client, folder_id, Path(file))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except SyncthingError as error:
        sys.exit(f"sync_badge: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
