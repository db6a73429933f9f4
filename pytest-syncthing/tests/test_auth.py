"""Who may ask: the examples are what real daemons answered."""

from __future__ import annotations

import random
from base64 import b64encode
from typing import Any

import pytest
from tests.support.serving import DEVICE, GUI, KEY

from pytest_syncthing.facts import Facts
from pytest_syncthing.http.access import Access, Admission, has_login, is_local, redirect
from pytest_syncthing.http.messages import Headers, Request, Response
from pytest_syncthing.http.passwords import hash_password

LOGIN = {"user": "mé", "password": hash_password("p:w")}
OLD, NEW = "1.19.2", "2.1.3"


class Asking:
    """A daemon that is asked."""

    def __init__(self, version: str = "1.29.5", **gui: Any) -> None:
        self.access = Access(Facts.of(version), str(DEVICE), random.Random(1))
        self.gui = {**GUI, **gui}

    def ask(
        self, target: str = "/rest/system/ping", method: str = "GET", *, secure: bool = False, **headers: str
    ) -> Admission:
        """Decide about a request."""
        given = {name.replace("_", "-"): value for name, value in {"Host": "localhost", **headers}.items()}
        request = Request(method, target, Headers(given.items()))
        return self.access.admit(request, self.gui, "another-key", by_name=True, secure=secure)


def cookies(found: Admission) -> list[str]:
    """Return the cookies that are set."""
    return [value for name, value in found.headers if name == "Set-Cookie"]


def refusal(found: Admission) -> tuple[int, bytes] | None:
    """Return what is answered to a request that gets no further."""
    return found.refusal and (found.refusal.status, found.refusal.body)


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "127.5.5.5:99",
        "[::1]:80",
        "::1",
        "localhost:abc",
        "[::ffff:127.0.0.1]:1",
        "127.0.0.1:",
    ],
)
def test_names_of_this_computer(name: str) -> None:
    """These name this computer."""
    assert is_local(name)


@pytest.mark.parametrize(
    "name", ["localhost.localdomain", "[::1]", "0.0.0.0", "", "127.1", "x:y:z", "localhost:1:2", "example.org:8384"]
)
def test_other_names(name: str) -> None:
    """These don't, for the daemon."""
    assert not is_local(name)


def test_the_host_check() -> None:
    """A foreign name is refused before all else, unless the check is off or the name is of no use."""
    for method in ("GET", "OPTIONS"):
        found = Asking().ask(method=method, Host="example.org", X_API_Key=KEY)
        assert (refusal(found), found.headers) == ((403, b"Host check error\n"), [])
    assert Asking(insecureSkipHostcheck=True).ask(Host="example.org", X_API_Key=KEY).refusal is None
    asking = Asking()
    request = Request("GET", "/rest/system/ping", Headers([("X-API-Key", KEY)]))
    assert asking.access.admit(request, asking.gui, "", by_name=False, secure=False).refusal is None


def test_options() -> None:
    """OPTIONS is answered to everybody."""
    found = Asking(**LOGIN).ask(method="OPTIONS")
    assert refusal(found) == (204, b"")
    assert dict(found.headers)["Access-Control-Allow-Headers"] == "Content-Type, X-API-Key"


def test_frames() -> None:
    """Whether pages may be shown within others is a setting."""
    assert "X-Frame-Options" in dict(Asking().ask().headers)
    assert "X-Frame-Options" not in dict(Asking(insecureAllowFrameLoading=True).ask().headers)


def test_tls() -> None:
    """Where TLS is wanted, plain requests are sent there, before the key is looked at."""
    asking = Asking(useTLS=True)
    found = asking.ask("/rest/x?y=%20", Host="localhost:1")
    assert found.refusal is not None
    assert (found.refusal.status, found.refusal.headers["Location"]) == (307, "https://localhost:1/rest/x?y=%20")
    assert "X-Syncthing-Id" not in dict(found.headers)
    assert asking.ask(secure=True, X_API_Key=KEY).refusal is None
    assert redirect(307, "/'\"<&", "GET").body == b'<a href="/&#39;&#34;&lt;&amp;">Temporary Redirect</a>.\n\n'


@pytest.mark.parametrize("key", [KEY, "another-key"])
def test_keys(key: str) -> None:
    """Both keys are right, and the answer may be read by pages of others."""
    for asking in (Asking(), Asking(**LOGIN)):
        found = asking.ask(X_API_Key=key)
        assert found.refusal is None
        assert dict(found.headers)["Access-Control-Allow-Origin"] == "*"
        assert dict(found.headers)["X-Syncthing-Id"] == DEVICE
        assert dict(found.headers)["X-Syncthing-Version"] == "v1.29.5"


def test_keys_as_bearer() -> None:
    """Since 1.23.7 the key may be a bearer token."""
    assert Asking(OLD).ask(Authorization=f"Bearer {KEY}").refusal
    assert Asking(NEW).ask(Authorization=f"bearer {KEY}").refusal is None
    assert Asking(NEW).ask(Authorization="Bearer wrong").refusal


def test_no_key_is_never_right() -> None:
    """An empty key is wrong, even if none is configured."""
    for headers in ({}, {"X_API_Key": ""}, {"Authorization": "Bearer "}, {"X_API_Key": "wrong"}):
        found = Asking(apiKey="").ask(**headers)
        assert refusal(found) == (403, b"CSRF Error\n")
        assert "X-Syncthing-Id" in dict(found.headers)


@pytest.mark.parametrize(
    ("version", "gui", "status", "text", "asks"),
    [
        (OLD, {}, 401, b"Not Authorized\n", 'Basic realm="Authorization Required"'),
        (NEW, {}, 403, b"Forbidden\n", None),
        (
            NEW,
            {"sendBasicAuthPrompt": True},
            401,
            b"Not Authorized\n",
            f'Basic realm="Authorization Required ({DEVICE.short})"',
        ),
    ],
)
def test_without_a_login(version: str, gui: dict[str, Any], status: int, text: bytes, asks: str | None) -> None:
    """Where a login is asked for, who has none doesn't learn who the daemon is."""
    found = Asking(version, **LOGIN, **gui).ask()
    assert refusal(found) == (status, text)
    assert dict(found.headers).get("Www-Authenticate") == asks
    assert "X-Syncthing-Id" not in dict(found.headers)
    assert found.attempt is None


def basic(login: str, encoding: str = "utf-8") -> str:
    """Return the header of a login."""
    return f"Basic {b64encode(login.encode(encoding)).decode()}"


def test_logins() -> None:
    """A right login is good for pages and gives a session; it is not enough for the API."""
    for version, path in ((OLD, ""), (NEW, "; Path=/")):
        asking = Asking(version, **LOGIN)
        for encoding in ("utf-8", "latin-1"):
            found = asking.ask("/meta.js", Authorization=basic("mé:p:w", encoding))
            assert (found.refusal, found.attempt) == (None, ("mé", True))
        session, token = cookies(found)
        assert session.endswith(path)
        cookie = session.partition(";")[0]
        assert asking.ask("/meta.js", Cookie=cookie).refusal is None
        assert refusal(asking.ask(Cookie=cookie)) == (403, b"CSRF Error\n")
        headers = {f"X_{token.partition('=')[0]}": token.partition("=")[2]}
        assert asking.ask(Cookie=f"{cookie}; other=1", **headers).refusal is None


def test_wrong_logins() -> None:
    """A wrong login is an attempt; what is none is not."""
    asking = Asking(**LOGIN)
    for login in ("mé:wrong", "you:p:w"):
        found = asking.ask(Authorization=basic(login))
        assert found.attempt == (login.partition(":")[0], False)
        assert refusal(found) == (403, b"Forbidden\n")
    for header in ("Basic ***", "Basic", basic("nobody"), "Digest x", "Basic ä"):
        assert asking.ask(Authorization=header).attempt is None
    assert Asking(**{**LOGIN, "authMode": "ldap"}).ask(Authorization=basic("mé:p:w")).attempt == ("mé", False)


def test_when_a_login_is_asked_for() -> None:
    """It takes a user and a password, or LDAP."""
    assert not has_login({**GUI, "user": "x"})
    assert has_login({**GUI, **LOGIN})
    assert has_login({**GUI, "authMode": "ldap"})


@pytest.mark.parametrize(
    ("version", "target", "gui", "open_with_login", "open_without"),
    [
        (OLD, "/", {}, False, True),
        (NEW, "/", {}, True, True),
        (NEW, "/assets/x", {}, True, True),
        (NEW, "/meta.js", {}, False, True),
        (OLD, "/rest/noauth/health", {}, False, False),
        (NEW, "/rest/noauth/health", {}, True, True),
        (NEW, "/rest/svc/lang", {}, True, True),
        (OLD, "/rest/svc/lang", {}, False, False),
        (NEW, "/metrics", {}, False, True),
        (NEW, "/metrics", {"metricsWithoutAuth": True}, True, True),
        (OLD, "/rest/debug/file", {}, False, True),
        (NEW, "/rest/debug/file", {}, False, True),
    ],
)
def test_what_is_open_to_all(
    version: str,
    target: str,
    gui: dict[str, Any],
    open_with_login: bool,
    open_without: bool,
) -> None:
    """What can be had without any key depends on the version, and on whether there is a login."""
    assert (Asking(version, **gui, **LOGIN).ask(target).refusal is None) is open_with_login
    assert (Asking(version, **gui).ask(target).refusal is None) is open_without


def test_tokens() -> None:
    """A page sets a token unless the browser has one; 25 of them are valid."""
    asking = Asking()
    first = cookies(asking.ask("/"))[0]
    assert cookies(asking.ask("/", Cookie=first)) == []
    name, _, token = first.partition("=")
    headers = {f"X_{name.replace('-', '_')}": token}
    assert name == f"CSRF-Token-{DEVICE.short}"
    assert asking.ask(**headers).refusal is None
    for _ in range(25):
        asking.ask("/", Cookie="CSRF-Token-x=1")
    assert refusal(asking.ask(**headers)) == (403, b"CSRF Error\n")
    assert cookies(asking.ask("/", Cookie="a b=[;]"))
    assert cookies(asking.ask("/", X_API_Key=KEY)) == []


def test_sessions_of_the_form() -> None:
    """A cookie that a login was answered with is good until the logout."""
    asking = Asking(**LOGIN)
    name = f"sessionid-{DEVICE.short}"
    answer = Response(status=204, headers={"Set-Cookie": f"{name}=abc; Path=/"})
    asking.access.note_answer(Request("POST", "/rest/noauth/auth/password"), answer)
    assert asking.ask("/meta.js", Cookie=f"{name}=abc").refusal is None
    asking.access.restarted()
    asking.access.note_answer(Request("GET", "/meta.js"), Response())
    assert asking.ask("/meta.js", Cookie=f"{name}=abc").refusal is None
    logout = Request("POST", "/rest/noauth/auth/logout", Headers([("Cookie", f"{name}=abc")]))
    asking.access.note_answer(logout, Response(status=204))
    assert asking.ask("/meta.js", Cookie=f"{name}=abc").refusal
