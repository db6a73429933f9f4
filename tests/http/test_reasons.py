"""Why a connection failed, in words for people."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from aiosyncthing._http.reasons import reason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), os.strerror(errno.ECONNREFUSED)),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (ssl.SSLError(1, "wrong version number"), "wrong version number"),
        (OSError("AF_UNIX path too long"), "AF_UNIX path too long"),
        (OSError(), "OSError"),
        (ValueError("embedded null byte"), "embedded null byte"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_reasons(error: Exception, expected: str) -> None:
    """The system's own words where there is a number, else those of the error; there always are some."""
    assert reason(error) == expected
