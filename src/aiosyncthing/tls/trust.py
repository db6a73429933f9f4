"""Whom to trust: what the arguments ``tls`` and ``verify_ssl`` mean, and the TLS context that follows from them.

Contexts are made in a thread, once, when the first request needs one.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias, cast

import aiohttp

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import BadRequestError, FingerprintMismatchError, RequestTimeoutError, TLSError

from . import contexts
from .contexts import PinnedContext, UnusableFileError
from .fingerprint import CertificateFile, Fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from aiosyncthing._http.place import Place

    class Send(Protocol):
        """Begins a request."""

        def __call__(self, *, ssl: ssl.SSLContext | bool) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
            """Begin it, with the ``ssl`` argument of aiohttp."""
            ...


Option: TypeAlias = Fingerprint | CertificateFile | str | os.PathLike[str] | ssl.SSLContext | Literal[False] | None
"""What ``tls`` may be."""


class Trust:
    """Whom a client trusts.

    Args:
        settled: What to pass to aiohttp, if that is known already.
        build: Makes the context otherwise; called in a thread, where it may raise `UnusableFileError`.
        follows: Whether `build` may make another one later.

    Attributes:
        settled: What to pass to aiohttp from now on; ``None`` if `Sending` has to find out each time.
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

    async def context(self, timeout: float | None) -> ssl.SSLContext:
        """Return the context, made when it is first asked for, once for all who ask meanwhile.

        Args:
            timeout: Seconds to wait for it: a file may lie on a network that hangs.

        Raises:
            TLSError: A file can't be used.
            RequestTimeoutError: It couldn't be read in time.
        """
        if self._context is not None:
            return self._context
        loop = asyncio.get_running_loop()
        building = self._building
        if building is None or building.get_loop() is not loop:  # the loop of an earlier asyncio.run has ended
            building = self._building = loop.run_in_executor(None, self._build)
            building.add_done_callback(self._note)
        # Not awaited directly: whoever is cancelled must not cancel it for the others.
        await asyncio.wait([building], timeout=timeout)
        if not building.done():
            raise RequestTimeoutError("the certificates to trust could not be read in time")
        try:
            return building.result()
        except UnusableFileError as error:
            text = str(error)
        raise TLSError(text)  # one for each who waits: it will be about that request

    async def renewed(self, shown: Fingerprint, timeout: float | None) -> bool:
        """Return whether a certificate that was refused is the expected one by now.

        Args:
            shown: It.
            timeout: Seconds to wait for the file.

        Raises:
            TimeoutError: The file couldn't be read in time.
        """
        if not self._follows:
            return False
        if self._expects(shown):  # another request has come to know of it
            return True
        # Not shared with others: their reading may have begun before the file changed.
        try:
            with Limit(timeout):
                context = await asyncio.to_thread(self._build)
        except UnusableFileError:
            return False  # that another certificate was shown is what matters
        if isinstance(context, PinnedContext) and context.fingerprint == shown:
            # A new one, rather than the old one changed: connections of old must not be used for it.
            self._context = context
        return self._expects(shown)

    def _expects(self, fingerprint: Fingerprint) -> bool:
        return isinstance(self._context, PinnedContext) and self._context.fingerprint == fingerprint

    def _note(self, building: asyncio.Future[ssl.SSLContext]) -> None:
        self._building = None  # after a failure the next request tries again
        if not building.cancelled() and building.exception() is None:
            self._context = building.result()
            if not isinstance(self._context, PinnedContext):  # what these have refused is reported by `Sending`
                self.settled = self._context


class _Refusal(NamedTuple):
    """A handshake that was ended.

    Attributes:
        context: Has the pinned certificate.
        shown: The one that was shown.
    """

    context: PinnedContext
    shown: Fingerprint


class Sending:
    """A request that needs a context which may have to be made first, or a pin.

    Args:
        trust: Has the context.
        send: Begins the request; called again, once, if what is expected of the other side has changed.
        timeout: Seconds to wait for the context.
    """

    def __init__(self, trust: Trust, send: Send, timeout: float | None) -> None:
        self._trust = trust
        self._send = send
        self._timeout = timeout

    async def __aenter__(self) -> aiohttp.ClientResponse:
        """Send it, and return the response.

        Raises:
            FingerprintMismatchError: Another certificate was shown than the pinned one.
        """
        refusal = await self._try()
        if refusal is not None and await self._trust.renewed(refusal.shown, self._timeout):
            # There was no connection, so nothing of the request has been sent: sending it again is no repetition.
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
        """Send it, unless another certificate is shown than the pinned one."""
        context = await self._trust.context(self._timeout)
        before = context.refused if isinstance(context, PinnedContext) else None
        self._sent = self._send(ssl=context)
        try:
            self._response = await self._sent.__aenter__()
        except aiohttp.ClientConnectorError:
            # Of a host with several addresses aiohttp reports what went wrong with the last one only.
            if isinstance(context, PinnedContext) and context.refused is not None and context.refused is not before:
                return _Refusal(context, context.refused)
            raise
        return None


def _mismatch(refusal: _Refusal) -> FingerprintMismatchError:
    context, shown = refusal
    if context.file is None:
        which = "the expected one"
        advice = "If Syncthing's certificate was renewed, pin the new one; if not, something else answers there"
    else:
        which = f"the expected one of {context.file}"
        advice = "If that file was changed, restart Syncthing; if not, something else answers there"
    return FingerprintMismatchError(
        f"the certificate is not {which}: expected {context.fingerprint}, got {shown}. Nothing was sent. {advice}",
        expected=str(context.fingerprint),
        actual=str(shown),
    )


def choose(tls: Option, verify_ssl: bool, place: Place) -> Trust:  # noqa: FBT001 - the seed's argument
    """Return whom a client trusts.

    Args:
        tls: As given to the client.
        verify_ssl: As given to the client.
        place: Where it sends to.

    Raises:
        BadRequestError: The arguments contradict each other, or have no effect there.
    """
    if tls is None or tls is False:
        verify = verify_ssl if tls is None else False
        if not (place.socket and place.secure):
            return Trust(settled=verify)
        return Trust(build=contexts.usual if verify else contexts.check_nothing)
    trust = _trust_of(tls)
    if not verify_ssl:
        raise BadRequestError(
            "tls says what certificate to accept, and verify_ssl=False to accept any: leave one of them out"
        )
    if not place.secure:
        raise BadRequestError(
            "tls has no effect unless the URL begins with https://, or unixs:// for a unix socket: nothing would be "
            "encrypted and no certificate checked. Syncthing speaks TLS at the same address, whatever its settings are"
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
            raise BadRequestError("a text as tls is the path of a CA file; to pin a certificate use Fingerprint(...)")
        case str() | os.PathLike() if path := os.fsdecode(cast("str | os.PathLike[str]", tls)):
            return Trust(build=partial(contexts.authority, Path(path)))
        case _:
            raise BadRequestError(
                "tls must be a Fingerprint, a CertificateFile, the path of a CA file, an ssl.SSLContext or False, not "
                f"{tls!r}"
            )
