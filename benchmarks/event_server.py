"""Event APIs for the benchmarks: a poll is answered from memory, as Syncthing would, and the next events come at once.

Usage: event_server.py SERVERS BATCH. Prints the ports. Each server has its own events; whenever a poll waits at the
newest of them, BATCH more happen; with 0 none ever do. It runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import parse_qs

_DEVICE = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-Syncthing-Version: v1.29.5\r\n"
    f"X-Syncthing-Id: {_DEVICE}\r\n"
)
_STATUS = f'{{"myID": "{_DEVICE}", "startTime": "2026-11-23T12:22:17Z", "uptime": 42}}'
_RING = 1000


def _event(number: int) -> str:
    return (
        f'{{"id": {number}, "globalID": {number}, "time": "2026-11-23T12:22:19.{number:09d}Z", "type": "ItemFinished",'
        f' "data": {{"action": "update", "error": null, "folder": "docs", "item": "photos/IMG_{number}.jpg",'
        ' "type": "file"}}}'
    ).replace("}}}", "}}")


class _Api:
    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.newest = 1
        self.events: list[str] = [_event(1)]  # the last ones

    def answer(self, target: str) -> str | None:
        path, _, query = target.partition("?")
        if path == "/rest/system/status":
            return _STATUS
        params = parse_qs(query)
        since, limit = int(params.get("since", ["0"])[0]), int(params.get("limit", ["0"])[0])
        if since >= self.newest and params.get("timeout", ["60"])[0] != "0":
            if not self.batch:
                return None
            self.events += [_event(self.newest + number) for number in range(1, self.batch + 1)]
            self.events = self.events[-_RING:]
            self.newest += self.batch
        found = self.events[max(0, len(self.events) - max(0, self.newest - since)) :] if since < self.newest else []
        return "[" + ",\n".join(found[-limit:] if limit else found) + "]"


class _Protocol(asyncio.Protocol):
    def __init__(self, api: _Api) -> None:
        self._api = api
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            target = self._buffer[: self._buffer.index(b"\r\n")].split(b" ")[1].decode()
            self._buffer = self._buffer[end + 4 :]
            body = self._api.answer(target)
            if body is None:  # the head comes at once, the events never
                self._transport.write(f"{_HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
            else:
                text = body.encode()
                self._transport.write(f"{_HEAD}Content-Length: {len(text)}\r\n\r\n".encode() + text)


async def _serve(servers: int, batch: int) -> None:
    loop = asyncio.get_running_loop()
    ports: list[int] = []
    running: list[asyncio.Server] = []
    for _ in range(servers):
        api = _Api(batch)
        server = await loop.create_server(lambda api=api: _Protocol(api), "127.0.0.1", 0)  # type: ignore[misc]
        running.append(server)
        ports.append(server.sockets[0].getsockname()[1])
    sys.stdout.write(" ".join(map(str, ports)) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
