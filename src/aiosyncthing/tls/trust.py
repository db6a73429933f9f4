"""What to trust: the meaning of ``tls`` and ``verify_ssl``, and the resulting TLS context.

The context is created once, in a thread, when the first request needs it.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import aiohttp

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError, FingerprintMismatchError, RequestTimeoutError, TLSError

from . import contexts
from .contexts import PinnedContext, UnusableFileError
from .fingerprint import CertificateFile, Fingerprint, Option

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from aiosyncthing._http.place import Place

    class Send(Protocol):
        """Starts a request."""

        def __call__(self, *, ssl: ssl.SSLContext | bool) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
            """Start it, with aiohttp's ``ssl`` argument."""
            ...


class Trust:
    """What a client trusts.

    Args:
        settled: The ``ssl`` argument for aiohttp, if it is known already.
        build: Otherwise creates the context, in a thread; may raise `UnusableFileError`.
        follows: Whether `build` may return another context later.

    Attributes:
        settled: The ``ssl`` argument for aiohttp from now on; ``None`` if each request goes through `Sending`.
    """

    def __init__(
        self,
        *,
        settled: ssl.SSLContext | bool | None = None,
        build: Callable[[], ssl.SSLContext] = contexts.usual,
        follows: bool = False,
    ) -> None:
        self.settled = settled
        self._build = build
        self._follows = follows
        self._context: ssl.SSLContext | None = None
        self._building: asyncio.Future[ssl.SSLContext] | None = None

    @property
    def own(self) -> bool:
        """Whether a server has shown the pinned certificate, and it is one that Syncthing made for itself."""
        return isinstance(self._context, PinnedContext) and self._context.own

    async def context(self, timeout: float | None) -> ssl.SSLContext:
        """Return the context, which is created on first use, once for all concurrent callers.

        Args:
            timeout: Seconds to wait: the file may be on a network that hangs.

        Raises:
            TLSError: The file can't be used.
            RequestTimeoutError: It couldn't be read in time.
        """
        if self._context is not None:
            return self._context
        loop = asyncio.get_running_loop()
        building = self._building
        if building is None or building.get_loop() is not loop:  # that of an earlier asyncio.run
            building = self._building = loop.run_in_executor(None, self._build)
            building.add_done_callback(self._note)
        # Not awaited directly, so that cancelling one caller doesn't cancel it for the others.
        await asyncio.wait([building], timeout=timeout)
        if not building.done():
            raise RequestTimeoutError("the certificates to trust could not be read in time")
        try:
            return building.result()
        except UnusableFileError as error:
            text = str(error)
        raise TLSError(text)  # a new error for each caller, since it will name the request

    async def renewed(self, shown: Fingerprint, timeout: float | None) -> bool:
        """Return whether a refused certificate is the expected one by now.

        Args:
            shown: Its fingerprint.
            timeout: Seconds to wait for the file.

        Raises:
            TimeoutError: The file couldn't be read in time.
        """
        if not self._follows:
            return False
        if self._expects(shown):  # another request has read the file meanwhile
            return True
        # Not shared with other requests, which may have read the file before it changed.
        try:
            with Limit(timeout):
                context = await asyncio.to_thread(self._build)
        except UnusableFileError:
            return False  # the mismatch is the better error
        if isinstance(context, PinnedContext) and context.fingerprint == shown:
            # A new context, since aiohttp must not reuse the connections of the old one.
            self._context = context
        return self._expects(shown)

    def _expects(self, fingerprint: Fingerprint) -> bool:
        return isinstance(self._context, PinnedContext) and self._context.fingerprint == fingerprint

    def _note(self, building: asyncio.Future[ssl.SSLContext]) -> None:
        self._building = None  # after a failure the next request tries again
        if not building.cancelled() and building.exception() is None:
            self._context = building.result()
            if not isinstance(self._context, PinnedContext):  # `Sending` reports what these have refused
                self.settled = self._context


class _Refusal(NamedTuple):
    """A handshake that was refused.

    Attributes:
        context: The context that refused it.
        shown: Fingerprint of the server's certificate.
    """

    context: PinnedContext
    shown: Fingerprint


class Sending:
    """A request whose context may have to be created first, or has a pin.

    Args:
        trust: What to trust.
        send: Starts the request; called again, once, if the pinned certificate was renewed.
        timeout: Seconds to wait for the context.
    """

    def __init__(self, trust: Trust, send: Send, timeout: float | None) -> None:
        self._trust = trust
        self._send = send
        self._timeout = timeout

    async def __aenter__(self) -> aiohttp.ClientResponse:
        """Send it, and return the response.

        Raises:
            FingerprintMismatchError: The server's certificate is not the pinned one.
        """
        refusal = await self._try()
        if refusal is not None and await self._trust.renewed(refusal.shown, self._timeout):
            # There was no connection, so nothing of the request has been sent yet.
            refusal = await self._try()
        if refusal is not None:
            raise _mismatch(refusal)
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        """Release the response."""
        return await self._sent.__aexit__(kind, error, traceback)

    async def _try(self) -> _Refusal | None:
        """Send the request, or return the refusal if the server's certificate is not the pinned one."""
        context = await self._trust.context(self._timeout)
        before = context.refused if isinstance(context, PinnedContext) else None
        self._sent = self._send(ssl=context)
        try:
            self._response = await self._sent.__aenter__()
        except aiohttp.ClientConnectorError:
            # For a host with several addresses, aiohttp reports only the error of the last one.
            if isinstance(context, PinnedContext) and context.refused is not None and context.refused is not before:
                return _Refusal(context, context.refused)
            raise
        return None


def _mismatch(refusal: _Refusal) -> FingerprintMismatchError:
    context, shown = refusal
    if context.file is None:
        which = "the pinned one"
        advice = "If Syncthing has renewed its certificate, pin the new one; otherwise something else answers there"
    else:
        which = f"the one in {context.file}"
        advice = "If that file was changed, restart Syncthing; otherwise something else answers there"
    return FingerprintMismatchError(
        f"the certificate is not {which}: expected {context.fingerprint}, got {shown}. Nothing was sent. {advice}",
        expected=str(context.fingerprint),
        actual=str(shown),
    )


def choose(tls: Option, verify_ssl: bool, place: Place) -> Trust:  # noqa: FBT001 - the seed's argument
    """Return what a client trusts.

    Args:
        tls: As passed to the client.
        verify_ssl: As passed to the client.
        place: Where the client sends its requests.

    Raises:
        BadRequestError: The arguments contradict each other, or would have no effect.
    """
    if tls is None or tls is False:
        verify = verify_ssl if tls is None else False
        if not (place.socket and place.secure):
            return Trust(settled=verify)
        return Trust(build=contexts.usual if verify else contexts.check_nothing)
    trust = _trust_of(tls)
    if not verify_ssl:
        raise BadRequestError(
            "tls says which certificate to accept, and verify_ssl=False to accept any: leave one of them out"
        )
    if not place.secure:
        raise BadRequestError(
            "tls has no effect unless the URL begins with https://, or unixs:// for a Unix socket: nothing would be "
            "encrypted, and no certificate checked. Syncthing accepts TLS at the same address, whatever its settings"
        )
    return trust


def _trust_of(tls: object) -> Trust:
    match tls:
        case Fingerprint():
            return Trust(build=partial(contexts.pinned, tls))
        case CertificateFile():
            return Trust(build=partial(contexts.pinned_to_file, tls.path), follows=True)
        case ssl.SSLContext():
            return Trust(settled=tls)
        case str() if tls.lower().startswith("sha256:"):
            raise BadRequestError("a string as tls is the path of a CA file; to pin a certificate use Fingerprint(...)")
        case str() | os.PathLike() if path := os.fsdecode(cast("str | os.PathLike[str]", tls)):
            return Trust(build=partial(contexts.authority, Path(path)))
        case _:
            raise BadRequestError(
                "tls must be a Fingerprint, a CertificateFile, the path of a CA file, an ssl.SSLContext or False, not "
                f"{tls!r}"
            )
