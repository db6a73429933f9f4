"""Who may ask: host names, TLS, logins, API keys, and the tokens against cross-site requests. Pure.

The steps and their order are those of Syncthing's lib/api/api.go, api_auth.go and api_csrf.go.
"""

from __future__ import annotations

import base64
import binascii
import html
import ipaddress
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final

from .faults import HOST_CHECK
from .messages import Response, as_text
from .passwords import check_password

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from pytest_syncthing.facts import Facts

    from .messages import Request

_LETTERS: Final = "2345679abcdefghijkmnopqrstuvwxyzACDEFGHJKLMNPQRTUVWXYZ"
_MOST: Final = 25  # sessions, and tokens
_CORS: Final = (
    ("Access-Control-Allow-Headers", "Content-Type, X-API-Key"),
    ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Max-Age", "600"),
)
_OPEN: Final = frozenset({"/", "/index.html", "/modal.html", "/rest/svc/lang"})
_OPEN_BELOW: Final = ("/assets/", "/syncthing/", "/vendor/", "/theme-assets/", "/rest/noauth")


@dataclass(slots=True)
class Admission:
    """What is decided about a request.

    Attributes:
        refusal: The answer, if the request gets no further.
        headers: What every answer to it has besides.
        attempt: The user name with which somebody tried to log in, and whether that was right.
    """

    refusal: Response | None = None
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    attempt: tuple[str, bool] | None = None


def is_local(name: str) -> bool:
    """Tell whether a host, with or without a port, is this computer, as ``addressIsLocalhost`` does."""
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
    """Tell whether a login is asked for."""
    return gui["authMode"] == "ldap" or bool(gui["user"] and gui["password"])


def redirect(status: int, location: str, method: str) -> Response:
    """Return the answer that sends elsewhere, with a link for those who see it in a browser."""
    headers = {"Location": location}
    if method not in {"GET", "HEAD"}:
        return Response(status=status, headers=headers)
    link = html.escape(location).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    text = f'<a href="{link}">{HTTPStatus(status).phrase}</a>.\n\n' if method == "GET" else ""
    return Response(text.encode(), status, "text/html; charset=utf-8", headers)


class Access:
    """Decides about requests, and remembers sessions and tokens.

    Args:
        facts: The version.
        device_id: The daemon's device ID.
        random: Where sessions and tokens come from.
    """

    def __init__(self, facts: Facts, device_id: str, random: random.Random) -> None:
        self._facts = facts
        self._random = random
        self._short = device_id[: 7 if facts.numbers >= (1, 26) else 5]
        self._identity = (("X-Syncthing-Id", device_id), ("X-Syncthing-Version", f"v{facts.name}"))
        self._sessions: dict[str, None] = {}
        self._tokens: dict[str, None] = {}

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
            found.refusal = redirect(307, location, request.method)
            return found
        has_key = self._has_key(request, {gui["apiKey"], further_key})
        if has_login(gui) and not has_key:
            self._log_in(found, request, gui)
        if found.refusal is None:
            found.headers += self._identity
            if has_key:
                found.headers.append(("Access-Control-Allow-Origin", "*"))
            else:
                self._check_token(found, request, gui)
        return found

    def note_answer(self, request: Request, response: Response) -> None:
        """Take note of the answer to a login, whose cookie is valid from then on, or to a logout."""
        name, _, value = response.headers.get("Set-Cookie", "").partition(";")[0].partition("=")
        if name == self._session_cookie:
            _keep(self._sessions, value)
        elif request.path == "/rest/noauth/auth/logout":
            self._sessions.pop(_cookie(request, self._session_cookie), None)

    def restarted(self) -> None:
        """Forget what the version forgets when its process ends."""
        if self._facts.numbers < (1, 27, 3):
            self._sessions.clear()

    @property
    def _session_cookie(self) -> str:
        return f"sessionid-{self._short}"

    def _has_key(self, request: Request, keys: set[str]) -> bool:
        given = {request.header("X-API-Key")}
        scheme, _, bearer = request.header("Authorization").partition(" ")
        if self._facts.numbers >= (1, 23, 7) and scheme.lower() == "bearer":
            given.add(bearer.strip())
        return bool((given & keys) - {""})

    def _log_in(self, found: Admission, request: Request, gui: Mapping[str, Any]) -> None:
        if _cookie(request, self._session_cookie) in self._sessions:
            return
        found.attempt = _attempt(request.header("Authorization"), gui)
        if found.attempt and found.attempt[1]:
            session = self._new()
            _keep(self._sessions, session)
            path = "" if self._facts.numbers < (1, 26) else "; Path=/"
            found.headers.append(("Set-Cookie", f"{self._session_cookie}={session}{path}"))
            return
        if self._is_open(request.path, gui):
            return
        if self._facts.numbers < (1, 26):
            realm = "Authorization Required"
        elif gui["sendBasicAuthPrompt"]:
            realm = f"Authorization Required ({self._short})"
        else:
            found.refusal = as_text("Forbidden", 403)
            return
        found.refusal = as_text("Not Authorized", 401)
        found.headers.append(("Www-Authenticate", f'Basic realm="{realm}"'))

    def _check_token(self, found: Admission, request: Request, gui: Mapping[str, Any]) -> None:
        path = request.path
        if path.startswith("/rest/debug"):
            return
        if not path.startswith("/rest"):
            name = f"CSRF-Token-{self._short}"
            if _cookie(request, name) not in self._tokens:
                token = self._new()
                _keep(self._tokens, token)
                found.headers.append(("Set-Cookie", f"{name}={token}"))
        elif not self._is_open(path, gui) and request.header(f"X-CSRF-Token-{self._short}") not in self._tokens:
            found.refusal = as_text("CSRF Error", 403)

    def _is_open(self, path: str, gui: Mapping[str, Any]) -> bool:
        numbers = self._facts.numbers
        if numbers < (1, 26):
            return numbers >= (1, 22, 1) and path.startswith("/rest/noauth/")
        with_metrics = path == "/metrics" and bool(gui.get("metricsWithoutAuth"))
        return path in _OPEN or path.startswith(_OPEN_BELOW) or with_metrics

    def _new(self) -> str:
        return "".join(self._random.choices(_LETTERS, k=64 if self._facts.numbers >= (1, 26) else 32))


def _keep(tokens: dict[str, None], token: str) -> None:
    tokens[token] = None
    if len(tokens) > _MOST:
        del tokens[next(iter(tokens))]


def _cookie(request: Request, name: str) -> str:
    cookies: SimpleCookie = SimpleCookie()
    with suppress(CookieError):
        cookies.load(request.header("Cookie"))
    return cookies[name].value if name in cookies else ""


def _attempt(header: str, gui: Mapping[str, Any]) -> tuple[str, bool] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    if b":" not in decoded:
        return None
    user = password = ""
    for encoding in ("latin-1", "utf-8"):  # some browsers send the one, some the other; what is UTF-8 is shown as such
        with suppress(UnicodeDecodeError):
            user, _, password = decoded.decode(encoding).partition(":")
            if gui["authMode"] != "ldap" and user == gui["user"] and check_password(gui["password"], password):
                return user, True
    return user, False
