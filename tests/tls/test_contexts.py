"""The certificates that TLS contexts accept."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from aiosyncthing.tls import contexts
from tests.support.peers import Identity


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "127.0.0.1") -> ssl.SSLObject:
    """Perform a handshake in memory, and return the client's end or raise its error."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for end in (ours, theirs):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    assert ours.version()
    return ours


@pytest.mark.parametrize("identity", [Identity(), Identity(expired=True)], ids=["valid", "expired"])
def test_a_pin_accepts_its_certificate(identity: Identity) -> None:
    """The pinned certificate is accepted whatever its name, issuer and age."""
    context = contexts.pinned(identity.fingerprint)
    for _ in range(2):
        shake_hands(context, identity.context, "localhost")
    assert context.refused is None
    assert context.file is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_pin_accepts_no_other(version: ssl.TLSVersion) -> None:
    """Any other certificate is refused and noted, even one with the same name and issuer."""
    identity, other = Identity(), Identity()
    context = contexts.pinned(identity.fingerprint)
    other.context.maximum_version = version
    seen = []
    for _ in range(2):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            shake_hands(context, other.context)
        assert str(identity.fingerprint) in str(caught.value)
        assert str(other.fingerprint) in str(caught.value)
        assert context.refused == other.fingerprint
        seen.append(context.refused)
    assert seen[0] is not seen[1]
    shake_hands(context, identity.context)


def test_a_pin_from_a_file(tmp_path: Path) -> None:
    """The first certificate in the file is pinned."""
    identity, other = Identity(), Identity()
    path = tmp_path / "https-cert.pem"
    path.write_bytes(identity.pem + other.pem)
    context = contexts.pinned_to_file(path)
    assert (context.fingerprint, context.file) == (identity.fingerprint, path)
    shake_hands(context, identity.context)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context, other.context)


def test_an_authority(tmp_path: Path) -> None:
    """Certificates of the CA are accepted for the names in them; others are refused."""
    path = tmp_path / "ca.pem"
    Identity.write_authority(path)
    context = contexts.authority(path)
    shake_hands(context, Identity("127.0.0.1").context)
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        shake_hands(context, Identity("127.0.0.2").context)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        shake_hands(context, Identity("127.0.0.1", expired=True).context)
    path.write_bytes(Identity().pem)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(contexts.authority(path), Identity("127.0.0.1").context)


def test_verification_on_and_off() -> None:
    """The usual context refuses certificates of unknown issuers; the other accepts any."""
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(contexts.usual(), Identity("127.0.0.1").context)
    shake_hands(contexts.check_nothing(), Identity(expired=True).context)


def test_the_protocol(tmp_path: Path) -> None:
    """Each kind of context chooses HTTP/1.1 if the daemon offers HTTP/2 too, which aiohttp doesn't support."""
    path = tmp_path / "ca.pem"
    Identity.write_authority(path)
    identity = Identity("127.0.0.1")
    identity.context.set_alpn_protocols(["h2", "http/1.1"])
    for context in (
        contexts.authority(path),
        contexts.check_nothing(),
        contexts.pinned(identity.fingerprint),
    ):
        assert shake_hands(context, identity.context).selected_alpn_protocol() == "http/1.1"
