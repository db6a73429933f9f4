"""Fetching the fingerprint of a daemon's certificate, for trust on first use."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiosyncthing._http.place import locate, reason, split_user_info
from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError, ConnectionFailedError, RequestTimeoutError, TLSError

from . import contexts
from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from aiosyncthing._http.place import Place

_HTTPS: Final = 443


async def fetch_fingerprint(url: str, *, timeout: float | None = 10) -> Fingerprint:
    """Fetch the fingerprint of the certificate that a server presents now, for trust on first use.

    This doesn't prove that the server is the right one. Before you store the fingerprint, compare it with the output of
    ``openssl x509 -in https-cert.pem -noout -fingerprint -sha256`` on the daemon's computer, or fetch it over a network
    that you trust. Nothing is sent beyond the TLS handshake.

    Args:
        url: Base URL of the daemon, ``https://...`` or ``unixs:///...``. Syncthing accepts TLS even where its own URL
            begins with ``http://``; write ``https://`` here.
        timeout: Seconds for the whole operation; ``None`` for no limit.

    Raises:
        BadRequestError: The URL is neither.
        ConnectionFailedError: Nothing is listening there.
        TLSError: The server doesn't use TLS.
        RequestTimeoutError: It took too long.
    """
    place = locate(split_user_info(url)[0])
    if not place.secure:
        raise BadRequestError(
            "only URLs that begin with https://, or unixs:// for a Unix socket, have a certificate. Syncthing accepts "
            "TLS at the same address, whatever its settings"
        )
    host, port = _address(place)
    where = f"the socket {place.socket}" if place.socket else f"{host}:{port}"
    kind: type[ConnectionFailedError | RequestTimeoutError]
    try:
        with Limit(timeout):
            certificate = await _look(place.socket, host, port)
    except TimeoutError:
        kind, message = RequestTimeoutError, f"{where} did not present a certificate in time"
    except ssl.SSLError as error:
        kind, message = TLSError, f"{where} does not use TLS: {reason(error)}"
    except (OSError, UnicodeError) as error:  # UnicodeError: an invalid host name
        kind, message = ConnectionFailedError, f"can't connect to {where}: {reason(error)}. Is Syncthing running there?"
    else:
        return Fingerprint.from_certificate(certificate)
    raise kind(message)


class _Silent(asyncio.Protocol):
    """A protocol that sends nothing, and notes the end of the connection."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if not self.ended.done():  # cancelled together with the waiting task
            self.ended.set_result(None)


async def _look(path: str, host: str, port: int) -> bytes:
    """Connect, and return the server's certificate."""
    loop = asyncio.get_running_loop()
    context = await asyncio.to_thread(contexts.check_nothing)
    name = host.partition("%")[0]  # without the zone of an address, which is local
    if path:
        transport, protocol = await loop.create_unix_connection(_Silent, path, ssl=context, server_hostname=name)
    else:
        transport, protocol = await loop.create_connection(_Silent, host, port, ssl=context, server_hostname=name)
    try:
        connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
        return connection.getpeercert(binary_form=True) or b""
    finally:
        transport.abort()
        await protocol.ended


def _address(place: Place) -> tuple[str, int]:
    try:
        parts = urlsplit(place.base)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise BadRequestError("the URL must look like https://127.0.0.1:8384")
    return host.replace("%25", "%").rstrip("."), _HTTPS if port is None else port
