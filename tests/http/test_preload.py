"""What is loaded ahead, because others would load it in a running event loop."""

from __future__ import annotations

import subprocess
import sys

from aiosyncthing._http.preload import preload

PROGRAM = """
import sys
from yarl import URL
from aiosyncthing._http.preload import preload
preload()
before = set(sys.modules)
import concurrent.futures
concurrent.futures.ThreadPoolExecutor
URL("http://\N{LATIN SMALL LETTER U WITH DIAERESIS}.invalid").raw_host
"localhost".encode("idna")
print(set(sys.modules) - before)
"""


def test_nothing_is_left_to_load() -> None:
    """Threads, names of hosts, and names that are not ASCII need no further module."""
    preload()  # does no harm here
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
