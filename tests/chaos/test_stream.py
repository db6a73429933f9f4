"""The stream of real daemons over a hostile path: each event comes once and in order, or is covered by an EventsLost.

Two clients follow the same daemon over the same path, whose connections end in the daemon: one knows that, one doesn't.
The truth is the daemon's own audit log. The seed is printed; ``AIOSYNCTHING_CHAOS_SEED`` repeats a run, and
``AIOSYNCTHING_CHAOS`` is the number of disturbances, for longer ones than the suite has time for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import Daemon, EventStream, Syncthing
from aiosyncthing.exceptions import SyncthingError
from tests.support.proxy import Proxy

pytestmark = [pytest.mark.daemon, pytest.mark.chaos]

DISTURBANCES = int(os.environ.get("AIOSYNCTHING_CHAOS", "20"))
DISK_TYPES = {"LocalChangeDetected", "RemoteChangeDetected"}
PATIENCE = 60


class Consumer:
    """Follows the stream of a client, while its gate is open."""

    def __init__(self, client: Syncthing, gate: asyncio.Event, source: random.Random) -> None:
        self.client = client
        self.gate = gate
        self.random = source
        self.seen: list[dict[str, Any]] = []
        self.cursor: Any = None
        self.task: asyncio.Task[None] | None = None

    async def restart(self) -> None:
        """End, and let another resume."""
        await self.end()
        self.task = asyncio.create_task(self._consume())

    async def end(self) -> None:
        """End, if it is running."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])

    async def until(self, counter: int) -> None:
        """Wait until it has seen this change of the configuration."""
        async with asyncio.timeout(PATIENCE):
            while not any(
                item["type"] == "ConfigSaved" and item["data"]["options"]["maxSendKbps"] == counter
                for item in self.seen[-50:]
            ):
                assert self.task is not None
                assert not self.task.done(), self.task.exception()
                await asyncio.sleep(0.05)

    async def _consume(self) -> None:
        async with self._open() as stream:
            async for item in stream:
                await self.gate.wait()
                self.seen.append(item)  # type: ignore[arg-type]
                self.cursor = json.loads(json.dumps(stream.cursor))

    def _open(self) -> EventStream:
        """Open a stream from the last cursor, with short waits and delays."""
        return self.client.events.stream(
            since=self.cursor or "now", wait=3, delays=lambda: (self.random.uniform(0.01, 0.2) for _ in iter(int, 1))
        )


class Chaos:
    """A daemon, the path to it, its consumers, and what may happen to them."""

    def __init__(self, daemon: Daemon, proxy: Proxy, source: random.Random) -> None:
        self.daemon = daemon
        self.proxy = proxy
        self.random = source
        self.gate = asyncio.Event()
        self.gate.set()
        self.counter = 0
        self.done: list[str] = []

    async def disturb(self) -> None:
        """Do one of many things."""
        kinds: list[Callable[[], Awaitable[None]]] = [
            *(self.restart, self.kill, self.kill_in_the_dark, self.cut, self.cut, self.bad_gateway),
            *(self.refuse, self.truncate, self.freeze, self.overflow, self.gui, self.sleep),
        ]
        kind = self.random.choice(kinds)
        self.done.append(kind.__name__)
        for _ in range(self.random.randrange(3)):
            await self.event()
        await kind()
        for _ in range(self.random.randrange(3)):
            await self.event()

    async def event(self) -> None:
        """Make the daemon save its configuration, which is an event."""
        self.counter += 1
        await self.ask(lambda: self.daemon.client.config.patch_options(maxSendKbps=self.counter))

    async def ask(self, question: Callable[[], Awaitable[Any]]) -> None:
        """Repeat a question until the daemon answers."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(SyncthingError):
                    await question()
                    return
                await asyncio.sleep(0.05)

    async def restart(self) -> None:
        """Restart the daemon through its API."""
        await self.ask(self.daemon.client.system.restart)
        await self.ask(self.daemon.client.system.ping)

    async def kill(self) -> None:
        """Kill the daemon and start it again, perhaps twice."""
        for _ in range(self.random.choice([1, 1, 2])):
            await self.daemon.kill()
            await self.next_second()
            await self.daemon.start()

    async def kill_in_the_dark(self) -> None:
        """Do the same while nothing passes the path, and give the new process higher IDs."""
        self.proxy.dark = True
        await self.kill()
        for _ in range(self.random.randrange(20)):
            await self.event()
        self.proxy.dark = False

    async def next_second(self) -> None:
        """Wait for the next second: the name of the audit log has the second of the start, and must be new."""
        second = int(time.time())
        while int(time.time()) == second:  # noqa: ASYNC110 - the clock sends no event
            await asyncio.sleep(0.02)

    async def cut(self) -> None:
        """Cut all connections."""
        self.proxy.cut()

    async def bad_gateway(self) -> None:
        """Answer with a proxy's error page."""
        self.proxy.bad_gateway = True
        await self.cut_and_go_on()
        self.proxy.bad_gateway = False

    async def refuse(self) -> None:
        """Refuse connections."""
        self.proxy.refusing = True
        await self.cut_and_go_on()
        self.proxy.refusing = False

    async def truncate(self) -> None:
        """Truncate an answer."""
        self.proxy.truncate(self.random.randrange(1, 1500))
        await self.cut_and_go_on()

    async def cut_and_go_on(self) -> None:
        """Cut all connections, and cause more events."""
        self.proxy.cut()
        for _ in range(self.random.randrange(1, 4)):
            await self.event()

    async def freeze(self) -> None:
        """Stop the process for a moment."""
        if sys.platform != "win32":
            assert self.daemon.pid is not None
            os.kill(self.daemon.pid, signal.SIGSTOP)
            await asyncio.sleep(self.random.uniform(0.1, 1.0))
            os.kill(self.daemon.pid, signal.SIGCONT)

    async def overflow(self) -> None:
        """Cause more events than the daemon keeps, while the consumers are busy."""
        self.gate.clear()
        await self.event()
        for _ in range(self.random.choice([20, 400])):
            await self.ask(lambda: self.daemon.client.database.scan("chaos"))
        self.gate.set()

    async def gui(self) -> None:
        """Make the daemon restart its listener."""
        self.counter += 1
        await self.ask(lambda: self.daemon.client.config.patch_gui(theme=f"theme{self.counter}"))

    async def sleep(self) -> None:
        """Pause the consumers for a while."""
        self.gate.clear()
        await self.event()
        await asyncio.sleep(self.random.uniform(0.3, 0.8))
        self.gate.set()


def truth(home: Path) -> list[dict[str, Any]]:
    """Return all events of the default subscription in the audit logs of the daemon's processes, in their order."""
    events: list[dict[str, Any]] = []
    for file in sorted(home.glob("audit-*.log")):
        for line in file.read_text().splitlines():
            with contextlib.suppress(ValueError):  # the last one may be incomplete, if the process was killed
                event = json.loads(line)
                if event["type"] not in DISK_TYPES:
                    events.append(event)
    return events


def judge(happened: list[dict[str, Any]], seen: list[dict[str, Any]]) -> int:
    """Assert that each event was yielded once and in order, or is covered by an EventsLost; return how many are."""
    places = {(event["globalID"], event["time"], event["type"]): place for place, event in enumerate(happened)}
    place: int | None = None
    marks: list[int | None] = []
    lost = 0
    unknown = 0
    for item in seen:
        if item["type"] == "EventsLost":
            marks.append(item["data"]["missed"])
        if item["id"] is None:
            continue
        found = places.get((item["globalID"], item["time"], item["type"]))
        if found is None:
            # The first events of a process come before its audit log begins.
            assert item["globalID"] < 4, f"never happened: {item}"
            unknown += 1
            continue
        if place is not None:
            assert found > place, f"twice, or out of order: {item}"
            missing = found - place - 1
            if missing:
                assert marks, f"{missing} events lost, but no EventsLost before {item}"
                lost += missing
            if marks and None not in marks:
                assert sum(number or 0 for number in marks) == missing, f"wrong number before {item}"
        place = found
        marks = []
    return lost


async def test_no_event_is_lost_silently_and_none_comes_twice(syncthing_binary: Path, tmp_path: Path) -> None:
    """This holds whatever happens to daemon, path and consumer, which also resumes from its cursor."""
    seed = int(os.environ.get("AIOSYNCTHING_CHAOS_SEED") or random.SystemRandom().randrange(10**9))
    print(f"AIOSYNCTHING_CHAOS_SEED={seed}")
    source = random.Random(seed)
    async with Daemon(binary=syncthing_binary, arguments=["--audit"]) as daemon:
        await daemon.client.config.set_folder({"id": "chaos", "path": str(tmp_path / "chaos")})
        async with (
            Proxy(int(daemon.url.rpartition(":")[2]), random=source) as proxy,
            Syncthing(daemon.api_key, proxy.url, timeout=1) as careful,
            Syncthing(daemon.api_key, proxy.url, timeout=1, direct=True) as direct,
        ):
            chaos = Chaos(daemon, proxy, source)
            consumers = [Consumer(client, chaos.gate, source) for client in (careful, direct)]
            for consumer in consumers:
                await consumer.restart()
            for number in range(DISTURBANCES):
                await chaos.disturb()
                if number % 7 == 6:
                    for consumer in consumers:
                        await consumer.restart()
            await chaos.event()
            for consumer in consumers:
                await consumer.until(chaos.counter)
                await consumer.end()
        assert daemon.home is not None
        happened = truth(daemon.home)
    print(f"{len(happened)} events happened; {', '.join(chaos.done)}")
    for consumer in consumers:
        events = [item for item in consumer.seen if item["id"] is not None]
        lost = judge(happened, consumer.seen)
        mode = "direct" if consumer.client.api.direct else "careful"
        print(f"{mode}: {len(events)} were seen, {lost} were reported as lost")
        assert events
