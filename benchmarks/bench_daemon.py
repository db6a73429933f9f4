"""What listening to a real daemon costs: CPU of the listening process at some 50 wake-ups a second.

    python benchmarks/bench_daemon.py [--seconds N] [--rounds N]

All listeners run side by side, each in a process of its own, on one daemon whose folder is scanned again and again. It
needs a ``syncthing`` program on the PATH, or named by SYNCTHING_BINARY.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import orjson

from aiosyncthing import Daemon, Syncthing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SCANS = 25  # a second; each is two changes of state


async def _bare(url: str, key: str) -> AsyncIterator[object]:
    async with aiohttp.ClientSession(headers={"X-API-Key": key}) as session:
        since = 0
        while True:
            async with session.get(f"{url}/rest/events", params={"since": str(since)}) as response:
                response.raise_for_status()
                for event in orjson.loads(await response.read()):
                    since = event["id"]
                    yield event


async def _listen(url: str, key: str) -> AsyncIterator[object]:
    async with Syncthing(key, url) as client:
        async for event in client.events.listen():
            yield event


async def _stream(url: str, key: str, *, direct: bool = False) -> AsyncIterator[object]:
    async with Syncthing(key, url, direct=direct) as client, client.events.stream() as stream:
        async for item in stream:
            yield item


KINDS: dict[str, Callable[[str, str], AsyncIterator[object]]] = {
    "bare": _bare,
    "listen": _listen,
    "stream": _stream,
    "direct": partial(_stream, direct=True),
}


async def _measure(kind: str, url: str, key: str, seconds: float) -> None:
    """Print the CPU seconds and the events of a time that begins a second after the first event."""
    begin = cpu = None
    events, started = 0, time.monotonic()
    async for _ in KINDS[kind](url, key):
        now = time.monotonic()
        if begin is None:
            if now - started > 1:
                begin, cpu = now, time.process_time()
            continue
        events += 1
        if now - begin >= seconds:
            break
    assert cpu is not None
    print(time.process_time() - cpu, events)


async def _round(daemon: Daemon, folder: str, seconds: float) -> dict[str, tuple[float, int]]:
    """Run all listeners at the same time; return their CPU seconds and events."""
    command = [sys.executable, __file__, "--url", daemon.url, "--seconds", str(seconds), "--listen"]
    environment = {**os.environ, "KEY": daemon.api_key}
    listeners = {
        kind: await asyncio.create_subprocess_exec(*command, kind, env=environment, stdout=asyncio.subprocess.PIPE)
        for kind in KINDS
    }
    try:
        results = asyncio.gather(*(listener.communicate() for listener in listeners.values()))
        while not results.done():
            await daemon.client.database.scan(folder)
            await asyncio.sleep(1 / SCANS)  # the pace that is measured
    finally:
        for listener in listeners.values():
            if listener.returncode is None:
                listener.kill()
    figures: dict[str, tuple[float, int]] = {}
    for kind, (output, _) in zip(listeners, await results, strict=True):
        cpu, events = output.split()
        figures[kind] = float(cpu), int(events)
    return figures


async def _compare(seconds: float, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as path:
        async with Daemon(binary=os.environ.get("SYNCTHING_BINARY")) as daemon:
            await daemon.client.config.set_folder({"id": "empty", "path": str(Path(path))})
            found = [await _round(daemon, "empty", seconds) for _ in range(rounds)]
            version = daemon.client.api.daemon_version
    print(f"{f'{seconds:g} s on {version}':30} {'CPU s':>8} {'events':>8} {'ratio':>7}")
    for kind in KINDS:
        cpu, events = (statistics.median(figures[kind][i] for figures in found) for i in (0, 1))
        ratio = statistics.median(figures[kind][0] / figures["bare"][0] for figures in found)
        print(f"{kind:30} {cpu:8.2f} {events:8.0f} {ratio:7.2f}")


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=15, help="how long to listen (default %(default)g)")
    parser.add_argument("--rounds", type=int, default=3, help="how often (default %(default)s)")
    parser.add_argument("--listen", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.listen:
        asyncio.run(_measure(arguments.listen, arguments.url, os.environ["KEY"], arguments.seconds))
    else:
        asyncio.run(_compare(arguments.seconds, arguments.rounds))


if __name__ == "__main__":
    main()
