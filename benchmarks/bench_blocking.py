"""What one GET costs through the blocking client, beside the asynchronous one, and beside python-syncthing.

    python benchmarks/bench_blocking.py [--rounds N] [--events N]

All run in this process against one server in another, in short turns one after the other, so that whatever else the
machine does hits all; the table shows medians of the turns. python-syncthing, which is built on requests, takes part if
it is installed (``pip install syncthing``). After that, many events come through one stream, which must keep none.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_events import memory, servers

from aiosyncthing import Syncthing, blocking

Turn = Callable[[int], object]


def _asynchronous(url: str) -> tuple[Turn, Callable[[], object]]:
    runner = asyncio.Runner()
    client = Syncthing("key", url)

    async def turn(count: int) -> None:
        for _ in range(count):
            await client.system.status()

    def close() -> None:
        runner.run(client.close())
        runner.close()

    return lambda count: runner.run(turn(count)), close


def _blocking(url: str) -> tuple[Turn, Callable[[], object]]:
    client = blocking.Syncthing("key", url)

    def turn(count: int) -> None:
        for _ in range(count):
            client.system.status()

    return turn, client.close


def _python_syncthing(url: str) -> tuple[Turn, Callable[[], object]]:
    module: Any = importlib.import_module("syncthing")
    client = module.Syncthing("key", host="127.0.0.1", port=int(url.rpartition(":")[2]))

    def turn(count: int) -> None:
        for _ in range(count):
            client.system.status()

    return turn, lambda: None


def _measure(url: str, rounds: int, count: int) -> None:
    contestants = {"asynchronous": _asynchronous, "blocking": _blocking}
    if importlib.util.find_spec("syncthing"):
        contestants["python-syncthing"] = _python_syncthing
    turns = {name: make(url) for name, make in contestants.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in turns}
    for number in range(rounds + 1):
        for name, (turn, _) in turns.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            turn(count)
            took = (time.perf_counter() - wall, time.process_time() - cpu)
            if number:  # the first turn opens connections
                found[name].append(took)
    print(f"{'microseconds for a GET':24} {'wall':>8} {'ratio':>8} {'CPU':>8} {'ratio':>8}")
    first = found["asynchronous"]
    for name, mine in found.items():
        wall, cpu = (statistics.median(each[i] for each in mine) * 1e6 / count for i in range(2))
        ratios = [statistics.median(a[i] / b[i] for a, b in zip(mine, first, strict=True)) for i in range(2)]
        print(f"{name:24} {wall:8.0f} {ratios[0]:8.2f} {cpu:8.0f} {ratios[1]:8.2f}")
    for _, close in turns.values():
        close()


def _follow(url: str, count: int) -> None:
    with blocking.Syncthing("key", url, direct=True) as client, client.events.stream() as stream:
        last = next(stream)["id"] or 0
        for expected in range(last + 1, last + count):
            if next(stream)["id"] != expected:
                raise RuntimeError(f"event {expected} is missing")


def _measure_events(count: int) -> None:
    with servers(1, 100) as (port,):
        url = f"http://127.0.0.1:{port}"
        _follow(url, 10_000)
        before, begin = memory(), time.perf_counter()
        _follow(url, count)
        seconds = time.perf_counter() - begin
    print(f"\n{count} events, in batches of 100: {seconds * 1e6 / count:.0f} microseconds for each; ", end="")
    print(f"memory {before:.1f} MB, then {memory():.1f} MB")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=31, help="turns of each client (default %(default)s)")
    parser.add_argument("--events", type=int, default=100_000, help="events of a stream (default %(default)s)")
    arguments = parser.parse_args()
    rounds: int = arguments.rounds
    events: int = arguments.events
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("server.py"))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        _measure(f"http://127.0.0.1:{int(server.stdout.readline())}", rounds, 200)
    finally:
        server.terminate()
        server.communicate()
    _measure_events(events)


if __name__ == "__main__":
    main()
