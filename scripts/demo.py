"""Start two private Syncthing daemons, connect them, and show them synchronise.

Everything runs on the loopback interface and in temporary folders, and nothing is left behind, even after
Ctrl-C. The last line says what was verified; the exit status is 0 only if everything was.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from _apt import SetupError
from fetch_syncthing import any_binary

from aiosyncthing import Daemon
from aiosyncthing.exceptions import SyncthingError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from aiosyncthing import Syncthing
    from aiosyncthing.types import StreamItem

    Pair = tuple[Daemon, Daemon]

P = ParamSpec("P")
T = TypeVar("T")

FOLDER = "demo"
FILES = 400
MEGABYTE = 1_000_000
SIZE = 50 * MEGABYTE
DIRECTORY_SIZE = 128  # bytes that Syncthing counts for each, up to 2.1.1
COMPLETE = 100  # percent
PATIENCE = 180  # seconds for each thing waited for; on an idle machine all of it takes ten


class DemoError(Exception):
    """A check of the demonstration failed."""


async def demo(binary: Path, scratch: Path) -> str:
    """Run the demonstration.

    Returns:
        What was verified.
    """
    roots = scratch / "one", scratch / "two"
    say(f"Starting two private daemons ({binary})")
    async with Daemon(binary=binary) as one, Daemon(binary=binary) as two:
        daemons = one, two
        homes = [daemon.home for daemon in daemons]
        for name, daemon in named(daemons):
            say(f"  {name}: Syncthing {daemon.version} at {daemon.url}, device {str(daemon.device_id)[:7]}")
        seen_by_one: list[StreamItem] = []
        seen_by_two: list[StreamItem] = []
        async with background(collect(one.client, seen_by_one)), background(collect(two.client, seen_by_two)):
            await introduce(daemons)
            await share(daemons, roots)
            await fill(daemons, roots[0], seen_by_two)
            say("Reading the state of both")
            for name, daemon in named(daemons):
                await report(name, daemon.client, roots[0])
            await change(daemons, roots)
        events = Counter(item["type"] for item in seen_by_one + seen_by_two if item["id"] is not None)
        say(f"Events seen: {', '.join(f'{count} {name}' for name, count in events.most_common(6))}, ...")
        say("The same on the command line")
        for text in await asyncio.gather(*(command_line(daemon, scratch) for daemon in daemons)):
            say(text)
        say("Stopping both")
    for daemon, home in zip(daemons, homes, strict=True):
        check(not daemon.running, "the daemons have ended")
        check(not home.exists(), "their homes are gone")
    return (
        f"{FILES} files ({SIZE // MEGABYTE} MB) arrived and are equal byte for byte, a change and a deletion arrived "
        f"on the other side, {events.total()} events were seen, both daemons have ended and left nothing behind"
    )


async def introduce(daemons: Pair) -> None:
    """Add each daemon to the other, and wait until they are connected."""
    say("Connecting them to each other")
    pairs = daemons, daemons[::-1]
    for daemon in daemons:
        for name, each in named(daemons):
            await daemon.client.config.set_device(
                {"deviceID": str(each.device_id), "name": name, "addresses": [each.sync_address]}
            )
    for daemon, peer in pairs:
        await meet(daemon.client, str(peer.device_id))


async def meet(client: Syncthing, device_id: str) -> None:
    """Wait until a daemon is connected with another."""
    async with client.watch() as live:
        await live.until(lambda live: live.devices[device_id].connected, PATIENCE)


async def share(daemons: Pair, roots: tuple[Path, Path]) -> None:
    """Share a folder between the daemons."""
    say(f"Sharing the folder {FOLDER!r}")
    for daemon, root in zip(daemons, roots, strict=True):
        await daemon.client.config.set_folder(
            {"id": FOLDER, "path": str(root), "devices": [{"deviceID": str(member.device_id)} for member in daemons]}
        )
    for daemon in daemons:
        await daemon.client.wait_in_sync(FOLDER, timeout=PATIENCE)


async def fill(daemons: Pair, root: Path, events: list[StreamItem]) -> None:
    """Write the files on the first side, and show how they arrive on the other."""
    say(f"Writing {FILES} files, {SIZE // MEGABYTE} MB")
    sizes = await in_thread(write_files, root)
    started = time.monotonic()
    async with background(show_progress(sizes, events)) as shown, asyncio.timeout(PATIENCE):
        await all_in_sync(daemons)
        await shown  # an event has come for each file, or it is known that some were lost
    say(f"  complete on both sides after {time.monotonic() - started:.1f} s")


async def change(daemons: Pair, roots: tuple[Path, Path]) -> None:
    """Change a file on the first side and delete another on the second, and wait until both arrive."""
    say("Changing a file on the one side, deleting another on the other")
    before = await in_thread(same_files, *roots)
    changed, deleted = min(before), max(before)
    (roots[0] / changed).write_bytes(b"changed")
    (roots[1] / deleted).unlink()
    await all_in_sync(daemons)
    check((roots[1] / changed).read_bytes() == b"changed", "the change has arrived")
    check(not (roots[0] / deleted).exists(), "the deletion has arrived")
    after = await in_thread(same_files, *roots)
    expected = before | {changed: digest(b"changed")}
    del expected[deleted]
    check(after == expected, "nothing else has changed")
    say(f"  both arrived: {changed} is changed, {deleted} is gone")


async def report(name: str, client: Syncthing, root: Path) -> None:
    """Read back what a daemon knows of the folder, show it, and compare it with what was written."""
    database = client.database
    status = await database.status(FOLDER)
    completion = await database.completion(FOLDER)
    need = await database.need(FOLDER)
    tree = await database.browse(FOLDER)
    waiting = [*need["progress"], *need["queued"], *need["rest"]]
    listed = {entry["name"]: {child["name"] for child in entry.get("children", [])} for entry in tree}
    say(
        f"  {name}: {status['state']}, {status['localFiles']} files, {status['localBytes'] / MEGABYTE:.1f} MB, "
        f"{completion['completion']:g} % complete, {len(waiting)} needed, {len(listed)} directories"
    )
    check(status["localBytes"] - SIZE in {0, DIRECTORY_SIZE * status["localDirectories"]}, f"{name} has all bytes")
    check(completion["completion"] == COMPLETE, f"{name} is complete")
    check(not waiting, f"{name} needs nothing")
    check(listed == await in_thread(names, root), f"{name} lists what was written")


async def command_line(daemon: Daemon, scratch: Path) -> str:
    """Return what ``aiosyncthing status`` shows of a daemon."""
    command = [sys.executable, "-m", "aiosyncthing", "status", "--home", str(daemon.home)]
    own = {"HOME": str(scratch), "XDG_CACHE_HOME": str(scratch / "cache")}  # where it keeps names for completion
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--color", "always" if sys.stdout.isatty() else "never"),
        env={**os.environ, **own},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        shown, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    check(process.returncode == 0, "the command line shows the daemon")
    check(b"in sync" in shown, "it says that the folder is in sync")
    return "\n".join(f"  {line}" for line in shown.decode().splitlines())


async def all_in_sync(daemons: Pair) -> None:
    """Wait until each daemon has noticed every change, and says that both have everything."""
    for daemon in daemons:
        await daemon.client.database.scan(FOLDER)
    await asyncio.gather(*(daemon.client.wait_in_sync(FOLDER, timeout=PATIENCE) for daemon in daemons))


async def show_progress(sizes: dict[str, int], events: list[StreamItem]) -> None:
    """Print the files as their events come.

    A daemon drops an event that it can't queue within 15 ms (lib/events/events.go), as may happen on a busy machine.
    The files arrive nevertheless, so only the progress is not shown then.
    """
    interactive = sys.stdout.isatty()
    last = -1
    size = 0
    while size < SIZE and not any(item["type"] == "EventsLost" for item in events):
        present = sizes.keys() & arrived(events)
        size = sum(sizes[name] for name in present)
        percent = COMPLETE * size // SIZE
        line = (
            f"  [{'#' * (percent // 4):25}] {percent:3} %  {len(present):3} of {FILES} files  "
            f"{size / MEGABYTE:4.1f} of {SIZE / MEGABYTE:.1f} MB"
        )
        if interactive:
            print(f"\r{line}", end="", flush=True)
        elif percent // 10 > last // 10:
            say(line)
            last = percent
        await asyncio.sleep(0.05)
    if interactive:
        print()
    if size < SIZE:
        say("  the daemon is too busy to record all events, so the rest is not shown")


def arrived(events: list[StreamItem]) -> set[str]:
    """Return the names of the files that have arrived without error."""
    return {
        event["data"]["item"]
        for event in events
        if event["type"] == "ItemFinished" and event["data"]["type"] == "file" and event["data"]["error"] is None
    }


async def collect(client: Syncthing, events: list[StreamItem]) -> None:
    """Follow the events of a daemon from its start."""
    async with client.events.stream(since="history") as stream:
        async for item in stream:
            events.append(item)  # noqa: PERF401 - whoever shows the progress reads them meanwhile


@contextlib.asynccontextmanager
async def background(work: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run a coroutine in the background during the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function. A cancellation waits for it, or it would keep writing after the cleanup."""
    task = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    finally:
        await asyncio.wait({task})


def write_files(root: Path) -> dict[str, int]:
    """Write files of all sizes, from some bytes to half a megabyte, in several directories.

    Returns:
        Their sizes, by name.
    """
    source = random.Random(FOLDER)
    weights = [source.random() ** 3 for _ in range(FILES - 1)]
    sizes = [1 + int(weight / sum(weights) * (SIZE - FILES)) for weight in weights]
    sizes.append(SIZE - sum(sizes))
    written: dict[str, int] = {}
    for number, size in enumerate(sizes):
        file = root / f"directory {number % 8}" / f"file {number:03}.bin"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(source.randbytes(size))
        written[file.relative_to(root).as_posix()] = size
    return written


def names(root: Path) -> dict[str, set[str]]:
    """Return the names of the files that were written, by directory."""
    return {directory.name: {file.name for file in directory.iterdir()} for directory in root.glob("directory *")}


def same_files(first: Path, second: Path) -> dict[str, str]:
    """Return the digest of each file by its name, after checking that both folders have the same contents."""
    one, two = (
        {str(file.relative_to(root)): digest(file.read_bytes()) for file in root.glob("directory */*")}
        for root in (first, second)
    )
    check(one == two, "both sides are equal, byte for byte")
    return one


def digest(content: bytes) -> str:
    """Return the digest of some content."""
    return hashlib.sha256(content).hexdigest()


def named(daemons: Pair) -> list[tuple[str, Daemon]]:
    """Return the daemons with the names they have in the output."""
    return list(zip(("one", "two"), daemons, strict=True))


def check(condition: object, what: str) -> None:
    """Raise if a condition is false."""
    if not condition:
        raise DemoError(f"this check failed: {what}")


def say(text: str) -> None:
    """Print a line immediately, even to a pipe."""
    print(text, flush=True)


async def run(binary: Path) -> str:
    """Run the demonstration; SIGTERM or a closed terminal ends it like Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with tempfile.TemporaryDirectory(prefix="aiosyncthing-demo-") as scratch:
        return await demo(binary, Path(scratch))


def main() -> int:
    """Run the demonstration and print the result."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        verified = asyncio.run(run(any_binary()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\ndemo: interrupted; nothing is left behind", file=sys.stderr)
        return 130
    except (SetupError, SyncthingError, DemoError, OSError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    say(f"Verified: {verified}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
