"""How connections are made: over TCP, through a unix socket, and with TLS through a unix socket."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, cast

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError

if TYPE_CHECKING:
    from typing import Any

    from aiohttp.client_proto import ResponseHandler

    from .place import Place

# The daemon closes a connection that was idle for 15 s (lib/api/api.go sets ReadTimeout and no IdleTimeout); a
# request that is sent at that moment fails, and one that is not idempotent can't be repeated.
_KEEPALIVE: Final = 10.0


class _SecureUnixConnector(aiohttp.UnixConnector):
    """TLS through a unix socket. aiohttp's own connector would speak plain HTTP there, whatever the URL says."""

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],  # noqa: ARG002 - aiohttp's signature
        timeout: aiohttp.ClientTimeout,
    ) -> ResponseHandler:
        try:
            with Limit(timeout.sock_connect):
                _, protocol = await self._loop.create_unix_connection(
                    self._factory,
                    self._path,
                    ssl=cast("ssl.SSLContext", req.ssl),  # nothing else is passed for such a place
                    server_hostname=req.host,
                )
        except ssl.SSLCertVerificationError as error:
            raise aiohttp.ClientConnectorCertificateError(req.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
        except TimeoutError:
            raise
        except OSError as error:
            raise UnixClientConnectorError(self._path, req.connection_key, error) from error
        return protocol


def open_connector(place: Place) -> aiohttp.BaseConnector:
    """Make what connects to a place."""
    if not place.socket:
        return aiohttp.TCPConnector(keepalive_timeout=_KEEPALIVE)
    kind = _SecureUnixConnector if place.secure else aiohttp.UnixConnector
    return kind(place.socket, keepalive_timeout=_KEEPALIVE)


def check_session(session: aiohttp.ClientSession, place: Place) -> None:
    """Make sure that a borrowed session connects to a place, and as securely as the URL says.

    Raises:
        BadRequestError: It doesn't.
    """
    connector = session.connector
    if not place.socket:
        if place.secure and isinstance(connector, (aiohttp.UnixConnector, aiohttp.NamedPipeConnector)):
            raise BadRequestError(
                f"the session's {type(connector).__name__} has no TLS: it would send the key without any check, though "
                "the URL says https://"
            )
        return
    if place.secure:
        raise BadRequestError(
            "a session that is passed in can't be used for unixs://, since aiohttp has no TLS through unix sockets. "
            "Leave it out: the client opens one of its own"
        )
    if not isinstance(connector, aiohttp.UnixConnector):
        kind = "no connector" if connector is None else f"a {type(connector).__name__}"
        raise BadRequestError(
            f"the session has {kind}, which doesn't lead to the socket. Leave the session out, or make it with "
            f"connector=aiohttp.UnixConnector({place.socket!r}, keepalive_timeout=10)"
        )
    if connector.path != place.socket:
        raise BadRequestError(f"the session's connector leads to {connector.path!r}, the URL to {place.socket!r}")
