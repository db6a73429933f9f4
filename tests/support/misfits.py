"""Misfits: recorded answers of real daemons, with something else in some places."""

import json
import random
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

__all__ = ["misfits", "some_misfit", "some_misfit_bytes"]

Path: TypeAlias = "tuple[str | int, ...]"

_DELETED: Final = object()
_TWICE: Final = object()
_DEEP: Final = json.loads("[" * 300 + "]" * 300)
_OTHERS: Final = (
    *(_DELETED, _TWICE, None, True, 0, -1, 2**63, 10**30, 0.5, 1e308, "", "x", "\ud800", [], {}, [None], {"": None}),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", _DEEP, [[{"id": []}]]),
)
_ELEMENTS: Final = 2  # of each list and of each map of equal things


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield all places in a value, but only the first few of each list."""
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _places(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value[:_ELEMENTS]):
            yield from _places(below, (*path, number))


def _put(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of a value with another one in a place; the rest is shared."""
    step, *rest = path
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copied[step] = _put(value[step], tuple(rest), new)
    elif new is _DELETED:
        del copied[step]
    elif new is _TWICE:
        if isinstance(copied, list):
            copied.append(value[step])
        else:
            copied[f"{step} "] = value[step]
    else:
        copied[step] = new
    return copied


def misfits(value: Any) -> Iterator[Any]:
    """Yield a value with each of many other values in each of its places."""
    for path in _places(value):
        for other in _OTHERS:
            if path:
                yield _put(value, path, other)
            elif other not in (_DELETED, _TWICE):
                yield other


def some_misfit(value: Any, chance: random.Random) -> Any:
    """Return a value with other values in some of its places."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        places = [path for path in _places(value) if path]
        if not places:
            return chance.choice(_OTHERS[2:])
        value = _put(value, chance.choice(places), chance.choice(_OTHERS))
    return value


def some_misfit_bytes(value: Any, chance: random.Random) -> bytes:
    """Return a misfit as the body of an answer, sometimes cut short or garbled."""
    body = json.dumps(some_misfit(value, chance)).encode()
    if chance.random() < 0.1:
        return body[: chance.randrange(len(body))]
    if chance.random() < 0.1:
        place = chance.randrange(len(body))
        return body[:place] + chance.randbytes(3) + body[place:]
    return body
