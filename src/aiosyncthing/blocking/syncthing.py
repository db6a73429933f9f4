"""`Syncthing`, the entry point."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aiosyncthing.tls.fingerprint import Option

from .bridge import Bridge
from .generated.syncthing import SyncthingMethods

if TYPE_CHECKING:
    from aiosyncthing.syncthing import Syncthing as Inner

_TIMEOUT = 10
_MAX_RESPONSE_SIZE = 1 << 28


class Syncthing(SyncthingMethods):
    """A client of one Syncthing daemon.

    Use it as a context manager, or call `close` at the end. Nothing is opened before the first request. Several threads
    may use it at once, but each stream, iterator and context manager in only one of them. A child of ``os.fork()`` can
    only use clients that had not been used before the fork.

    All blocking clients of a process share one thread with an event loop, which starts with the first request and ends
    when the last client is closed. In a thread with a running event loop, use `aiosyncthing.Syncthing` instead: a
    blocking call would block that loop, so it raises `BlockingCallError`. Jupyter notebooks are an exception.

    Args:
        api_key: The daemon's API key (``gui.apiKey``), shown in its web interface under Actions, Settings.
        url: Base URL. A path is kept, with or without a trailing slash: ``https://host:443/syncthing``. A Unix socket
            is ``unix:///run/user/1000/syncthing.sock``, with TLS ``unixs:///...``.
        timeout: Time limit for a whole request, in seconds; ``None`` or 0 for none. Long operations have longer
            defaults, and every method accepts its own limit.
        verify_ssl: Whether to verify the certificate of an HTTPS URL. Syncthing's own is self-signed: see `tls`.
        tls: What to trust over ``https://`` and ``unixs://``. A `Fingerprint` pins one certificate, a `CertificateFile`
            the one in a file, even after it is renewed; the path of a CA file (PEM) or an `ssl.SSLContext` verifies as
            usual; False accepts any certificate; ``None`` leaves it to `verify_ssl`. The certificate is checked in the
            handshake, before any part of a request, such as the key, is sent.
        max_response_size: Limit for the size of an answer, in bytes after decompression; ``None`` for none. The
            default, 256 MiB, is enough for listing a million files.
        direct: Whether connections end in the daemon itself, not in a proxy, so that none can outlive its process.
            Event streams then need one request instead of two. ``None`` assumes so only for Unix sockets, and if `tls`
            pins a certificate that Syncthing made for itself. Don't pass True if there is a reverse proxy in between;
            False assumes that there is one.
        in_loop: Whether to allow calls in a thread with a running event loop, which they block.

    Raises:
        BadRequestError: Arguments contradict each other or would have no effect. An impossible key or URL is reported
            by the first request.
    """

    def __init__(
        self,
        api_key: str,
        url: str = "http://127.0.0.1:8384",
        timeout: float | None = _TIMEOUT,
        verify_ssl: bool = True,  # noqa: FBT001, FBT002 - the asynchronous class's signature
        *,
        tls: Option = None,
        max_response_size: int | None = _MAX_RESPONSE_SIZE,
        direct: bool | None = None,
        in_loop: bool = False,
    ) -> None:
        from aiosyncthing.syncthing import Syncthing as Inner  # noqa: PLC0415 - loads aiohttp

        inner = Inner(api_key, url, timeout, verify_ssl, tls=tls, max_response_size=max_response_size, direct=direct)
        super().__init__(inner, Bridge("Syncthing", inner.close, in_loop=in_loop))

    @classmethod
    def local(
        cls,
        home: str | os.PathLike[str] | None = None,
        *,
        timeout: float | None = _TIMEOUT,
        verify_ssl: bool = True,
        tls: Option = None,
        max_response_size: int | None = _MAX_RESPONSE_SIZE,
        direct: bool | None = None,
        in_loop: bool = False,
    ) -> Self:
        """Return a client of this computer's Syncthing daemon, with its address and key.

        `aiosyncthing.local.discover` describes where it looks. Over HTTPS, the certificate in the daemon's home is
        pinned, even after it is renewed, unless `tls` or `verify_ssl` say otherwise.

        This reads a few files and may open connections, which takes milliseconds, at worst a few seconds.

        Args:
            home: The folder with Syncthing's config.xml; ``None`` to search for it.
            timeout: As for the class.
            verify_ssl: As for the class.
            tls: As for the class.
            max_response_size: As for the class.
            direct: As for the class. With ``None``, connections also end in the daemon if its address comes from its
                configuration or its command line.
            in_loop: As for the class.

        Raises:
            DiscoveryError: No daemon or several were found, or its configuration can't be used. The message lists the
                places searched, and says what to do.
            BadRequestError: Arguments contradict each other or what was found.
        """
        from aiosyncthing.syncthing import Syncthing as Inner  # noqa: PLC0415 - loads aiohttp

        inner = Inner.local(
            home, timeout=timeout, verify_ssl=verify_ssl, tls=tls, max_response_size=max_response_size, direct=direct
        )
        client = cls.__new__(cls)
        SyncthingMethods.__init__(client, inner, Bridge("Syncthing", inner.close, in_loop=in_loop))
        return client

    def close(self) -> None:
        """Close the client with its connections, iterators and streams. Can be called more than once.

        Calls in other threads and later calls raise `ClientClosedError`.
        """
        self._bridge.close(for_good=True)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()


class BorrowedClient(Syncthing):
    """The client of a `Daemon`, which shares its bridge."""

    def __init__(self, inner: Inner, bridge: Bridge) -> None:
        SyncthingMethods.__init__(self, inner, bridge)

    def close(self) -> None:
        """Close the client's connections; the daemon keeps running."""
        self._run(self._inner.close())
