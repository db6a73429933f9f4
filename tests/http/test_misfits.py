"""Answers that no daemon sends: everything that reads them raises only errors of this package.

``AIOSYNCTHING_SEED`` repeats a run, and ``AIOSYNCTHING_ROUNDS`` makes it longer.
"""

import asyncio
import itertools
import json
import os
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from aiosyncthing import Syncthing, _routes as routes
from aiosyncthing._routes import find_route
from aiosyncthing.exceptions import SyncthingError
from aiosyncthing.folder import history
from aiosyncthing.live import updating as live_module
from aiosyncthing.waiting import waiting as waiting_module
from tests.support import recordings
from tests.support.calls import CALLS, DEVICE, FOLDER, KEY, Call, results
from tests.support.misfits import some_misfit_bytes
from tests.support.server import Answer, Request, Server, as_json, as_text

SEED = os.environ.get("AIOSYNCTHING_SEED", "1")
ROUNDS = int(os.environ.get("AIOSYNCTHING_ROUNDS", "1"))
EACH = 3 * ROUNDS  # misfits of each answer for each reader
ENOUGH = 50  # items to take from what may be endless
LIMIT = 30.0  # seconds after which a reader is considered to hang

REFUSAL = as_text("CSRF Error", 403)
"""Ends readers that would try again and again."""


class Recorded:
    """Answers like a recorded daemon, but one route with misfits, and after two of these with a refusal.

    What was not recorded is answered as the call expects. A poll without news waits or is refused, which ends readers
    that only follow events.
    """

    def __init__(
        self, version: str, route: Any, chance: random.Random, call: Call | None = None, *, waits: bool = False
    ) -> None:
        self._route = route
        self._chance = chance  # used in an order that doesn't depend on that of the requests
        self._waits = waits
        self._left = 2
        self._answers: dict[Any, Any] = {}
        found = [each for each in recordings.exchanges(version) if each.status == 200 and each.kind == "json"]
        chance.shuffle(found)
        for exchange in sorted(found, key=lambda each: each.node):  # from a single node if possible
            self._answers.setdefault(find_route(exchange.method, exchange.uri), exchange.answer)
        self._headers = {"X-Syncthing-Id": self._answers[routes.STATUS]["myID"], "X-Syncthing-Version": f"v{version}"}
        self._prepared: dict[str, Answer] = {}
        if call is not None:
            answers = [*(answer for _, answer in call.before), call.answer]
            self._prepared = dict(zip(call.requests, answers, strict=True))
        first = {recorded.event["type"]: recorded.event for recorded in recordings.events(version)}
        # In a random order, since a stream ends at the first misfit.
        shuffled = sorted(first.values(), key=lambda _: chance.random())
        self._events: list[Any] = [{**event, "id": i, "globalID": i} for i, event in enumerate(shuffled, 1)]
        self.misfits: list[bytes] = []

    async def answer(self, request: Request) -> Answer:
        """Answer a request."""
        answer = await self._find(request)
        return replace(answer, syncthing=False, headers={**answer.headers, **self._headers})

    async def _find(self, request: Request) -> Answer:
        route = find_route(request.method, request.path.removeprefix("/"))
        if route in {routes.EVENTS, routes.DISK_EVENTS}:
            numbers = {name: int(values[0]) for name, values in parse_qs(request.query).items() if name != "events"}
            return await self._poll(route, **numbers)
        if route is routes.DB_BROWSE and "prefix=" in request.query and route is not self._route:
            return as_json([])  # or each directory would have the same in it, without an end
        if route in self._answers:
            right = self._answers[route]
        elif (prepared := self._prepared.get(str(request))) and "json" in prepared.content_type:
            right = json.loads(prepared.body)
        else:
            return prepared or Answer()
        return self._misfit(right) if route is self._route else as_json(right)

    async def _poll(self, route: Any, since: int = 0, limit: int = 0, timeout: int = 60) -> Answer:
        """Answer a poll: at first there is one event; all others happen when a client waits."""
        if limit and not timeout:
            return as_json(self._events[:1])
        news = [event for event in self._events if event["id"] > since]
        if limit:
            news = news[-limit:]
        if route is self._route:
            return self._misfit(news)
        if not news and timeout:
            if not self._waits:
                return REFUSAL
            await asyncio.sleep(timeout)
        return as_json(news)

    def _misfit(self, right: Any) -> Answer:
        if not self._left:
            return REFUSAL
        self._left -= 1
        self.misfits.append(some_misfit_bytes(right, self._chance))
        return Answer(self.misfits[-1], content_type="application/json")


async def expect_no_other_error(
    recorded: Recorded, use: Callable[[Syncthing], Awaitable[object]], what: object
) -> None:
    """Use a client; it may only raise an error of this package, and must not hang."""
    async with Server(answer=recorded.answer) as server, Syncthing(KEY, server.url, timeout=0.3) as client:
        try:
            async with asyncio.timeout(LIMIT):
                await use(client)
        except SyncthingError as error:
            assert str(error)  # noqa: PT017 - an error is allowed, not required
        except Exception as error:
            misfits = "\n".join(each.decode(errors="replace")[:2000] for each in recorded.misfits)
            raise AssertionError(f"AIOSYNCTHING_SEED={SEED}: {what}: {error!r} for\n{misfits}") from error


def _at_once() -> Iterator[float]:
    return iter([0.0] * 5)


async def _take(items: Any) -> None:
    number = itertools.count(1)
    async with aclosing(items):
        async for _ in items:
            if next(number) >= ENOUGH:
                return


async def _stream(client: Syncthing) -> None:
    async with client.events.stream(since="history", delays=_at_once) as events:
        await _take(events)


async def _watch(client: Syncthing) -> None:
    async with client.watch() as live:
        with suppress(TimeoutError):
            await live.until(lambda _: False, timeout=0.05)
        for each in (*live.folders.values(), *live.devices.values()):
            assert repr(each)
        assert live.pending_devices is not live.pending_folders
        assert live.snapshot().to_dict()


async def _pause(client: Syncthing) -> None:
    async with client.paused(timeout=0.3) as pause:
        state = pause.state
    await client.resume(state)


async def _come_to_rest(client: Syncthing) -> None:
    async with client.at_rest(FOLDER, timeout=0.3):
        pass


async def _restore_at(client: Syncthing) -> None:
    for under in ("", "sub"):
        await client.folder.restore_at(FOLDER, datetime(2026, 11, 23, 12, 22, 25, tzinfo=UTC), under=under)


async def _edit(client: Syncthing) -> None:
    async with client.config.edit() as config:
        config.setdefault("options", {})["maxSendKbps"] = 1234  # type: ignore[typeddict-item]  # only this
        for folder in config["folders"]:
            folder["label"] = "edited"


_OF_STATE = (
    *(routes.STATUS, routes.CONFIG, routes.CONNECTIONS, routes.EVENTS, routes.DB_STATUS, routes.DB_COMPLETION),
    *(routes.FOLDER_ERRORS, routes.DEVICE_STATS, routes.FOLDER_STATS, routes.PENDING_DEVICES, routes.PENDING_FOLDERS),
)
READERS: dict[str, tuple[Callable[[Syncthing], Awaitable[object]], tuple[Any, ...]]] = {
    "stream": (_stream, (routes.STATUS, routes.EVENTS)),
    "stream on": (lambda client: _take(client.events.stream(delays=_at_once)), (routes.STATUS, routes.EVENTS)),
    "stream disk": (
        lambda client: _take(client.events.stream(disk=True, delays=_at_once)),
        (routes.STATUS, routes.DISK_EVENTS),
    ),
    "listen": (lambda client: _take(client.events.listen()), (routes.STATUS, routes.EVENTS)),
    "watch": (_watch, _OF_STATE),
    "wait in sync": (lambda client: client.wait_in_sync(timeout=0.3, rescan=True), _OF_STATE[:7]),
    "check": (
        lambda client: client.check(upgrade=True, conflicts=True),
        (*_OF_STATE[:3], *_OF_STATE[4:], routes.RESTART_REQUIRED, routes.ERRORS, routes.DB_BROWSE),
    ),
    "wait ready": (lambda client: client.wait_ready(timeout=0.3), (routes.STATUS,)),
    "pause": (_pause, (routes.CONFIG,)),
    "come to rest": (_come_to_rest, (routes.FOLDER, *_OF_STATE[:5])),
    "walk": (lambda client: _take(client.database.walk(FOLDER)), (routes.DB_BROWSE,)),
    "conflicts": (
        lambda client: _take(client.database.conflicts()),
        (routes.FOLDERS, routes.DB_BROWSE, routes.DEVICES),
    ),
    "restore": (
        _restore_at,
        (
            *(routes.FOLDER, routes.DB_BROWSE, routes.DB_FILE),
            *(routes.FOLDER_VERSIONS, routes.CONNECTIONS, routes.RESTORE_VERSIONS),
        ),
    ),
    "edit": (_edit, (routes.CONFIG, routes.FOLDER, routes.OPTIONS)),
    "backup": (
        lambda client: client.config.backup(),
        (routes.CONFIG, routes.STATUS, routes.VERSION, routes.DB_IGNORES, routes.DB_STATUS),
    ),
    "need": (lambda client: _take(client.database.iter_need(FOLDER, perpage=1)), (routes.DB_NEED,)),
    "remote need": (
        lambda client: _take(client.database.iter_remote_need(FOLDER, DEVICE, perpage=1)),
        (routes.DB_REMOTE_NEED, routes.DEVICE),
    ),
    "changed": (
        lambda client: _take(client.database.iter_local_changed(FOLDER, perpage=1)),
        (routes.DB_LOCAL_CHANGED,),
    ),
    "errors": (lambda client: _take(client.folder.iter_errors(FOLDER, perpage=1)), (routes.FOLDER_ERRORS,)),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once, and restore at once."""
    monkeypatch.setattr(history, "pause_before", lambda *_: 0.0)
    for module in (live_module, waiting_module):
        monkeypatch.setattr(module, "delays", lambda: itertools.repeat(0.01))


def chances(*what: object) -> Iterator[tuple[random.Random, str]]:
    """Yield random generators and versions for some attempts, the same ones in each run."""
    for number in range(EACH):
        chance = random.Random(f"{SEED} {what} {number}")
        yield chance, chance.choice(recordings.VERSIONS)


@pytest.mark.parametrize("name", READERS)
async def test_misfits_for_readers(name: str) -> None:
    """Streams, mirrors, waits, walks and iterators, which look deep into answers and events."""
    use, read = READERS[name]
    for route in read:
        for chance, version in chances(name, route.path):
            recorded = Recorded(version, route, chance, waits=name in {"watch", "wait in sync"})
            await expect_no_other_error(recorded, use, (name, version, route.path))


# For each method the call with the most requests.
METHODS = {call.name: call for call in sorted(CALLS, key=lambda call: len(call.requests))}


@pytest.mark.parametrize("name", sorted(METHODS))
async def test_misfits_for_methods(name: str) -> None:
    """Most methods return the answer unchanged; some look at it, or at other answers first."""
    call = METHODS[name]
    asked = {
        find_route(method, path.partition("?")[0].removeprefix("/"))
        for method, _, path in (each.partition(" ") for each in call.requests)
    }
    for route in sorted(asked - {None}, key=str):
        for chance, version in chances(call, route):
            await expect_no_other_error(
                Recorded(version, route, chance, call), lambda client: results(client, call), call
            )
