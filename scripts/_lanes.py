"""Run several commands at a time, in lanes: lanes run in parallel, the commands of a lane one after another."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Ctrl-C reaches all commands; how long they have to end by themselves.
PATIENCE = 3

# The length of one wait, in seconds: a signal in another thread doesn't wake the main thread, which has to handle it.
SLICE = 0.5


class Lanes:
    """Runs commands, and prints the output of each in one piece when it has ended.

    The output of the last command of the first lane comes last.

    Args:
        lanes: The commands of each lane; the last word of each is its name. A failure does not keep the next one
            from running.
    """

    def __init__(self, lanes: Sequence[Sequence[Sequence[str]]]) -> None:
        self._lanes = lanes
        self._last = lanes[0][-1]
        self._last_output = b""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._failed: list[str] = []

    def run(self) -> list[str]:
        """Run them all and return the names of those that failed."""
        with ThreadPoolExecutor(len(self._lanes)) as threads:
            try:
                lanes = {threads.submit(self._run_lane, lane) for lane in self._lanes}
                while lanes:
                    ended, lanes = wait(lanes, SLICE, FIRST_COMPLETED)
                    for lane in ended:
                        lane.result()
            except BaseException:
                self._stop()
                raise
        self._print(self._last_output)
        return self._failed

    def _run_lane(self, commands: Sequence[Sequence[str]]) -> None:
        for command in commands:
            begin = time.monotonic()
            process = self._start(command)
            if process is None:
                return
            output, _ = process.communicate()
            verdict = "failed" if process.returncode else "passed"
            head = f"\n##### {command[-1]}: {verdict} in {time.monotonic() - begin:.0f} s\n"
            output = head.encode() + output
            if process.returncode:
                self._failed.append(command[-1])
            if command is self._last:
                self._last_output = output
            else:
                self._print(output)

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            self._running.add(process)
            return process

    def _stop(self) -> None:
        """Stop all commands that are still running."""
        with self._lock:
            self._stopped = True
        deadline = time.monotonic() + PATIENCE
        for process in self._running:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)

    def _print(self, output: bytes) -> None:
        with self._lock:
            sys.stdout.buffer.write(output)
            sys.stdout.flush()
