"""Parse and format values of settings. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args, get_origin, is_typeddict

from aiosyncthing.cli.errors import UsageError
from aiosyncthing.config import Place, steps

from .paths import kind_of, written

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_DIGITS: Final = 30  # Python refuses to read thousands of them
_LISTEN: Final = ("options", "listenAddresses")
_LISTENER: Final = re.compile(r"default(-v[46])?|[a-z][a-z0-9+]*://.+|dynamic\+https?://.+")
_SECRETS: Final = frozenset({"apiKey", "encryptionPassword", "password"})


def read_value(texts: Sequence[str], place: Place, current: object) -> Any:
    """Return the value for a setting.

    Args:
        texts: The arguments: one text, or the elements of a list.
        place: The setting.
        current: Its current value, whose type counts if the library doesn't know the setting.

    Raises:
        UsageError: It is not a valid value for this setting.
    """
    kind, path = kind_of(place), written(place)
    if get_origin(kind) is list and get_args(kind)[0] is str and not (len(texts) == 1 and texts[0].startswith("[")):
        if place == _LISTEN:
            _check_listeners(texts, path)
        return list(texts)
    if len(texts) != 1:
        raise UsageError(f"{path} takes one value")
    text = texts[0]
    if get_origin(kind) is Literal:
        return _word(text, get_args(kind), path)
    wanted = kind if kind in {bool, int, float, str} else type(current)
    if kind is None and not isinstance(current, bool | int | float | str):
        wanted = object
    if wanted is str:
        return text
    if wanted is bool:
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"{path} must be true or false, not {text!r}")
        return text.lower() == "true"
    if wanted is int or wanted is float:
        return _number(text, path, whole=wanted is int)
    return _structure(text, path, kind, current)


def is_secret(place: Place) -> bool:
    """Return whether a setting is a password or a key."""
    return bool(place) and place[-1] in _SECRETS and not steps(place)[-1][1]


def holds_secret(value: object) -> bool:
    """Return whether an object or a list contains a password or a key."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return any((key in _SECRETS and bool(each)) or holds_secret(each) for key, each in fields.items())
    return isinstance(value, list) and any(map(holds_secret, cast("list[object]", value)))


def shown(value: object) -> str:
    """Return a value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False)


def _check_listeners(texts: Sequence[str], path: str) -> None:
    for text in texts:
        if text and not _LISTENER.fullmatch(text):
            raise UsageError(
                f"{path}: Syncthing would not listen on {text!r}", hint="write default, or a URL such as tcp://:22000"
            )


def _word(text: str, words: Sequence[str], path: str) -> str:
    if text in words:
        return text
    near = get_close_matches(text.lower(), {word.lower(): word for word in words}, 1)
    meant = next((word for word in words if near and word.lower() == near[0]), None)
    hint = f"did you mean {meant}?" if meant else ""
    raise UsageError(
        f"{path} must be one of {', '.join(word or repr(word) for word in words)}, not {text!r}", hint=hint
    )


def _number(text: str, path: str, *, whole: bool) -> int | float:
    if re.fullmatch(r"[+-]?\d+", text):
        number = int(text) if len(text) <= _MOST_DIGITS else None
        if number is None or not -(2**63) <= number < 2**63:  # the limit that the daemon has for all numbers
            shown_text = text if len(text) <= _MOST_DIGITS else "this one"
            raise UsageError(f"{path} must be a 64-bit number: {shown_text} is too large")
        return number
    if not whole and re.fullmatch(r"[+-]?\d*\.\d+", text):
        return float(text)
    raise UsageError(f"{path} must be a {'whole ' if whole else ''}number, not {text!r}")


def _structure(text: str, path: str, kind: Any, current: object) -> Any:
    is_list = get_origin(kind) is list or isinstance(current, list)
    example = '[{"key": "value"}]' if is_list else '{"key": "value"}'
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} must be JSON such as {example}: {error}") from None
    if kind is None and current is None:
        return value
    if not _fits(value, kind, is_list=is_list):
        raise UsageError(f"{path} must be JSON such as {example}")
    return value


def _fits(value: object, kind: Any, *, is_list: bool) -> bool:
    return isinstance(value, list) is is_list and (isinstance(value, dict) or not is_typeddict(kind))
