"""Telling by its certificate which daemon answers at an address."""

import socket
import threading
import time
from pathlib import Path

import pytest

from aiosyncthing.local.gui_address import parse
from aiosyncthing.local.probe import probe
from tests.support.handshakes import Identity, showing


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    """The certificate of a home."""
    return Identity(tmp_path / "home")


def test_the_certificate_decides(identity: Identity, tmp_path: Path) -> None:
    """The daemon with the home's certificate is its own, any other is not; only the handshake is sent to either."""
    with showing(identity) as own, showing(Identity(tmp_path / "other")) as other:
        assert probe(parse(own.address), identity.certificate) == "own"
        assert probe(parse(f"https://{own.address}"), identity.certificate) == "own"
        assert probe(parse(other.address), identity.certificate) == "other"
    assert own.received == other.received == b""


def test_the_first_certificate_of_a_chain(identity: Identity, tmp_path: Path) -> None:
    """Of several certificates in the file, the first is the daemon's own."""
    other = Identity(tmp_path / "other").certificate.read_bytes()
    own = identity.certificate.read_bytes()
    with showing(identity) as shown:
        for content, answer in ((own + other, "own"), (other + own, "other")):
            identity.certificate.write_bytes(content)
            assert probe(parse(shown.address), identity.certificate) == answer


def test_nothing_to_compare(identity: Identity, tmp_path: Path) -> None:
    """Without a certificate, or with a damaged file, a listener remains unverified."""
    with showing(identity) as shown:
        assert probe(parse(shown.address), None) == "unverified"
        assert probe(parse(shown.address), tmp_path / "gone.pem") == "unverified"
        for content in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"):
            identity.certificate.write_bytes(content)
            assert probe(parse(shown.address), identity.certificate) == "unverified"


def test_nothing_answers(identity: Identity, free_port: int) -> None:
    """A free port, a host that can't exist or be resolved, and a socket path that is too long have no answer."""
    for address in (f"127.0.0.1:{free_port}", "no-such-host.invalid:8384", f"{'x' * 64}:8384", f"/{'x' * 200}"):
        for certificate in (identity.certificate, None):
            assert probe(parse(address), certificate) == "nothing"


def test_silence(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener that accepts and stays silent, or doesn't even accept, is given up soon."""
    monkeypatch.setattr("aiosyncthing.local.probe._TIMEOUT", 0.2)
    started = time.monotonic()
    with showing(None) as shown:
        assert probe(parse(shown.address), identity.certificate) == "unverified"
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert probe(parse(f"127.0.0.1:{deaf.getsockname()[1]}"), identity.certificate) == "unverified"
    assert time.monotonic() - started < 20


def test_a_unix_socket(identity: Identity, tmp_path: Path) -> None:
    """A Unix socket is probed in the same way as a port."""
    path = tmp_path / "gui.sock"
    address = parse(str(path))
    with showing(identity, path) as shown:
        assert probe(address, identity.certificate) == "own"
        assert probe(address, None) == "unverified"
    assert shown.received == b""
    assert probe(address, identity.certificate) == "nothing"


@pytest.mark.parametrize(
    ("greeting", "answer"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "stranger"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "stranger"),
        (b"220 mail.example.org ESMTP ready\r\n", "stranger"),
        (b"\n" * 100, "stranger"),
        (b"", "unverified"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "unverified"),  # a TLS alert that refuses this handshake
    ],
)
def test_another_program(identity: Identity, greeting: bytes, answer: str) -> None:
    """What doesn't answer in TLS is not Syncthing; what hangs up, or refuses this handshake, may be."""

    def greet() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=greet)
        thread.start()
        assert probe(parse(f"127.0.0.1:{server.getsockname()[1]}"), identity.certificate) == answer
        thread.join()
