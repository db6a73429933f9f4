"""A client that sees every byte of what a server sends."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Final, Self, cast

__all__ = ["KEY", "Wire", "WireAnswer"]

KEY: Final = "the-key"


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer as it came.

    Attributes:
        status: HTTP status.
        line: The status line.
        headers: The headers in their order.
        body: The body, without its division into chunks.
    """

    status: int
    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header, in exactly these letters."""
        return dict(self.headers).get(name)

    @property
    def names(self) -> list[str]:
        """The names of all headers, in their order."""
        return [name for name, _ in self.headers]


class Wire:
    """A connection for sending and receiving raw bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, address: str, context: ssl.SSLContext | None = None) -> Self:
        """Connect."""
        if address.startswith("/"):
            return cls(*await asyncio.open_unix_connection(address))
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port), ssl=context))

    def send(self, line: str, *headers: str, body: bytes = b"", key: str = KEY, host: str = "localhost") -> None:
        """Send a request, as HTTP/1.1 unless its first line says more."""
        lines = [line if "HTTP/" in line else f"{line} HTTP/1.1", f"Host: {host}", *headers]
        lines += [f"X-API-Key: {key}"] if key else []
        lines += [f"Content-Length: {len(body)}"] if body else []
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body)

    async def head(self) -> WireAnswer:
        """Read status line and headers."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        headers = [cast("tuple[str, str]", tuple(line.split(": ", 1))) for line in lines[1:]]
        return WireAnswer(int(lines[0].split(" ")[1]), lines[0], headers, b"")

    async def chunk(self) -> bytes:
        """Read a part of a body in chunks; nothing at its end."""
        size = int(await self.reader.readline(), 16)
        data = await self.reader.readexactly(size)
        await self.reader.readexactly(2)
        return data

    async def read(self, *, bodiless: bool = False) -> WireAnswer:
        """Read an answer."""
        head = await self.head()
        body = b""
        length = head.header("Content-Length")
        if bodiless or head.status == 204:
            pass
        elif head.header("Transfer-Encoding") == "chunked":
            while part := await self.chunk():
                body += part
        elif length is not None:
            body = await self.reader.readexactly(int(length))
        else:
            body = await self.reader.read()
        return WireAnswer(head.status, head.line, head.headers, body)

    async def ask(self, line: str, *headers: str, body: bytes = b"", key: str = KEY, **options: Any) -> WireAnswer:
        """Send a request, and read the answer."""
        self.send(line, *headers, body=body, key=key, **options)
        return await self.read(bodiless=line.startswith("HEAD"))

    async def rest(self) -> bytes:
        """Read everything up to the end of the connection, however it ends."""
        found = bytearray()
        try:
            while part := await self.reader.read(1 << 16):
                found += part
        except ConnectionResetError:
            pass
        return bytes(found)

    def close(self) -> None:
        """Break the connection."""
        self.writer.close()
