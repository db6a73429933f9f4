"""Whether the daemon of a home answers, found out without telling it anything.

Syncthing speaks TLS on the port of its API whatever its configuration says (it looks at the first byte), and there
shows the certificate that lies in its home. So a handshake proves which home a daemon belongs to, and needs no key.
"""

from __future__ import annotations

import socket
import ssl
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ._fingerprint import Fingerprint
from .exceptions import BadRequestError

if TYPE_CHECKING:
    from pathlib import Path

    from ._gui_address import GuiAddress

__all__ = ["answers"]

_TIMEOUT: Final = 1.0  # for each step; on this computer they take milliseconds


def answers(address: GuiAddress, certificate: Path | None) -> bool:
    """Connect, and compare the certificate.

    Args:
        address: Where.
        certificate: The home's ``https-cert.pem``; without one a connection suffices.
    """
    with suppress(OSError, ValueError), _connect(address) as connection:
        return certificate is None or _shows(connection, certificate)
    return False


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


def _shows(connection: socket.socket, certificate: Path) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # compared below, as a whole
    with context.wrap_socket(connection) as secured:
        shown = secured.getpeercert(binary_form=True) or b""
    try:
        return Fingerprint.from_certificate(shown) == Fingerprint.from_certificate(certificate.read_bytes())
    except BadRequestError:  # the file has none
        return False
