"""TLS contexts. Making one reads files, or takes its time: never on an event loop's thread.

A pin is checked within the handshake, by a hook that the ssl module has for that (`ssl.SSLContext.sslobject_class`).
aiohttp's own check of fingerprints comes after it, and in 3.10 not at all where a proxy is in between (connector.py,
`_start_tls_connection`); its unix sockets have no TLS.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, cast

from aiosyncthing._http.reasons import reason
from aiosyncthing.exceptions import BadRequestError

from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from pathlib import Path

# Syncthing 2 offers HTTP/2, which aiohttp doesn't speak.
_PROTOCOLS: Final = ("http/1.1",)
_VERIFICATION_FAILED: Final = 1  # SSL_ERROR_SSL, as for OpenSSL's own verdicts


class UnusableFileError(Exception):
    """A file of certificates can't be used; the text says why, and what to do."""


class _PinnedConnection(ssl.SSLObject):
    """One connection; ends the handshake with an error unless the pinned certificate was shown."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = cast("PinnedContext", self.context)
        shown = Fingerprint.from_certificate(self.getpeercert(binary_form=True) or b"")
        if shown != context.fingerprint:
            context.refused = shown
            raise ssl.SSLCertVerificationError(_VERIFICATION_FAILED, f"expected {context.fingerprint}, got {shown}")


class PinnedContext(ssl.SSLContext):
    """Accepts one certificate.

    Attributes:
        fingerprint: Its fingerprint.
        file: The file that it is from, if it is from one.
        refused: The last other one that was shown: a new object each time.
    """

    sslobject_class = _PinnedConnection
    fingerprint: Fingerprint
    file: Path | None
    refused: Fingerprint | None


def usual() -> ssl.SSLContext:
    """Return what accepts certificates that the system's authorities have signed."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(_PROTOCOLS)
    return context


def check_nothing() -> ssl.SSLContext:
    """Return what accepts any certificate."""
    return _unverified(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def authority(path: Path) -> ssl.SSLContext:
    """Return what accepts certificates that the authorities in a file have signed, for the name of the host.

    Raises:
        UnusableFileError: There is none in it.
    """
    try:
        context = ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        problem = "it has no certificate in PEM form"
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        problem = reason(error)
    else:
        context.set_alpn_protocols(_PROTOCOLS)
        return context
    raise UnusableFileError(f"can't use the CA file {path}: {problem}")


def pinned(fingerprint: Fingerprint, file: Path | None = None) -> PinnedContext:
    """Return what accepts one certificate."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    _unverified(context)
    context.fingerprint = fingerprint
    context.file = file
    context.refused = None
    return context


def pinned_to_file(path: Path) -> PinnedContext:
    """Return what accepts the first certificate in a file.

    Raises:
        UnusableFileError: There is none in it.
    """
    try:
        return pinned(Fingerprint.from_certificate(path.read_bytes()), path)
    except BadRequestError:
        problem = "it has no whole certificate in PEM form. Syncthing makes a new one at its start if it is deleted"
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        problem = f"{reason(error)}. Syncthing makes it at its first start; only its own user may read it"
    raise UnusableFileError(f"can't use the certificate file {path}: {problem}")


def _unverified(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(_PROTOCOLS)
    return context
