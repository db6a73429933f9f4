"""Trusting a daemon: pins, and what is needed to trust one on first use.

A stock Syncthing has a self-signed certificate, so the usual checks refuse it. Better than to switch them off is to pin
it::

    fingerprint = await fetch_fingerprint(url)  # once; show it to the user, and store str(fingerprint)
    client = Syncthing(key, url, tls=Fingerprint(stored))

On the computer of the daemon itself ``tls=CertificateFile(...)``, with the path of its ``https-cert.pem``, needs no
such step, and none after a renewal.
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
