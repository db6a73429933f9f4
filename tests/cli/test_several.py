"""Several daemons at once: each is asked, and one that fails is a row."""

import asyncio
import errno
import io
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from aiosyncthing.cli.errors import CommandError
from aiosyncthing.cli.run import Run
from aiosyncthing.cli.session import Session
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

pytestmark = pytest.mark.usefixtures("pi")


@pytest.fixture
def pi(nas: FakeSyncthing, profiles: Callable[..., None]) -> Iterator[FakeSyncthing]:
    """Another daemon of the same name; both are profiles, and a third profile's daemon is down."""
    with FakeSyncthing(name="nas") as fake:
        profiles({"nas": nas, "pi": fake, "down": None})
        nas.add_folder("docs", files={"a": b"x"})
        nas.add_device("phone")
        fake.add_folder("music")
        yield fake


def test_tables_and_documents(cli: Cli, nas: FakeSyncthing, pi: FakeSyncthing) -> None:
    """Each row names its daemon. One that fails is a row of a table, or in a list of its own, and the status is 9."""
    table = ["DAEMON  FOLDER  ITEMS", "nas     docs        1", "pi      music       0"]
    done = cli("folders", "-p", "nas", "-p", "pi", "--columns", "folder,items")
    assert (done.status, done.out.splitlines(), done.err) == (0, table, "")
    done = cli("folders", "-p", "all", "--columns", "folder,items")
    assert (done.status, done.out.splitlines()[:3], done.err) == (9, table, "")
    assert done.out.splitlines()[3].startswith("down    error: can't connect to 127.0.0.1:1")
    done = cli("status", "-p", "all", "--json")
    assert done.status == 9
    document = done.json()
    assert document["daemon"] is None
    assert [row["id"] for row in document["daemons"]] == [nas.device_id, pi.device_id]
    assert [(row["daemon"], row["id"]) for row in document["folders"]] == [("nas", "docs"), ("pi", "music")]
    assert [(each["daemon"], each["exitCode"]) for each in document["failures"]] == [("down", 3)]


def test_overview(cli: Cli, pi: FakeSyncthing) -> None:
    """The overview has a line for each daemon: it begins with its profile and ends with its number of problems."""
    pi.add_folder("broken").set_error("folder path missing")
    lines = [line.split("  ") for line in cli("status", "-p", "all").out.splitlines()]
    assert [line[0] for line in lines] == [
        *("nas", "pi", "DAEMON", "nas", "pi", "pi", "down", "DAEMON", "nas", "pi: broken: folder path missing")
    ]
    assert (lines[0][1], lines[0][-1]) == ("v1.29.5", lines[0][3])
    assert (lines[1][1], lines[1][-1]) == ("nas", "1 problem")


def test_failures(cli: Cli, nas: FakeSyncthing) -> None:
    """Failures are in the order of the profiles, whichever comes first; a common reason determines the status."""
    done = cli("folders", "nope", "-p", "nas", "-p", "pi")
    assert (done.status, len(done.out.splitlines())) == (5, 2)
    assert cli("folders", "nope", "-p", "nas", "-p", "down").status == 1
    nas.respond("rest/config", status=500, times=None)
    assert [each["daemon"] for each in cli("folders", "-p", "all", "--json").json()["failures"]] == ["nas", "down"]


@pytest.mark.parametrize(
    "command", ["status", "folders", "devices", "errors", "pending", "config get", "ignores docs", "version"]
)
def test_all_fail(command: str, cli: Cli, nas: FakeSyncthing) -> None:
    """A document has all of its lists, and the status is that of the failures, also if no daemon could be asked."""
    nas.stop_daemon()
    done = cli(*command.split(), "-p", "nas", "-p", "down", "--json")
    assert done.status == 3
    assert [each["daemon"] for each in done.json()["failures"]] == ["nas", "down"]
    assert cli(*command.split(), "-p", "nas", "-p", "down").status == 3


def test_streams(cli: Cli, nas: FakeSyncthing, pi: FakeSyncthing) -> None:
    """Streamed rows name their daemon, too; a failure is the last line."""
    pi.add_folder("docs", files={"b": b"y"})
    done = cli("ls", "docs", "-p", "all", "--json")
    assert done.status == 9
    lines = done.lines()
    assert {(line["daemon"], line["type"]) for line in lines} == {
        ("nas", "entry"),
        ("pi", "entry"),
        ("down", "failure"),
    }
    assert lines[-1]["exitCode"] == 3
    text = cli("ls", "docs", "-p", "all")
    assert (text.status, text.out.startswith("DAEMON"), "down: can't connect" in text.err) == (9, True, True)


def test_daemons_that_hang(cli: Cli, nas: FakeSyncthing, pi: FakeSyncthing) -> None:
    """--timeout limits each daemon: the answers of the others are shown. If none answers, the status is 124."""
    pi.add_folder("docs", files={"b": b"y"})
    nas.hold("rest/config", times=None)
    two = ("-p", "nas", "-p", "pi", "--timeout", "2s")
    done = cli("folders", *two, "--columns", "folder,items")
    assert (done.status, done.err) == (9, "")
    assert done.out.splitlines() == [
        "DAEMON  FOLDER  ITEMS",
        "pi      docs        1",
        "pi      music       0",
        "nas     error: gave up after 2 s: the command was not done",
    ]
    done = cli("ls", "docs", *two, "--json")
    assert done.status == 9
    row, failure = done.lines()
    assert (row["daemon"], row["path"]) == ("pi", "b")
    assert (failure["daemon"], failure["type"], failure["exitCode"]) == ("nas", "failure", 124)

    pi.hold("rest/config", times=None)
    done = cli("folders", *two[:4], "--timeout", "200ms", "--json")
    assert done.status == 124
    failures = done.json()["failures"]
    assert [(each["daemon"], each["exitCode"]) for each in failures] == [("nas", 124), ("pi", 124)]
    done = cli("ls", "docs", *two[:4], "--timeout", "200ms", "--json")
    assert done.status == 124
    assert sorted((each["type"], each["daemon"], each["exitCode"]) for each in done.lines()) == [
        ("failure", "nas", 124),
        ("failure", "pi", 124),
    ]


@pytest.mark.parametrize("names", [("nas",), ("nas", "pi")])
def test_rows_are_closed_before_the_session(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing a row fails, what yields the rows is closed while it can still use the daemon."""
    all_asked = asyncio.Barrier(len(names))
    closed: list[str] = []

    async def ask(session: Session) -> AsyncGenerator[dict[str, str]]:
        try:
            await all_asked.wait()
            while True:
                yield {"type": "x", "daemon": session.name}
        finally:
            await session.client.system.ping()
            closed.append(session.name)

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(sys, "stdout", Full())
    run = Run(os.environ)
    run.options.profiles, run.options.json = [*names], True
    with pytest.raises(CommandError, match="no space left"):
        run.stream(ask, ())
    assert sorted(closed) == [*names]
