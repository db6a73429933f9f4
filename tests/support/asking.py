"""A program that asks a fake without any library."""

import json
from http.client import HTTPConnection
from typing import Any, NamedTuple

from pytest_syncthing import FakeSyncthing

__all__ = ["Reply", "ask", "fetch", "happened", "send"]


class Reply(NamedTuple):
    """An answer: its status, and its body as text."""

    status: int
    text: str


def send(fake: FakeSyncthing, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    """Make a request of any kind.

    Args:
        fake: Who is asked.
        method: HTTP method.
        path: Path without its leading slash, and query.
        body: What to send: bytes as they are, anything else as JSON.
        **headers: Headers besides the API key, with ``_`` for ``-``.
    """
    status, content = _request(fake, method, path, body, headers)
    return Reply(status, content.decode(errors="replace"))


def fetch(fake: FakeSyncthing, path: str) -> bytes:
    """Return what a fake answers to a GET, as it is."""
    status, content = _request(fake, "GET", path, None, {})
    assert status == 200
    return content


def ask(fake: FakeSyncthing, path: str, **headers: str) -> Any:
    """Return what a fake answers to a GET, decoded."""
    reply = send(fake, "GET", path, **headers)
    assert reply.status == 200, reply
    return json.loads(reply.text)


def happened(fake: FakeSyncthing, since: int, *kinds: str) -> list[dict[str, Any]]:
    """Return the events behind an ID, of all types or some: their data, and their type as ``kind``."""
    events = ask(fake, f"rest/events?since={since}&timeout=0")
    return [{"kind": event["type"], **(event["data"] or {})} for event in events if not kinds or event["type"] in kinds]


def _request(fake: FakeSyncthing, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, bytes]:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection(fake.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, f"/{path}", data, {"X-API-Key": fake.api_key, **named})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
