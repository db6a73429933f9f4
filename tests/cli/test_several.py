"""Several daemons at once: each is asked, and one that fails is a row."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from aiosyncthing.cli import schemas
from aiosyncthing.cli.errors import CommandError
from aiosyncthing.cli.run import Run
from pytest_syncthing import FakeSyncthing
from tests.support.shapes import problems

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

    from aiosyncthing.cli.session import Session
    from tests.support.cli import Cli


@pytest.fixture
def pi(nas: FakeSyncthing, config: Path, tmp_path: Path) -> Iterator[FakeSyncthing]:
    """Another daemon of the same name; both are profiles, and a third profile's daemon is down."""
    with FakeSyncthing(name="nas") as fake:
        config.parent.mkdir(parents=True)
        text = ""
        for name, url, key in (
            ("nas", nas.url, nas.api_key),
            ("pi", fake.url, fake.api_key),
            ("down", "http://127.0.0.1:1", "k"),
        ):
            text += f"[profiles.{name}]\nurl = {json.dumps(url)}\napi-key = {json.dumps(key)}\n"
        config.write_text(text)
        nas.add_folder("docs", files={"a": b"x"})
        nas.add_device("phone")
        fake.add_folder("music")
        yield fake


@pytest.mark.usefixtures("pi")
def test_tables(cli: Cli) -> None:
    """The first column names the daemon."""
    done = cli("folders", "-p", "nas", "-p", "pi", "--columns", "folder,items")
    assert (done.status, done.err) == (0, "")
    assert done.out == "DAEMON  FOLDER  ITEMS\nnas     docs        1\npi      music       0\n"


@pytest.mark.usefixtures("pi")
def test_one_fails(cli: Cli) -> None:
    """A daemon that fails is one row, and the status is 9."""
    done = cli("folders", "-p", "all", "--columns", "folder,items")
    assert (done.status, done.err) == (9, "")
    assert done.out.splitlines()[:3] == ["DAEMON  FOLDER  ITEMS", "nas     docs        1", "pi      music       0"]
    assert done.out.splitlines()[3].startswith("down    error: can't connect to 127.0.0.1:1")


@pytest.mark.usefixtures("pi")
def test_documents(cli: Cli, nas: FakeSyncthing, pi: FakeSyncthing) -> None:
    """Each row names its daemon, and failures are a separate list."""
    done = cli("status", "-p", "all", "--json")
    assert done.status == 9
    document = done.json()
    assert not problems(document, schemas.Status)
    assert document["daemon"] is None
    assert [row["id"] for row in document["daemons"]] == [nas.device_id, pi.device_id]
    assert [(row["daemon"], row["id"]) for row in document["folders"]] == [("nas", "docs"), ("pi", "music")]
    assert [(each["daemon"], each["exitCode"]) for each in document["failures"]] == [("down", 3)]


@pytest.mark.usefixtures("pi")
def test_the_order_of_failures(cli: Cli, config: Path, nas: FakeSyncthing) -> None:
    """Daemons that fail come in the order of their profiles, whichever fails first."""
    with config.open("a") as file:
        file.write('[profiles.later]\nurl = "http://127.0.0.1:1"\napi-key = "k"\n')
    nas.respond("rest/config", status=500, times=None)
    assert [each["daemon"] for each in cli("folders", "-p", "all", "--json").json()["failures"]] == [
        *("nas", "down", "later"),
    ]


@pytest.mark.usefixtures("pi")
def test_all_fail(cli: Cli) -> None:
    """If all fail for the same reason, the status is that of this reason."""
    done = cli("status", "-p", "down", "-p", "down")
    assert done.status == 3
    done = cli("folders", "nope", "-p", "nas", "-p", "pi")
    assert (done.status, len(done.out.splitlines())) == (5, 2)
    done = cli("folders", "nope", "-p", "nas", "-p", "down")
    assert done.status == 1


@pytest.mark.usefixtures("pi")
def test_overview_of_several(cli: Cli, pi: FakeSyncthing) -> None:
    """The overview has a line for each daemon, which begins with its profile and ends with its number of problems."""
    pi.add_folder("broken").set_error("folder path missing")
    out = cli("status", "-p", "all").out
    lines = [line.split("  ") for line in out.splitlines()]
    assert [line[0] for line in lines] == [
        *("nas", "pi", "DAEMON", "nas", "pi", "pi", "down", "DAEMON", "nas", "pi: broken: folder path missing"),
    ]
    assert (lines[0][1], lines[0][-1]) == ("v1.29.5", lines[0][3])
    assert (lines[1][1], lines[1][-1]) == ("nas", "1 problem")


@pytest.mark.usefixtures("pi")
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


@pytest.mark.usefixtures("pi")
def test_one_hangs(cli: Cli, nas: FakeSyncthing, pi: FakeSyncthing) -> None:
    """--timeout limits each daemon: the answers of the others are shown, and the status is 9."""
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


@pytest.mark.usefixtures("pi")
def test_all_hang(cli: Cli, nas: FakeSyncthing, pi: FakeSyncthing) -> None:
    """If none answers within --timeout, the status is that of timeout(1), and each daemon is reported."""
    nas.hold("rest/config", times=None)
    pi.hold("rest/config", times=None)
    two = ("-p", "nas", "-p", "pi", "--timeout", "200ms", "--json")
    done = cli("folders", *two)
    assert done.status == 124
    assert [(each["daemon"], each["exitCode"]) for each in done.json()["failures"]] == [("nas", 124), ("pi", 124)]
    done = cli("ls", "docs", *two)
    assert done.status == 124
    assert {(line["type"], line["daemon"], line["exitCode"]) for line in done.lines()} == {
        ("failure", "nas", 124),
        ("failure", "pi", 124),
    }


@pytest.mark.usefixtures("pi")
@pytest.mark.parametrize("profiles", [("nas",), ("nas", "pi")])
def test_rows_are_closed_before_the_session(profiles: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing a row fails, what yields the rows is closed while it can still use the daemon."""
    all_asked = asyncio.Barrier(len(profiles))
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
    run.options.profiles, run.options.json = [*profiles], True
    with pytest.raises(CommandError, match="no space left"):
        run.stream(ask, ())
    assert sorted(closed) == [*profiles]
