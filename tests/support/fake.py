"""A daemon that exists as data only: what it answers is set by the test, and it says what it was asked."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs

from aiosyncthing import Syncthing

from .server import DAEMON_ID, Answer, Request, Server, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OTHER", "THIRD", "Fake", "completion", "connection", "connections_in_use", "device", "folder", "summary"]

OTHER: Final = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"
THIRD: Final = "AAAQEAY-EAUDAOB-CAJBIFQ-YDIOB4B-IBCEQTC-QKRMFYX-YDENBWH-A5DYPQG"
_NEVER: Final = "0001-01-01T00:00:00Z"
_LONG_AGO: Final = "2026-03-01T12:00:00Z"


def device(device_id: str, **fields: Any) -> dict[str, Any]:
    """Return a device's configuration."""
    return {"deviceID": device_id, "name": "", "paused": False, **fields}


def folder(folder_id: str, *devices: str, **fields: Any) -> dict[str, Any]:
    """Return a folder's configuration, shared with these devices and its own."""
    shared = [{"deviceID": name} for name in (DAEMON_ID, *devices)]
    return {"id": folder_id, "label": "", "paused": False, "devices": shared, **fields}


def summary(**fields: Any) -> dict[str, Any]:
    """Return what ``db/status`` answers for a folder that was scanned and needs nothing."""
    numbers = dict.fromkeys(("needFiles", "needDirectories", "needSymlinks", "needDeletes", "needBytes"), 0)
    state = {"state": "idle", "stateChanged": _LONG_AGO, "error": "", "errors": 0}
    return {**numbers, **state, "globalBytes": 100, "sequence": 7, "remoteSequence": {}, **fields}


def completion(**fields: Any) -> dict[str, Any]:
    """Return what ``db/completion`` answers for a device that has everything."""
    needed = {"needBytes": 0, "needItems": 0, "needDeletes": 0}
    return {"globalBytes": 100, "globalItems": 3, **needed, "sequence": 5, "remoteState": "valid", **fields}


def connection(*, connected: bool = True, **fields: Any) -> dict[str, Any]:
    """Return an entry of ``system/connections``, of a device that is connected for an hour."""
    times = {"at": "2026-03-01T13:00:00Z", "startedAt": _LONG_AGO} if connected else {"at": _NEVER, "startedAt": _NEVER}
    names = (
        {"address": "192.0.2.1:22000", "clientVersion": "v1.29.5"}
        if connected
        else dict.fromkeys(("address", "clientVersion"), "")
    )
    return {"connected": connected, "paused": False, "inBytesTotal": 0, "outBytesTotal": 0, **times, **names, **fields}


def connections_in_use(client: Syncthing) -> int:
    """Return how many requests of a client are under way; aiohttp has no public way to tell."""
    session = client.api._session
    connector: Any = session.connector if session is not None else None
    return len(connector._acquired) if connector is not None else 0


class Fake:
    """A daemon with its own device, `OTHER`, and the folder ``docs`` shared with it; all attributes can be changed.

    Attributes:
        server: The server; ``server.requests`` has all requests.
        config: The configuration.
        summaries: Answers of ``db/status``, by folder; 404 for others.
        completions: Answers of ``db/completion``, by folder and device; 404 for others.
        errors: Failed items, by folder.
        connections: Connections, by device.
        last_seen: Times of ``stats/device``, by device.
        my_id: The daemon's device ID.
        started: Its start time.
        scan: Called with the folder of each ``db/scan``; returns the answer.
        troubles: Answers to give once in place of the right one, by path.
        gates: What to wait for before an answer is sent that is made already, by path; see `hold`.
        polls_wait: How many polls wait for an event now.
    """

    def __init__(self) -> None:
        self.server = Server(answer=self._answer)
        self.config: dict[str, Any] = {
            "devices": [device(DAEMON_ID, name="own"), device(OTHER, name="other")],
            "folders": [folder("docs", OTHER)],
        }
        self.summaries = {"docs": summary()}
        self.completions = {("docs", OTHER): completion()}
        self.errors: dict[str, list[dict[str, str]]] = {}
        self.connections = {OTHER: connection()}
        self.last_seen = {DAEMON_ID: _LONG_AGO, OTHER: _LONG_AGO}
        self.my_id = DAEMON_ID
        self.started = "2026-03-01T11:00:00+01:00"
        self.scan: Callable[[str], Answer] = lambda _: Answer()
        self.troubles: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self.gates: dict[str, asyncio.Event] = {}
        self.polls_wait = 0
        self._events: list[dict[str, Any]] = []
        self._held: list[asyncio.Event] = []
        self._waits_after = self._clock = 0
        self._happened = asyncio.Event()
        self.emit("Starting", {})

    @property
    def asked(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(request.path.removeprefix("/rest/") for request in self.server.requests)

    def client(self, **options: Any) -> Syncthing:
        """Return a client of it."""
        return Syncthing("key", self.server.url, **options)

    def emit(self, kind: str, data: Any) -> None:
        """Let something happen."""
        number = len(self._events) + 1
        self._clock += 1
        event = {"id": number, "globalID": number, "time": f"2026-03-01T12:00:00.{self._clock:09}Z", "type": kind}
        self._events.append({**event, "data": copy.deepcopy(data)})
        self._happened.set()
        self._happened = asyncio.Event()

    def save(self) -> None:
        """Announce the configuration."""
        self.emit("ConfigSaved", self.config)

    def restart(self) -> None:
        """Become another process: all connections break, and event IDs begin anew."""
        self._events.clear()
        self._waits_after = 0
        self.server.cut()
        self.started = "2026-03-01T12:34:56+01:00"
        self.emit("Starting", {})

    def hold(self, path: str = "") -> asyncio.Event:
        """Return an event, for an answer to wait for; with a path, all answers there are made and then wait for it."""
        gate = asyncio.Event()
        self._held.append(gate)
        if path:
            self.gates[path] = gate
        return gate

    async def left(self) -> None:
        """Wait until all connections are closed, as they are when the client has left nothing behind.

        Closed connections are noticed only when something is written: so nothing is held back any more.
        """
        for gate in self._held:
            gate.set()
        self.emit("Starting", {})
        await self.server.until(lambda: self.server.open == 0)

    async def heard(self) -> None:
        """Wait until the only listener has taken all events so far, and waits for more."""
        newest = len(self._events)
        await self.server.until(lambda: self._waits_after >= newest)

    async def requested(self, path: str, count: int = 1) -> None:
        """Wait until a path was asked for so often."""
        await self.server.until(lambda: self.asked[path] >= count)

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *error: object) -> None:
        await self.server.__aexit__(kind, *error)

    async def _answer(self, request: Request) -> Answer:
        path = request.path.removeprefix("/rest/")
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        if self.troubles[path]:
            return self.troubles[path].popleft()
        if path == "events":
            return await self._poll(int(query["since"]), int(query["timeout"]), int(query.get("limit", 0)))
        answer = self._find(path, query)
        gate = self.gates.get(path)
        if gate is not None:
            await gate.wait()
        return answer

    async def _poll(self, since: int, timeout: int, limit: int) -> Answer:
        found = [event for event in self._events if event["id"] > since]
        if not found and timeout:
            self.polls_wait += 1
            self._waits_after = since
            self.server.look()
            try:
                async with asyncio.timeout(timeout):
                    await self._happened.wait()
            except TimeoutError:
                return as_json([])
            finally:
                self.polls_wait -= 1
            return await self._poll(since, 0, limit)
        return as_json(found[-limit:])

    def _find(self, path: str, query: dict[str, str]) -> Answer:
        name = query.get("folder", "")
        match path:
            case "system/status":
                return as_json({"myID": self.my_id, "startTime": self.started, "uptime": 3600})
            case "config":
                return as_json(self.config)
            case "system/connections":
                return as_json({"connections": self.connections, "total": {}})
            case "stats/device":
                return as_json({name: {"lastSeen": seen} for name, seen in self.last_seen.items()})
            case "db/status" if name in self.summaries:
                return as_json(self.summaries[name])
            case "folder/errors" if name in self.summaries:
                return as_json({"folder": name, "errors": self.errors.get(name)})
            case "db/completion" if (name, query["device"]) in self.completions:
                return as_json(self.completions[name, query["device"]])
            case "db/scan":
                return self.scan(name)
            case _:
                return as_text("no such folder", 404)
