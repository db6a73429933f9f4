"""What real daemons were once asked, the fake is asked: it answers with the same status, type of content and shape.

The recorded requests are played in their order to three fakes that know each other, as the three daemons did. What
people or file systems did in between is done here, before the requests that it was recorded by.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import pytest
from tests.support.answers import ANSWERS, template
from tests.support.outline import outline
from tests.support.recordings import VERSIONS, Exchange, exchanges, is_of_another_build

from pytest_syncthing import FakeSyncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODES: Final = ("a", "b", "c")

# Paths whose answers are different by nature, with the reason. Their status and type of content are compared.
OTHER_SHAPE: Final = {
    "/rest/svc/report": "it has a field for whatever is used, and leaves out others",
    "/rest/system/paths": "a map of names, which are compared by the tests of the answers",
    "/rest/events": "the events depend on what has happened; their types are compared by the contract's tests",
    "/rest/system/discovery": "empty without discovery",
}
# What the fake leaves open where a daemon has something, by place in the outline, with the reason.
MAY_DIFFER: Final = {
    "$.lastDialStatus{}": "fakes dial nobody",
    "$.lastDialStatus{}.when": "fakes dial nobody",
    "$.lastDialStatus{}.error": "fakes dial nobody",
}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes


class Cluster:
    """Three fakes with the device IDs of the recorded daemons."""

    def __init__(self, version: str, fakes: dict[str, FakeSyncthing], recorded: tuple[Exchange, ...]) -> None:
        self.version = version
        self.fakes = fakes
        addresses = {
            node: recorded_config["options"]["listenAddresses"][0]
            for node, recorded_config in configs(recorded).items()
        }
        self._moved = {addresses[node]: fake.sync_address for node, fake in fakes.items() if node in addresses}
        self._versions: dict[str, Any] = {}

    def ask(self, exchange: Exchange) -> Answer:
        """Make a recorded request."""
        fake = self.fakes[exchange.node]
        target = quote(exchange.path) + (f"?{urlencode(exchange.params, quote_via=quote)}" if exchange.params else "")
        headers = self._headers(fake, exchange)
        body = None if exchange.body is None else self._translated(exchange.body)
        host, port = fake.url.removeprefix("http://").split(":")
        connection = HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request(exchange.method, target, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers.get("Content-Type", ""), response.read())
        finally:
            connection.close()
        if exchange.path == "/rest/folder/versions" and exchange.method == "GET" and answer.status == 200:
            self._versions = json.loads(answer.body)
        return answer

    def _headers(self, fake: FakeSyncthing, exchange: Exchange) -> dict[str, str]:
        note = exchange.note or ""
        headers = {"X-API-Key": fake.api_key} if exchange.auth else {}
        if note == "wrong key":
            headers = {"X-API-Key": "wrong"}
        elif note == "bearer":
            headers = {"Authorization": f"Bearer {fake.api_key}"}
        elif note == "foreign Host header":
            headers = {"X-API-Key": fake.api_key, "Host": "syncthing.example"}
        return headers

    def _translated(self, body: Any) -> bytes:
        """Return the body with the addresses of the fakes, and with a version that they have."""
        if isinstance(body, str):
            return body.encode()
        if isinstance(body, dict) and "olddir/a.txt" in body:
            body = {**body, "olddir/a.txt": self._versions["olddir/a.txt"][0]["versionTime"]}
        text = json.dumps(body)
        for recorded, actual in self._moved.items():
            text = text.replace(recorded, actual)
        return text.encode()

    # What was done beside the API, by the number of the request that came next.

    def prepare(self, number: int) -> None:
        """Do what had been done before a recorded request."""
        action: Callable[[], None] | None = {
            15: self._settle,
            22: self._write_files,
            26: self._fill_old_directory,
            28: self._delete_old_directory,
            32: self._settle,
            35: self._write_more,
            44: self._change_what_is_read_only,
            45: self._change_what_is_send_only,
        }.get(number)
        if action is not None:
            action()

    def _settle(self) -> None:
        """Wait until nobody does anything."""
        for fake in self.fakes.values():
            fake.wait_until(lambda fake=fake: all(state in {"idle", "error", ""} for state in fake.states().values()))

    def _write_files(self) -> None:
        a = self.fakes["a"]
        a.folder("docs").write(
            {
                **{f"sub/f{number:02}.txt": bytes(1000 * number) for number in range(1, 25)},
                "sub/deep/ü &#?.bin": b"x" * 300,
                "empty": b"",
            },
            scan=False,
        )
        a.folder("docs").link("link", "sub")
        for folder_id in ("recvonly", "sendonly", "secret"):
            a.folder(folder_id).write({"one.txt": b"12345"}, scan=False)

    def _fill_old_directory(self) -> None:
        self._settle()
        a, b = self.fakes["a"].folder("docs"), self.fakes["b"].folder("docs")
        a.delete("sub/f02.txt")
        a.write({"sub/f01.txt": b"changed", "olddir/a.txt": b"a"})
        self._settle()
        b.write({"olddir/ignored.tmp": b"mine"}, scan=False)

    def _delete_old_directory(self) -> None:
        self._settle()
        self.fakes["a"].folder("docs").delete("olddir/a.txt", "olddir")
        self.fakes["b"].wait_until(lambda: self.fakes["b"].folder("docs").failed)

    def _write_more(self) -> None:
        a = self.fakes["a"].folder("docs")
        a.write({"after-pause.txt": b"x" * 5000})
        a.delete("sub/f03.txt" if "sub/f04.txt" not in a.files else "sub/f04.txt")

    def _change_what_is_read_only(self) -> None:
        self._settle()
        self.fakes["b"].folder("recvonly").write({"local.txt": b"1234"})

    def _change_what_is_send_only(self) -> None:
        self._settle()
        self.fakes["b"].folder("sendonly").write({"one.txt": b"changed by the other b"})
        self._settle()


def configs(recorded: tuple[Exchange, ...]) -> dict[str, Any]:
    """Return where each recorded daemon could be reached: what the others were told."""
    found: dict[str, Any] = {}
    names = {exchange.body["deviceID"]: exchange.body for exchange in recorded[7:10] if exchange.body}
    for body in names.values():
        found[body["name"]] = {"options": {"listenAddresses": body["addresses"]}}
    return found


def device_ids(recorded: tuple[Exchange, ...]) -> dict[str, str]:
    """Return the recorded daemons' own device IDs."""
    return {
        exchange.node: exchange.answer["myID"]
        for exchange in recorded
        if exchange.path == "/rest/system/status" and exchange.kind == "json"
    }


@pytest.fixture(scope="module", params=VERSIONS)
def played(request: pytest.FixtureRequest) -> Iterator[list[tuple[Exchange, Answer]]]:
    """All recorded exchanges of a version, each with what the fake answers."""
    version: str = request.param
    recorded = exchanges(version)
    with ExitStack() as stack:
        fakes = {
            node: stack.enter_context(FakeSyncthing(version, name=node, device_id=device_id))
            for node, device_id in device_ids(recorded).items()
        }
        cluster = Cluster(version, fakes, recorded)
        answered: list[tuple[Exchange, Answer]] = []
        for number, exchange in enumerate(recorded):
            cluster.prepare(number)
            answer = cluster.ask(exchange)
            if not is_of_another_build(version, exchange):
                answered.append((exchange, answer))
        yield answered


def test_status_and_content_type(played: list[tuple[Exchange, Answer]]) -> None:
    """Each recorded request has the same status, and the same type of content."""
    different = [
        f"{number} {exchange}: {(answer.status, answer.content_type)}, not {(exchange.status, exchange.content_type)}"
        f" ({answer.body[:100]!r})"
        for number, (exchange, answer) in enumerate(played)
        if (answer.status, answer.content_type) != (exchange.status, exchange.content_type)
    ]
    assert different == []


def test_words_of_refusals(played: list[tuple[Exchange, Answer]]) -> None:
    """What is refused is refused in the same words."""
    different = [
        f"{number} {exchange}: {answer.body.decode()!r}, not {exchange.answer!r}"
        for number, (exchange, answer) in enumerate(played)
        if exchange.status >= 400 and answer.body.decode() != exchange.answer
    ]
    assert different == []


def test_shapes(played: list[tuple[Exchange, Answer]]) -> None:
    """Each answer has the same keys with the same kinds of values, wherever both have something."""
    different: list[str] = []
    for number, (exchange, answer) in enumerate(played):
        if exchange.kind != "json" or exchange.path in OTHER_SHAPE:
            continue
        shape = ANSWERS[exchange.method, template(exchange.uri)]
        expected = outline(exchange.answer, shape)
        found = outline(json.loads(answer.body), shape)
        for place in sorted(expected.keys() ^ found.keys()):
            above = place.rpartition("[]")[0] or place.rpartition("{}")[0]
            both_have_some = place in MAY_DIFFER or (
                above and not {f"{above}[]", f"{above}{{}}"} & expected.keys() & found.keys()
            )
            if not both_have_some:
                different.append(f"{number} {exchange}: {place} is {found.get(place)}, not {expected.get(place)}")
        different += [
            f"{number} {exchange}: {place} is {found[place]}, not {expected[place]}"
            for place in expected.keys() & found.keys()
            if found[place] != expected[place] and "null" not in {found[place], expected[place]}
        ]
    assert different == []
