"""Whether the daemon of a home answers, found out without telling it anything.

Syncthing speaks TLS on the port of its API whatever its configuration says (it looks at the first byte), and there
shows the certificate that lies in its home. So a handshake proves which home a daemon belongs to, and needs no key.
"""

from __future__ import annotations

import socket
import ssl
import sys
from typing import TYPE_CHECKING, Final, Literal

from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.tls.fingerprint import Fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from .gui_address import GuiAddress

_TIMEOUT: Final = 1.0  # for each step; on this computer they take milliseconds
# What OpenSSL calls bytes that are no TLS; which, depends on its version and on the bytes.
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"})

Answer = Literal["nobody", "unknown", "own", "other", "stranger"]
"""What answers at an address: ``nobody``; something ``unknown``, that can't be compared; the home's ``own`` daemon; one
with an ``other`` certificate; or a ``stranger``, a program that doesn't speak TLS and so isn't Syncthing."""


def ask(address: GuiAddress, certificate: Path | None) -> Answer:
    """Connect, and compare the certificate.

    Args:
        address: Where.
        certificate: The home's ``https-cert.pem``; without one nothing is compared.
    """
    try:
        connection = _connect(address)
    except (OSError, ValueError):
        return "nobody"
    with connection:
        return "unknown" if certificate is None else _compare(connection, certificate)


def _connect(address: GuiAddress) -> socket.socket:
    if not address.socket:
        return socket.create_connection((address.host, address.port), _TIMEOUT)
    if sys.platform == "win32":  # pragma: no cover - Windows
        raise OSError("Python has no unix sockets there")
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_TIMEOUT)
        connection.connect(address.socket)
    except BaseException:
        connection.close()
        raise
    return connection


def _compare(connection: socket.socket, certificate: Path) -> Answer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # compared below, as a whole
    try:
        with context.wrap_socket(connection) as secured:
            shown = Fingerprint.from_certificate(secured.getpeercert(binary_form=True) or b"")
        own = Fingerprint.from_certificate(certificate.read_bytes())  # the daemon may just have made another one
    except ssl.SSLError as error:
        return "stranger" if error.reason in _NO_TLS else "unknown"
    except (OSError, BadRequestError):  # no answer in time, or none at all; a file that can't be read, or has none
        return "unknown"
    return "own" if shown == own else "other"
