"""Where a base URL leads to: a host and a port, or a unix socket."""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from typing import Final, NamedTuple
from urllib.parse import unquote

from aiosyncthing.exceptions import BadRequestError

_SCHEME: Final = re.compile(r"[^/?#]*//")
_HOST_AND_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?")
_WITH_PORT: Final = re.compile(r"[^/?#@]+:\d+(?=[/?#]|$)")
_SOCKET: Final = re.compile(r"unix(s?):(.*)", re.IGNORECASE | re.DOTALL)
# Syncthing checks no host name on a socket (lib/api/api.go), but HTTP wants one.
_HOST: Final = "localhost"


class Place(NamedTuple):
    """Where a base URL leads to.

    Attributes:
        base: The base URL in terms of HTTP, without a final slash.
        secure: Whether it speaks TLS.
        socket: Path of the unix socket; empty for a host and a port.
    """

    base: str
    secure: bool
    socket: str = ""


def locate(url: str) -> Place:
    """Find out where a base URL leads to.

    Args:
        url: It, without user and password.

    Raises:
        BadRequestError: It is to be a unix socket, and is none. Other URLs are not checked here.
    """
    match = _SOCKET.fullmatch(url)
    if match is None:
        return Place(url.rstrip("/"), url[:6].lower() == "https:")
    secure = bool(match[1])
    path = match[2].removeprefix("//")
    example = f"unix{match[1].lower()}:///run/user/1000/syncthing.sock"
    if not match[2].startswith("///") or not path.strip("/"):
        raise BadRequestError(f"the URL of a unix socket must have an absolute path, like {example}, not {url!r}")
    if re.search(r"[?#\x00-\x1f\x7f]|%(?![0-9a-fA-F]{2})|%00", path):
        raise BadRequestError(
            f"{url!r} is not the URL of a unix socket: ?, # and % in its path must be written as %3F, %23 and %25, "
            "and control characters can't be in it"
        )
    if sys.platform == "win32":
        raise BadRequestError("there are no unix sockets in Python on Windows: use http:// or https://")
    # As Go's url.Parse, by which the daemon reads STGUIADDRESS, a path may have bytes that are not UTF-8.
    return Place(f"http{match[1].lower()}://{_HOST}", secure, unquote(path, errors="surrogateescape"))


def split_user_info(url: str) -> tuple[str, str]:
    """Split a base URL into one without user and password, and the header for these; empty without any."""
    begin, end = _find_user_info(url)
    if end < 0:
        return url, ""
    user, _, password = url[begin:end].partition(":")
    credentials = f"{unquote(user)}:{unquote(password)}"
    return url[:begin] + url[end + 1 :], f"Basic {b64encode(credentials.encode()).decode()}"


def _find_user_info(url: str) -> tuple[int, int]:
    """Return where user and password begin, and where the ``@`` behind them is; -1 without any.

    A password may have a ``/``, ``?`` or ``#`` that should have been escaped. Its beginning would be taken for the
    port, and its end for a path.
    """
    begin = url.index("//") + 2 if _SCHEME.match(url) else 0
    end = min((found for found in (url.find(mark, begin) for mark in "/?#") if found >= 0), default=len(url))
    near, far = url.rfind("@", begin, end), url.rfind("@")
    host = url[max(begin, near + 1) : end]
    if far > end and host and (not _HOST_AND_PORT.fullmatch(host) or _WITH_PORT.match(url, far + 1)):
        return begin, far
    return begin, near
