"""TLS on a connection whose first bytes have been read already.

Syncthing serves both HTTP and HTTPS on one port and tells them apart by the first byte. asyncio can't begin TLS after
bytes were taken from the socket, so this feeds them to the ssl module by hand.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_HANDSHAKE: Final = b"\x16"
_CHUNK: Final = 1 << 16


def is_tls(data: bytes) -> bool:
    """Return whether the first bytes of a connection are TLS (lib/tlsutil)."""
    return data[:1] == _HANDSHAKE


class TLS:
    """The server's end of one connection.

    Args:
        context: Certificate and settings.
        write: Sends encrypted bytes to the client.

    Attributes:
        ended: Whether the client has said that nothing more will come.
    """

    __slots__ = ("_connection", "_incoming", "_outgoing", "_ready", "_write", "ended")

    def __init__(self, context: ssl.SSLContext, write: Callable[[bytes], object]) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._connection = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._write = write
        self._ready = False
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """Take in encrypted bytes, and return what they say; nothing during the handshake.

        Raises:
            ssl.SSLError: It is no TLS, or the client accepts nothing that we offer.
        """
        self._incoming.write(data)
        plain = bytearray()
        try:
            if not self._ready:
                self._connection.do_handshake()
                self._ready = True
            while chunk := self._connection.read(_CHUNK):
                plain += chunk
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        finally:
            self._flush()
        return bytes(plain)

    def send(self, data: bytes) -> None:
        """Encrypt and send."""
        self._connection.write(data)
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._write(self._outgoing.read())
