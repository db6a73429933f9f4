"""A program that kills itself at one of its steps, and looks at what it has left: run as one, by `tests/real`.

It forks for each kill, since that takes milliseconds, and a new interpreter half a second. URL and key of the daemon
are in its environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiosyncthing import Syncthing
from tests.support.waiting import until

__all__ = ["ADDED", "PATTERNS"]

ADDED: Final = "added"
PATTERNS: Final = ["*.tmp"]
_JOURNAL: Final = Path("journal.json")
_SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_MOST: Final = 2000  # callbacks
_NOTHING: Final[dict[str, list[str]]] = {"folders": [], "devices": []}


def client() -> Syncthing:
    """Return a client of the daemon."""
    return Syncthing(os.environ["DAEMON_KEY"], os.environ["DAEMON_URL"])


def strike(at: int, kind: signal.Signals) -> None:
    """Send this process a signal before the nth callback of its event loop."""
    left = at
    run = asyncio.Handle._run

    def run_or_strike(handle: asyncio.Handle) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), kind)
        run(handle)

    asyncio.Handle._run = run_or_strike  # type: ignore[method-assign]  # in a process that ends soon


def survived(work: Callable[[Syncthing], Awaitable[None]], at: int, kind: signal.Signals) -> bool:
    """Run something in a process of its own that is killed; return whether it ended before that."""
    pid = os.fork()
    if not pid:
        code = 0

        async def main() -> None:
            async with client() as own:
                await work(own)

        strike(at, kind)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            code = 130
        except BaseException as error:  # noqa: BLE001 - the end of this process
            print(f"{kind.name} at callback {at}: {error!r}", flush=True)
            code = 1
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in {0, 130, -signal.SIGKILL, -signal.SIGTERM}, f"{kind.name} at callback {at}: exit code {code}"
    return code == 0


async def pause(own: Syncthing) -> None:
    """Pause everything for a moment."""
    async with own.paused(save=lambda state: _JOURNAL.write_text(json.dumps(state))):
        await asyncio.sleep(0)


async def add(own: Syncthing) -> None:
    """Add a folder with patterns."""
    await own.config.add_folder(ADDED, str(Path.cwd() / ADDED), ignores=PATTERNS)


async def things(own: Syncthing) -> dict[str, Any]:
    """Return folders and devices, as they are configured, by ID."""
    config = await own.config.config()
    return {each["id"]: each for each in config["folders"]} | {each["deviceID"]: each for each in config["devices"]}


async def check_pause(before: dict[str, Any], kind: signal.Signals) -> None:
    """Check that only what the journal names is paused, nothing after SIGINT, and that the journal undoes it."""
    journal = json.loads(await asyncio.to_thread(_JOURNAL.read_text)) if _JOURNAL.exists() else None
    named = {*journal["folders"], *journal["devices"]} if journal else set[str]()
    async with client() as own:

        async def undone() -> bool:  # a request may still take effect when its sender is dead
            now = await things(own)
            changed = {key for key in before if now[key] != before[key]}
            assert changed <= (named if kind is not signal.SIGINT else set()), f"{kind.name}: {changed} paused"
            if journal:
                await own.resume(journal)
            return await things(own) == before

        await until(undone)
    _JOURNAL.unlink(missing_ok=True)


async def check_addition(before: dict[str, Any], _: signal.Signals) -> None:
    """Check that the folder is not there, or paused, or has its patterns; and remove it."""
    async with client() as own:

        async def removed() -> bool:
            added = (await things(own)).get(ADDED)
            if added is not None and not added["paused"]:
                assert (await own.database.ignores(ADDED))["ignore"] == PATTERNS
            await own.config.remove_folder(ADDED, missing_ok=True)
            return await things(own) == before

        await until(removed)
    (Path(ADDED) / ".stignore").unlink(missing_ok=True)


async def look() -> dict[str, Any]:
    """Return what there is at first."""
    async with client() as own:
        return await things(own)


def main(offset: int, step: int) -> None:
    """Kill at each callback from an offset on, in steps, until the operation ends before."""
    before = asyncio.run(look())
    for work, check in ((pause, check_pause), (add, check_addition)):
        kills = 0
        for number, at in enumerate(range(offset, _MOST, step)):
            kind = _SIGNALS[number % len(_SIGNALS)]
            ended = survived(work, at, kind)
            asyncio.run(check(before, kind))
            if ended:
                break
            kills += 1
        assert kills, "it ended before the first kill"
        print(f"{work.__name__}: {kills} kills")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
