"""A minimal HTTP server for the benchmarks: it answers any GET on a kept-alive connection from memory.

It runs in a process of its own, so that its CPU time isn't counted to the client, and prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sys

_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n"
    "X-Syncthing-Id: P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2\r\n"
    "X-Syncthing-Version: v1.29.5\r\n\r\n"
)


def _answer(value: object) -> bytes:
    body = json.dumps(value, indent=2).encode()
    return _HEAD.format(len(body)).encode() + body


def _file(number: int) -> dict[str, object]:
    return {
        "name": f"photos/2024/{number % 97:02d}/IMG_{number:06d}.jpg",
        "type": "FILE_INFO_TYPE_FILE",
        "size": 3_000_000 + number,
        "modified": "2024-11-23T12:22:19.206140339Z",
        "modifiedBy": "P56IOI7",
        "deleted": False,
        "invalid": False,
        "ignored": False,
        "mustRescan": False,
        "noPermissions": False,
        "permissions": "0644",
        "sequence": number,
        "version": [f"P56IOI7:{1795434783 + number}"],
        "localFlags": 0,
        "numBlocks": 0,
        "blocksHash": "07/pjo8c6JFhSFRWmiD19FCNarQCW4cre0000000000=",
        "platform": dict.fromkeys(("Unix", "Windows", "Linux", "Darwin", "FreeBSD", "NetBSD")),
    }


def _entry(number: int) -> dict[str, object]:
    return {
        "name": f"IMG_{number:06d}.jpg",
        "modTime": "2024-11-23T12:22:19.206140339Z",
        "size": 3_000_000 + number,
        "type": "FILE_INFO_TYPE_FILE",
    }


_STATUS = {
    "alloc": 37698920,
    "connectionServiceStatus": {"tcp://127.0.0.1:28040": {"error": None, "lanAddresses": [], "wanAddresses": []}},
    "cpuPercent": 0,
    "goroutines": 87,
    "guiAddressOverridden": True,
    "guiAddressUsed": "127.0.0.1:8384",
    "lastDialStatus": {},
    "myID": "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2",
    "pathSeparator": "/",
    "startTime": "2026-11-23T12:22:17Z",
    "sys": 68893960,
    "tilde": "/home/user",
    "uptime": 42,
    "urVersionMax": 3,
}

ANSWERS = {
    b"/rest/system/status": _answer(_STATUS),
    b"/rest/db/status": _answer({f"field{number}": number for number in range(35)}),
    b"/rest/db/browse": _answer(
        [
            {
                "name": f"{folder:02d}",
                "modTime": "2024-11-23T12:22:19Z",
                "size": 128,
                "type": "FILE_INFO_TYPE_DIRECTORY",
                "children": [_entry(folder * 1000 + number) for number in range(1000)],
            }
            for folder in range(50)
        ]
    ),
    b"/rest/db/need": _answer(
        {"progress": [], "queued": [], "rest": [_file(n) for n in range(20_000)], "page": 1, "perpage": 65536}
    ),
}


class _Protocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            path = self._buffer[: self._buffer.index(b"\r\n")].split(b" ")[1].partition(b"?")[0]
            self._buffer = self._buffer[end + 4 :]
            self._transport.write(ANSWERS[path])


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Protocol, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
