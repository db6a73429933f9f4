"""What a client's key and URL mean: where requests go, what they carry, and what must not be seen of it.

A key or URL that can't be right is no reason for an error yet: like one that the daemon refuses, it is reported by the
first request, where programs expect errors.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final, NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy, istr

from aiosyncthing.exceptions import BadRequestError

from .place import Place, locate, split_user_info
from .reading import ACCEPTED
from .secrets import Secret, Secrets
from .wire import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXAMPLE: Final = "http://127.0.0.1:8384"
_URL: Final = re.compile(r"https?:/|unixs?:", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[\w.-]+:\d{1,5}(/.*)?")
_SWAPPED: Final = "the key comes first: Syncthing(api_key, url)"


class Access(NamedTuple):
    """What a client's key and URL mean.

    Attributes:
        place: Where the URL leads to.
        shown: The URL as it may be shown.
        headers: What every request carries.
        open_headers: What requests carry that need no key.
        secrets: What must not be seen.
        no_key: Whether there is no key.
        bad_key: What is wrong with the key; empty if it can be sent.
        bad_url: What is wrong with the URL; empty if it may be right.
    """

    place: Place
    shown: str
    headers: Mapping[str, str]
    open_headers: Mapping[str, str]
    secrets: Secrets
    no_key: bool
    bad_key: str
    bad_url: str


def read_access(api_key: object, url: str) -> Access:
    """Find out what a key and a URL mean.

    Args:
        api_key: As given to the client: a string, if it is right.
        url: As given to the client.
    """
    base, authorization = split_user_info(url)
    is_url = _URL.match(base) is not None
    bad_key = _bad_key(api_key, is_url=is_url)
    place, bad_url = _locate(base, is_url=is_url)
    secrets = [api_key] if isinstance(api_key, str) else []
    # What is no URL at all may be the key.
    may_be_key = not is_url and re.search("[.:/@]", url) is None
    if may_be_key:
        secrets.append(url)
    # As aiohttp wants them: then it needs to convert nothing for each request.
    headers = CIMultiDict({istr("Accept"): JSON, istr("Accept-Encoding"): ACCEPTED})
    if authorization:  # not left in the URL, which aiohttp's errors show
        headers[istr("Authorization")] = Secret(authorization)
        secrets += _parts(authorization)
    with_key = headers.copy()
    if isinstance(api_key, str) and api_key and not bad_key:
        with_key[istr("X-API-Key")] = Secret(api_key)
    return Access(
        place,
        "***" if may_be_key and base else base,
        CIMultiDictProxy(with_key),
        CIMultiDictProxy(headers),
        Secrets(secrets),
        not api_key,
        bad_key,
        bad_url,
    )


def _bad_key(api_key: object, *, is_url: bool) -> str:
    if not api_key:
        return ""
    if not isinstance(api_key, str):
        decode = ": decode it" if isinstance(api_key, bytes) else ""
        return f"the API key must be a string, not {type(api_key).__name__}{decode}"
    if _URL.match(api_key) or (not is_url and _ADDRESS.fullmatch(api_key)):
        return f"the API key is a URL: {_SWAPPED}"
    if api_key.isascii() and api_key.isprintable():
        return ""
    stripped = api_key.strip()
    if stripped.isascii() and stripped.isprintable():
        return "the API key begins or ends with a line break or the like: use api_key.strip()"
    return "the API key has characters that can't be sent in a header"


def _locate(base: str, *, is_url: bool) -> tuple[Place, str]:
    nowhere = Place("", secure=False)
    if not is_url:
        return nowhere, f"the base URL must be like {_EXAMPLE}, with http:// or https://"
    try:
        place = locate(base)
    except BadRequestError as error:
        return nowhere, str(error)
    if not place.socket and (found := re.search("[?#]", base)):
        right = base[: found.start()].rstrip("/")
        return nowhere, f"the base URL must not have a {found[0]}, as those of web pages do. Try {right}"
    return place, ""


def _parts(authorization: str) -> list[str]:
    """Return what must not be seen of user and password, from their header."""
    token = authorization.removeprefix("Basic ")
    credentials = b64decode(token).decode()
    return [token, credentials, credentials.partition(":")[2]]
