"""Who may ask: host names, TLS, logins and API keys. Pure.

The steps and their order are those of Syncthing's lib/api/api.go, api_auth.go and api_csrf.go. There are no sessions,
and so no cookies: each request needs the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .faults import HOST_CHECK
from .messages import Response, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_syncthing.facts import Facts

    from .messages import Request

_CORS: Final = (
    ("Access-Control-Allow-Headers", "Content-Type, X-API-Key"),
    ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Max-Age", "600"),
)
_OPEN: Final = frozenset({"/", "/index.html", "/rest/svc/lang"})
# Syncthing keeps a bcrypt hash of the password. The fake's looks like one and costs nothing: what it protects is made
# up as well. A real one, put into the configuration by hand, fits no password.
_PREFIX: Final = "$2a$10$"
_LENGTH: Final = 53
_HASHED: Final = re.compile(r"\$2[aby]\$\d+\$.{50,}")


@dataclass(slots=True)
class Admission:
    """What is decided about a request.

    Attributes:
        refusal: The answer, if the request gets no further.
        headers: What every answer to it has besides.
        attempt: The user name of an attempt to log in, and whether it succeeded.
    """

    refusal: Response | None = None
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    attempt: tuple[str, bool] | None = None


def is_local(name: str) -> bool:
    """Return whether a host, with or without a port, is this computer, as ``addressIsLocalhost`` does."""
    host, colon, _ = name.rpartition(":")
    if not colon or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        host = name
    elif host.startswith("["):
        host = host[1:-1]
    host = host.lower()
    if host in {"localhost", "localhost."} or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return (mapped or address).is_loopback
    return False


def has_login(gui: Mapping[str, Any]) -> bool:
    """Return whether a login is asked for."""
    return gui["authMode"] == "ldap" or bool(gui["user"] and gui["password"])


def is_hashed(password: str) -> bool:
    """Return whether a password is one that Syncthing takes for a hash already (lib/config/guiconfiguration.go)."""
    return _HASHED.match(password) is not None


def hash_password(password: str) -> str:
    """Return what the configuration has in place of a password: the same for the same password."""
    digest = hashlib.sha512(password.encode(errors="replace")).digest()
    return _PREFIX + base64.b64encode(digest, b"./").decode()[:_LENGTH]


def check_password(hashed: str, password: str) -> bool:
    """Return whether a password is the one that the configuration has."""
    return bool(hashed) and hashed == hash_password(password)


def redirect(status: int, location: str) -> Response:
    """Return the answer that sends elsewhere."""
    return Response(status=status, headers={"Location": location})


class Access:
    """Decides about requests.

    Args:
        facts: The version.
        device_id: The daemon's device ID.
    """

    def __init__(self, facts: Facts, device_id: str) -> None:
        self._facts = facts
        self._identity = (("X-Syncthing-Id", device_id), ("X-Syncthing-Version", f"v{facts.name}"))

    def admit(
        self, request: Request, gui: Mapping[str, Any], further_key: str, *, by_name: bool, secure: bool
    ) -> Admission:
        """Decide about a request.

        Args:
            request: The request.
            gui: The configuration of the API.
            further_key: A key that is valid beside the configured one; empty for none.
            by_name: Whether it came over the network, where the host's name is looked at.
            secure: Whether it came over TLS.
        """
        found = Admission()
        if by_name and not gui["insecureSkipHostcheck"] and not is_local(request.header("Host")):
            found.refusal = HOST_CHECK
            return found
        if request.method == "OPTIONS":
            found.refusal = Response(status=204)
            found.headers += _CORS
            return found
        if not gui["insecureAllowFrameLoading"]:
            found.headers.append(("X-Frame-Options", "SAMEORIGIN"))
        found.headers += (("X-Xss-Protection", "1; mode=block"), ("X-Content-Type-Options", "nosniff"))
        if gui["useTLS"] and not secure:
            location = f"https://{request.header('Host')}{request.target}"
            found.refusal = redirect(307, location)
            return found
        has_key = self._has_key(request, {gui["apiKey"], further_key})
        if has_login(gui) and not has_key:
            self._log_in(found, request, gui)
        if found.refusal is None:
            found.headers += self._identity
            if has_key:
                found.headers.append(("Access-Control-Allow-Origin", "*"))
            elif self._needs_key(request.path):
                found.refusal = as_text("CSRF Error", 403)
        return found

    def _has_key(self, request: Request, keys: set[str]) -> bool:
        given = {request.header("X-API-Key")}
        scheme, _, bearer = request.header("Authorization").partition(" ")
        if self._facts.BEARER and scheme.lower() == "bearer":
            given.add(bearer.strip())
        return bool((given & keys) - {""})

    def _log_in(self, found: Admission, request: Request, gui: Mapping[str, Any]) -> None:
        found.attempt = _attempt(request.header("Authorization"), gui)
        if (found.attempt and found.attempt[1]) or self._is_open(request.path):
            return
        if self._facts.LOGIN_PAGE:
            found.refusal = as_text("Forbidden", 403)
            return
        found.refusal = as_text("Not Authorized", 401)
        found.headers.append(("Www-Authenticate", 'Basic realm="Authorization Required"'))

    def _needs_key(self, path: str) -> bool:
        return path.startswith("/rest") and not path.startswith("/rest/debug") and not self._is_open(path)

    def _is_open(self, path: str) -> bool:
        return self._facts.LOGIN_PAGE and (path in _OPEN or path.startswith("/rest/noauth"))


def _attempt(header: str, gui: Mapping[str, Any]) -> tuple[str, bool] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.decode(errors="replace").partition(":")
    if not colon:
        return None
    success = gui["authMode"] != "ldap" and user == gui["user"] and check_password(gui["password"], password)
    return user, success
