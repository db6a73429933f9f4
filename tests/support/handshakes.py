"""TLS listeners in threads, for code that blocks the event loop."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

__all__ = ["Identity", "Shown", "showing"]


class Identity:
    """A certificate and its key in files, as in a daemon's home.

    Args:
        folder: The folder for the files.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        issued = trustme.CA().issue_cert("localhost")
        self.certificate = folder / "https-cert.pem"
        self.certificate.write_bytes(issued.cert_chain_pems[0].bytes())
        self.key = folder / "https-key.pem"
        self.key.write_bytes(issued.private_key_pem.bytes())


class Shown:
    """A listener.

    Attributes:
        address: Host and port, or the path of a socket.
        received: Everything that was sent to it, decrypted.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.received = b""


@contextmanager
def showing(identity: Identity | None, path: Path | None = None) -> Iterator[Shown]:
    """Listen on loopback, and present a certificate to each connection.

    Args:
        identity: The certificate; ``None`` for a listener that reads and never answers.
        path: A Unix socket to listen on instead of a port.
    """
    context = None
    if identity is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        shown = Shown("127.0.0.1:{1}".format(*listener.getsockname()))
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        shown = Shown(str(path))
    ending = threading.Event()
    thread = threading.Thread(target=_serve, args=(listener, context, shown, ending))
    thread.start()
    try:
        yield shown
    finally:
        ending.set()
        with socket.socket(listener.family) as knock:  # end its accept()
            knock.connect(listener.getsockname())
        thread.join()
        listener.close()


def _serve(listener: socket.socket, context: ssl.SSLContext | None, shown: Shown, ending: threading.Event) -> None:
    while True:
        connection, _ = listener.accept()
        if ending.is_set():
            connection.close()
            return
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while data := connection.recv(1 << 16):
                    shown.received += data
