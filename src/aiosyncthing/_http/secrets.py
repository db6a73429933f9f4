"""Keeps secrets out of errors, logs and reprs.

A server may echo what it received: on an error page, in a header, in half a status line. So everything a server sent
goes through `Secrets.mask` before it becomes part of an error, and every error goes through `Secrets.clean` before it
leaves `API`.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote, quote_plus

from multidict import CIMultiDict, CIMultiDictProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_T = TypeVar("_T")

_MASK: Final = "***"
_LEAST: Final = 8  # a shorter secret may well be part of ordinary words
_GO_JSON: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}  # encoding/json escapes these too
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_PYTHON_HTML: Final = str.maketrans({**_HTML, '"': "&quot;", "'": "&#x27;"})  # html.escape, which is slow to import
_GO_HTML: Final = str.maketrans({**_HTML, '"': "&#34;", "'": "&#39;", "+": "&#43;"})  # html/template


class Secret(str):
    """A string with a repr that hides it, for tracebacks that show variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK)


def hidden(value: _T) -> _T:
    """Return a string as a `Secret`, and anything else unchanged."""
    return cast("_T", Secret(value)) if type(value) is str else value


class Secrets:
    """The secrets of a client, to be removed from texts and errors.

    Args:
        secrets: The secrets. Any shorter than eight characters are ignored, since ordinary words may contain them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [Secret(secret) for secret in secrets if len(secret) >= _LEAST]
        # The bound method, since the repr of a pattern shows the pattern.
        self._replace: Callable[[str, str], str] | None = None

    def __repr__(self) -> str:
        """Show their number."""
        return f"<{len(self._secrets)} secrets>"

    def mask(self, text: str) -> str:
        """Return a text without the secrets, in whatever form they appear."""
        if not self._secrets:
            return text
        if self._replace is None:  # most clients never need it
            forms = {form for secret in self._secrets for form in _forms(secret)}
            # Longest first: one form may begin with another.
            longest_first = sorted(forms, key=len, reverse=True)
            self._replace = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE).sub
        return self._replace(_MASK, text)

    def clean(self, error: BaseException) -> None:
        """Remove the secrets and the tracebacks from an error, its causes and its contexts.

        Some loggers show the variables of frames. Where aiohttp writes to a connection these hold the request's bytes,
        and where it reads an answer, what the server sent. The exception that the caller is handling stays as it is.
        """
        for link in _chain(error):
            link.__traceback__ = None
            link.args = self._cleaned(link.args)
            for name, value in vars(link).items():
                vars(link)[name] = self._cleaned(value)

    def _cleaned(self, value: Any) -> Any:
        """Return a value without its secrets, and the value itself if it has none."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, bytes):
            return self.mask(value.decode("latin-1")).encode("latin-1")
        if isinstance(value, CIMultiDictProxy):
            pairs = cast("CIMultiDictProxy[str]", value).items()
            return CIMultiDictProxy(CIMultiDict((self.mask(name), self.mask(text)) for name, text in pairs))
        if isinstance(value, (tuple, list)):
            parts = [self._cleaned(part) for part in cast("Iterable[Any]", value)]
            # A named tuple, such as aiohttp's RawResponseMessage, has another constructor.
            make: Callable[[list[Any]], Any] | None = getattr(cast("object", value), "_make", None)
            if make is not None:
                return make(parts)
            return parts if isinstance(value, list) else tuple(parts)
        shown = repr(value)
        masked = self.mask(shown)
        return value if masked == shown else masked


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error with its causes and contexts, up to the exception that the caller is handling."""
    callers = sys.exception()  # the context of everything raised since
    known = {id(callers)}
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop()
        if link is not None and id(link) not in known:
            known.add(id(link))
            todo += [link.__cause__, link.__context__]
            yield link


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as servers may escape or encode it."""
    secret = str(secret)
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    escaped = json.dumps(secret)[1:-1]
    yield escaped
    yield escaped.translate(_GO_JSON)
    yield secret.translate(_PYTHON_HTML)
    yield secret.translate(_GO_HTML)
    yield secret.encode().hex()
    yield from _encoded(secret.encode())


def _encoded(data: bytes) -> Iterator[str]:
    """Yield the Base64 forms of data at any position within what is encoded.

    Base64 turns three bytes into four characters, so there are three forms. The characters at either end also depend on
    the neighbouring bytes, and are left out.
    """
    for before in range(3):
        padded = bytes(before) + data
        begin = -(-before * 8 // 6)
        end = len(padded) * 8 // 6
        yield b64encode(padded).decode()[begin:end]
        yield urlsafe_b64encode(padded).decode()[begin:end]
