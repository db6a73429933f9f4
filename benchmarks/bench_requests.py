"""What a request costs through this library, beside a bare aiohttp GET plus ``orjson.loads``.

    python benchmarks/bench_requests.py [--rounds N]

Both clients run in this process against one server in another, in short turns one after the other, so that whatever
else the machine does hits both; each line shows the medians of the turns and the median of their ratios. CPU is this
process's own. The bare client sends the key and checks the status, as anybody would.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import aiohttp
import orjson

from aiosyncthing import Syncthing

Call = Callable[[], Awaitable[object]]


async def _turn(call: Call, count: int, parallel: int) -> tuple[float, float]:
    """Return CPU and wall seconds per request."""

    async def worker() -> None:
        for _ in range(count // parallel):
            await call()

    gc.collect()  # else the other's garbage is paid for here
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(parallel)))
    return (time.process_time() - cpu) / count, (time.perf_counter() - wall) / count


async def _compare(title: str, bare: Call, ours: Call, rounds: int, count: int, parallel: int = 1) -> None:
    turns: list[tuple[float, float, float, float]] = []
    await _turn(bare, count, parallel)
    await _turn(ours, count, parallel)
    for number in range(rounds):
        if number % 2:
            second, first = await _turn(ours, count, parallel), await _turn(bare, count, parallel)
        else:
            first, second = await _turn(bare, count, parallel), await _turn(ours, count, parallel)
        turns.append((*first, *second))
    bare_cpu, bare_wall, our_cpu, our_wall = (statistics.median(turn[i] for turn in turns) * 1e6 for i in range(4))
    cpu = statistics.median(turn[2] / turn[0] for turn in turns)
    wall = statistics.median(turn[3] / turn[1] for turn in turns)
    print(f"{title:34} {bare_cpu:10.0f} {our_cpu:10.0f} {cpu:7.3f} {bare_wall:11.0f} {our_wall:10.0f} {wall:7.3f}")


async def _requests(port: int, rounds: int) -> None:
    base = f"http://127.0.0.1:{port}"
    headers = {"X-API-Key": "key", "Accept": "application/json"}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        Syncthing("key", base) as client,
        Syncthing("key", base, session=session) as borrowing,
    ):

        async def get(path: str, params: dict[str, str] | None = None) -> object:
            async with session.get(base + path, params=params, headers=headers) as response:
                response.raise_for_status()
                return orjson.loads(await response.read())

        async def status() -> object:
            return await get("/rest/system/status")

        async def folder() -> object:
            return await get("/rest/db/status", {"folder": "docs"})

        browse: tuple[Call, Call] = (
            lambda: get("/rest/db/browse", {"folder": "docs"}),
            lambda: client.database.browse("docs"),
        )
        need: tuple[Call, Call] = (
            lambda: get("/rest/db/need", {"folder": "docs"}),
            lambda: client.database.need("docs"),
        )

        titles = f"{'bare CPU':>10} {'CPU':>10} {'ratio':>7} {'bare wall':>11} {'wall':>10} {'ratio':>7}"
        print(f"{'microseconds per request':34} {titles}")
        for name, one in (("own session", client), ("same session", borrowing)):
            query = partial(one.database.status, "docs")
            await _compare(f"system/status, {name}", status, one.system.status, rounds, 400)
            await _compare("  16 at a time", status, one.system.status, rounds, 400, 16)
            await _compare(f"db/status (with query), {name}", folder, query, rounds, 400)
            await _compare("  16 at a time", folder, query, rounds, 400, 16)
        await _compare("db/browse, 50,000 entries", *browse, max(5, rounds // 6), 2)
        await _compare("db/need, 20,000 items", *need, max(5, rounds // 6), 2)


def main() -> None:
    """Run all and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=31, help="turns of each client (default %(default)s)")
    rounds: int = parser.parse_args().rounds
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("server.py"))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        asyncio.run(_requests(int(server.stdout.readline()), rounds))
    finally:
        server.terminate()
        server.communicate()


if __name__ == "__main__":
    main()
