"""The certificate that all fakes show to those who speak TLS.

A fixed one, so that nothing has to be computed and tests can pin it. Like Syncthing's it is self-signed, and made out
to a host name that is not the one by which it is reached. Its key is no secret: it is in this package.
"""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["CERTIFICATE_FILE", "server_context"]

CERTIFICATE_FILE: Final = Path(__file__).with_name("data") / "fake.pem"
"""Certificate and key, as PEM."""


@cache
def server_context() -> ssl.SSLContext:
    """Return what serves TLS with it, made at the first call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(CERTIFICATE_FILE)
    return context
