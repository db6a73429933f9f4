"""What real daemons answered: the files in ``tests/data/recordings``, read when first asked for."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from .scenario import SCENARIO, Ask

__all__ = ["VERSIONS", "Exchange", "RecordedEvent", "events", "exchanges", "is_of_another_build", "replay"]

VERSIONS: Final = ("1.19.2", "1.29.5", "2.1.3")

_DIRECTORY: Final = Path(__file__).parent.parent / "data" / "recordings"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        node: Which daemon: ``a``, ``b`` or ``c``.
        method: HTTP method.
        path: Path, decoded, with its leading slash.
        params: Query.
        body: Body of the request; ``None`` for none.
        note: What was tried.
        auth: Whether the right key was sent.
        status: HTTP status.
        content_type: Content-Type of the answer; empty for none.
        headers: Some headers of the answer.
        kind: ``json`` if ``answer`` is decoded JSON, ``text`` if it is the text itself.
        answer: Body of the answer.
    """

    node: str
    method: str
    path: str
    params: dict[str, str]
    body: Any
    note: str
    auth: bool
    status: int
    content_type: str
    headers: dict[str, str]
    kind: str
    answer: Any

    @property
    def uri(self) -> str:
        """The path without its leading slash."""
        return self.path.removeprefix("/")

    def __str__(self) -> str:
        """What to call it in messages."""
        return f"{self.method} {self.path} {self.params or ''} at {self.node}"


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event.

    Attributes:
        node: Which daemon: ``a``, ``b`` or ``c``.
        stream: ``default`` (``rest/events``), ``all`` (with every type asked for) or ``disk`` (``rest/events/disk``).
        event: The event.
    """

    node: str
    stream: str
    event: dict[str, Any]


@cache
def _read(version: str) -> dict[str, Any]:
    recording: dict[str, Any] = json.loads((_DIRECTORY / f"v{version}.json").read_text(encoding="utf-8"))
    return recording


@cache
def exchanges(version: str) -> tuple[Exchange, ...]:
    """Return the exchanges in the order in which they happened. They are shared: don't change them."""
    return tuple(Exchange(**exchange) for exchange in _read(version)["exchanges"])


def replay(version: str) -> Iterator[Exchange | str]:
    """Go through the exchanges, and what was done beside the API, in the order of the scenario.

    What was added to the scenario since then is left out.

    Raises:
        LookupError: An exchange is not in the scenario, or not in this order.
    """
    left = list(exchanges(version))
    for step in SCENARIO:
        if isinstance(step, str):
            yield step
        elif left and _is_of(step, left[0]):
            yield left.pop(0)
    if left:
        raise LookupError(f"{left[0]} of version {version} is not where it should be in tests/support/scenario.py")


def _is_of(ask: Ask, exchange: Exchange) -> bool:
    """Tell whether an exchange is what came of a step of the scenario."""
    path = re.sub(r"\\{[^}]*\\}", ".*", re.escape(ask.path))
    return (ask.node, ask.method, ask.note, ask.key == "right", ask.body is None, ask.params.keys()) == (
        exchange.node,
        exchange.method,
        exchange.note,
        exchange.auth,
        exchange.body is None,
        exchange.params.keys(),
    ) and re.fullmatch(path, exchange.path) is not None


@cache
def events(version: str) -> tuple[RecordedEvent, ...]:
    """Return the events of all nodes and streams. They are shared: don't change them."""
    return tuple(
        RecordedEvent(node, stream, event)
        for (node, stream), recorded in (
            (name.split(":"), recorded) for name, recorded in _read(version)["events"].items()
        )
        for event in recorded
    )


def is_of_another_build(version: str, exchange: Exchange) -> bool:
    """Tell whether the fake answers otherwise, as its build is another one.

    The recorded 2.1.3 could upgrade itself and found no release; the fake plays those of distributions, which can't.
    """
    return version == "2.1.3" and (exchange.method, exchange.path) == ("POST", "/rest/system/upgrade")
