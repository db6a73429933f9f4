"""Changes of the GUI's settings wait for the listener that the change before has restarted."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.config import gui_changes
from aiosyncthing.exceptions import BadRequestError, ConnectionFailedError, UnauthorizedError
from tests.support.calls import KEY
from tests.support.server import Answer, Server, as_json, as_text

GUI: dict[str, Any] = {"apiKey": KEY, "theme": "default"}
PONG = as_json({"ping": "pong"})
CUT = Answer(raw=b"")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all waits."""
    monkeypatch.setattr(gui_changes, "_ENDING", 0.1)
    monkeypatch.setattr(gui_changes, "_RETURN", 0.5)
    monkeypatch.setattr(gui_changes, "_PAUSE", 0.01)


def methods(server: Server) -> list[str]:
    """Return method and last part of the path of each request."""
    return [f"{request.method} {request.path.rpartition('/')[2]}" for request in server.requests]


CHANGES: dict[str, Callable[[Syncthing], Awaitable[None]]] = {
    "patch_gui": lambda client: client.config.patch_gui(theme="dark"),
    "set_gui": lambda client: client.config.set_gui({"apiKey": KEY, "theme": "dark"}),  # type: ignore[typeddict-item]  # a daemon takes a part
    "replace": lambda client: client.config.replace({"version": 37, "gui": GUI | {"theme": "dark"}}),  # type: ignore[typeddict-item]  # a daemon takes a part
}


@pytest.mark.parametrize(
    ("first", "second"),
    [*(("patch_gui", each) for each in CHANGES), ("set_gui", "patch_gui"), ("replace", "patch_gui")],
)
async def test_the_next_change_waits(first: str, second: str) -> None:
    """The second change is sent when some time has passed and the API answers again, even if both were made at once."""
    times: list[float] = []

    def answer(request: Any) -> Answer:
        if request.method == "GET":
            if request.path.endswith("ping"):
                times.append(time.monotonic())
            return CUT if len(times) == 1 else PONG if request.path.endswith("ping") else as_json(GUI)
        times.append(time.monotonic())
        return Answer()

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        await asyncio.gather(CHANGES[first](client), CHANGES[second](client))
    sent = [each for each in methods(server) if each != "GET gui"]
    assert sent[0].startswith(("PUT", "PATCH"))
    assert sent[-1].startswith(("PUT", "PATCH"))
    assert set(sent[1:-1]) == {"GET ping"}
    assert times[1] - times[0] >= 0.09


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_sent_once(change: str) -> None:
    """It is not repeated if the connection ends without an answer, since it may have been made."""

    def answer(request: Any) -> Answer:
        return as_json(GUI) if request.method == "GET" else CUT

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        await client.config.gui()
        with pytest.raises(ConnectionFailedError):
            await CHANGES[change](client)
    assert [request.method for request in server.requests if request.method != "GET"] in (["PUT"], ["PATCH"])


async def test_what_does_not_wait() -> None:
    """The first change doesn't wait, nor do changes of other settings, nor a change after one that changes nothing.

    A listener that is back is not waited for until the next change that restarts it.
    """
    same: Any = {"version": 37, "gui": GUI}
    changes = as_json(GUI), Answer(), as_json(GUI), Answer(), Answer(), Answer(), Answer()
    async with Server(*changes) as server, Syncthing(KEY, server.url) as client:
        await client.config.replace(same)
        await client.config.replace(same)
        await client.config.patch_gui(theme="dark")
        await client.config.patch_options(maxSendKbps=1)
        await client.config.patch_ldap(address="")
        assert "GET ping" not in methods(server)
        server.queue.extend([PONG, as_json(GUI), Answer(), as_json(GUI), Answer()])
        await client.config.replace(same)
        await client.config.replace(same)
    assert methods(server).count("GET ping") == 1


async def test_a_change_that_fails() -> None:
    """A change with a lost answer counts as made; one that the daemon refused doesn't."""
    answers = as_text("json: cannot unmarshal", 400), CUT, PONG, Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for kind in (BadRequestError, ConnectionFailedError):
            with pytest.raises(kind):
                await client.config.patch_gui(theme="dark")
        await client.config.patch_gui(theme="dark")
    assert methods(server) == ["PATCH gui", "PATCH gui", "GET ping", "PATCH gui"]


async def test_a_cancelled_change() -> None:
    """It counts as made, so that the next change waits for the listener; each cancellation ends one change."""
    never = asyncio.Event()
    async with Server(Answer(after=never), PONG, Answer()) as server, Syncthing(KEY, server.url) as client:
        first = asyncio.create_task(client.config.patch_gui(theme="dark"))
        await server.requested(1)
        second = asyncio.create_task(client.config.patch_gui(theme="black"))
        third = asyncio.create_task(client.config.patch_gui(theme="light"))
        await asyncio.sleep(0)
        first.cancel()
        third.cancel()
        await asyncio.wait([first, second, third])
        assert (first.cancelled(), third.cancelled()) == (True, True)
        await second
        never.set()
    assert methods(server) == ["PATCH gui", "GET ping", "PATCH gui"]


async def test_an_api_that_stays_away() -> None:
    """The next change is then not sent, and the error says why; an API that refuses the key is back."""
    async with Server(Answer(), answer=lambda _: CUT) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_gui(apiKey="another")
        with pytest.raises(ConnectionFailedError):
            await client.config.patch_gui(theme="black")
        assert set(methods(server)[1:]) == {"GET ping"}
        server.requests.clear()
        server.answer = as_text("CSRF Error", 403)
        with pytest.raises(UnauthorizedError):
            await client.config.patch_gui(theme="black")
        assert methods(server) == ["GET ping", "PATCH gui"]


def test_one_event_loop_after_another() -> None:
    """A client may make changes in one event loop after another."""

    class API:
        async def call(self, *_: Any, **__: Any) -> None:
            """Answer everything."""

    changes = gui_changes.GUIChanges(API())  # type: ignore[arg-type]  # all that it needs

    async def change() -> None:
        async with changes.change():
            await asyncio.sleep(0)

    async def two_at_once() -> None:
        await asyncio.gather(change(), change())

    asyncio.run(two_at_once())
    asyncio.run(two_at_once())
