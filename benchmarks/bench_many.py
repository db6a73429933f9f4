"""What many of everything cost: idle streams, a mirror of many folders and devices, and a wait for many folders.

    python benchmarks/bench_many.py [--streams N] [--folders N] [--devices N] [--waited N] [--daemon PATH]

Each figure comes from a process of its own; servers and fakes are in others. Sizes are halved first: what costs more
than twice as much at twice the size grows faster than its input. A stream needs a file here and another in one of the
servers, and memory in both; where the machine doesn't have that, there are fewer streams, and it says so. With
``--daemon``, a Syncthing of that path gets as many folders as are waited for, is watched, and is waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import time
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import orjson

from aiosyncthing import Daemon, Syncthing
from pytest_syncthing import FakeSyncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

PER_SERVER = 2500  # streams that one process serves: two files for each
IDLE = 10  # seconds
EVENTS = 100  # a second
SPARE_FILES = 200
PER_STREAM = 0.1  # MB, with what the server and the system need for it


def _memory() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


class _Meter:
    """Prints what was used since the last time."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._memory, self._cpu, self._time = _memory(), time.process_time(), time.perf_counter()

    def lap(self, what: str, note: str = "") -> None:
        """Print a line."""
        memory, cpu, begun = self._memory, self._cpu, self._time
        self._begin()
        figures = f"{self._memory - memory:8.1f} {self._cpu - cpu:8.2f} {self._time - begun:8.2f}"
        print(f"{what:56} {figures}  {note}".rstrip(), flush=True)


@contextmanager
def _servers(count: int) -> Iterator[list[int]]:
    """Serve event APIs on which nothing ever happens; yield their ports."""
    program = str(Path(__file__).with_name("event_server.py"))
    sizes = [min(PER_SERVER, count - start) for start in range(0, count, PER_SERVER)]
    with ExitStack() as stack:
        ports: list[int] = []
        for size in sizes:
            server = subprocess.Popen([sys.executable, program, str(size), "0"], stdout=subprocess.PIPE, text=True)
            stack.callback(server.communicate)
            stack.callback(server.terminate)
            assert server.stdout is not None
            ports += map(int, server.stdout.readline().split())
        yield ports


async def _settle() -> None:
    """Wait until this process has nothing to do."""
    cpu = -1.0
    while time.process_time() - cpu > 0.01:
        cpu = time.process_time()
        await asyncio.sleep(1)  # the time in which it is looked at


async def _poll(session: aiohttp.ClientSession, port: int) -> None:
    async with session.get(f"http://127.0.0.1:{port}/rest/events", params={"since": "1"}) as response:
        orjson.loads(await response.read())


async def _idle_streams(kind: str, ports: list[int]) -> None:
    meter = _Meter()
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        )
        polls: list[asyncio.Task[None]] = []
        for port in ports:
            if kind == "polls":
                polls.append(asyncio.create_task(_poll(session, port)))
            else:
                client = Syncthing("key", f"http://127.0.0.1:{port}", session=session)
                await stack.enter_async_context(client.events.stream())
        await _settle()
        meter.lap(f"{len(ports)} {kind}, waiting")
        await asyncio.sleep(IDLE)
        meter.lap(f"  {IDLE} s in which nothing happens")
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)


async def _polls(url: str) -> None:
    """Poll as the mirror's stream must at least, and do nothing with the events."""
    async with aiohttp.ClientSession(headers={"X-API-Key": os.environ["KEY"]}) as session:

        async def follow(since: int) -> None:
            while True:
                params = {"since": str(since), **({"timeout": "0", "limit": "1"} if not since else {})}
                async with session.get(f"{url}/rest/events", params=params) as response:
                    for event in orjson.loads(await response.read()):
                        since = event["id"]

        meter = _Meter()
        following = asyncio.create_task(follow(0))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        meter.lap(f"bare polls: {IDLE} s in which {EVENTS} events a second come")
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _mirror(url: str, *, quiet: bool = False) -> None:
    meter = _Meter()
    async with Syncthing(os.environ["KEY"], url) as client, client.watch() as live:
        meter.lap(f"a mirror of {len(live.folders)} folders and {len(live.devices)} devices", "entered")
        await _settle()
        meter.lap("  until it has nothing to do")
        if quiet:
            return
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        meter.lap(f"  {IDLE} s in which {EVENTS} events a second come")


async def _wait(url: str, count: str) -> None:
    meter = _Meter()
    async with Syncthing(os.environ["KEY"], url) as client:
        with suppress(TimeoutError):
            await client.wait_in_sync(timeout=2 * IDLE)
    meter.lap(f"a wait for {count} folders, for {2 * IDLE} s")


@contextmanager
def _fake(folders: int, devices: int) -> Iterator[FakeSyncthing]:
    """Run a fake that has many folders, each shared with some of its devices, which are all connected."""
    with FakeSyncthing() as fake:
        others = [fake.add_device(f"device {number}") for number in range(devices)]
        for device in others:
            fake.connect(device)
        for number in range(folders):
            shared = [others[(number * 3 + place) % devices] for place in range(min(3, devices))]
            fake.add_folder(f"folder-{number}", files={"a.txt": b"12345"}, devices=shared)
        fake.finish_sync()
        yield fake


def _run(
    kind: str, *arguments: str, key: str = "", note: Callable[[subprocess.Popen[str]], object] | None = None
) -> None:
    """Run a part of this program in a process of its own."""
    command = [sys.executable, __file__, "--part", kind, *arguments]
    environment = {**os.environ, "KEY": key}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() != "ready":
                print(line, end="", flush=True)
            elif note is not None:
                note(process)
    if process.returncode:
        sys.exit(process.returncode)


def _all_streams(count: int) -> None:
    with _servers(count) as ports:
        for kind in ("polls", "streams"):
            _run(kind, *map(str, ports))


def _all_mirrors(folders: int, devices: int) -> None:
    with _fake(folders, devices) as fake:
        before = len(fake.requests)

        def busy(process: subprocess.Popen[str]) -> None:
            print(f"  requests made until then: {len(fake.requests) - before}", flush=True)
            begin, asked = time.monotonic(), len(fake.requests)
            for number in range(IDLE * EVENTS):
                folder = f"folder-{number % folders}"
                states = ("idle", "scanning") if number // folders % 2 == 0 else ("scanning", "idle")
                fake.emit("StateChanged", {"folder": folder, "from": states[0], "to": states[1], "duration": 0.1})
                time.sleep(max(0.0, begin + (number + 1) / EVENTS - time.monotonic()))
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            print(f"  requests made meanwhile: {len(fake.requests) - asked}", flush=True)

        _run("mirror", fake.url, key=fake.api_key, note=busy)
        before = len(fake.requests)
        _run("bare", fake.url, key=fake.api_key, note=busy)


def _all_waits(folders: int) -> None:
    with _fake(folders, 10) as fake:
        folder = fake.folder("folder-0")
        folder.remote_write(folder.devices[0], {"b.txt": b"123"})
        before = len(fake.requests)
        _run("wait", fake.url, str(folders), key=fake.api_key)
        print(f"  requests made: {len(fake.requests) - before}", flush=True)


async def _all_of_daemon(binary: str, folders: int) -> None:
    """Start a daemon with many empty folders; print what it costs it to be watched and waited for."""
    async with Daemon(binary=binary) as daemon:

        def used() -> float:
            ticks = Path(f"/proc/{daemon.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

        begun = used()
        for number in range(folders):
            await daemon.client.config.set_folder({"id": f"folder-{number}", "path": str(daemon.home / str(number))})
        await daemon.client.wait_in_sync(timeout=300)
        print(f"  a daemon that got {folders} folders: {used() - begun:.2f} s CPU of its own", flush=True)
        for kind, arguments in (("quiet", []), ("wait", [str(folders)])):
            begun = used()
            await asyncio.to_thread(_run, kind, daemon.url, *arguments, key=daemon.api_key)
            print(f"  CPU of the daemon meanwhile: {used() - begun:.2f} s", flush=True)


def _streams_possible(wanted: int) -> int:
    """Return how many streams this machine can bear, and say so if they are fewer than wanted."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES
    lines = Path("/proc/meminfo").read_text().splitlines()
    available = next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("MemAvailable"))
    possible = min(wanted, files, int(available / 2 / PER_STREAM))
    if possible < wanted:
        print(
            f"NOTE: {possible} streams instead of {wanted}, since a process may open {files} files more, and there "
            f"are {available:.0f} MB of memory. Half may be used, {PER_STREAM} MB for each stream."
        )
    return possible


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, default=10_000, help="idle streams (default %(default)s)")
    parser.add_argument("--folders", type=int, default=500, help="folders of the mirror (default %(default)s)")
    parser.add_argument("--devices", type=int, default=200, help="devices of the mirror (default %(default)s)")
    parser.add_argument("--waited", type=int, default=200, help="folders that are waited for (default %(default)s)")
    parser.add_argument("--daemon", metavar="PATH", help="a syncthing program to measure, too")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    parts: dict[str, Callable[..., Coroutine[None, None, None]]] = {
        "polls": lambda *ports: _idle_streams("polls", [*map(int, ports)]),
        "streams": lambda *ports: _idle_streams("streams", [*map(int, ports)]),
        "mirror": _mirror,
        "bare": _polls,
        "quiet": lambda url: _mirror(url, quiet=True),
        "wait": _wait,
    }
    if options.part:
        asyncio.run(parts[options.part](*options.arguments))
        return
    streams = _streams_possible(options.streams)
    print(f"{'':56} {'MB':>8} {'CPU s':>8} {'s':>8}")
    for divisor in (2, 1):
        _all_streams(streams // divisor)
        _all_mirrors(options.folders // divisor, options.devices // divisor)
        _all_waits(options.waited // divisor)
        if options.daemon:
            asyncio.run(_all_of_daemon(options.daemon, options.waited // divisor))


if __name__ == "__main__":
    main()
