"""Looking at the certificate of a daemon, for trust on first use."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiosyncthing._http.place import locate, split_user_info
from aiosyncthing._http.preload import preload
from aiosyncthing._http.reasons import reason
from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError, ConnectionFailedError, RequestTimeoutError, TLSError

from . import contexts
from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from aiosyncthing._http.place import Place

preload()

_HTTPS: Final = 443


async def fetch_fingerprint(url: str, *, timeout: float | None = 10) -> Fingerprint:
    """Fetch the fingerprint of the certificate that is shown at a URL now, for trust on first use.

    It says who is there, not that it is the right one: compare it with what
    ``openssl x509 -in https-cert.pem -noout -fingerprint -sha256`` shows on the daemon's computer, or fetch it where
    nobody can be in between, and store it. Nothing but a TLS handshake is sent.

    Args:
        url: Base URL of the daemon, ``https://...`` or ``unixs:///...``. Syncthing speaks TLS also where its URL is
            ``http://``; write ``https://`` then.
        timeout: Seconds for all of it; ``None`` for no limit.

    Raises:
        BadRequestError: The URL is none of these.
        ConnectionFailedError: Nobody is there.
        TLSError: Whoever is there does not speak TLS.
        RequestTimeoutError: It took too long.
    """
    place = locate(split_user_info(url)[0])
    if not place.secure:
        raise BadRequestError(
            "a certificate is shown only where the URL begins with https://, or unixs:// for a unix socket. Syncthing "
            "speaks TLS at the same address, whatever its settings are"
        )
    host, port = _address(place)
    where = f"the socket {place.socket}" if place.socket else f"{host}:{port}"
    kind: type[ConnectionFailedError | RequestTimeoutError]
    try:
        with Limit(timeout):
            certificate = await _look(place.socket, host, port)
    except TimeoutError:
        kind, message = RequestTimeoutError, f"{where} did not show a certificate in time"
    except ssl.SSLError as error:
        kind, message = TLSError, f"{where} does not speak TLS: {reason(error)}"
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that can't be one
        kind, message = ConnectionFailedError, f"can't connect to {where}: {reason(error)}. Is Syncthing running there?"
    else:
        return Fingerprint.from_certificate(certificate)
    raise kind(message)


class _Silent(asyncio.Protocol):
    """Says nothing, and tells when the connection has ended."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if not self.ended.done():  # whoever waited may have been cancelled
            self.ended.set_result(None)


async def _look(path: str, host: str, port: int) -> bytes:
    """Connect, and return the certificate that is shown."""
    loop = asyncio.get_running_loop()
    context = await asyncio.to_thread(contexts.check_nothing)
    name = host.partition("%")[0]  # the zone of an address is our own matter
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
        raise BadRequestError("the URL must be like https://127.0.0.1:8384")
    return host.replace("%25", "%").rstrip("."), _HTTPS if port is None else port
