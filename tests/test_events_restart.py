"""`listen` never goes deaf: after a time-out it looks whether the daemon still is the one that it was."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import SyncthingError

from .support.server import Answer, Request, Server, as_json, as_text
from .support.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

SHORT = 0.2
SEEN = {"id": 7, "globalID": 9, "time": "2026-11-23T12:00:00.123456789Z"}
OTHER = {"id": 7, "globalID": 9, "time": "2026-11-23T13:00:00.123456789Z"}


async def listen(uptime: int | None, held: list[Any]) -> list[str]:
    """Listen to a daemon that sends one event, is silent once, and then sends another; return what was asked."""
    polls = iter([as_json([SEEN]), Answer(after=asyncio.Event()), as_json([{**SEEN, "id": 8, "globalID": 10}])])

    def answer(request: Request) -> Answer:
        if request.path == "/rest/system/status":
            return as_text("failed", 500) if uptime is None else as_json({"uptime": uptime})
        return as_json(held) if "timeout=0" in request.query else next(polls)

    async with Server(answer=answer) as server, Syncthing("key", server.url, timeout=SHORT) as client:
        with suppress(StopAsyncIteration):
            async for event in client.events.listen():
                if event["id"] == 8:
                    client.events.stop()
        return [request.query for request in server.requests if request.path == "/rest/events"]


@pytest.mark.parametrize(
    ("uptime", "held"), [(3600, []), (0, [SEEN]), (0, [SEEN, {"id": 8}]), (None, [])], ids=["old", "same", "more", "?"]
)
async def test_going_on(uptime: int | None, held: list[Any]) -> None:
    """A daemon that is up for longer, or still has the last event, or can't be asked, is polled as before."""
    asked = [query for query in await listen(uptime, held) if "timeout" not in query]
    assert asked == ["since=0", "since=7", "since=7"]


@pytest.mark.parametrize(
    "held", [[], [OTHER], [{"id": 12, "globalID": 14, "time": ""}]], ids=["none", "other", "later"]
)
async def test_restarted(held: list[Any]) -> None:
    """A daemon that started since, and does not have the last event, raises instead of waiting for ever."""
    with pytest.raises(SyncthingError, match="restarted"):
        await listen(0, held)


async def test_restarted_long_after() -> None:
    """The uptime alone tells, when the daemon started clearly after the last event."""
    polls = iter([as_json([SEEN]), Answer(after=asyncio.Event())])

    def answer(request: Request) -> Answer:
        return as_json({"uptime": 1}) if request.path == "/rest/system/status" else next(polls)

    async with Server(answer=answer) as server, Syncthing("key", server.url, timeout=SHORT) as client:
        listener = client.events.listen()
        await anext(listener)
        now = time.time
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("aiosyncthing._clock.time.time", lambda: now() + 60)  # the machine was asleep
            with pytest.raises(SyncthingError, match="restarted"):
                await anext(listener)


async def test_ids_that_begin_anew() -> None:
    """A poll that a new process answers, with a lower count of all events, is noticed too."""
    answers = [as_json([SEEN]), as_json([{"id": 8, "globalID": 8, "time": ""}])]
    async with Server(*answers) as server, Syncthing("key", server.url) as client:
        listener = client.events.listen()
        await anext(listener)
        with pytest.raises(SyncthingError, match="restarted"):
            await anext(listener)


async def test_stop_ends_a_running_poll() -> None:
    """`stop` ends a listener that waits for events within 100 ms, and leaves nothing behind."""
    async with Server(Answer(after=asyncio.Event())) as server, Syncthing("key", server.url) as client:

        async def listener() -> list[Any]:
            return [event async for event in client.events.listen()]

        task = asyncio.create_task(listener())
        await server.until(lambda: bool(server.requests))
        began = time.perf_counter()
        client.events.stop()
        assert await task == []
        assert time.perf_counter() - began < 0.1
        assert not client.events.running


@pytest.mark.daemon
async def test_a_dark_path(syncthing_binary: Path) -> None:
    """A daemon that restarts while the path to it is dark is noticed, though no connection breaks."""
    async with Daemon(binary=syncthing_binary) as daemon:
        dark = asyncio.Event()
        served: set[asyncio.Task[None]] = set()

        async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lost = dark.is_set()
            while data := await reader.read(65536):
                if dark.is_set() and not lost:
                    await asyncio.Event().wait()  # neither data nor an end comes through any more
                writer.write(data)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            upstream, to_daemon = await asyncio.open_connection("127.0.0.1", int(daemon.url.rpartition(":")[2]))
            lost = dark.is_set()
            try:
                await asyncio.gather(pipe(reader, to_daemon), pipe(upstream, writer))
                if dark.is_set() and not lost:
                    await asyncio.Event().wait()
            except OSError:
                await asyncio.Event().wait()
            finally:
                to_daemon.close()
                writer.close()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(serve(reader, writer))
            served.add(task)

        proxy = await asyncio.start_server(accept, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        try:
            async with Syncthing(daemon.api_key, url, timeout=2) as client:
                for number in range(30):  # so that the new process does not soon come to this ID
                    await daemon.client.config.patch_options(maxSendKbps=number)
                listener = client.events.listen()
                while (await anext(listener))["id"] < 20:
                    pass

                async def rest() -> None:
                    async for _ in listener:
                        pass

                task = asyncio.create_task(rest())

                async def waits() -> bool:
                    return bool(client.events.last_seen_id)

                await until(waits)
                dark.set()
                await daemon.kill()
                await daemon.start()
                with pytest.raises(SyncthingError, match="restarted"):
                    await asyncio.wait_for(task, 30)
        finally:
            proxy.close()
            for task in served:
                task.cancel()
            await asyncio.wait(served)
