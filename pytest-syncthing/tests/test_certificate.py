"""The certificates of fakes."""

import ssl
from pathlib import Path

import pytest
from tests.support.handshakes import Identity

from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing.certificate import Certificate


def handshake(server: ssl.SSLContext, trusted: str) -> None:
    """Shake hands with a client that trusts a certificate, and checks its signature too."""
    context = ssl.create_default_context(cadata=trusted)
    context.verify_flags |= ssl.VerifyFlags(0x4000)  # X509_V_FLAG_CHECK_SS_SIGNATURE, of self-signed ones
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        context.wrap_bio(to_client, to_server, server_hostname="fake"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version() is not None
    assert ends[0].getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(trusted)


def test_certificates_of_names() -> None:
    """Each name and each renewal has a certificate of its own, always the same, which clients can verify."""
    made = [Certificate.named(name, number) for name in ("fake", "", "ü") for number in range(3)]
    assert len({certificate.text for certificate in made}) == 9
    for certificate in made:
        handshake(certificate.context, certificate.text)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(made[0].context, made[1].text)
    again = Certificate.named.__wrapped__("fake", 0)  # type: ignore[attr-defined] # what the cache is around
    assert again.text == made[0].text


@pytest.mark.parametrize("content", ["", "ü", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", None])
def test_a_given_certificate_that_is_none(tmp_path: Path, content: str | None) -> None:
    """A file that is missing, or lacks certificate or key, is refused, and the error names it."""
    file = tmp_path / "both.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(BadRequestError, match=r"both\.pem can't be used as the certificate of a fake"):
        Certificate.given(file)
    file.write_bytes(Identity(tmp_path).certificate.read_bytes())
    with pytest.raises(BadRequestError, match="can't be used"):
        Certificate.given(file)
