"""How long after a file's change the other side's ItemFinished is seen: by the stream, and by a bare poll.

    python benchmarks/bench_latency.py [--changes N]

Two real daemons; both consumers listen to the second one at the same time, so each change is measured by both. It needs
a ``syncthing`` program on the PATH, or named by SYNCTHING_BINARY.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
import orjson

from aiosyncthing import Daemon


async def _stream(daemon: Daemon, seen: dict[str, float], changed: asyncio.Event) -> None:
    async with daemon.client.events.stream() as stream:
        async for item in stream:
            if item["type"] == "ItemFinished":
                seen[item["data"]["item"]] = time.perf_counter()
                changed.set()


async def _bare(daemon: Daemon, seen: dict[str, float], changed: asyncio.Event) -> None:
    since = (await daemon.client.events.poll(limit=1, timeout=0))[-1]["id"]
    async with aiohttp.ClientSession() as session:
        while True:
            url = f"{daemon.url}/rest/events"
            headers = {"X-API-Key": daemon.api_key}
            async with session.get(url, params={"since": str(since)}, headers=headers) as response:
                for event in orjson.loads(await response.read()):
                    since = event["id"]
                    if event["type"] == "ItemFinished":
                        seen[event["data"]["item"]] = time.perf_counter()
                        changed.set()


async def _measure(changes: int, where: Path) -> None:
    async with Daemon() as one, Daemon() as two:
        for daemon, peer, path in ((one, two, where / "one"), (two, one, where / "two")):
            await daemon.client.config.set_device({"deviceID": str(peer.device_id), "addresses": [peer.sync_address]})
            await daemon.client.config.set_folder(
                {"id": "docs", "path": str(path), "devices": [{"deviceID": str(peer.device_id)}]}
            )
        for daemon in (one, two):
            await daemon.client.wait_in_sync("docs", timeout=60)
        times: dict[str, dict[str, float]] = {"bare poll": {}, "stream": {}}
        changed = asyncio.Event()
        tasks = [
            asyncio.create_task(_bare(two, times["bare poll"], changed)),
            asyncio.create_task(_stream(two, times["stream"], changed)),
        ]
        began: dict[str, float] = {}
        await asyncio.sleep(1)  # both wait for events by then
        for number in range(changes):
            name = f"file {number}"
            (where / "one" / name).write_bytes(b"x" * 1000)
            began[name] = time.perf_counter()
            await one.client.database.scan("docs", sub=name)
            while not all(name in seen for seen in times.values()):
                changed.clear()
                await changed.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        print(f"{'milliseconds from change to event':34} {'median':>10} {'lowest':>10} {'highest':>10}")
        for title, seen in times.items():
            found = [(seen[name] - began[name]) * 1e3 for name in began]
            print(f"{title:34} {statistics.median(found):10.1f} {min(found):10.1f} {max(found):10.1f}")
        extra = [(times["stream"][name] - times["bare poll"][name]) * 1e3 for name in began]
        print(f"{'the stream is later by':34} {statistics.median(extra):10.1f} {min(extra):10.1f} {max(extra):10.1f}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--changes", type=int, default=30, help="changes of files (default %(default)s)")
    changes: int = parser.parse_args().changes
    with tempfile.TemporaryDirectory() as where:
        asyncio.run(_measure(changes, Path(where)))


if __name__ == "__main__":
    main()
