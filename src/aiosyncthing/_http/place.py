"""Where a base URL leads, what to import before connecting there, and why that fails. Needs no aiohttp."""

from __future__ import annotations

import os
import re
import ssl
import sys
from base64 import b64encode
from importlib import import_module
from typing import Final, NamedTuple
from urllib.parse import unquote

from yarl import URL

from aiosyncthing.exceptions import BadRequestError

_HOST_AND_PORT: Final = r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?"
_WITH_PORT: Final = r"[^/?#@]+:\d+(?=[/?#]|$)"
# Syncthing ignores the host name on a socket (lib/api/api.go), but HTTP requires one.
_HOST: Final = "localhost"


class Place(NamedTuple):
    """Where a base URL leads.

    Attributes:
        base: The base URL for HTTP, without a trailing slash.
        secure: Whether to use TLS.
        socket: Path of the Unix socket; empty for a host and port.
    """

    base: str
    secure: bool
    socket: str = ""


def locate(url: str) -> Place:
    """Return where a base URL leads.

    Args:
        url: The base URL, without user and password.

    Raises:
        BadRequestError: The URL of a Unix socket is wrong. Other URLs are not checked here.
    """
    name, colon, rest = url.partition(":")
    scheme = f"{name}{colon}".lower()  # with its colon, since a URL without a scheme may be any word
    if scheme not in {"unix:", "unixs:"}:
        return Place(url.rstrip("/"), scheme == "https:")
    path = rest.removeprefix("//")
    example = f"{scheme}///run/user/1000/syncthing.sock"
    if not rest.startswith("///") or not path.strip("/"):
        raise BadRequestError(f"the URL of a Unix socket must have an absolute path, like {example}, not {url!r}")
    if re.search(r"[?#\x00-\x1f\x7f]|%(?![0-9a-fA-F]{2})|%00", path):
        raise BadRequestError(
            f"{url!r} is not the URL of a Unix socket: write ?, # and % in its path as %3F, %23 and %25; control "
            "characters are not allowed"
        )
    if sys.platform == "win32":
        raise BadRequestError("Python has no Unix sockets on Windows: use http:// or https://")
    # The path may contain bytes that are not UTF-8, as for Go's url.Parse, with which the daemon reads STGUIADDRESS.
    secure = scheme == "unixs:"
    return Place(f"{'https' if secure else 'http'}://{_HOST}", secure, unquote(path, errors="surrogateescape"))


def split_user_info(url: str) -> tuple[str, str]:
    """Split user and password off a base URL, and return it and their ``Authorization`` header; empty if none."""
    begin, end = _find_user_info(url)
    if end < 0:
        return url, ""
    user, _, password = url[begin:end].partition(":")
    credentials = f"{unquote(user)}:{unquote(password)}"
    return url[:begin] + url[end + 1 :], f"Basic {b64encode(credentials.encode()).decode()}"


def _find_user_info(url: str) -> tuple[int, int]:
    """Return the positions of user and password and of the ``@`` after them; -1 if there are none.

    A password may contain a ``/``, ``?`` or ``#`` that should have been escaped. Taken literally, its first part would
    be a port, and the rest a path.
    """
    slashes = url.find("//")  # of the authority, unless a path, query or fragment has begun before
    begin = slashes + 2 if slashes >= 0 and {*"/?#"}.isdisjoint(url[:slashes]) else 0
    end = min((found for found in (url.find(mark, begin) for mark in "/?#") if found >= 0), default=len(url))
    near, far = url.rfind("@", begin, end), url.rfind("@")
    host = url[max(begin, near + 1) : end]
    if far > end and host and (not re.fullmatch(_HOST_AND_PORT, host) or re.match(_WITH_PORT, url[far + 1 :])):
        return begin, far
    return begin, near


def preload() -> None:
    """Import what would otherwise be imported while the event loop is running, most of it for the first connection."""
    import_module("concurrent.futures.thread")  # asyncio, to run something in a thread, such as resolving a name
    import_module("difflib")  # config.keys, to guess what a misspelt setting should have been
    import_module("encodings.idna")  # ssl, for any host name
    URL("http://\N{LATIN SMALL LETTER U WITH DIAERESIS}.invalid")  # idna, for host names that are not ASCII


def reason(error: BaseException) -> str:
    """Return what an error of the system, of TLS or of anything else says about its cause; never empty."""
    errno = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    if errno is not None and errno > 0:
        return os.strerror(errno)  # asyncio's text names the call that failed, not the cause
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text or type(error).__name__
