"""Fingerprints in every notation, and certificate files."""

import copy
import hashlib
import pickle
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from aiosyncthing import CertificateFile, Fingerprint
from aiosyncthing.exceptions import BadRequestError
from tests.support.peers import Identity

DIGITS: Final = "0123456789abcdef" * 4
COLONS: Final = ":".join(DIGITS[start : start + 2] for start in range(0, 64, 2))


@pytest.mark.parametrize(
    "text",
    [
        *(DIGITS, DIGITS.upper(), COLONS, COLONS.upper()),
        *(f"sha256:{DIGITS}", f"SHA256:{DIGITS.upper()}", f"sha256:{COLONS}", f"  sha256:{COLONS.upper()}\n"),
    ],
)
def test_every_notation_means_the_same(text: str) -> None:
    """With or without name and colons, in upper or lower case, it is the same value with one canonical text."""
    fingerprint = Fingerprint(text)
    assert str(fingerprint) == f"sha256:{DIGITS}"
    assert fingerprint.digest == bytes.fromhex(DIGITS)
    assert fingerprint == Fingerprint(DIGITS)
    assert len({fingerprint, Fingerprint(DIGITS)}) == 1
    assert repr(fingerprint) == f"Fingerprint('sha256:{DIGITS}')"
    assert fingerprint != Fingerprint(DIGITS[::-1])
    assert fingerprint != DIGITS  # a text


@pytest.mark.parametrize(
    "text",
    [
        *("", "sha256:", DIGITS[:-1], DIGITS + "0", DIGITS[:40], DIGITS.replace("0", "g")),
        *(f"sha1:{DIGITS}", f"sha256: {DIGITS}", f"sha512:{DIGITS * 2}"),
        *(COLONS[:-3], COLONS.replace(":", "-"), COLONS.replace(":", "", 1)),
        DIGITS.replace("1", "\N{FULLWIDTH DIGIT ONE}"),
        "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """The message says how to get a fingerprint."""
    with pytest.raises(BadRequestError, match="openssl x509") as caught:
        Fingerprint(text)
    assert isinstance(caught.value, ValueError)
    assert repr(text)[1:-1][:100] in str(caught.value)


def test_a_long_text_is_cut() -> None:
    """The message stays short, even for a whole file."""
    with pytest.raises(BadRequestError) as caught:
        Fingerprint("x" * 10_000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", [Fingerprint(DIGITS), CertificateFile("/srv/https-cert.pem")])
def test_they_are_values(value: Any) -> None:
    """They are immutable, copies and pickles are equal, and so is the evaluated repr."""
    with pytest.raises(AttributeError):
        setattr(value, "digest" if isinstance(value, Fingerprint) else "path", None)
    ways: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
    for way in ways:
        assert way(value) == value
        assert hash(way(value)) == hash(value)
    assert eval(repr(value)) == value


def test_from_a_certificate() -> None:
    """It is the digest of the DER form; of several PEM certificates the first counts, whatever surrounds it."""
    first, second = Identity(), Identity()
    der = ssl.PEM_cert_to_DER_cert(first.pem.decode())
    expected = hashlib.sha256(der).hexdigest()
    for certificate in (der, first.pem, first.pem.decode(), b"a comment\n" + first.pem + second.pem):
        assert str(Fingerprint.from_certificate(certificate)) == f"sha256:{expected}"
    assert Fingerprint.from_certificate(second.pem) != Fingerprint.from_certificate(first.pem)


@pytest.mark.parametrize(
    "certificate",
    [b"", "", b"nonsense", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", Identity().pem[:-200]],
)
def test_from_no_certificate(certificate: bytes | str) -> None:
    """Anything but a complete certificate is refused."""
    with pytest.raises(BadRequestError, match="certificate") as caught:
        Fingerprint.from_certificate(certificate)
    assert type(caught.value) is BadRequestError


def test_a_file(tmp_path: Path) -> None:
    """A file is given as a string or path, and not read."""
    path = tmp_path / "https-cert.pem"
    assert CertificateFile(str(path)) == CertificateFile(path)
    assert CertificateFile(path).path == path
    assert CertificateFile("x.pem") != CertificateFile("y.pem")
    assert repr(CertificateFile("x.pem")) == "CertificateFile('x.pem')"
    with pytest.raises(BadRequestError, match="empty"):
        CertificateFile("")
    assert CertificateFile("x.pem").path == Path("x.pem")


def test_no_aiohttp() -> None:
    """Importing what stores, compares and fetches fingerprints doesn't import aiohttp."""
    code = (
        "from aiosyncthing import CertificateFile, Fingerprint; from aiosyncthing.tls import fetch_fingerprint; "
        "import sys; assert 'aiohttp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
