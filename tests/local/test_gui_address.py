"""The forms of the API's address, and the URLs that they become."""

from __future__ import annotations

import sys
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from aiosyncthing.local.gui_address import GuiAddress, parse

# What stands in a configuration, an option or a variable; the URL without TLS and, where it doesn't say, with.
FORMS: Final = [
    ("127.0.0.1:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("[::1]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("localhost:8384", "http://localhost:8384", "https://localhost:8384"),
    ("nas.example.org.:1", "http://nas.example.org.:1", "https://nas.example.org.:1"),
    ("my_pc:65535", "http://my_pc:65535", "https://my_pc:65535"),
    # All interfaces: the loopback of the same family.
    ("0.0.0.0:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    (":8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("[::]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("[0:0::0]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("[::0]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("[0000:0000:0000:0000:0000:0000:0000:0000]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("[::0.0.0.0]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("[::%eth0]:8384", "http://[::1]:8384", "https://[::1]:8384"),
    ("http://[::%25eth0]:8384", "http://[::1]:8384", "http://[::1]:8384"),
    ("[::ffff:0.0.0.0]:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("[::FFFF:0:0]:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("[0:0:0:0:0:ffff:0:0%1]:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("0:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("0.0:8384", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("http://000.0x0.0.0:8384", "http://127.0.0.1:8384", "http://127.0.0.1:8384"),
    # Others of these families are no wildcards.
    ("[::ffff:127.0.0.1]:8384", "http://[::ffff:127.0.0.1]:8384", "https://[::ffff:127.0.0.1]:8384"),
    ("[::2]:8384", "http://[::2]:8384", "https://[::2]:8384"),
    ("0.0.0.1:8384", "http://0.0.0.1:8384", "https://0.0.0.1:8384"),
    ("[::]", "http://[::1]:8384", "https://[::1]:8384"),
    ("http://0.0.0.0:99", "http://127.0.0.1:99", "http://127.0.0.1:99"),
    ("https://[::]:99", "https://[::1]:99", "https://[::1]:99"),
    ("http://:99", "http://127.0.0.1:99", "http://127.0.0.1:99"),
    # Without a port.
    ("127.0.0.1", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("[::1]", "http://[::1]:8384", "https://[::1]:8384"),
    ("localhost", "http://localhost:8384", "https://localhost:8384"),
    ("https://nas", "https://nas:8384", "https://nas:8384"),
    # Zones, which a URL escapes (RFC 6874).
    ("[fe80::1%eth0]:8384", "http://[fe80::1%25eth0]:8384", "https://[fe80::1%25eth0]:8384"),
    ("http://[fe80::1%25eth0]:8384", "http://[fe80::1%25eth0]:8384", "http://[fe80::1%25eth0]:8384"),
    ("http://[fe80::1%eth0]:8384/", "http://[fe80::1%25eth0]:8384", "http://[fe80::1%25eth0]:8384"),
    # The scheme of an override decides, and what is more than host and port does not count.
    ("http://127.0.0.1:8384", "http://127.0.0.1:8384", "http://127.0.0.1:8384"),
    ("HTTPS://127.0.0.1:8384/", "https://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("http://user:p/w@127.0.0.1:8384", None, None),
    ("http://user:pw@127.0.0.1:8384/path?query#fragment", "http://127.0.0.1:8384", "http://127.0.0.1:8384"),
    ("http://127.0.0.1:8384?query", "http://127.0.0.1:8384", "http://127.0.0.1:8384"),
    # Sockets.
    ("/run/syncthing.sock", "unix:///run/syncthing.sock", "unixs:///run/syncthing.sock"),
    ("/run/a b%20?#ä", "unix:///run/a%20b%2520%3F%23%C3%A4", "unixs:///run/a%20b%2520%3F%23%C3%A4"),
    ("unix:///run/a%20b?query", "unix:///run/a%20b", "unix:///run/a%20b"),
    ("unixs:///run/a", "unixs:///run/a", "unixs:///run/a"),
    ("unix:/run/a", "unix:///run/a", "unix:///run/a"),
    ("unix://ignored/run/a", "unix:///run/a", "unix:///run/a"),
    # White space around it.
    (" \t127.0.0.1:8384\r\n", "http://127.0.0.1:8384", "https://127.0.0.1:8384"),
    ("\n/run/a\n", "unix:///run/a", "unixs:///run/a"),
]
USELESS: Final = [
    "",
    " ",
    ":",
    ":0",
    "0",
    "127.0.0.1:0",
    "127.0.0.1:00",
    "127.0.0.1:",
    "[::1]:",
    "http://127.0.0.1:0",
    "http://",
    "http:///path",
    "127.0.0.1:65536",
    "127.0.0.1:-1",
    "127.0.0.1:http",
    "127.0.0.1:٨٣٨٤",
    "127.0.0.1: 8384",
    "::1",
    "::1:8384",
    "[::1",
    "::1]:8384",
    "[127.0.0.1]:8384",
    "[::1]x:8384",
    "[::1%]:8384",
    "[::1%a b]:8384",
    "[%eth0]:8384",
    "[]:8384",
    "a b:8384",
    "a..b:8384",
    "-a:8384",
    "ä:8384",
    f"{'a' * 254}:8384",
    "a:1:2",
    "tcp://127.0.0.1:8384",
    "/",
    "//",
    "unix://",
    "unix:///",
    "unix://host",
    "unix:///%00",
    "ftp:/x",
    "C:/x",
    "http:/127.0.0.1:8384",
    "127.0.0.1\x00:8384",
    "/run/a\nb",
]


@pytest.mark.parametrize(("text", "plain", "secure"), FORMS)
def test_forms(text: str, plain: str | None, secure: str | None) -> None:
    """Each form becomes the URL by which that address is reached from this computer."""
    if plain is None or secure is None:
        with pytest.raises(ValueError, match="can't be used"):
            parse(text)
        return
    assert parse(text).url(tls=False) == plain
    assert parse(text).url(tls=True) == secure


@pytest.mark.parametrize("text", USELESS)
def test_what_does_not_tell_where(text: str) -> None:
    """What is no address, or one that the daemon chooses anew each time, is refused, with the address in the text."""
    with pytest.raises(ValueError, match=r"^the address .* can't be used: [a-z]") as refused:
        parse(text)
    assert refused.value.__cause__ is None
    if len(text) < 60 and "@" not in text:
        assert repr(text.strip()) in str(refused.value)


def test_what_is_shown_of_an_address() -> None:
    """An error shows no password, and not more of an address than one can read."""
    with pytest.raises(ValueError, match=r"'127\.0\.0\.1:0'") as refused:
        parse("http://user:secret@127.0.0.1:0")
    assert "secret" not in str(refused.value)
    with pytest.raises(ValueError, match=r"aaa\.\.\.'") as refused:
        parse("a" * 100_000)
    assert len(str(refused.value)) < 300


def test_parts() -> None:
    """A socket has no host and port; an address knows of TLS only what it says."""
    assert parse("/run/a") == GuiAddress("", 0, "/run/a", None)
    assert parse("unixs:///run/a") == GuiAddress("", 0, "/run/a", True)
    assert parse("[::]:1") == GuiAddress("::1", 1, "", None)
    assert parse("http://a:1") == GuiAddress("a", 1, "", False)


def test_a_path_that_is_not_text() -> None:
    """A socket may have any bytes in its name."""
    path = b"/run/\xff".decode(sys.getfilesystemencoding(), "surrogateescape")
    assert parse(path).url(tls=False) == "unix:///run/%FF"
    assert parse("unix:///run/%FF").socket == path


@pytest.mark.parametrize("told", [True, False])
def test_whatever_python_says(monkeypatch: pytest.MonkeyPatch, told: bool) -> None:
    """What is a wildcard doesn't depend on how a version of Python judges mapped addresses."""
    monkeypatch.setattr("ipaddress.IPv6Address.is_unspecified", told)
    assert parse("[::ffff:0.0.0.0]:1").host == "127.0.0.1"
    assert parse("[::ffff:127.0.0.1]:1").host == "::ffff:127.0.0.1"
    assert parse("[::]:1").host == "::1"


ADDRESSES = st.one_of(
    st.text(),
    st.text(alphabet="0123456789.:[]%/@?#abfehtpsunix -\t\n"),
    st.builds(
        "{}{}{}{}".format, st.sampled_from(["", "http://", "https://", "unix://", "x://"]), st.text(), *[st.text()] * 2
    ),
    st.builds("{}:{}".format, st.ip_addresses(v=4), st.integers(0, 70000)),
    st.builds("[{}]:{}".format, st.ip_addresses(v=6), st.integers(0, 70000)),
    st.builds("http://[{}%25{}]:{}".format, st.ip_addresses(v=6), st.text(), st.integers(0, 70000)),
)


@given(ADDRESSES, st.booleans())
@example("a%:1", False)
@example("[::%25]:1", False)
def test_anything(text: str, tls: bool) -> None:
    """Whatever it is: it is refused, or a URL comes of it that is one, and means the same when it is read again."""
    try:
        address = parse(text)
    except ValueError as error:
        assert "can't be used" in str(error)  # noqa: PT017 - either is right
        return
    url = address.url(tls=tls)
    again = parse(url)
    assert again.url(tls=not tls) == url
    assert again[:3] == address[:3]
    assert url.isascii()
    if address.socket:
        assert url.partition("://")[2] == quote(address.socket, errors="surrogateescape")
    else:
        parsed = URL(url)
        assert (parsed.scheme, parsed.port) == ("https" if url.startswith("https") else "http", address.port)
        assert (parsed.host or "").casefold() == address.host.casefold()
