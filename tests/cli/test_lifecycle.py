"""`restart`, `shutdown`, `upgrade` and `reset`, with confirmation and waiting."""

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

NEWER = {"running": "v1.29.5", "latest": "v2.0.1", "newer": True, "majorNewer": True}


@pytest.mark.parametrize("arguments", [("restart",), ("shutdown",), ("reset", "--all"), ("reset", "docs")])
def test_yes_is_needed(arguments: tuple[str, ...], here: FakeSyncthing, cli: Cli) -> None:
    """Without a terminal, --yes is required."""
    here.add_folder("docs", paused=True)
    done = cli(*arguments)
    assert (done.status, done.out) == (2, "")
    assert "hint: --yes answers yes" in done.err
    assert cli(*arguments, columns=80, stdin="\n").status == 2
    assert cli("folders").status == 0


def test_restart_and_shutdown(here: FakeSyncthing, cli: Cli) -> None:
    """With --wait they return when another process answers, or nothing does; --timeout limits that."""
    done = cli("restart", "--wait", "--yes", "--timeout", "30", "--json")
    assert (done.status, done.err) == (0, "")
    assert done.changes() == ["restarted daemon nas"]
    assert cli("folders").status == 0
    here.respond("rest/system/restart", json={"ok": "restarting"}, times=None)
    assert cli("restart", "--wait", "--yes", "--timeout", "0.5").status == 124
    done = cli("shutdown", "--wait", "--yes", "--timeout", "30")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"shut down: daemon nas ({here.device_id})\n"
    assert cli("folders").status == 3


def test_reset(here: FakeSyncthing, cli: Cli) -> None:
    """Only paused folders are reset, and they stay paused."""
    here.add_folder("docs", files={"a": b"x"})
    done = cli("reset", "docs", "--yes")
    assert (done.status, done.out) == (6, "")
    assert "not paused: docs\nhint: `aiosyncthing pause docs` first" in done.err
    assert "pause --all" in cli("reset", "--all", "--yes").err
    assert cli("reset", "--yes").status == 2
    assert cli("reset", "docs", "--all", "--yes").status == 2
    here.folder("docs").pause()
    done = cli("reset", "docs", "--yes", "--wait", "--timeout", "30")
    assert (done.status, done.out) == (0, f"reset: folder docs\nrestarted: daemon nas ({here.device_id})\n")
    assert here.folder("docs").config["paused"]
    assert cli("reset", "none", "--yes").status == 5


def test_upgrade(here: FakeSyncthing, cli: Cli) -> None:
    """--check only prints the available release; an upgrade is made if there is one, and a person agrees.

    Builds of distributions can't upgrade themselves.
    """
    assert (cli("upgrade", "--check").status, cli("upgrade", "--yes").status) == (7, 7)
    assert cli("upgrade", "--exit-code").status == 2
    here.respond("rest/system/upgrade", json=NEWER, method="GET", times=3)
    assert cli("upgrade", "--check").out == "v2.0.1 is newer than v1.29.5, a new major version\n"
    assert cli("upgrade", "--check", "--exit-code").status == 8
    assert cli("upgrade", "--check", "--json").json()["newer"]
    here.respond("rest/system/upgrade", json={**NEWER, "newer": False}, method="GET")
    done = cli("upgrade", "--check", "--exit-code")
    assert (done.status, done.out) == (0, "v1.29.5 is the newest release\n")

    here.respond("rest/system/upgrade", json=NEWER, method="GET", times=2)
    here.respond("rest/system/upgrade", json={"ok": "restarting"}, method="POST")
    done = cli("upgrade")
    assert done.status == 2
    assert "Upgrade from v1.29.5 to v2.0.1? This is a new major version: read its release notes." in done.err
    assert cli("upgrade", "--yes").out == f"upgraded to v2.0.1: daemon nas ({here.device_id})\n"
    here.respond("rest/system/upgrade", json={**NEWER, "newer": False}, method="GET")
    assert cli("upgrade", "--yes").err == "nothing to change\n"
