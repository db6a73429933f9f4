"""The certificate of all fakes."""

from __future__ import annotations

import ssl

from aiosyncthing.testing._certificate import CERTIFICATE_FILE, server_context


def test_the_certificate() -> None:
    """It is made out to a name only, and valid for long; what serves it is made once."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE_FILE))
    (certificate,) = context.get_ca_certs()
    assert certificate["issuer"] == certificate["subject"]
    assert certificate["notAfter"].endswith("2126 GMT")
    assert certificate["subjectAltName"] == (("DNS", "fake"),)
    assert server_context() is server_context()
    anew: ssl.SSLContext = server_context.__wrapped__()
    assert anew.minimum_version is ssl.TLSVersion.TLSv1_2
