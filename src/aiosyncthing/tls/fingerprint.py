"""What ``tls`` may be, and the two kinds of pins: a certificate's fingerprint, or the file that holds it."""

import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError

_NAME: Final = "sha256"
_NOTATION: Final = rf"(?:{_NAME}:)?([0-9a-f]{{64}}|[0-9a-f]{{2}}(?::[0-9a-f]{{2}}){{31}})"
_LONGEST_SHOWN: Final = 120


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Fingerprint:
    """The SHA-256 fingerprint of a certificate; immutable and hashable.

    ``openssl x509 -in https-cert.pem -noout -fingerprint -sha256`` prints it, `aiosyncthing.fetch_fingerprint` fetches
    it, and `from_certificate` computes it. As the ``tls`` of a client it is a pin: only that certificate is accepted,
    even if it is self-signed or expired.

    Args:
        text: ``sha256:`` and 64 hexadecimal digits, in upper or lower case, with or without colons between the bytes;
            ``sha256:`` may be omitted.

    Attributes:
        digest: The 32 bytes.

    Raises:
        BadRequestError: The text is not a fingerprint.
    """

    digest: bytes

    def __init__(self, text: str) -> None:
        match = re.fullmatch(_NOTATION, text.strip(), re.IGNORECASE)
        if match is None:
            shown = repr(text) if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!r}..."
            raise BadRequestError(
                f"{shown} is not a SHA-256 fingerprint of a certificate. It must look like sha256:12ab...: 64 "
                "hexadecimal digits, as `openssl x509 -in https-cert.pem -noout -fingerprint -sha256` prints them"
            )
        object.__setattr__(self, "digest", bytes.fromhex(match[1].replace(":", "")))

    @classmethod
    def from_certificate(cls, certificate: bytes | str) -> Self:
        """Compute the fingerprint of a certificate.

        Args:
            certificate: The content of ``https-cert.pem``, or the certificate as DER bytes. Of several PEM certificates
                the first counts: the server's own.

        Raises:
            BadRequestError: It doesn't contain a complete certificate.
        """
        try:
            # A device ID is the SHA-256 digest of a certificate too, in another notation.
            return cls(DeviceID.from_certificate(certificate).raw.hex())
        except InvalidDeviceIDError as error:
            reason = str(error)
        raise BadRequestError(reason)

    def __str__(self) -> str:
        """The canonical form: ``sha256:`` and 64 digits in lower case."""
        return f"{_NAME}:{self.digest.hex()}"

    def __repr__(self) -> str:
        """Show the call that creates it."""
        # Without a digest if __init__ raised: tracebacks may show variables.
        return f"{type(self).__name__}({str(self)!r})" if hasattr(self, "digest") else object.__repr__(self)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class CertificateFile:
    """The file that holds a daemon's certificate: ``https-cert.pem`` in its home.

    As the ``tls`` of a client it is a pin that follows the file. The file is read at the first request, and again
    whenever the server presents another certificate: Syncthing renews its own on start-up, some weeks before it
    expires. If the file holds the new certificate by then, the request proceeds; nothing of it had been sent yet.

    Args:
        path: The PEM file. Of several certificates the first counts.

    Attributes:
        path: The file.
    """

    path: Path

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not os.fspath(path):
            raise BadRequestError("the path of the certificate file must not be empty")
        object.__setattr__(self, "path", Path(path))

    def __repr__(self) -> str:
        """Show the call that creates it."""
        return f"{type(self).__name__}({str(self.path)!r})" if hasattr(self, "path") else object.__repr__(self)


Option: TypeAlias = Fingerprint | CertificateFile | str | os.PathLike[str] | ssl.SSLContext | Literal[False] | None
"""The types of ``tls``."""
