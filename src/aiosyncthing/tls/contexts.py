"""TLS contexts. Creating one may read files or take a while, so it must not happen in the event loop's thread.

A pin is checked during the handshake, in a hook of the ssl module (`ssl.SSLContext.sslobject_class`). aiohttp checks
its own fingerprints after the handshake, and aiohttp 3.10 not at all behind a proxy (connector.py,
`_start_tls_connection`); its Unix sockets have no TLS.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, cast

from aiosyncthing._http.place import reason
from aiosyncthing.exceptions import BadRequestError

from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from pathlib import Path

# Syncthing 2 offers HTTP/2, which aiohttp doesn't support.
_PROTOCOLS: Final = ("http/1.1",)
# In a certificate that Syncthing has made for itself (lib/tlsutil/tlsutil.go): the OID of the organizational unit, and
# the unit as either kind of string.
_OWN: Final = tuple(b"\x06\x03\x55\x04\x0b" + kind + b"\x17Automatically Generated" for kind in (b"\x0c", b"\x13"))
_VERIFICATION_FAILED: Final = 1  # SSL_ERROR_SSL, as OpenSSL reports it


class UnusableFileError(Exception):
    """A certificate file can't be used; the text says why, and what to do."""


class _PinnedConnection(ssl.SSLObject):
    """A connection whose handshake fails unless the server has the pinned certificate."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = cast("PinnedContext", self.context)
        certificate = self.getpeercert(binary_form=True) or b""
        shown = Fingerprint.from_certificate(certificate)
        if shown != context.fingerprint:
            context.refused = shown
            raise ssl.SSLCertVerificationError(_VERIFICATION_FAILED, f"expected {context.fingerprint}, got {shown}")
        context.own = any(each in certificate for each in _OWN)


class PinnedContext(ssl.SSLContext):
    """A context that accepts a single certificate.

    Attributes:
        fingerprint: The certificate's fingerprint.
        file: The file that holds the certificate, if any.
        refused: Fingerprint of the last certificate that was refused; a new object for each refusal.
        own: Whether the certificate is one that Syncthing made for itself; false until a server has shown it.
    """

    sslobject_class: type[ssl.SSLObject] = _PinnedConnection
    fingerprint: Fingerprint
    file: Path | None
    refused: Fingerprint | None
    own: bool


def usual() -> ssl.SSLContext:
    """Return a context that trusts the system's CAs."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(_PROTOCOLS)
    return context


def check_nothing() -> ssl.SSLContext:
    """Return a context that accepts any certificate."""
    return _unverified(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def authority(path: Path) -> ssl.SSLContext:
    """Return a context that trusts the CAs in a file.

    Raises:
        UnusableFileError: The file can't be read, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        problem = "it contains no PEM certificate"
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        problem = reason(error)
    else:
        context.set_alpn_protocols(_PROTOCOLS)
        return context
    raise UnusableFileError(f"can't use the CA file {path}: {problem}")


def pinned(fingerprint: Fingerprint, file: Path | None = None) -> PinnedContext:
    """Return a context that accepts a single certificate."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    _unverified(context)
    context.fingerprint = fingerprint
    context.file = file
    context.refused = None
    context.own = False
    return context


def pinned_to_file(path: Path) -> PinnedContext:
    """Return a context that accepts only the first certificate in a file.

    Raises:
        UnusableFileError: The file can't be read, or holds no certificate.
    """
    try:
        return pinned(Fingerprint.from_certificate(path.read_bytes()), path)
    except BadRequestError:
        problem = "it contains no complete PEM certificate. Delete it, and Syncthing creates a new one when it starts"
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        problem = f"{reason(error)}. Syncthing creates it on its first start, readable only by its own user"
    raise UnusableFileError(f"can't use the certificate file {path}: {problem}")


def _unverified(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(_PROTOCOLS)
    return context
