"""Whose daemon it is that answers, told by the certificate that it shows."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from aiosyncthing._gui_address import parse
from aiosyncthing._ports import LOOPBACK, Port
from aiosyncthing._probe import answers

from .support.handshakes import Identity, showing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    """The certificate of a home."""
    return Identity(tmp_path / "home")


def test_its_own_certificate(identity: Identity) -> None:
    """A daemon that shows the home's certificate is the one of that home; it is sent nothing but the handshake."""
    with showing(identity) as shown:
        assert answers(parse(shown.address), identity.certificate)
        assert answers(parse(f"https://{shown.address}"), identity.certificate)
    assert shown.received == b""


def test_a_certificate_with_others_behind_it(identity: Identity, tmp_path: Path) -> None:
    """Of a file with several certificates the first is the daemon's own."""
    other = Identity(tmp_path / "other").certificate.read_bytes()
    own = identity.certificate.read_bytes()
    with showing(identity) as shown:
        identity.certificate.write_bytes(own + other)
        assert answers(parse(shown.address), identity.certificate)
        identity.certificate.write_bytes(other + own)
        assert not answers(parse(shown.address), identity.certificate)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_no_certificate(identity: Identity, content: bytes) -> None:
    """A damaged file proves nothing."""
    with showing(identity) as shown:
        identity.certificate.write_bytes(content)
        assert not answers(parse(shown.address), identity.certificate)


def test_another_certificate(identity: Identity, tmp_path: Path) -> None:
    """Somebody else on the port is not the daemon, and learns nothing."""
    with showing(Identity(tmp_path / "other")) as shown:
        assert not answers(parse(shown.address), identity.certificate)
    assert shown.received == b""


def test_no_certificate(identity: Identity, tmp_path: Path) -> None:
    """Where the home has none, it has to do that somebody listens; a file that is gone meanwhile proves nothing."""
    with showing(identity) as shown:
        assert answers(parse(shown.address), None)
        assert not answers(parse(shown.address), tmp_path / "gone.pem")


def test_nobody_there(identity: Identity) -> None:
    """A port on which nobody listens answers not."""
    port = Port()
    try:
        for certificate in (identity.certificate, None):
            assert not answers(parse(f"{LOOPBACK}:{port.number}"), certificate)
    finally:
        port.close()


def test_a_name_that_does_not_exist() -> None:
    """A host that can't be found does not answer."""
    assert not answers(parse("no-such-host.invalid:8384"), None)


def test_somebody_who_is_silent(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who accepts and says nothing, or nothing of TLS, is given up soon."""
    monkeypatch.setattr("aiosyncthing._probe._TIMEOUT", 0.2)
    started = time.monotonic()
    with showing(None) as shown:
        assert not answers(parse(shown.address), identity.certificate)
    with socket.create_server((LOOPBACK, 0)) as deaf:
        assert not answers(parse(f"{LOOPBACK}:{deaf.getsockname()[1]}"), identity.certificate)
    assert time.monotonic() - started < 20


def test_a_unix_socket(identity: Identity, tmp_path: Path) -> None:
    """A socket is asked in the same way."""
    path = tmp_path / "gui.sock"
    address = parse(str(path))
    assert not answers(address, identity.certificate)
    with showing(identity, path) as shown:
        assert answers(address, identity.certificate)
        assert answers(address, None)
    assert shown.received == b""
    assert not answers(address, identity.certificate)


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    """What the system can't even try does not answer."""
    assert not answers(parse(f"/{'x' * 200}"), None)
