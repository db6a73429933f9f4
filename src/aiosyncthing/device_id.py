"""Device IDs: parsing, checking and normalizing any notation that Syncthing accepts, without asking a daemon."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Self

from .exceptions import InvalidDeviceIDError

__all__ = ["DeviceID"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SIZE = 32
_PLAIN = 52  # base32 digits for 32 bytes
_GROUP = 13  # digits per check character
_CHECKED = _PLAIN + _PLAIN // _GROUP
_LEAST = 40  # characters of an ID with some missing; what is shorter is probably a name
BLOCK = 7
"""The characters between dashes."""

# Digits that base32 lacks are taken for the letters that they resemble, as by Syncthing.
_NORMALISE = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None, " ": None})
_PEM = rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----"


class DeviceID(str):
    """A device ID in its canonical form: 63 characters, eight blocks of seven with dashes between them.

    It is a string that the API takes wherever it expects a device ID, and that equals the text in the daemon's answers.
    The empty ID ``""`` is valid too: Syncthing uses it where there is no device, as in ``introducedBy``.

    Args:
        text: Any notation that Syncthing accepts: with or without dashes, spaces and check characters, in upper or
            lower case, and with ``0``, ``1`` and ``8`` typed for ``O``, ``I`` and ``B``.

    Raises:
        InvalidDeviceIDError: The text is not a device ID; the message says what is wrong.
    """

    __slots__ = ()

    def __new__(cls, text: str = "") -> Self:
        """Parse and check `text`."""
        if isinstance(text, cls):
            return text
        return cls.from_bytes(_parse(text))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the device ID for 32 bytes.

        Args:
            data: The SHA-256 digest that the ID represents; 32 zero bytes are the empty ID.

        Raises:
            InvalidDeviceIDError: `data` is not 32 bytes long.
        """
        if len(data) != _SIZE:
            raise InvalidDeviceIDError(f"A device ID represents {_SIZE} bytes, not {len(data)}")
        return super().__new__(cls, _canonical(data) if any(data) else "")

    @classmethod
    def from_certificate(cls, certificate: bytes | str) -> Self:
        """Return the ID of the device that has this certificate.

        Args:
            certificate: The content of the device's ``cert.pem``, or the certificate as DER bytes. Of several PEM
                certificates the first counts.

        Raises:
            InvalidDeviceIDError: It doesn't contain a complete certificate.
        """
        data = certificate.encode() if isinstance(certificate, str) else certificate
        if pem := re.search(_PEM, data, re.DOTALL):
            try:
                data = base64.b64decode(b"".join(pem[1].split()), validate=True)
            except binascii.Error as error:
                raise InvalidDeviceIDError(f"The certificate is damaged: {error}") from error
        if not _is_der(data):
            raise InvalidDeviceIDError("This is not a complete certificate")
        return cls.from_bytes(hashlib.sha256(data).digest())

    @property
    def short(self) -> str:
        """The first block, by which ``modifiedBy``, version vectors and the log identify the device."""
        return self[:BLOCK]

    @property
    def raw(self) -> bytes:
        """The 32 bytes that the ID represents; zeros for the empty ID."""
        return _parse(self)


def plain_digits(text: str) -> str:
    """Return a device ID, or a part of one, as capitals without dashes and spaces. What it can't contain stays."""
    # Letter by letter, as in Go, since some letters have two capitals in Python: "ß" has "SS".
    capitals = (letter.upper() if len(letter.upper()) == 1 else letter for letter in text)
    return "".join(capitals).translate(_NORMALISE)


def _parse(text: str) -> bytes:
    """Return the 32 bytes that a device ID in any notation represents."""
    digits = plain_digits(text.strip("="))
    if not digits:
        return bytes(_SIZE)
    shown = repr(text) if len(text) <= 2 * _CHECKED else f"{text[:_CHECKED]!r}..."
    if strange := [digit for digit in digits if digit not in _ALPHABET]:
        raise _refusal(shown, f"it can't contain {strange[0]!r}", digits)
    if len(digits) == _CHECKED:
        digits = _without_checks(digits, shown)
    if len(digits) != _PLAIN:
        length = f"{_CHECKED} letters and digits ({_PLAIN} without check characters)"
        raise _refusal(shown, f"it must have {length}, not {len(digits)}", digits)
    return base64.b32decode(digits + "====")


def _refusal(shown: str, reason: str, digits: str) -> InvalidDeviceIDError:
    return InvalidDeviceIDError(
        f"{shown} is not a device ID: {reason}",
        remedy="client.find_device finds a device by its name" if len(digits) < _LEAST else "",
    )


def _without_checks(digits: str, shown: str) -> str:
    """Verify and remove the check character at the end of each group."""
    groups = [digits[start : start + _GROUP + 1] for start in range(0, _CHECKED, _GROUP + 1)]
    for number, group in enumerate(groups):
        if _check_character(group[:-1]) != group[-1]:
            raise InvalidDeviceIDError(
                f"{shown} is not a device ID: the check character of blocks {2 * number + 1} and "
                f"{2 * number + 2} is wrong, so one of them has a typo"
            )
    return "".join(group[:-1] for group in groups)


def _canonical(data: bytes) -> str:
    plain = base64.b32encode(data).decode().rstrip("=")
    groups = [plain[start : start + _GROUP] for start in range(0, _PLAIN, _GROUP)]
    digits = "".join(group + _check_character(group) for group in groups)
    return "-".join(digits[start : start + BLOCK] for start in range(0, _CHECKED, BLOCK))


def _check_character(group: str) -> str:
    # Not quite Luhn mod N: Syncthing starts with factor 1 at the left end (lib/protocol/luhn.go).
    base = len(_ALPHABET)
    total = 0
    for position, digit in enumerate(group):
        product = _ALPHABET.index(digit) * (1 + position % 2)
        total += product // base + product % base
    return _ALPHABET[-total % base]


def _is_der(data: bytes) -> bool:
    """Return whether the data is one complete ASN.1 SEQUENCE, as a certificate is."""
    if len(data) < 4 or data[0] != 0x30 or data[1] <= 0x80:  # noqa: PLR2004  (X.690: SEQUENCE, long form of length)
        return False
    end = 2 + data[1] - 0x80
    return len(data) == end + int.from_bytes(data[2:end], "big")
