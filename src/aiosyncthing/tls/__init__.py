"""Pinning the daemon's certificate, and trust on first use.

Syncthing's own certificate is self-signed, so the usual verification refuses it. Rather than turning that off, pin the
certificate::

    fingerprint = await fetch_fingerprint(url)  # once; show it to the user, and store str(fingerprint)
    client = Syncthing(key, url, tls=Fingerprint(stored))

On the daemon's own computer ``tls=CertificateFile(...)``, with the path of its ``https-cert.pem``, needs no such step,
and keeps working after a renewal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiosyncthing._lazy import LazyNames

if TYPE_CHECKING:
    from .fetching import fetch_fingerprint
    from .fingerprint import CertificateFile, Fingerprint

__all__ = ["CertificateFile", "Fingerprint", "fetch_fingerprint"]

_MODULES = {"CertificateFile": "fingerprint", "Fingerprint": "fingerprint", "fetch_fingerprint": "fetching"}

_names = LazyNames(globals(), _MODULES)


def __getattr__(name: str) -> Any:
    return _names.load(name)


def __dir__() -> list[str]:
    return _names.names()


_names.load_rest()
