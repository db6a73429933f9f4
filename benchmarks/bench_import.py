"""What imports cost, each in a Python of its own, and how much of that is the library's own.

    python benchmarks/bench_import.py [--runs N]

The programs take turns, so that all of them meet the same machine; the figures are medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

PROGRAMS = {
    "python": "pass",
    "aiohttp and orjson": "import aiohttp, orjson",
    "import aiosyncthing": "import aiosyncthing",
    "from aiosyncthing import Syncthing": "from aiosyncthing import Syncthing",
    "import aiohttp, aiosyncthing": "import aiohttp, aiosyncthing",
}


def _run(code: str) -> tuple[float, float]:
    """Run a program, and return its milliseconds: by the clock, and of the processor."""
    begin = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"failed: {code}")
    return (time.perf_counter() - begin) * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def _main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=25)
    runs = parser.parse_args().runs
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for number in range(runs + 1):
        for name, code in PROGRAMS.items():
            found = _run(code)
            if number:  # the first run compiles
                times[name].append(found)
    for name, measured in times.items():
        print(f"{name:36}{_median(measured, 0):7.1f} ms{_median(measured, 1):7.1f} ms of CPU")
    bare, whole = times["aiohttp and orjson"], times["from aiosyncthing import Syncthing"]
    own = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(whole, bare, strict=True)]
    print(f"{'of it its own':36}{_median(own, 0):7.1f} ms{_median(own, 1):7.1f} ms of CPU")


def _median(found: list[tuple[float, float]], which: int) -> float:
    return statistics.median(each[which] for each in found)


if __name__ == "__main__":
    _main()
