"""Secrets, and how they stay out of everything that people or logs see.

A server may send back what it got: on an error page, in a header, in half a status line. So whatever it sent passes
`Secrets.mask` before it becomes a part of an error, and every error passes `Secrets.clean` before it leaves `API`.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode, urlsafe_b64encode
from html import escape
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote, quote_plus

from multidict import CIMultiDict, CIMultiDictProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_T = TypeVar("_T")

_MASK: Final = "***"
_LEAST: Final = 8  # a shorter one may well be a part of common words
_GO_JSON: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}  # encoding/json escapes these, too
_GO_HTML: Final = {'"': "&#34;", "'": "&#39;", "+": "&#43;"}  # html/template


class Secret(str):
    """A string that shows nothing of itself in reprs, such as those of variables in a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK)


def hidden(value: _T) -> _T:
    """Return a string as a `Secret`, and anything else as it is."""
    return cast("_T", Secret(value)) if type(value) is str else value


class Secrets:
    """What must not be seen.

    Args:
        secrets: The secrets. Those of fewer than eight characters are left alone, since common words may hold them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [Secret(secret) for secret in secrets if len(secret) >= _LEAST]
        # Bound, since the repr of a pattern shows the pattern.
        self._replace: Callable[[str, str], str] | None = None

    def __repr__(self) -> str:
        """Show how many there are."""
        return f"<{len(self._secrets)} secrets>"

    def mask(self, text: str) -> str:
        """Return a text without the secrets, in whatever form it has them."""
        if not self._secrets:
            return text
        if self._replace is None:  # few clients ever need it
            forms = {form for secret in self._secrets for form in _forms(secret)}
            # The longest first: a form may begin with another one.
            longest_first = sorted(forms, key=len, reverse=True)
            self._replace = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE).sub
        return self._replace(_MASK, text)

    def clean(self, error: BaseException) -> None:
        """Remove the secrets from an error and from those that it came from, and let them forget their frames.

        Where aiohttp writes to a connection, variables hold the whole request as bytes, and where an answer is read
        they hold what the server sent; some loggers show variables. What the caller was handling stays as it is.
        """
        for link in _chain(error):
            link.__traceback__ = None
            link.args = self._cleaned(link.args)
            for name, value in vars(link).items():
                vars(link)[name] = self._cleaned(value)

    def _cleaned(self, value: Any) -> Any:
        """Return a value as it is, or without the secrets that it holds."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, bytes):
            return self.mask(value.decode("latin-1")).encode("latin-1")
        if isinstance(value, CIMultiDictProxy):
            pairs = cast("CIMultiDictProxy[str]", value).items()
            return CIMultiDictProxy(CIMultiDict((self.mask(name), self.mask(text)) for name, text in pairs))
        if isinstance(value, (tuple, list)):
            parts = [self._cleaned(part) for part in cast("Iterable[Any]", value)]
            # A named one, such as aiohttp's RawResponseMessage, is made of its parts in another way.
            make: Callable[[list[Any]], Any] | None = getattr(cast("object", value), "_make", None)
            if make is not None:
                return make(parts)
            return parts if isinstance(value, list) else tuple(parts)
        shown = repr(value)
        masked = self.mask(shown)
        return value if masked == shown else masked


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from, up to what the caller is handling."""
    callers = sys.exception()  # it became the context of everything raised since
    known = {id(callers)}
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop()
        if link is not None and id(link) not in known:
            known.add(id(link))
            todo += [link.__cause__, link.__context__]
            yield link


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as servers escape or encode what they show."""
    secret = str(secret)
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    escaped = json.dumps(secret)[1:-1]
    yield escaped
    yield escaped.translate(_GO_JSON)
    yield escape(secret)
    yield re.sub("[\"'+]", lambda match: _GO_HTML[match[0]], escape(secret, quote=False))
    yield secret.encode().hex()
    yield from _encoded(secret.encode())


def _encoded(data: bytes) -> Iterator[str]:
    """Yield what Base64 makes of data, wherever it stands in what is encoded.

    Base64 turns three bytes into four characters, so there are three ways. At both ends characters also depend on what
    stands beside; they are left out.
    """
    for before in range(3):
        padded = bytes(before) + data
        begin = -(-before * 8 // 6)
        end = len(padded) * 8 // 6
        yield b64encode(padded).decode()[begin:end]
        yield urlsafe_b64encode(padded).decode()[begin:end]
