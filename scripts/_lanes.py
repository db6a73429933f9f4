"""Run several commands at a time: each of some lanes takes the next one when it is free."""

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
    """Runs commands, and prints the output of each in one piece when it has ended; that of the last one comes last.

    Args:
        commands: In the order in which they begin; the last word of each is its name. A failure does not keep the
            next one from running.
        lanes: How many run at a time.
    """

    def __init__(self, commands: Sequence[Sequence[str]], lanes: int) -> None:
        self._commands = commands
        self._lanes = lanes
        self._last_output = b""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._failed: list[str] = []

    def run(self) -> list[str]:
        """Run them all and return the names of those that failed."""
        with ThreadPoolExecutor(self._lanes) as threads:
            try:
                running = {threads.submit(self._run, command) for command in self._commands}
                while running:
                    ended, running = wait(running, SLICE, FIRST_COMPLETED)
                    for each in ended:
                        each.result()
            except BaseException:
                self._stop()
                raise
        self._print(self._last_output)
        return self._failed

    def _run(self, command: Sequence[str]) -> None:
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
        if command is self._commands[-1]:
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
