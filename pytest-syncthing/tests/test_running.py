"""The life of the fake's process: what clients see when it restarts, ends, or opens its listener anew."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.support.serving import Bare, Serving, serving

from pytest_syncthing.model import running


async def test_a_restart_that_is_asked_for() -> None:
    """The answer arrives, other connections break, and by then the daemon is back with new events and another time."""
    async with serving() as fake:
        fake.node.clock.freeze()
        started = fake.node.started
        poll, wire = await fake.poll(), await fake.connect()
        wire.send("POST /rest/system/restart")
        answer = await wire.read()
        assert answer.header("Connection") == "close"
        assert await wire.rest() == b""
        assert await poll.rest() == b""
        assert fake.node.generation == 2
        assert fake.node.started >= started + 10**9
        assert (await fake.ask("GET /rest/system/ping")).status == 200
        assert (fake.running.running, fake.running.exit_code) == (True, None)


async def test_a_shutdown_that_is_asked_for() -> None:
    """The answer arrives, other connections break, and then nobody is there until the daemon is started again."""
    async with serving() as fake:
        ended = asyncio.create_task(fake.running.ended())
        poll = await fake.poll()
        assert (await fake.ask("POST /rest/system/shutdown")).status == 200
        assert await poll.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await fake.connect()
        assert await ended == 0
        assert (fake.running.running, fake.running.listening) == (False, False)
        address = fake.node.address
        fake.running.start()
        fake.running.start()
        assert fake.running.exit_code is None
        assert (fake.node.address, fake.node.generation) == (address, 2)
        assert (await fake.ask("GET /rest/system/ping")).status == 200


async def test_what_is_under_way_ends_with_the_process() -> None:
    """Nothing of an old process goes on behind the back of the new one."""
    async with serving() as fake:
        fake.node.clock.freeze()
        scan = await fake.connect()
        scan.send("POST /rest/db/scan")
        await fake.server.until(lambda: len(fake.server.requests) == 1)
        fake.running.restart()
        assert await scan.rest() == b""
        fake.node.clock.advance(10)
        await fake.server.until(lambda: fake.server.answered)
        assert fake.node.pinged == 0


async def test_a_restart_that_takes_time() -> None:
    """With a downtime the daemon is away until the clock has moved so far; whoever starts it needn't wait."""
    async with serving() as fake:
        fake.node.clock.freeze()
        fake.running.downtime = 3
        for way_back in (lambda: fake.node.clock.advance(3), fake.running.start):
            fake.running.restart()
            assert not fake.running.listening
            fake.node.clock.advance(2)
            with pytest.raises(ConnectionRefusedError):
                await fake.connect()
            way_back()
            assert (await fake.ask("GET /rest/system/ping")).status == 200
        fake.running.end()
        fake.running.restart()
        fake.running.end(1)
        fake.node.clock.advance(10)
        assert (fake.running.exit_code, fake.running.running) == (1, False)


async def test_no_two_processes_start_at_the_same_time() -> None:
    """However fast it restarts, the start time tells the processes apart, to the second."""
    async with serving() as fake:
        fake.node.clock.freeze()
        started: set[int] = set()
        for _ in range(5):
            fake.running.restart()
            started.add(fake.node.started // 10**9)
        assert len(started) == 5


async def test_a_restart_without_a_word() -> None:
    """A daemon that restarts without breaking connections says nothing on them any more."""
    async with serving() as fake:
        idle = await fake.connect()
        await idle.ask("GET /rest/system/ping")
        fake.running.restart(cut=False)
        assert (fake.node.generation, fake.server.connections) == (2, 1)
        idle.send("GET /rest/system/ping")
        assert await idle.rest() == b""
        assert (await fake.ask("GET /rest/system/ping")).status == 200


async def test_an_upgrade_restarts() -> None:
    """A process that ends for an upgrade comes back, any other stays away."""
    async with serving() as fake:
        fake.node.on_end(4)
        assert fake.node.generation == 2
        fake.node.on_end(2)
        assert (fake.running.exit_code, fake.running.listening) == (2, False)


async def test_a_change_of_the_listener() -> None:
    """The change is answered, other connections break, events and process go on."""
    async with serving() as fake:
        poll, wire = await fake.poll(), await fake.connect()
        answer = await wire.ask("PATCH /rest/config/gui", body=b'{"theme": "dark"}')
        assert (answer.status, answer.header("Connection")) == (200, "close")
        assert await poll.rest() == b""
        assert await wire.rest() == b""
        assert (await fake.ask("GET /rest/system/ping")).status == 200
        assert fake.node.generation == 1


async def _change(fake: Serving, *, theme: str = "dark") -> bool:
    """Change a setting, and tell whether the daemon is still there."""
    await fake.ask("PATCH /rest/config/gui", body=json.dumps({"theme": theme}).encode())
    return fake.running.listening


async def test_many_changes_of_the_listener() -> None:
    """After more than five changes in a row the daemon stays away for a while, and then it counts anew."""
    async with serving() as fake:
        fake.node.clock.freeze()
        for _ in range(2):
            assert [await _change(fake) for _ in range(6)] == [True] * 5 + [False]
            fake.node.on_listener()  # changes nothing while it is away
            fake.node.clock.advance(14)
            assert not fake.running.listening
            fake.node.clock.advance(1)
            assert fake.running.listening
        for _ in range(10):  # not so often: nothing happens
            fake.node.clock.advance(30)
            assert await _change(fake)


async def test_two_changes_of_the_listener_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2 then listens no more until it is started again, whatever its clock says; later it would have."""
    async with serving("2.1.3") as fake:
        fake.node.clock.freeze()
        monkeypatch.setattr(running, "_ENDING", 0)
        assert [await _change(fake), await _change(fake, theme="light")] == [True, True]
        monkeypatch.setattr(running, "_ENDING", 600)
        assert not await _change(fake)
        fake.node.clock.advance(60)
        assert not fake.running.listening
        assert fake.node.running
        fake.running.restart()
        assert fake.running.listening
    async with serving() as fake:
        assert [await _change(fake), await _change(fake, theme="light")] == [True, True]


async def test_changes_beside_requests() -> None:
    """What no request brings about happens at once; when the process is down, a setting changes nothing."""
    async with serving() as fake:
        poll = await fake.poll()
        fake.node.on_listener()
        assert await poll.rest() == b""
        fake.running.end()
        fake.node.on_listener()
        assert not fake.running.listening


async def test_what_a_version_forgets() -> None:
    """Before 1.27.3 a session ends with the process."""
    for version, status in (("1.19.2", 401), ("1.29.5", 200)):
        async with serving(version, user="me", password="x") as fake:
            cookie = _session(fake.node, fake)
            assert (await fake.ask("GET /meta.js", cookie, key="")).status == 200
            fake.running.restart()
            assert (await fake.ask("GET /meta.js", cookie, key="")).status == status


def _session(node: Bare, fake: Serving) -> str:
    from pytest_syncthing.http.messages import Request, Response  # noqa: PLC0415 - here only

    name = "sessionid-" + str(node.device_id)[: 7 if node.facts.numbers >= (1, 26) else 5]
    response = Response(status=204, headers={"Set-Cookie": f"{name}=abc; Path=/"})
    fake.server.access.note_answer(Request("POST", "/rest/noauth/auth/password"), response)
    return f"Cookie: {name}=abc"


async def test_a_restart_in_silence() -> None:
    """Connections that were there stay open, nothing goes on behind them, and what is sent on them breaks them."""
    async with serving() as fake:
        fake.node.clock.freeze()
        poll, idle = await fake.poll(), await fake.connect()
        assert (await idle.ask("GET /rest/system/ping")).status == 200
        fake.running.restart(cut=False)
        assert fake.node.generation == 2
        assert (await fake.ask("GET /rest/system/ping")).status == 200
        await fake.server.until(lambda: fake.server.answered == 3)
        fake.server.drop_idle()
        assert fake.server.connections >= 2
        for wire in (poll, idle):
            wire.send("GET /rest/system/ping")
            assert await wire.rest() == b""
        assert len(fake.server.requests) == 3
