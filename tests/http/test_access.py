"""What a client's key and URL mean; what becomes of it in requests is tested with those."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from aiosyncthing._http.access import read_access
from aiosyncthing._http.place import Place

KEY = "a-key-that-nobody-may-see"
URL = "http://nas:8384"


def test_what_requests_carry() -> None:
    """The key goes with what needs one, user and password of the URL with everything."""
    access = read_access(KEY, "https://user:a-password@nas/x/")
    basic = f"Basic {b64encode(b'user:a-password').decode()}"
    assert access.headers["x-api-key"] == KEY
    assert access.headers["Authorization"] == access.open_headers["Authorization"] == basic
    assert "X-API-Key" not in access.open_headers
    assert (access.place, access.shown) == (Place("https://nas/x", secure=True), "https://nas/x/")
    assert (access.no_key, access.bad_key, access.bad_url) == (False, "", "")
    shown = repr(access)
    assert not any(secret in shown for secret in (KEY, "a-password", basic))
    text = f"{KEY} a-password user:a-password {basic}"
    assert access.secrets.mask(text) == "*** *** *** Basic ***"


@pytest.mark.parametrize("key", ["", None, b""])
def test_no_key(key: Any) -> None:
    """Without a key nothing is wrong yet: a proxy may add one, and some requests need none."""
    access = read_access(key, URL)
    assert (access.no_key, access.bad_key) == (True, "")
    assert "X-API-Key" not in access.headers


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("key", ""),
        ("k e:y/+~", ""),
        ("127.0.0.1:8384", ""),  # odd, but the URL is one
        ("key\n", "use api_key.strip()"),
        ("\ufeffkey", "can't hold"),
        ("\tkey", "use api_key.strip()"),
        ("k\ney", "can't hold"),
        ("schlüssel", "can't hold"),
        ("\u2026", "can't hold"),
        (b"key", "not bytes: decode it"),
        (7, "not int"),
        ("https://nas", "the key comes first"),
        ("unixs:///run/x", "the key comes first"),
    ],
)
def test_keys(key: Any, reason: str) -> None:
    """What is wrong with a key is named, without the key; it is not sent then."""
    access = read_access(key, URL)
    assert reason in access.bad_key
    assert bool(access.bad_key) is bool(reason)
    assert ("X-API-Key" in access.headers) is (not reason)
    assert str(key) not in access.bad_key


@pytest.mark.parametrize("key", ["http://nas:8384", "nas:8384", "127.0.0.1:8384/x"])
def test_swapped_arguments(key: str) -> None:
    """A key in the place of the URL is no less a secret."""
    access = read_access(key, KEY)
    assert "the key comes first" in access.bad_key
    assert access.bad_url
    assert access.shown == "***"
    assert access.secrets.mask(f"GET {KEY}") == "GET ***"
    assert KEY not in access.bad_key + access.bad_url + repr(access)


@pytest.mark.parametrize(
    ("url", "shown", "reason"),
    [
        (URL, URL, ""),
        ("HTTPS://nas/x/", "HTTPS://nas/x/", ""),
        ("unix:///run/gui.sock", "unix:///run/gui.sock", ""),
        ("http://", "http://", ""),  # aiohttp says what is wrong
        ("nas", "***", "begin with http://"),
        ("nas:8384", "nas:8384", "begin with http://"),
        ("user:password@nas:8384", "nas:8384", "begin with http://"),
        ("", "", "begin with http://"),
        ("ftp://nas", "ftp://nas", "begin with http://"),
        ("http://nas:8384/#/", "http://nas:8384/#/", "Try http://nas:8384"),
        ("http://nas/x/?y", "http://nas/x/?y", "Try http://nas/x"),
        ("unix:gui.sock", "unix:gui.sock", "absolute path"),
    ],
)
def test_urls(url: str, shown: str, reason: str) -> None:
    """What is wrong with a URL is named, with what to try."""
    access = read_access(KEY, url)
    assert access.shown == shown
    assert reason in access.bad_url
    assert bool(access.bad_url) is bool(reason)
