"""Others to talk TLS with: their certificates, what they get to read, and Unix sockets."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import tempfile
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import trustme

from aiosyncthing import Fingerprint

from .listening import listening
from .server import Server, as_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from .server import Answer

__all__ = ["Identity", "Overheard", "SocketServer", "overhearing", "short_folder", "tunnelling"]

_AUTHORITY: Final = trustme.CA()


class Identity:
    """A certificate that nobody trusts by itself, with its key.

    Attributes:
        pem: The certificate.
        fingerprint: Its fingerprint.
        context: Serves TLS with it.
    """

    def __init__(self, name: str = "syncthing.invalid", *, expired: bool = False) -> None:
        end = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) if expired else None
        issued = _AUTHORITY.issue_cert(
            name, not_before=datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC), not_after=end
        )
        self.pem: bytes = issued.cert_chain_pems[0].bytes()
        self.fingerprint = Fingerprint.from_certificate(self.pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(self.context)

    @staticmethod
    def write_authority(path: Path) -> None:
        """Write the certificate of the authority that has signed them all to a file."""
        _AUTHORITY.cert_pem.write_to_path(str(path))


class Overheard:
    """What somebody who listens has got.

    Attributes:
        url: Where.
        received: All that came after the handshake.
        connections: How many connections came as far as that.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.received = b""
        self.connections = 0


@asynccontextmanager
async def overhearing(identity: Identity) -> AsyncGenerator[Overheard]:
    """Run somebody who shows a certificate and notes what is sent thereafter."""

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        overheard.connections += 1
        while data := await reader.read(1 << 16):
            overheard.received += data

    async with listening(serve, identity.context) as port:
        overheard = Overheard(f"https://127.0.0.1:{port}")
        yield overheard


class SocketServer(Server):
    """A `Server` on a Unix socket."""

    def __init__(self, path: Path, *queue: Answer, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(*queue, answer=None if queue else lambda _: as_json({"ping": "pong"}), tls=tls)
        self.path = path

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'unixs' if self._tls else 'unix'}://{self.path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._accept, self.path, ssl=self._tls)
        return self


@contextmanager
def short_folder() -> Iterator[Path]:
    """Yield a folder whose path is short enough for sockets, which pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="st") as name:
        yield Path(name)


@asynccontextmanager
async def tunnelling(port: int) -> AsyncGenerator[str]:
    """Run an HTTP proxy, and yield its URL; wherever a tunnel is to lead, it leads to a port on loopback."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
            writer.write_eof()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"CONNECT ")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))
        finally:
            far_writer.close()

    async with listening(serve) as own:
        yield f"http://127.0.0.1:{own}"
