"""`log` and `metrics`: lines as they come, and documents for each of them."""

import errno
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.blocking import Syncthing
from aiosyncthing.cli.commands import log
from aiosyncthing.cli.monitoring import prometheus
from aiosyncthing.cli.output.output import Output
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


def complain(fake: FakeSyncthing, text: str) -> None:
    """Write a warning to the log."""
    with Syncthing(fake.api_key, fake.url) as client:
        client.system.post_error(text)


@pytest.mark.parametrize("version", ["1.29", "2.1"])
def test_log(version: str, cli: Cli, config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Lines have a time, a level in words and a message, which can't control the terminal; the levels are ordered."""
    with FakeSyncthing(version, home=tmp_path / "home") as fake:
        monkeypatch.setenv("STHOMEDIR", str(fake.home))
        complain(fake, "disk\x1b[2J is full " + "x" * 90)
        done = cli("log", "--level", "WARNING", "--color", "never", columns=80)
        assert (done.status, done.err) == (0, "")
        head, line = done.out.splitlines()
        assert head.split() == ["TIME", "LEVEL", "MESSAGE"]
        assert "is full" in line
        assert "\x1b[2J" not in line
        assert "x" * 90 in line  # not cut
        assert "T" in cli("log", "--no-header").out.split()[0]
        rows = cli("log", "--json").lines()
        assert {row["level"] for row in rows} == {"info", "error" if version == "2.1" else "warning"}
        assert cli("log", "--since", "2100-01-01", "--json").lines() == []
    numbers = [log.level_of(number) for number in range(5)]
    assert numbers == ["debug", "verbose", "info", "warning", "warning"]
    names = [log.level_of(name) for name in ("DBG", "INF+1", "WRN", "ERR+4", "FOO")]
    assert names == ["debug", "info", "warning", "error", "info"]  # unknown ones don't hide a line


def test_follow(here: FakeSyncthing, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """-f goes on with what is new, each line once, also after the daemon was away; that is said on stderr."""
    monkeypatch.setattr(log, "_INTERVAL", 0.01)
    record, info = Output.record, Output.info

    def write(text: str) -> None:
        writer = threading.Thread(target=complain, args=(here, text))  # where no event loop runs
        writer.start()
        writer.join()

    def record_and_go_on(out: Output, row: Mapping[str, Any]) -> None:
        record(out, row)
        match row["message"]:
            case "first":
                write("second")
            case "second":
                here.stop_daemon()
            case "third":
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    def info_and_go_on(out: Output, text: str) -> None:
        info(out, text)
        here.start_daemon()
        write("third")

    monkeypatch.setattr(Output, "record", record_and_go_on)
    monkeypatch.setattr(Output, "info", info_and_go_on)
    write("first")
    done = cli("log", "-f", "--level", "warning", "--json")
    assert done.status == 141
    assert [line["message"] for line in done.lines()] == ["first", "second", "third"]
    assert "waiting for it" in done.err
    here.stop_daemon()
    assert cli("log", "-f").status == 3  # only a daemon that was there before is waited for


def test_metrics(here: FakeSyncthing, cli: Cli) -> None:
    """Metrics are unchanged; with --grep, what is left is still the same format."""
    with Syncthing(here.api_key, here.url) as client:
        text = client.metrics()
    assert cli("metrics").out == cli("metrics", columns=80).out == text
    assert [line.split(" ", 3)[:3] for line in cli("metrics", "--grep", "connections_active").out.splitlines()[:2]] == [
        ["#", "HELP", "syncthing_connections_active"],
        ["#", "TYPE", "syncthing_connections_active"],
    ]
    rows = cli("metrics", "--json", "--grep", "^syncthing_connections").lines()
    assert [(row["name"], row["labels"], row["value"], row["kind"]) for row in rows] == [
        ("syncthing_connections_active", {"device": here.device_id}, 0, "gauge")
    ]
    assert cli("metrics", "--grep", "(").status == 2


def test_reading_samples() -> None:
    """Labels may contain anything, and some values are no numbers; what is not understood is left out."""
    text = (
        "# HELP a About a.\n# TYPE a histogram\n"
        'a_bucket{le="+Inf",x="} 5\\"\\\\\\n"} 3\na_sum NaN\na_count 1e3 1700000000\n'
        "b{} -inf\nnot a sample\nc x\n"
    )
    assert [(each.name, each.labels, each.value, each.kind, each.help) for each in prometheus.read_samples(text)] == [
        ("a_bucket", {"le": "+Inf", "x": '} 5"\\\n'}, 3, "histogram", "About a."),
        ("a_sum", {}, "NaN", "histogram", "About a."),
        ("a_count", {}, 1000, "histogram", "About a."),
        ("b", {}, "-Inf", "untyped", ""),
    ]
