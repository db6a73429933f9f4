"""The notations for the address that Syncthing's API listens on, and the URL to reach it."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

DEFAULT_PORT: Final = 8384
_LAST_PORT: Final = 65535
_LONGEST_SHOWN: Final = 80
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):(/.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(:[^:]*)?")
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.IGNORECASE
)
_ZONE: Final = re.compile(r"[\w.~-]+", re.ASCII)
_IPV4: Final = "127.0.0.1"
_IPV6: Final = "::1"
# What inet_aton reads as 0.0.0.0, and so do listeners and resolvers: "0", "0.0", "0x0.0.0.0" ...
_ZERO: Final = re.compile(r"(0x)?0+(\.(0x)?0+){0,3}", re.IGNORECASE)
_ANY_IPV6: Final = {0: _IPV6, 0xFFFF << 32: _IPV4}  # :: and ::ffff:0.0.0.0, in any notation


class GuiAddress(NamedTuple):
    """The address to connect to.

    Attributes:
        host: Host name or IP address, IPv6 without brackets; empty for a socket.
        port: TCP port; 0 for a socket.
        socket: Path of a Unix socket; empty for TCP.
        tls: Whether to use TLS; ``None`` if the address doesn't say.
    """

    host: str
    port: int
    socket: str
    tls: bool | None

    def url(self, *, tls: bool) -> str:
        """Return the base URL.

        Args:
            tls: Whether to use TLS if the address doesn't say.
        """
        secure = "s" if (tls if self.tls is None else self.tls) else ""
        if self.socket:
            return f"unix{secure}://{quote(self.socket, errors='surrogateescape')}"
        host = f"[{self.host.replace('%', '%25')}]" if ":" in self.host else self.host
        return f"http{secure}://{host}:{self.port}"


def parse(text: str) -> GuiAddress:
    """Parse an address from the configuration, ``--gui-address`` or ``STGUIADDRESS``.

    An address for all interfaces becomes the loopback address of its family, as in the URL that Syncthing itself shows
    (lib/config/guiconfiguration.go).

    Raises:
        ValueError: It is not an address, or doesn't determine where the daemon listens. The message is for people.
    """
    try:
        return _parse(text.strip())
    except ValueError as error:
        shown = text.strip().rpartition("@")[2]  # without user and password
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
        reason = str(error)
    raise ValueError(f"the address {shown!r} can't be used: {reason}")


def loopback_of(host: str) -> str | None:
    """Return the loopback address of the same family for a host that means all interfaces; ``None`` for any other.

    Args:
        host: Host name or IP address, IPv6 without brackets; empty for all interfaces.
    """
    if not host or _ZERO.fullmatch(host):
        return _IPV4
    try:
        # Compared as a number: is_unspecified of a mapped address depends on the Python version (gh-122792).
        return _ANY_IPV6.get(int(IPv6Address(host.partition("%")[0])))
    except ValueError:
        return None


def _parse(text: str) -> GuiAddress:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("it contains control characters")
    if text.startswith("/"):
        return _unix(text, None)
    match = _SCHEME.fullmatch(text)
    if match is None:
        return _tcp(text, None, escaped=False)
    scheme, rest = match[1].lower(), re.split("[?#]", match[2])[0]
    if scheme in {"unix", "unixs"}:
        # As in Go's url.Parse, which the daemon uses: the text between // and the next / is not part of the path.
        return _unix(unquote(re.sub("^//[^/]*", "", rest), errors="surrogateescape"), scheme == "unixs")
    if scheme in {"http", "https"} and rest.startswith("//"):
        authority = rest[2:].partition("/")[0].rpartition("@")[2]
        return _tcp(authority, scheme == "https", escaped=True)
    raise ValueError("it must start with http://, https://, unix:// or unixs://, or look like 127.0.0.1:8384")


def _unix(path: str, tls: bool | None) -> GuiAddress:  # noqa: FBT001 - a value, not an option
    if not path.strip("/") or "\0" in path:
        raise ValueError("it names no socket; it must look like unix:///run/syncthing.socket")
    return GuiAddress("", 0, path, tls)


def _tcp(authority: str, tls: bool | None, *, escaped: bool) -> GuiAddress:  # noqa: FBT001 - a value, not an option
    if re.fullmatch("[0-9]{1,5}", authority):
        authority = f":{authority}"
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise ValueError("it must look like 127.0.0.1:8384, or [::1]:8384 for IPv6")
    ipv6, name, port = match.groups()
    host = _name(name) if ipv6 is None else _ipv6(ipv6, escaped=escaped)
    return GuiAddress(host, _port(port, authority), "", tls)


def _port(text: str | None, authority: str) -> int:
    if text is None and authority:
        return DEFAULT_PORT
    number = (text or ":")[1:]
    if not number or re.fullmatch("0+", number):
        raise ValueError("with no port, or port 0, the daemon picks a free one at each start. Configure a fixed port")
    if not re.fullmatch("[0-9]{1,5}", number) or int(number) > _LAST_PORT:
        raise ValueError(f"the port must be a number from 1 to {_LAST_PORT}")
    return int(number)


def _name(name: str) -> str:
    if loopback := loopback_of(name):
        return loopback
    if not _HOST_NAME.fullmatch(name):
        raise ValueError("the host name is invalid")
    return name


def _ipv6(text: str, *, escaped: bool) -> str:
    address, percent, zone = text.partition("%")
    if escaped and zone.startswith("25"):
        zone = zone.removeprefix("25")
    try:
        IPv6Address(address)
    except ValueError:
        raise ValueError("the IPv6 address is invalid") from None
    if percent and not _ZONE.fullmatch(zone):
        raise ValueError("the zone of the IPv6 address is invalid")
    return loopback_of(address) or f"{address}{percent}{zone}"
