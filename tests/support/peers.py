"""TLS for tests: certificates, a listener that records what it is sent, and folders for Unix sockets."""

import asyncio
import datetime
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import trustme

from aiosyncthing import Fingerprint

from .server import Listener

__all__ = ["Eavesdropper", "Identity", "short_folder"]

_AUTHORITY: Final = trustme.CA()


class Identity:
    """A certificate with its key. All are signed by one CA, which nothing trusts by default.

    Args:
        name: The host that it is for.
        expired: Whether it has expired.
        unit: The organizational unit in it.

    Attributes:
        pem: The certificate.
        fingerprint: Its fingerprint.
        context: TLS context of a server with it.
    """

    def __init__(self, name: str = "syncthing.invalid", *, expired: bool = False, unit: str | None = None) -> None:
        end = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) if expired else None
        issued = _AUTHORITY.issue_cert(
            name,
            organization_unit_name=unit,
            not_before=datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC),
            not_after=end,
        )
        self.pem: bytes = issued.cert_chain_pems[0].bytes()
        self.fingerprint = Fingerprint.from_certificate(self.pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(self.context)

    @staticmethod
    def write_authority(path: Path) -> None:
        """Write the certificate of the CA to a file."""
        _AUTHORITY.cert_pem.write_to_path(str(path))


class Eavesdropper(Listener):
    """Presents a certificate, and records everything that is sent after the handshake.

    Attributes:
        received: The bytes so far.
    """

    def __init__(self, identity: Identity) -> None:
        super().__init__(self._receive, tls=identity.context)
        self.received = b""

    async def _receive(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            self.received += data


@contextmanager
def short_folder() -> Iterator[Path]:
    """Yield a folder whose path is short enough for sockets; pytest's own may be too long."""
    with tempfile.TemporaryDirectory(prefix="st") as name:
        yield Path(name)
