"""TLS, fed by hand."""

from __future__ import annotations

import ssl

import pytest

from pytest_syncthing.certificate import CERTIFICATE_FILE, Certificate
from pytest_syncthing.http.tls import TLS, is_tls


class Client:
    """The other end."""

    def __init__(self) -> None:
        context = ssl.create_default_context(cafile=str(CERTIFICATE_FILE))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.connection = context.wrap_bio(self.incoming, self.outgoing, server_hostname="fake")
        self.server = TLS(Certificate.template().context, self.incoming.write)
        while True:
            try:
                self.connection.do_handshake()
            except ssl.SSLWantReadError:
                assert self.send() == b""
            else:
                break
        self.send()

    def send(self, data: bytes = b"") -> bytes:
        """Send what is to be sent, and return what the server makes of it."""
        if data:
            self.connection.write(data)
        return self.server.feed(self.outgoing.read())


def test_telling_it_apart() -> None:
    """The first byte of TLS is no letter."""
    assert is_tls(b"\x16\x03\x01")
    assert not is_tls(b"GET /")
    assert not is_tls(b"")


def test_a_conversation() -> None:
    """What is sent arrives, byte by byte or much at once, until one says goodbye."""
    client = Client()
    assert client.send(b"x" * 100_000) == b"x" * 100_000
    client.connection.write(b"hello")
    found = b"".join(client.server.feed(bytes([byte])) for byte in client.outgoing.read())
    assert found == b"hello"
    client.server.send(b"answer")
    assert client.connection.read() == b"answer"
    assert not client.server.ended
    with pytest.raises(ssl.SSLWantReadError):
        client.connection.unwrap()
    assert client.send() == b""
    assert client.server.ended


def test_what_is_no_tls() -> None:
    """Nonsense is an error."""
    with pytest.raises(ssl.SSLError):
        TLS(Certificate.template().context, lambda _: None).feed(b"\x16nonsense" * 10)
