"""The certificates that fakes show to those who speak TLS.

Each fake has one of its own, which follows from its name, so that tests can pin it. They differ in their serial number
from a fixed one, the template, whose key they share: so nothing has to be generated, and making one takes milliseconds.
Like Syncthing's they are self-signed, and made out to a host name that is not the one by which they are reached. The
key is no secret: it is in this package.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from aiosyncthing.exceptions import BadRequestError

CERTIFICATE_FILE: Final = Path(__file__).with_name("data") / "fake.pem"
"""The template and its key, as PEM."""

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----\n"
_SERIAL: Final = bytes.fromhex("5f1a2b3c4d5e6f70")  # the template's
_SCALAR: Final = b"\x04\x20"  # what stands before the number that is the private key
_ECDSA_SHA256: Final = bytes.fromhex("300a06082a8648ce3d040302")
# The curve P-256 (FIPS 186-4, D.1.2.3): y² = x³ - 3x + b modulo a prime.
_PRIME: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BASE: Final = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


class Certificate:
    """A certificate with its key.

    Args:
        pem: Both, as PEM.
        source: Where it comes from, for messages.

    Attributes:
        pem: Both.
        text: The certificate alone, as PEM: the first, if there are several.

    Raises:
        BadRequestError: It can't be served.
    """

    def __init__(self, pem: str, source: str = "it") -> None:
        self.pem = pem
        start, end = pem.find(_BEGIN), pem.find(_END)
        if start < 0 or end < 0:
            raise BadRequestError(f"{source} has no certificate")
        self.text = pem[start : end + len(_END)]

    @classmethod
    def given(cls, path: Path) -> Certificate:
        """Return that of a file with certificate and key (reads).

        Raises:
            BadRequestError: It can't be served.
        """
        try:
            found = cls(path.read_text(encoding="ascii"), str(path))
            _ = found.context  # made now, where an error helps
        except (OSError, ValueError) as error:
            reason = f"{path} can't be used as the certificate of a fake, with its key: {error}"
        else:
            return found
        raise BadRequestError(reason)

    @staticmethod
    @lru_cache(1)
    def template() -> Certificate:
        """Return the template (reads)."""
        return Certificate(CERTIFICATE_FILE.read_text(encoding="ascii"))

    @staticmethod
    @lru_cache(256)
    def named(name: str, number: int = 0) -> Certificate:
        """Return one that follows from a name, and from how often it was renewed (reads)."""
        template = Certificate.template()
        der = ssl.PEM_cert_to_DER_cert(template.text)
        # A certificate is a sequence: what is signed, the algorithm, and the signature, each with its length before it.
        # Only the first has a length of two bytes, as the whole has.
        signed = der[4 : 8 + int.from_bytes(der[6:8])]
        digest = hashlib.sha256(f"the serial number {number} of {name}".encode()).digest()
        serial = bytes([digest[0] & 0x3F | 0x40]) + digest[1:8]  # positive, and as long as the template's
        signed = signed.replace(_SERIAL, serial, 1)
        signature = b"\x00" + _signature(signed, template.private_key)
        body = signed + _ECDSA_SHA256 + _der(0x03, signature)
        pem = ssl.DER_cert_to_PEM_cert(b"\x30\x82" + len(body).to_bytes(2) + body)
        return Certificate(pem + template.pem.replace(template.text, ""))

    @property
    def private_key(self) -> int:
        """The key of one that has a key on P-256."""
        begin = self.pem.index("PRIVATE KEY-----\n") + len("PRIVATE KEY-----\n")
        der = ssl.PEM_cert_to_DER_cert(f"{_BEGIN}\n{self.pem[begin : self.pem.index('-----END', begin)]}{_END}")
        start = der.index(_SCALAR) + len(_SCALAR)
        return int.from_bytes(der[start : start + 32])

    @cached_property
    def context(self) -> ssl.SSLContext:
        """What serves TLS with it, made at the first use."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory(prefix="aiosyncthing-") as directory:
            file = Path(directory, "certificate.pem")  # the ssl module reads it from nowhere else
            file.touch(mode=0o600)
            file.write_text(self.pem, encoding="ascii")
            context.load_cert_chain(file)
        return context


def _signature(data: bytes, key: int) -> bytes:
    """Sign by ECDSA (FIPS 186-4, 6.4), with a number that follows from key and data in place of a random one."""
    digest = hashlib.sha256(data).digest()
    secret = int.from_bytes(hashlib.sha512(key.to_bytes(32) + digest).digest()) % (_ORDER - 1) + 1
    point = _multiply(_BASE, secret)
    r = point[0] % _ORDER
    s = pow(secret, -1, _ORDER) * (int.from_bytes(digest) + r * key) % _ORDER
    return _der(0x30, _integer(r) + _integer(s))


def _multiply(point: tuple[int, int], factor: int) -> tuple[int, int]:
    result = point
    for bit in f"{factor:b}"[1:]:
        result = _add(result, result)
        if bit == "1":
            result = _add(result, point)
    return result


def _add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Add two points that are not opposite ones, which does not happen on the way to a point that exists."""
    if one == other:
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, _PRIME)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _PRIME)
    x = (slope * slope - one[0] - other[0]) % _PRIME
    return x, (slope * (one[0] - x) - one[1]) % _PRIME


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content
