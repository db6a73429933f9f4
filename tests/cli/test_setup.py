"""`add-device`, `add-folder`, `remove`, `share` and `unshare`: what changes, what stays, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

OTHER = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"
PASSWORD = "a password that nothing shows"


def shares(fake: FakeSyncthing, folder_id: str) -> dict[str, str]:
    """Return the devices that share a folder, other than its own, with their passwords."""
    found: list[dict[str, Any]] = fake.folder(folder_id).config["devices"]
    return {each["deviceID"]: each["encryptionPassword"] for each in found if each["deviceID"] != fake.device_id}


def test_adding(here: FakeSyncthing, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device is added with what was given, and once only; a typo in its ID is refused.

    A folder gets its patterns and its devices; on the daemon's computer its path may be relative.
    """
    done = cli("add-device", OTHER.lower(), "--name", "p\x1b]0;i", "--address", "tcp://192.0.2.1:22000", "--untrusted")
    assert (done.status, done.out) == (0, f"added: device p\\x1b]0;i ({OTHER})\n")
    device = next(each for each in here.config["devices"] if each["deviceID"] == OTHER)
    assert (device["addresses"], device["untrusted"]) == (["tcp://192.0.2.1:22000"], True)
    for again in (OTHER, here.device_id, OTHER[:-1] + "A"):
        assert cli("add-device", again).status == 2
    here.set_device(OTHER, name="pi", untrusted=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    done = cli(
        *("add-folder", "docs", "../docs", "--label", "Papers", "--type", "sendonly", "--share", "pi"),
        *("--ignores", "-", "--json"),
        stdin="*.tmp\n// a comment\n",
    )
    assert done.changes() == ["added folder Papers", "shared device pi"]
    folder = here.folder("docs").config
    assert (folder["path"], folder["type"], folder["paused"]) == (str(tmp_path / "docs"), "sendonly", False)
    assert shares(here, "docs") == {OTHER: ""}
    assert json.loads(cli("raw", "db/ignores", "-q", "folder=docs").out)["ignore"] == ["*.tmp", "// a comment"]


def test_folders_that_are_refused(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """No folder contains the home directory or has no path, and its ID must be free."""
    here.add_folder("docs", path=str(tmp_path / "docs"))
    for arguments in (
        ("docs", str(tmp_path / "other")),
        ("new", ""),
        ("new", " "),
        ("new", "/"),
        ("new", "~"),
        ("new", str(tmp_path / "docs" / "inner")),
        ("", str(tmp_path / "other")),
    ):
        done = cli("add-folder", *arguments)
        assert (done.status, done.out) == (2, ""), arguments
    inner = str(tmp_path / "docs" / "inner")
    assert cli("add-folder", "new", inner).err == (
        f"aiosyncthing: error: the path {inner!r} is inside the folder 'docs' ({tmp_path / 'docs'})\n"
        "hint: --allow-nested allows it\n"
    )
    assert cli("add-folder", "new", inner, "--allow-nested").status == 0
    assert cli("add-folder", "x", str(tmp_path / "x"), "--ignores", str(tmp_path / "none")).status == 1
    assert cli("add-folder", "x", str(tmp_path / "x"), "--share", "nobody").status == 5
    assert [each["id"] for each in here.config["folders"]] == ["docs", "new"]


def test_remove(here: FakeSyncthing, cli: Cli) -> None:
    """Folders and devices are removed, if a person agrees or an option says so."""
    pi = here.add_device("pi")
    here.add_folder("docs", label="Papers", path="/data/docs", devices=[pi])
    here.add_folder("pi")
    done = cli("remove", "docs")
    assert (done.status, done.out) == (2, "")
    question = "Remove the folder Papers? Its files in /data/docs stay."
    assert f"can't ask without a terminal: {question}\nhint: --yes" in done.err
    assert cli("remove", "docs", columns=80, stdin="n\n").status == 2
    assert cli("remove", "pi", "--yes").status == 5  # which of them
    done = cli("remove", "device:pi", columns=80, stdin="y\n")
    assert (done.status, done.out) == (0, f"removed: device pi ({pi})\n")
    assert "Remove the device pi? It shares docs. [y/N]" in done.err
    assert cli("remove", "docs", "--yes", "--json").changes() == ["removed folder Papers"]
    assert cli("remove", "nas", "--yes").status == 2  # the daemon's own device
    assert cli("remove", "docs", "--yes").status == 5
    assert [each["id"] for each in here.config["folders"]] == ["pi"]


def test_share(here: FakeSyncthing, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sharing adds devices, leaves the passwords of others alone, and does nothing the second time."""
    pi, phone, vault = here.add_device("pi"), here.add_device("phone"), here.add_device("vault", untrusted=True)
    here.add_folder("docs", devices=[pi])
    assert cli("share", "docs", "vault").status == 2  # which needs a password
    done = cli("share", "docs", "vault", "--encryption-password-file", "-", "--json", stdin=f"{PASSWORD}\n")
    assert done.changes() == ["shared device vault"]
    done = cli("share", "docs", "phone", "pi", "phone", "--json")
    assert done.changes() == ["shared device phone"]
    assert shares(here, "docs") == {pi: "", phone: "", vault: PASSWORD}
    done = cli("share", "docs", "phone")
    assert (done.status, done.out, done.err) == (0, "", "nothing to change\n")
    secret = tmp_path / "password"
    secret.write_text("another\n")
    secret.chmod(0o600)
    done = cli("share", "docs", "vault", "--encryption-password-file", str(secret), "-vv")
    assert (done.status, done.out) == (0, f"encryption password changed: device vault ({vault}), folder docs\n")
    assert shares(here, "docs")[vault] == "another"
    assert "another" not in done.err
    monkeypatch.setattr("getpass.getpass", lambda _: PASSWORD)  # as on a terminal
    done = cli("share", "docs", "vault", "--encryption-password-file", "-", columns=80)
    assert (done.status, shares(here, "docs")[vault], PASSWORD in done.out + done.err) == (0, PASSWORD, False)
    assert cli("share", "docs", "nobody").status == 5
    assert cli("share", "none", "pi").status == 5
    assert cli("share", "docs").status == 2


def test_unshare(here: FakeSyncthing, cli: Cli, profiles: Callable[..., None]) -> None:
    """Unsharing takes only those away that were named; the daemon's own device can't be. Changes take one profile."""
    pi, phone = here.add_device("pi"), here.add_device("phone")
    here.add_folder("docs", devices=[pi, phone])
    assert cli("unshare", "docs", "pi", "--json").changes() == ["unshared device pi"]
    assert shares(here, "docs") == {phone: ""}
    assert cli("unshare", "docs", "pi", "--json").changes() == []
    assert cli("share", "docs", "pi").out.endswith("), folder docs\n")
    assert cli("unshare", "docs", "nas").status == 2
    profiles({"a": here, "b": here})
    done = cli("-p", "all", "share", "docs", "pi")
    assert (done.status, done.out) == (2, "")
    assert "exactly one profile" in done.err
