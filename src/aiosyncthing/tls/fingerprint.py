"""What a certificate is known by: its fingerprint, or the file that it lies in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError

if TYPE_CHECKING:
    from typing import Self

_NAME: Final = "sha256"
_NOTATION: Final = re.compile(rf"(?:{_NAME}:)?([0-9a-f]{{64}}|[0-9a-f]{{2}}(?::[0-9a-f]{{2}}){{31}})", re.IGNORECASE)
_LONGEST_SHOWN: Final = 120


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Fingerprint:
    """The SHA-256 fingerprint of a certificate. Immutable; equal to another of the same certificate.

    ``openssl x509 -in https-cert.pem -noout -fingerprint -sha256`` shows it, `aiosyncthing.fetch_fingerprint` fetches
    it, and `from_certificate` computes it. As the ``tls`` of a client it is a pin: that certificate is accepted,
    self-signed, expired or whatever, and no other.

    Args:
        text: ``sha256:`` and 64 hexadecimal digits, in upper or lower case, with or without colons between the bytes;
            ``sha256:`` may be left out.

    Attributes:
        digest: The 32 bytes.

    Raises:
        BadRequestError: The text is none.
    """

    digest: bytes

    def __init__(self, text: str) -> None:
        match = _NOTATION.fullmatch(text.strip())
        if match is None:
            shown = repr(text) if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!r}..."
            raise BadRequestError(
                f"{shown} is not a SHA-256 fingerprint of a certificate. It must be like sha256:12ab...: 64 "
                "hexadecimal digits, as `openssl x509 -in https-cert.pem -noout -fingerprint -sha256` shows them"
            )
        object.__setattr__(self, "digest", bytes.fromhex(match[1].replace(":", "")))

    @classmethod
    def from_certificate(cls, certificate: bytes | str) -> Self:
        """Compute the fingerprint of a certificate.

        Args:
            certificate: What is in ``https-cert.pem``, or the same as DER bytes. Of several certificates in PEM the
                first counts: it is the one that a server shows as its own.

        Raises:
            BadRequestError: There is no whole certificate in it.
        """
        try:
            # A device ID is the SHA-256 digest of a certificate too, written in another way.
            return cls(DeviceID.from_certificate(certificate).raw.hex())
        except InvalidDeviceIDError as error:
            reason = str(error)
        raise BadRequestError(reason)

    def __str__(self) -> str:
        """Return it in its canonical form: ``sha256:`` and 64 digits in lower case."""
        return f"{_NAME}:{self.digest.hex()}"

    def __repr__(self) -> str:
        """Return what makes it."""
        # In a traceback with variables also before it has anything, when the text was refused.
        return f"{type(self).__name__}({str(self)!r})" if hasattr(self, "digest") else object.__repr__(self)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class CertificateFile:
    """The file that a daemon keeps its certificate in: ``https-cert.pem`` in its home.

    As the ``tls`` of a client it is a pin that follows the file. It is read at the first request, and again whenever
    another certificate is shown: Syncthing renews its own when it starts, some weeks before it expires. If the file has
    that one now, the request goes on; nothing of it had been sent.

    Args:
        path: The file, as PEM. Of several certificates the first counts.

    Attributes:
        path: The file.
    """

    path: Path

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not os.fspath(path):
            raise BadRequestError("the path of the certificate file must not be empty")
        object.__setattr__(self, "path", Path(path))

    def __repr__(self) -> str:
        """Return what makes it."""
        return f"{type(self).__name__}({str(self.path)!r})" if hasattr(self, "path") else object.__repr__(self)
