"""What real daemons were once asked, the fake is asked: it answers with the same status, type of content and shape.

The recorded requests are played in their order to three fakes that know each other, as the three daemons did. What is
done beside the API in between (``tests/support/scenario.py``) is done to the fakes by their own methods.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from tests.support.answers import ANSWERS, template
from tests.support.outline import outline
from tests.support.recordings import VERSIONS, Exchange, exchanges, is_of_another_build, replay

from pytest_syncthing import FakeSyncthing

# Paths whose answers are different by nature, with the reason. Their status and type of content are compared.
OTHER_SHAPE: Final = {
    "/rest/svc/report": "it has a field for whatever is used, and leaves out others",
    "/rest/system/paths": "a map of names, which are compared by the tests of the answers",
    "/rest/events": "the events depend on what has happened; their types are compared by the contract's tests",
    "/rest/system/discovery": "empty without discovery",
}
# What the fake leaves open where a daemon has something, by place in the outline, with the reason.
MAY_DIFFER: Final = {
    "$.lastDialStatus{}": "fakes dial no other device",
    "$.lastDialStatus{}.when": "fakes dial no other device",
    "$.lastDialStatus{}.error": "fakes dial no other device",
}


@dataclass(frozen=True)
class Answer:
    """A recorded or received answer."""

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

    # What is done beside the API, as the scenario calls it.

    def write_files(self) -> None:
        """Do nothing: there is no place for files yet, a fake has them in its folders."""

    def wait_until_a_offers_docs(self) -> None:
        """Fill the first folder."""
        docs = self.fakes["a"].folder("docs")
        files = {f"sub/f{number:02}.txt": bytes(1000 * number) for number in range(25)}
        docs.write({**files, "sub/deep/ü &#?.bin": bytes(300), "empty": b""}, scan=False)
        docs.link("link", "sub")

    def wait_until_all_is_in_sync(self) -> None:
        """Fill the other folders as soon as they are there, and wait until nothing happens any more."""
        for folder_id in {"recvonly", "sendonly", "secret"} & self.fakes["a"].states().keys():
            self.fakes["a"].folder(folder_id).write({"one.txt": b"12345"}, scan=False)
        for fake in self.fakes.values():
            fake.wait_until(lambda fake=fake: all(state in {"idle", "error", ""} for state in fake.states().values()))

    def change_files_on_both_sides(self) -> None:
        """Change a file and delete another; change at b what it only receives, and what a only sends."""
        docs = self.fakes["a"].folder("docs")
        docs.delete("sub/f02.txt")
        docs.write({"sub/f01.txt": b"2\n", "olddir/a.txt": b"a"})
        self.wait_until_all_is_in_sync()
        b = self.fakes["b"]
        b.folder("recvonly").write({"local.txt": b"1234"})
        b.folder("sendonly").write({"one.txt": b"changed by b"})
        b.folder("docs").write({"olddir/ignored.tmp": b"mine"}, scan=False)

    def delete_a_folder_that_b_cannot_delete(self) -> None:
        """Delete a folder in which b has a file that it ignores."""
        self.wait_until_all_is_in_sync()
        self.fakes["a"].folder("docs").delete("olddir/a.txt", "olddir")
        self.fakes["b"].wait_until(lambda: self.fakes["b"].folder("docs").failed)
        self.wait_until_all_is_in_sync()

    def change_files_while_b_is_paused(self) -> None:
        """Write a file where b can't see it."""
        self.fakes["a"].folder("docs").write({"after-pause.txt": bytes(5000)})

    def wait_until_b_knows_its_local_changes(self) -> None:
        """Wait until b has scanned the folder that was paused."""
        self.wait_until_all_is_in_sync()


def configs(recorded: tuple[Exchange, ...]) -> dict[str, Any]:
    """Return each recorded daemon's address, from the configuration of the others."""
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
    """All recorded exchanges of a version, each with the fake's answer."""
    version: str = request.param
    recorded = exchanges(version)
    with ExitStack() as stack:
        fakes = {
            node: stack.enter_context(FakeSyncthing(version, name=node, device_id=device_id))
            for node, device_id in device_ids(recorded).items()
        }
        cluster = Cluster(version, fakes, recorded)
        answered: list[tuple[Exchange, Answer]] = []
        for step in replay(version):
            if isinstance(step, str):
                getattr(cluster, step.replace(" ", "_"))()
                continue
            answer = cluster.ask(step)
            if not is_of_another_build(version, step):
                answered.append((step, answer))
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
    """Refusals have the same text."""
    different = [
        f"{number} {exchange}: {answer.body.decode()!r}, not {exchange.answer!r}"
        for number, (exchange, answer) in enumerate(played)
        if exchange.status >= 400 and answer.body.decode() != exchange.answer
    ]
    assert different == []


def test_shapes(played: list[tuple[Exchange, Answer]]) -> None:
    """Each answer has the same keys with the same kinds of values, wherever both have a value."""
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
