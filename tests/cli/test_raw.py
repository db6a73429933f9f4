"""`raw` and `version`."""

from pathlib import Path

import pytest

from aiosyncthing import __version__
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


def test_the_body_as_it_came(here: FakeSyncthing, cli: Cli) -> None:
    """The answer is printed unchanged, including white space; other than JSON, it is escaped on a terminal."""
    here.respond("rest/system/status", body=b'{ "a":1,\n "b": [ ] }', content_type="application/json")
    done = cli("raw", "system/status")
    assert (done.status, done.out) == (0, '{ "a":1,\n "b": [ ] }')
    here.respond("rest/system/log.txt", body=b"one\x1b]0;x\x07\ntwo", content_type="text/plain", times=None)
    assert cli("raw", "system/log.txt").out == "one\x1b]0;x\x07\ntwo"
    assert cli("raw", "system/log.txt", columns=80).out == "one\\x1b]0;x\\x07\ntwo\n"


def test_what_is_sent(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """The method is GET, or POST with a body; the path joins /rest/; the query is a matter of -q alone."""
    here.add_folder("docs")
    cli("raw", "/rest/db/status", "-q", "folder=docs")
    cli("raw", "patch", "config/folders/docs", "-f", "label=5", "-F", "rescanIntervalS=60")
    cli("raw", "db/scan", "--input", "-", "-q", "folder=docs", stdin="text")
    (tmp_path / "body").write_bytes(b"{}")
    cli("raw", "PATCH", "config/options", "--input", str(tmp_path / "body"))
    cli("raw", "metrics")
    sent = [(each.method, each.path, each.query, each.body) for each in here.requests]
    assert sent == [
        ("GET", "/rest/db/status", "folder=docs", b""),
        ("PATCH", "/rest/config/folders/docs", "", b'{"label":"5","rescanIntervalS":60}'),
        ("POST", "/rest/db/scan", "folder=docs", b"text"),
        ("PATCH", "/rest/config/options", "", b"{}"),
        ("GET", "/metrics", "", b""),
    ]


def test_headers_and_files(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """-i shows status and headers, -o writes a file that others can't read."""
    out = cli("raw", "system/ping", "-i").out
    assert out.startswith("HTTP/1.1 200 OK\n")
    assert f"X-Syncthing-Id: {here.device_id}\n" in out
    assert out.endswith('"pong"\n}\n')
    file = tmp_path / "answer"
    assert cli("raw", "system/ping", "-o", str(file)).out == ""
    assert b"pong" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert cli("raw", "system/ping", "-o", str(tmp_path / "no" / "file")).status == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "PATH"),
        (["get", "x", "y"], 2, "expected [METHOD] PATH"),
        (["fetch", "x"], 2, "'fetch' is not a method"),
        (["system/status?x=1"], 2, "use -q"),
        (["x", "-q", "y"], 2, "must look like name=value"),
        (["x", "-F", "y=z"], 2, "is not JSON"),
        (["x", "-f", "a=b", "--input", "-"], 2, "contradict each other"),
        (["x", "--input", "/no/such"], 1, "can't read /no/such"),
        (["no/such/path"], 7, "404"),
    ],
)
def test_refused(arguments: list[str], status: int, message: str, here: FakeSyncthing, cli: Cli) -> None:
    """A request that can't be sent is a usage error; one that the daemon refuses is a failure."""
    done = cli("raw", *arguments)
    assert (done.status, done.out) == (status, "")
    assert message in done.err


def test_version(here: FakeSyncthing, cli: Cli) -> None:
    """Both versions are shown."""
    assert cli("version").out.startswith(f"aiosyncthing {__version__}, Python 3.")
    document = cli("version", "--json").json()
    assert (document["aiosyncthing"], document["daemons"][0]["version"]) == (__version__, here.version)
