"""Parsing the API's address, and the URLs that result."""

from __future__ import annotations

import sys
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import example, given, strategies as st
from yarl import URL

from aiosyncthing.local.gui_address import GuiAddress, parse

# Host and port of the URL, and the notations without a scheme that lead there.
WITHOUT_SCHEME: Final = {
    "127.0.0.1:8384": (
        # An address for all interfaces becomes the loopback address of its family; the port defaults to 8384.
        "127.0.0.1:8384 0.0.0.0:8384 :8384 8384 0:8384 0.0:8384 127.0.0.1 "
        "[::ffff:0.0.0.0]:8384 [::FFFF:0:0]:8384 [0:0:0:0:0:ffff:0:0%1]:8384"
    ),
    "[::1]:8384": (
        "[::1]:8384 [::]:8384 [0:0::0]:8384 [::0]:8384 [0000:0000:0000:0000:0000:0000:0000:0000]:8384 "
        "[::0.0.0.0]:8384 [::%eth0]:8384 [::] [::1]"
    ),
    "localhost:8384": "localhost:8384 localhost",
    "nas.example.org.:1": "nas.example.org.:1",
    "my_pc:65535": "my_pc:65535",
    # Near misses of an address for all interfaces.
    "[::ffff:127.0.0.1]:8384": "[::ffff:127.0.0.1]:8384",
    "[::2]:8384": "[::2]:8384",
    "0.0.0.1:8384": "0.0.0.1:8384",
    # Zones, which a URL escapes (RFC 6874).
    "[fe80::1%25eth0]:8384": "[fe80::1%eth0]:8384",
}
WITH_SCHEME: Final = {
    "http://[::1]:8384": "http://[::%25eth0]:8384",
    "http://127.0.0.1:8384": (
        "http://000.0x0.0.0:8384 http://127.0.0.1:8384 http://user:pw@127.0.0.1:8384/path?query#fragment "
        "http://127.0.0.1:8384?query"
    ),
    "http://127.0.0.1:99": "http://0.0.0.0:99 http://:99",
    "https://[::1]:99": "https://[::]:99",
    "https://nas:8384": "https://nas",
    "http://[fe80::1%25eth0]:8384": "http://[fe80::1%25eth0]:8384 http://[fe80::1%eth0]:8384/",
    "https://127.0.0.1:8384": "HTTPS://127.0.0.1:8384/",
    "unix:///run/a%20b": "unix:///run/a%20b?query",
    "unix:///run/a": "unix:/run/a unix://ignored/run/a",
    "unixs:///run/a": "unixs:///run/a",
}
INVALID: Final = """
    : :0 0 127.0.0.1:0 127.0.0.1:00 127.0.0.1: [::1]: http://127.0.0.1:0 http:// http:///path
    127.0.0.1:65536 127.0.0.1:-1 127.0.0.1:http 127.0.0.1:٨٣٨٤ a:1:2 http://user:p/w@127.0.0.1:8384
    ::1 ::1:8384 [::1 ::1]:8384 [127.0.0.1]:8384 [::1]x:8384 [::1%]:8384 [%eth0]:8384 []:8384
    a..b:8384 -a:8384 ä:8384 tcp://127.0.0.1:8384 ftp:/x C:/x http:/127.0.0.1:8384
    / // unix:// unix:/// unix://host unix:///%00
"""
WITH_SPACES: Final = ["", " ", "127.0.0.1: 8384", "[::1%a b]:8384", "a b:8384", "127.0.0.1\x00:8384", "/run/a\nb"]


@pytest.mark.parametrize(
    ("text", "rest"), [(text, rest) for rest, texts in WITHOUT_SCHEME.items() for text in texts.split()]
)
def test_without_a_scheme(text: str, rest: str) -> None:
    """Without a scheme, the caller decides on TLS. White space around the address is ignored."""
    for each in (text, f" \t{text}\r\n"):
        assert (parse(each).url(tls=False), parse(each).url(tls=True)) == (f"http://{rest}", f"https://{rest}")


@pytest.mark.parametrize(("text", "url"), [(text, url) for url, texts in WITH_SCHEME.items() for text in texts.split()])
def test_with_a_scheme(text: str, url: str) -> None:
    """A scheme decides on TLS; user, path, query and fragment of the URL are ignored."""
    assert parse(text).url(tls=False) == parse(text).url(tls=True) == url


def test_the_path_of_a_socket() -> None:
    """A path is a socket; a URL escapes it, whatever bytes are in it."""
    for path in ("/run/a", "\n/run/a\n"):
        assert (parse(path).url(tls=False), parse(path).url(tls=True)) == ("unix:///run/a", "unixs:///run/a")
    assert parse("/run/a b%20?#ä").url(tls=False) == "unix:///run/a%20b%2520%3F%23%C3%A4"
    undecodable = b"/run/\xff".decode(sys.getfilesystemencoding(), "surrogateescape")
    assert parse(undecodable).url(tls=False) == "unix:///run/%FF"
    assert parse("unix:///run/%FF").socket == undecodable


@pytest.mark.parametrize("text", [*INVALID.split(), *WITH_SPACES, "a" * 254 + ":1"])
def test_invalid_addresses(text: str) -> None:
    """What is no address, or leaves the port to the daemon, is refused; the message quotes the address and says why."""
    with pytest.raises(ValueError, match=r"^the address .* can't be used: [a-z]") as refused:
        parse(text)
    assert refused.value.__cause__ is None
    if len(text) < 60 and "@" not in text:
        assert repr(text.strip()) in str(refused.value)


def test_the_message_is_short_and_shows_no_password() -> None:
    """The message leaves out user and password, and cuts a long address."""
    for text, shown in (("http://user:secret@127.0.0.1:0", r"'127\.0\.0\.1:0'"), ("a" * 100_000, r"aaa\.\.\.'")):
        with pytest.raises(ValueError, match=shown) as refused:
            parse(text)
        assert "secret" not in str(refused.value)
        assert len(str(refused.value)) < 300


def test_the_parts() -> None:
    """A socket has neither host nor port, and TLS is unknown without a scheme."""
    assert parse("/run/a") == GuiAddress("", 0, "/run/a", None)
    assert parse("unixs:///run/a") == GuiAddress("", 0, "/run/a", True)
    assert parse("[::]:1") == GuiAddress("::1", 1, "", None)
    assert parse("http://a:1") == GuiAddress("a", 1, "", False)


@pytest.mark.parametrize("unspecified", [True, False])
def test_independent_of_the_python_version(monkeypatch: pytest.MonkeyPatch, unspecified: bool) -> None:
    """Whether an address means all interfaces doesn't depend on how a Python version judges mapped addresses."""
    monkeypatch.setattr("ipaddress.IPv6Address.is_unspecified", unspecified)
    hosts = [parse(f"[{host}]:1").host for host in ("::ffff:0.0.0.0", "::ffff:127.0.0.1", "::")]
    assert hosts == ["127.0.0.1", "::ffff:127.0.0.1", "::1"]


ADDRESSES = st.one_of(
    st.text(),
    st.text(alphabet="0123456789.:[]%/@?#abfehtpsunix -\t\n"),
    st.builds("{}{}{}".format, st.sampled_from(["", "http://", "https://", "unix://", "x://"]), st.text(), st.text()),
    st.builds("{}:{}".format, st.ip_addresses(v=4), st.integers(0, 70000)),
    st.builds("[{}]:{}".format, st.ip_addresses(v=6), st.integers(0, 70000)),
    st.builds("http://[{}%25{}]:{}".format, st.ip_addresses(v=6), st.text(), st.integers(0, 70000)),
)


@given(ADDRESSES, st.booleans())
@example("a%:1", False)
@example("[::%25]:1", False)
def test_any_text(text: str, tls: bool) -> None:
    """Any text is either refused, or becomes a valid URL that means the same when parsed again."""
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
