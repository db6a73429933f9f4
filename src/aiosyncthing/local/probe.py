"""Whether a home's own daemon answers at an address, without sending it anything.

Syncthing accepts TLS on its API port whatever its configuration says (it looks at the first byte), and shows the
certificate from its home. So a handshake proves which home a daemon belongs to, and needs no key.
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

_TIMEOUT: Final = 1.0  # for each step; on the same computer they take milliseconds
# OpenSSL's reasons for bytes that are not TLS. Which one it is depends on its version and on the bytes.
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"})

Answer = Literal["nothing", "unverified", "own", "other", "stranger"]
"""What answers at an address: ``nothing``; something ``unverified``, because there is no certificate to compare; the
home's ``own`` daemon; an ``other`` daemon, with another certificate; or a ``stranger``, a program that doesn't speak
TLS and so is not Syncthing."""


def probe(address: GuiAddress, certificate: Path | None) -> Answer:
    """Connect to an address and compare the certificate shown there.

    Args:
        address: The address.
        certificate: The home's ``https-cert.pem``; ``None`` compares nothing.
    """
    try:
        connection = _connect(address)
    except (OSError, ValueError):
        return "nothing"
    with connection:
        return "unverified" if certificate is None else _compare(connection, certificate)


def _connect(address: GuiAddress) -> socket.socket:
    if not address.socket:
        return socket.create_connection((address.host, address.port), _TIMEOUT)
    if sys.platform == "win32":  # pragma: no cover - Windows
        raise OSError("Python has no Unix sockets on Windows")
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
    context.verify_mode = ssl.CERT_NONE  # the whole certificate is compared below
    try:
        with context.wrap_socket(connection) as secured:
            shown = Fingerprint.from_certificate(secured.getpeercert(binary_form=True) or b"")
        own = Fingerprint.from_certificate(certificate.read_bytes())  # read last: the daemon may just have replaced it
    except ssl.SSLError as error:
        return "stranger" if error.reason in _NOT_TLS else "unverified"
    except (OSError, BadRequestError):  # no answer in time, or a file that is unreadable or has no certificate
        return "unverified"
    return "own" if shown == own else "other"
