"""What fakes cost: many of them in one process, each with a client that follows its events.

    python benchmarks/bench_fakes.py [--fakes N]

Fakes and clients share the process, in a thread each. The figures: memory and CPU to start the fakes, then the same
for the streams on them, CPU while nothing happens, and how long it takes until an event of each has been seen.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from pytest_syncthing import FakeSyncthing

if TYPE_CHECKING:
    from aiosyncthing import EventStream

IDLE = 10


class _Meter:
    """Prints what was used since the last time."""

    def __init__(self) -> None:
        print(f"{'':44} {'MB':>8} {'CPU s':>8} {'s':>8}")
        self._begin()

    def _begin(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self._memory = pages * resource.getpagesize() / 1e6
        self._cpu, self._time = time.process_time(), time.perf_counter()

    def lap(self, what: str) -> None:
        """Print a line."""
        memory, cpu, begun = self._memory, self._cpu, self._time
        self._begin()
        print(f"{what:44} {self._memory - memory:8.1f} {self._cpu - cpu:8.2f} {self._time - begun:8.2f}", flush=True)


async def _next(stream: EventStream) -> None:
    item = await anext(stream)
    assert item["type"] == "StateChanged", item


async def _is_polled(fake: FakeSyncthing) -> None:
    await fake.until(lambda: fake.polls_waiting, timeout=60)


async def _follow(fakes: list[FakeSyncthing], meter: _Meter) -> None:
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        streams = [await stack.enter_async_context(fake.client(session=session).events.stream()) for fake in fakes]
        for fake in fakes:
            await _is_polled(fake)
        meter.lap(f"{len(fakes)} streams on them, waiting")
        await asyncio.sleep(IDLE)
        meter.lap(f"{IDLE} s in which nothing happens")
        seen = [asyncio.create_task(_next(stream)) for stream in streams]
        for fake in fakes:
            fake.emit("StateChanged", {"folder": "docs", "from": "idle", "to": "scanning"})
        await asyncio.gather(*seen)
        meter.lap("an event of each, seen by its stream")


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fakes", type=int, default=1000, help="how many (default %(default)s)")
    arguments = parser.parse_args()
    # The listening socket of each fake, and both ends of up to two connections.
    wanted, most = 6 * arguments.fakes + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, most) if most > 0 else wanted, most))
    meter = _Meter()
    with ExitStack() as stack:
        fakes = [stack.enter_context(FakeSyncthing(name=f"fake {number}")) for number in range(arguments.fakes)]
        meter.lap(f"{len(fakes)} fakes")
        asyncio.run(_follow(fakes, meter))


if __name__ == "__main__":
    main()
