"""`show`: everything about one folder or one device."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiosyncthing import DeviceID
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


@pytest.fixture
def pi(here: FakeSyncthing, pi: DeviceID) -> DeviceID:
    """A device that shares a folder in which something has failed."""
    docs = here.add_folder("docs", label="Papers", files={"a": b"x" * 2048, "b\x1b": b""}, devices=[pi])
    docs.finish_sync()
    docs.fail("b\x1b", "no space left")
    return pi


def test_a_folder(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """A folder with its sums, what other devices have of it, and what has failed."""
    done = cli("show", "papers")
    assert (done.status, done.err) == (0, "")
    fields = dict(line.split("  ", 1) for line in done.out.splitlines() if "  " in line)
    assert {name: value.strip() for name, value in fields.items() if name in {"folder", "id", "state", "here"}} == {
        "folder": "Papers",
        "id": "docs",
        "state": "1 failed",
        "here": "2.0 KiB in 2 items",
    }
    assert "  100 %     0 B  now        -\n" in done.out
    assert "b\\x1b   no space left\n" in done.out


def test_a_folder_as_document(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """The document has the configuration, without the passwords of encrypted folders."""
    document = cli("show", "docs", "--json").json()
    assert document["failed"] == [{"path": "b\x1b", "error": "no space left"}]
    assert document["config"]["id"] == "docs"
    here.set_folder("docs", devices=[{"deviceID": pi, "encryptionPassword": "very-secret"}])
    done = cli("show", "docs", "--json")
    assert "very-secret" not in done.out
    assert done.json()["config"]["devices"]


def test_a_device(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """A device with its address, and how its folders are there."""
    out = cli("show", "device:pi").out
    assert f"id            {pi}\n" in out
    assert "address       192.0.2." in out
    assert "Papers  100 %     0 B  -\n" in out
    document = cli("show", "pi", "--json").json()
    assert [(row["id"], row["name"]) for row in document["shares"]] == [("docs", "Papers")]
    own = cli("show", "nas", "--json").json()
    assert (own["device"]["id"], own["shares"]) == (here.device_id, [])


def test_what_is_not_clear(here: FakeSyncthing, pi: DeviceID, cli: Cli, tmp_path: Path) -> None:
    """A name of both a folder and a device needs a prefix; a path stands for a folder."""
    here.add_folder("pi", path=str(tmp_path / "pi"))
    done = cli("show", "pi")
    assert (done.status, done.err.splitlines()[1]) == (5, "hint: use folder:pi or device:pi")
    assert cli("show", "folder:pi").out.startswith("folder        pi\n")
    assert cli("show", str(tmp_path / "pi")).out.startswith("folder        pi\n")
    assert cli("show", "nope").status == 5
    assert cli("show").status == 2
