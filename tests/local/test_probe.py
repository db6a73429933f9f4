"""Whose daemon it is that answers, told by the certificate that it shows."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from aiosyncthing.daemon.ports import LOOPBACK, Port
from aiosyncthing.local.gui_address import parse
from aiosyncthing.local.probe import ask
from tests.support.handshakes import Identity, showing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    """The certificate of a home."""
    return Identity(tmp_path / "home")


def test_its_own_certificate(identity: Identity) -> None:
    """A daemon that shows the home's certificate is the one of that home; it is sent nothing but the handshake."""
    with showing(identity) as shown:
        assert ask(parse(shown.address), identity.certificate) == "own"
        assert ask(parse(f"https://{shown.address}"), identity.certificate) == "own"
    assert shown.received == b""


def test_a_certificate_with_others_behind_it(identity: Identity, tmp_path: Path) -> None:
    """Of a file with several certificates the first is the daemon's own."""
    other = Identity(tmp_path / "other").certificate.read_bytes()
    own = identity.certificate.read_bytes()
    with showing(identity) as shown:
        identity.certificate.write_bytes(own + other)
        assert ask(parse(shown.address), identity.certificate) == "own"
        identity.certificate.write_bytes(other + own)
        assert ask(parse(shown.address), identity.certificate) == "other"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_no_certificate(identity: Identity, content: bytes) -> None:
    """A damaged file proves nothing."""
    with showing(identity) as shown:
        identity.certificate.write_bytes(content)
        assert ask(parse(shown.address), identity.certificate) == "unknown"


def test_another_certificate(identity: Identity, tmp_path: Path) -> None:
    """Somebody else on the port is not the daemon, and learns nothing."""
    with showing(Identity(tmp_path / "other")) as shown:
        assert ask(parse(shown.address), identity.certificate) == "other"
    assert shown.received == b""


def test_no_certificate(identity: Identity, tmp_path: Path) -> None:
    """Where the home has none, or the file is gone meanwhile, nothing is known but that somebody listens."""
    with showing(identity) as shown:
        assert ask(parse(shown.address), None) == "unknown"
        assert ask(parse(shown.address), tmp_path / "gone.pem") == "unknown"


def test_nobody_there(identity: Identity) -> None:
    """A port on which nobody listens answers not."""
    port = Port()
    try:
        for certificate in (identity.certificate, None):
            assert ask(parse(f"{LOOPBACK}:{port.number}"), certificate) == "nobody"
    finally:
        port.close()


def test_a_name_that_does_not_exist() -> None:
    """A host that can't be found does not answer."""
    assert ask(parse("no-such-host.invalid:8384"), None) == "nobody"


def test_somebody_who_is_silent(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who accepts and says nothing, or nothing of TLS, is given up soon."""
    monkeypatch.setattr("aiosyncthing.local.probe._TIMEOUT", 0.2)
    started = time.monotonic()
    with showing(None) as shown:
        assert ask(parse(shown.address), identity.certificate) == "unknown"
    with socket.create_server((LOOPBACK, 0)) as deaf:
        assert ask(parse(f"{LOOPBACK}:{deaf.getsockname()[1]}"), identity.certificate) == "unknown"
    assert time.monotonic() - started < 20


def test_a_unix_socket(identity: Identity, tmp_path: Path) -> None:
    """A socket is asked in the same way."""
    path = tmp_path / "gui.sock"
    address = parse(str(path))
    assert ask(address, identity.certificate) == "nobody"
    with showing(identity, path) as shown:
        assert ask(address, identity.certificate) == "own"
        assert ask(address, None) == "unknown"
    assert shown.received == b""
    assert ask(address, identity.certificate) == "nobody"


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    """What the system can't even try does not answer."""
    assert ask(parse(f"/{'x' * 200}"), None) == "nobody"


@pytest.mark.parametrize(
    ("greeting", "answer"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "stranger"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "stranger"),
        (b"220 mail.example.org ESMTP ready\r\n", "stranger"),
        (b"\n" * 100, "stranger"),
        (b"", "unknown"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "unknown"),  # TLS, which refuses this handshake
    ],
)
def test_another_program(identity: Identity, greeting: bytes, answer: str) -> None:
    """Who answers with anything but TLS is no Syncthing; who hangs up, or refuses this handshake, may be one."""
    with socket.create_server((LOOPBACK, 0)) as server:
        thread = threading.Thread(target=greet, args=(server, greeting))
        thread.start()
        assert ask(parse(f"{LOOPBACK}:{server.getsockname()[1]}"), identity.certificate) == answer
        thread.join()


def greet(server: socket.socket, greeting: bytes) -> None:
    """Read what a client says first, and say something."""
    connection, _ = server.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(greeting)
