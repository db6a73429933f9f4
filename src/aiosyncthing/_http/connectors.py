"""How connections are made: over TCP, or through a Unix socket with or without TLS."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakSet

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError

if TYPE_CHECKING:
    from typing import Any

    from aiohttp.client_proto import ResponseHandler

    from .place import Place

# The daemon closes a connection after 15 idle seconds (lib/api/api.go sets ReadTimeout and no IdleTimeout). A request
# sent at that moment fails, and can't be repeated unless it is idempotent.
_KEEPALIVE: Final = 10.0

# For each piece that arrives, asyncio allocates a buffer of 256 kB and then shrinks it. From 128 kB on, glibc may map
# and unmap such a buffer every time, which takes a tenth of the time of a small request.
_BUFFER: Final = 1 << 16


class _Connector(aiohttp.BaseConnector):
    """Remembers the connections that it has opened, as long as they exist."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened: WeakSet[ResponseHandler] = WeakSet()


class _Buffered(_Connector):
    """Makes connections that read into buffers of `_BUFFER` bytes, if the event loop's transports have that setting."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        protocol = await super()._create_connection(req, traces, timeout)
        self.opened.add(protocol)
        if hasattr(protocol.transport, "max_size"):
            cast("Any", protocol.transport).max_size = _BUFFER
        return protocol


class _TCPConnector(_Buffered, aiohttp.TCPConnector):
    pass


class _UnixConnector(_Buffered, aiohttp.UnixConnector):
    pass


class _SecureUnixConnector(_Connector, aiohttp.UnixConnector):
    """TLS through a Unix socket: aiohttp's own connector speaks plain HTTP there, whatever the URL says."""

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
                    ssl=cast("ssl.SSLContext", req.ssl),  # for such a place nothing else is passed
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
        self.opened.add(protocol)
        return protocol


def open_connector(place: Place) -> aiohttp.BaseConnector:
    """Return a new connector to a place."""
    if not place.socket:
        return _TCPConnector(keepalive_timeout=_KEEPALIVE)
    kind = _SecureUnixConnector if place.secure else _UnixConnector
    return kind(place.socket, keepalive_timeout=_KEEPALIVE)


def abort_tls(connector: aiohttp.BaseConnector) -> None:
    """End the TLS connections of a connector that was made here, without waiting for the other side.

    Recent versions of aiohttp do the same. In older ones a connection may outlive the event loop.
    """
    for protocol in connector.opened if isinstance(connector, _Connector) else ():
        if protocol.transport is not None and protocol.transport.get_extra_info("sslcontext") is not None:
            protocol.transport.abort()


def check_session(session: aiohttp.ClientSession, place: Place) -> None:
    """Check that a session that was passed in connects to a place, with TLS if the URL asks for it.

    Raises:
        BadRequestError: It doesn't.
    """
    connector = session.connector
    if not place.socket:
        if place.secure and isinstance(connector, (aiohttp.UnixConnector, aiohttp.NamedPipeConnector)):
            raise BadRequestError(
                f"the session's {type(connector).__name__} has no TLS: it would send the key unencrypted, although the "
                "URL begins with https://"
            )
        return
    if place.secure:
        raise BadRequestError(
            "unixs:// needs the client's own session, since aiohttp has no TLS through Unix sockets: leave out session="
        )
    if not isinstance(connector, aiohttp.UnixConnector):
        kind = "no connector" if connector is None else f"a {type(connector).__name__}"
        raise BadRequestError(
            f"the session has {kind}, which doesn't connect to the socket. Leave out session=, or create it with "
            f"connector=aiohttp.UnixConnector({place.socket!r}, keepalive_timeout=10)"
        )
    if connector.path != place.socket:
        raise BadRequestError(f"the session connects to {connector.path!r}, but the URL names {place.socket!r}")


def may_use_proxy(session: aiohttp.ClientSession) -> bool:
    """Return whether a session that was passed in may send requests through an HTTP proxy."""
    return session.trust_env or getattr(session, "_default_proxy", None) is not None  # no name is public


def connection_of(response: aiohttp.ClientResponse) -> object:
    """Return what stands for the connection of a response: aiohttp makes one such object for each.

    `aiohttp.ClientResponse.connection` would be another one for each request, and is gone once the body was read.
    """
    return getattr(response, "_protocol", None)  # no name is public
