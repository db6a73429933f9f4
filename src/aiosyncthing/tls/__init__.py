"""Pinning the daemon's certificate, and trust on first use.

Syncthing's own certificate is self-signed, so the usual verification refuses it. Rather than turning that off, pin the
certificate::

    fingerprint = await fetch_fingerprint(url)  # once; show it to the user, and store str(fingerprint)
    client = Syncthing(key, url, tls=Fingerprint(stored))

On the daemon's own computer ``tls=CertificateFile(...)``, with the path of its ``https-cert.pem``, needs no such step,
and keeps working after a renewal.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .fetching import fetch_fingerprint as fetch_fingerprint
    from .fingerprint import CertificateFile as CertificateFile, Fingerprint as Fingerprint
else:
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__, {"fetching": ["fetch_fingerprint"], "fingerprint": ["CertificateFile", "Fingerprint"]}
    )
