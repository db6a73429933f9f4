"""Where base URLs lead, what is imported in advance, and why connecting fails."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from typing import Final

import pytest

from aiosyncthing._http.place import Place, locate, preload, reason, split_user_info
from aiosyncthing.exceptions import BadRequestError


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:8384", Place("http://127.0.0.1:8384", False)),
        ("http://nas/syncthing//", Place("http://nas/syncthing", False)),
        ("https://nas:8384/", Place("https://nas:8384", True)),
        ("HTTPS://nas", Place("HTTPS://nas", True)),
        ("httpsx://nas", Place("httpsx://nas", False)),
        ("", Place("", False)),
        ("unix:///run/user/1000/syncthing.sock", Place("http://localhost", False, "/run/user/1000/syncthing.sock")),
        ("UNIX:///run/Syncthing", Place("http://localhost", False, "/run/Syncthing")),
        ("unixs:///run/syncthing.sock", Place("https://localhost", True, "/run/syncthing.sock")),
        # As parsed by Go's url.Parse.
        ("unix:///a%20b+c%3Fd%23e%25f@g:h", Place("http://localhost", False, "/a b+c?d#e%f@g:h")),
        ("unix:///a b/ä/%C3%A4", Place("http://localhost", False, "/a b/ä/ä")),
        ("unix", Place("unix", False)),
        ("https", Place("https", False)),
        ("unix:///%ff", Place("http://localhost", False, os.fsdecode(b"/\xff"))),
    ],
)
def test_places(url: str, place: Place) -> None:
    """Host and port are left to HTTP; the path of a socket is what follows the two slashes, unescaped."""
    assert locate(url) == place


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *((f"unix:{rest}", "absolute path, like unix:///run/") for rest in ("", "//", "///", "/run/x", "run/x", "//x")),
        *((f"unixs:{rest}", "absolute path, like unixs:///run/") for rest in ("////", "//host/run/x")),
        # Go would not take these for part of the path.
        *((f"unix:///run/a{rest}", "%3F") for rest in ("?b", "#b", "%", "%2", "%zz", "%00b", "\0b", "\nb", "\x7f")),
    ],
)
def test_invalid_paths_of_sockets(url: str, words: str) -> None:
    """A path that isn't absolute, or would be misunderstood, is refused, with an example."""
    with pytest.raises(BadRequestError, match=words):
        locate(url)


def test_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has no Unix sockets on Windows, and the error says so."""
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(BadRequestError, match="Windows"):
        locate("unix:///run/syncthing.sock")
    assert locate("http://nas").base == "http://nas"


def basic(credentials: str) -> str:
    """Return the header for user and password."""
    return f"Basic {b64encode(credentials.encode()).decode()}"


@pytest.mark.parametrize(
    ("url", "base", "header"),
    [
        ("http://nas", "http://nas", ""),
        ("http://user:pass@nas/x@y", "http://nas/x@y", "Basic dXNlcjpwYXNz"),
        ("unix://user:pass@/run/x", "unix:///run/x", "Basic dXNlcjpwYXNz"),
        ("unix:///run/a@b", "unix:///run/a@b", ""),
        ("user@nas", "nas", "Basic dXNlcjo="),
        ("", "", ""),
        ("http://nas/user@home", "http://nas/user@home", ""),
        ("http://[::1]:8384/@x", "http://[::1]:8384/@x", ""),
        # A password with characters that should have been escaped.
        ("http://u:a/b@nas", "http://nas", basic("u:a/b")),
        ("http://u:a#b@nas/x", "http://nas/x", basic("u:a#b")),
        ("http://u:1/2@nas:8384", "http://nas:8384", basic("u:1/2")),
        ("http://u:a@b/c@nas:8384", "http://nas:8384", basic("u:a@b/c")),
        ("http://u:a/b@[::1]:8384", "http://[::1]:8384", basic("u:a/b")),
        ("unix:///run/a@b:1", "unix:///run/a@b:1", ""),
    ],
)
def test_user_and_password(url: str, base: str, header: str) -> None:
    """User and password are removed from any URL, and become a header."""
    assert split_user_info(url) == (base, header)


PRELOADING: Final = """
import sys
from yarl import URL
from aiosyncthing._http.place import preload
preload()
before = set(sys.modules)
import concurrent.futures
concurrent.futures.ThreadPoolExecutor
URL("http://\N{LATIN SMALL LETTER U WITH DIAERESIS}.invalid").raw_host
"localhost".encode("idna")
print(set(sys.modules) - before)
"""


def test_connecting_imports_nothing() -> None:
    """Threads, host names, and host names that are not ASCII need no further module."""
    preload()  # a second call does no harm
    done = subprocess.run([sys.executable, "-c", PRELOADING], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


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
    """The system's text for the error's number, or else the error's own; never empty."""
    assert reason(error) == expected
