"""What follows from a client's key and URL: where requests go, their headers, and what to keep secret.

A malformed key or URL raises nothing yet. Like one that the daemon refuses, it is reported by the first request, where
programs expect errors.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from multidict import CIMultiDict, CIMultiDictProxy, istr

from aiosyncthing.exceptions import BadRequestError

from .place import Place, locate, split_user_info
from .reading import ACCEPTED
from .secrets import Secret, Secrets
from .wire import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXAMPLE: Final = "http://127.0.0.1:8384"
_URL: Final = ("http:/", "https:/", "unix:", "unixs:")
_ADDRESS: Final = r"[\w.-]+:\d{1,5}(/.*)?"
_SWAPPED: Final = "the key comes first: Syncthing(api_key, url)"


class Access:
    """What follows from a client's key and URL. It has no `__repr__` of its own, which could show the secrets.

    Args:
        api_key: As passed to the client; anything but a string is reported in `bad_key`.
        url: As passed to the client.

    Attributes:
        place: Where the URL leads.
        shown: The URL without its secrets, for display.
        headers: Headers of requests.
        open_headers: Headers of requests that need no key.
        secrets: What to keep out of errors.
        no_key: Whether there is no key.
        bad_key: What is wrong with the key; empty if it can be sent.
        bad_url: What is wrong with the URL; empty if it may be right.
    """

    def __init__(self, api_key: object, url: str) -> None:
        base, authorization = split_user_info(url)
        is_url = _is_url(base)
        self.no_key = not api_key
        self.bad_key = _bad_key(api_key, is_url=is_url)
        self.place, self.bad_url = _locate(base, is_url=is_url)
        # What doesn't look like a URL at all may be the key.
        may_be_key = not is_url and re.search("[.:/@]", url) is None
        self.shown = "***" if may_be_key and base else base
        secrets = [api_key] if isinstance(api_key, str) else []
        # The types that aiohttp uses, so that it doesn't convert them for each request.
        headers = CIMultiDict({istr("Accept"): JSON, istr("Accept-Encoding"): ACCEPTED})
        if authorization:  # removed from the URL, since aiohttp's errors show that
            headers[istr("Authorization")] = Secret(authorization)
            secrets += _parts(authorization)
        self.secrets = Secrets(secrets)
        with_key = headers.copy()
        if isinstance(api_key, str) and api_key and not self.bad_key:
            with_key[istr("X-API-Key")] = Secret(api_key)
        self.headers: Mapping[str, str] = CIMultiDictProxy(with_key)
        self.open_headers: Mapping[str, str] = CIMultiDictProxy(headers)


def can_be_sent(api_key: str) -> bool:
    """Return whether a header can hold an API key, and the daemon then gets it as it is."""
    return api_key.isascii() and api_key.isprintable() and api_key == api_key.strip()


def _is_url(text: str) -> bool:
    return text.lower().startswith(_URL)


def _bad_key(api_key: object, *, is_url: bool) -> str:
    if not api_key:
        return ""
    if not isinstance(api_key, str):
        decode = ": decode it" if isinstance(api_key, bytes) else ""
        return f"the API key must be a string, not {type(api_key).__name__}{decode}"
    if _is_url(api_key) or (not is_url and re.fullmatch(_ADDRESS, api_key)):
        return f"the API key is a URL: {_SWAPPED}"
    if api_key.isascii() and api_key.isprintable():
        return ""
    stripped = api_key.strip()
    if stripped.isascii() and stripped.isprintable():
        return "the API key has a line break or other white space at an end: use api_key.strip()"
    return "the API key contains characters that a header can't hold"


def _locate(base: str, *, is_url: bool) -> tuple[Place, str]:
    nowhere = Place("", secure=False)
    if not is_url:
        return nowhere, f"the base URL must look like {_EXAMPLE}, and begin with http:// or https://"
    try:
        place = locate(base)
    except BadRequestError as error:
        return nowhere, str(error)
    if not place.socket and (found := re.search("[?#]", base)):
        right = base[: found.start()].rstrip("/")
        return nowhere, f"the base URL can't contain a {found[0]}, unlike that of a web page. Try {right}"
    return place, ""


def _parts(authorization: str) -> list[str]:
    """Return the secrets in an ``Authorization`` header."""
    token = authorization.removeprefix("Basic ")
    credentials = b64decode(token).decode()
    return [token, credentials, credentials.partition(":")[2]]
