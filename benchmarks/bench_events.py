"""What the resilient stream costs, beside a bare loop of aiohttp GET plus ``orjson.loads`` that proves nothing.

    python benchmarks/bench_events.py [--events N] [--idle N]

Events per second for several sizes of batches, both clients in turns in this process over the same server in another;
the growth in memory over a million events; and the memory and CPU of many idle streams, each with a server of its own.
Where it doesn't know that connections end in the daemon, the stream asks twice for each batch: once to be woken up, and
once for the events together with the proof that none is missing. The column "twice" is that of a bare loop that asks in
the same way and doesn't look at the proof: no client that uses aiohttp and wants it can be faster. The column "direct"
is that of a stream that knows where its connections end, and asks once. On a machine so busy that polls take 5 ms,
streams see bursts, and pause.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import resource
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import orjson

from aiosyncthing import Syncthing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator


@contextmanager
def servers(count: int, batch: int) -> Iterator[list[int]]:
    """Run event servers in another process, and yield their ports."""
    program = str(Path(__file__).with_name("event_server.py"))
    server = subprocess.Popen([sys.executable, program, str(count), str(batch)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield [int(port) for port in server.stdout.readline().split()]
    finally:
        server.terminate()
        server.communicate()


@asynccontextmanager
async def _bare_session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=0)
    ) as session:
        yield session


async def _bare_poll(session: aiohttp.ClientSession, port: int, since: int, **more: str) -> list[dict[str, int]]:
    url = f"http://127.0.0.1:{port}/rest/events"
    async with session.get(url, params={"since": str(since), **more}, headers={"X-API-Key": "key"}) as response:
        response.raise_for_status()
        events: list[dict[str, int]] = orjson.loads(await response.read())
        return events


async def _bare(port: int, count: int) -> None:
    async with _bare_session() as session:
        seen, since = 0, (await _bare_poll(session, port, 0))[-1]["id"]
        while seen < count:
            for event in await _bare_poll(session, port, since):
                since = event["id"]
                seen += 1


async def _twice(port: int, count: int) -> None:
    async with _bare_session() as session:
        seen, since = 0, (await _bare_poll(session, port, 0))[-1]["id"]
        while seen < count:
            await _bare_poll(session, port, since, limit="1")
            for event in (await _bare_poll(session, port, since - 1, timeout="0"))[1:]:
                since = event["id"]
                seen += 1


async def _stream(port: int, count: int, *, direct: bool = False) -> None:
    async with (
        Syncthing("key", f"http://127.0.0.1:{port}", direct=direct) as client,
        client.events.stream() as stream,
    ):
        seen = 0
        async for item in stream:
            assert item["id"] is not None, item
            seen += 1
            if seen >= count:
                return


async def _rate(work: Callable[[int, int], Awaitable[None]], port: int, count: int) -> float:
    gc.collect()
    begin = time.perf_counter()
    await work(port, count)
    return count / (time.perf_counter() - begin)


async def _throughput(count: int) -> None:
    ways = (_bare, _twice, _stream, partial(_stream, direct=True))
    print(f"{'events per second, in batches of':34} {'bare':>10} {'twice':>10} {'stream':>10} {'direct':>10}")
    for batch in (1, 10, 100, 999):
        with servers(1, batch) as (port,):
            total = min(count, batch * 2000)
            rounds = [[await _rate(way, port, total) for way in ways] for _ in range(9)]
        medians = [statistics.median(rates) for rates in zip(*rounds, strict=True)]
        print(f"{batch:34}", *(f"{median:10.0f}" for median in medians))
        for beside, name in enumerate(("bare", "twice")):
            ratios = [statistics.median(rates[way] / rates[beside] for rates in rounds) for way in range(len(ways))]
            print(f"{f'  as a share of {name}':34}", *(f"{ratio:10.2f}" for ratio in ratios))


def memory() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def _million() -> None:
    with servers(1, 999) as (port,):
        await _stream(port, 100_000)
        before = memory()
        begin = time.perf_counter()
        await _stream(port, 1_000_000)
        seconds = time.perf_counter() - begin
        print(f"\na million events in {seconds:.1f} s; memory {before:.1f} MB, then {memory():.1f} MB")


async def _idle(kind: str, ports: list[int]) -> None:
    cpu, before = time.process_time(), memory()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_bare_session())
        tasks: list[asyncio.Task[object]] = []
        for port in ports:
            if kind == "bare":
                tasks.append(asyncio.create_task(_bare_poll(session, port, 1)))
            else:
                client = Syncthing("key", f"http://127.0.0.1:{port}", session=session)
                await stack.enter_async_context(client.events.stream())
        await asyncio.sleep(5)
        started, growth = time.process_time() - cpu, memory() - before
        cpu = time.process_time()
        await asyncio.sleep(10)
        print(f"{kind:34} {growth:10.1f} {started:10.2f} {time.process_time() - cpu:11.2f}", flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _all_idle(count: int) -> None:
    """Measure each kind in a process of its own, since memory that was used once is not given back."""
    print(f"\n{f'{count} idle polls on {count} servers':34} {'MB':>10} {'CPU s':>10} {'in 10 s':>11}", flush=True)
    with servers(count, 0) as ports:
        for kind in ("bare", "stream"):
            arguments = [sys.executable, __file__, "--idle-kind", kind, "--ports", *map(str, ports)]
            subprocess.run(arguments, check=True)


def main() -> None:
    """Run all and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=60_000, help="events for each figure (default %(default)s)")
    parser.add_argument("--idle", type=int, default=1000, help="idle streams (default %(default)s)")
    parser.add_argument("--idle-kind", help=argparse.SUPPRESS)
    parser.add_argument("--ports", type=int, nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    # Two sockets for each of the idle streams' connections, of which the servers' end is in another process.
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (4 * arguments.idle + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )
    if arguments.idle_kind:
        asyncio.run(_idle(arguments.idle_kind, arguments.ports))
        return
    asyncio.run(_throughput(arguments.events))
    asyncio.run(_million())
    _all_idle(arguments.idle)


if __name__ == "__main__":
    main()
