"""What starting the command line costs: whole processes, compared with Python, click and a bare aiohttp program.

    python benchmarks/bench_start.py [--runs N]

The programs take turns, so that all of them meet the same machine; the figures are medians. `status` asks a private
daemon with six folders, and the bare program sends the same requests. It needs a ``syncthing`` program on the PATH, or
named by SYNCTHING_BINARY.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from aiosyncthing import Daemon

FOLDERS = 6
CONSOLE_SCRIPT = Path(sysconfig.get_path("scripts"), "aiosyncthing")
BARE = """
import asyncio, aiohttp, orjson, sys
url, key, folders = sys.argv[1], sys.argv[2], sys.argv[3:]
async def main():
    async with aiohttp.ClientSession(headers={"X-API-Key": key}) as session:
        async def get(path, **params):
            async with session.get(f"{url}/rest/{path}", params=params) as response:
                response.raise_for_status()
                return orjson.loads(await response.read())
        await asyncio.gather(*map(get, FIRST))
        await asyncio.gather(*(get("db/status", folder=folder) for folder in folders))
asyncio.run(main())
"""
FIRST = ("config", "system/status", "system/version", "system/connections", "stats/device", "stats/folder")


def _run(command: list[str], environment: dict[str, str], expected: int) -> tuple[float, float]:
    """Run a program, and return its milliseconds: by the clock, and of the processor."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - not a path of ours
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1), (os.POSIX_SPAWN_DUP2, nowhere.fileno(), 2)]
        begin = time.perf_counter()
        process = os.posix_spawn(command[0], command, environment, file_actions=actions)
        _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != expected:
        raise SystemExit(f"failed: {' '.join(command)}")
    return (time.perf_counter() - begin) * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def _programs(url: str, key: str, folders: list[str]) -> dict[str, tuple[list[str], int]]:
    """Return the programs, and the exit status of each."""
    own = [str(CONSOLE_SCRIPT)] if CONSOLE_SCRIPT.exists() else [sys.executable, "-m", "aiosyncthing"]
    bare = BARE.replace("FIRST", repr(FIRST))
    return {
        "python": ([sys.executable, "-c", "pass"], 0),
        "import click": ([sys.executable, "-c", "import click"], 0),
        "--version": ([*own, "--version"], 0),
        "--help": ([*own, "--help"], 0),
        "a usage error": ([*own, "folders", "--nope"], 2),
        "import aiohttp, orjson": ([sys.executable, "-c", "import aiohttp, orjson"], 0),
        "the requests of status, bare": ([sys.executable, "-c", bare, url, key, *folders], 0),
        "status": ([*own, "status"], 0),
    }


async def _measure(runs: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        async with Daemon() as daemon:
            folders = [f"folder{number}" for number in range(FOLDERS)]
            for name in folders:
                await daemon.client.config.set_folder({"id": name, "path": str(Path(scratch, name))})
            await daemon.client.wait_in_sync(timeout=60)
            environment = {**os.environ, "HOME": scratch, "STHOMEDIR": str(daemon.home)}
            programs = _programs(daemon.url, daemon.api_key, folders)
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
            for number in range(runs + 1):
                for name, (command, expected) in programs.items():
                    found = await asyncio.to_thread(_run, command, environment, expected)
                    if number:  # the first run compiles
                        times[name].append(found)
    for name, measured in times.items():
        wall, cpu = (statistics.median(each[which] for each in measured) for which in (0, 1))
        print(f"{name:32}{wall:7.0f} ms{cpu:7.0f} ms of CPU")


def _main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=25)
    asyncio.run(_measure(parser.parse_args().runs))


if __name__ == "__main__":
    _main()
