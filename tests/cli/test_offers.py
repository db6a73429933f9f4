"""`pending`, `accept`, `dismiss` and `ignore`: pending devices and folders."""

from pathlib import Path

import pytest

from aiosyncthing import DeviceID
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


@pytest.fixture
def offers(here: FakeSyncthing, now: None) -> dict[str, DeviceID]:
    """A pending device with a hostile name, and two known devices that offer folders."""
    here.freeze()
    found = {name: here.add_device(name) for name in ("pi", "vault")}
    for device in found.values():
        here.connect(device)
    here.offer_folder(found["pi"], "docs", label="P\x1b]0;x\x07")
    here.offer_folder(found["vault"], "safe", encrypted=True)
    found["stranger"] = here.offer_device("ph\u202eone")
    return found


def test_pending(offers: dict[str, DeviceID], cli: Cli) -> None:
    """Both lists are shown, with names that can't control the terminal, and whole IDs elsewhere."""
    done = cli("pending", "--color", "never", columns=80)
    assert done.status == 0
    assert (
        done.out
        == f"""\
FOLDER  LABEL          FROM   OFFERED     DATA
docs    P\\x1b]0;x\\x07  pi     4 days ago  plain
safe    -              vault  4 days ago  encrypted for us
DEVICE                                                           NAME
{offers["stranger"]}  ph\\u202eone
"""
    )
    assert cli("pending").out.splitlines()[-1].split()[0] == offers["stranger"]
    assert cli("pending", "--exit-code").status == 8
    document = cli("pending", "--json", "--exit-code").json()
    assert [(row["id"], row["device"], row["receiveEncrypted"]) for row in document["folders"]] == [
        ("docs", offers["pi"], False),
        ("safe", offers["vault"], True),
    ]
    assert [(row["id"], row["name"], row["time"][:13]) for row in document["devices"]] == [
        (offers["stranger"], "ph\u202eone", "2026-03-01T12")
    ]


def test_accept_a_device(here: FakeSyncthing, offers: dict[str, DeviceID], cli: Cli) -> None:
    """A device is accepted only by its whole ID, since anyone can copy a name, and most of an ID."""
    stranger = offers["stranger"]
    for text in ("ph\u202eone", stranger[:7], stranger[:7].lower(), f"device:{stranger[:7]}"):
        done = cli("accept", text)
        assert (done.status, done.out) == (5, "")
        assert "hint: give the whole ID: `aiosyncthing pending` lists" in done.err
    assert (cli("accept", "device:nothing").status, cli("dismiss", "nothing").status) == (5, 5)
    assert cli("accept", stranger, "/some/path").status == 2
    done = cli("accept", stranger.lower(), "--name", "phone")
    assert (done.status, done.out) == (0, f"accepted: device phone ({stranger})\n")
    assert stranger in [each["deviceID"] for each in here.config["devices"]]


def test_accept_a_folder(here: FakeSyncthing, offers: dict[str, DeviceID], cli: Cli, tmp_path: Path) -> None:
    """A folder needs a path, and never gets the home directory; an encrypted one stays encrypted."""
    done = cli("accept", "docs")
    assert (done.status, done.out) == (2, "")
    assert "needs a path\nhint: `aiosyncthing accept docs PATH`" in done.err
    for path in ("", "~", "/"):
        assert cli("accept", "docs", path).status == 2
    assert cli("accept", "docs", str(tmp_path / "docs"), "--device", "vault").status == 5  # which doesn't offer it
    patterns = tmp_path / "patterns"
    patterns.write_text("*.tmp\n")
    done = cli(
        "accept", "folder:docs", str(tmp_path / "docs"), "--name", "Papers", "--ignores", str(patterns), "--json"
    )
    assert (done.status, done.changes()) == (0, ["accepted folder Papers"])
    folder = here.folder("docs").config
    assert (folder["label"], folder["path"], folder["type"]) == ("Papers", str(tmp_path / "docs"), "sendreceive")
    assert offers["pi"] in [each["deviceID"] for each in folder["devices"]]
    assert cli("accept", "safe", str(tmp_path / "safe"), "--type", "sendreceive").status == 2
    assert cli("accept", "safe", str(tmp_path / "safe")).status == 0
    assert here.folder("safe").config["type"] == "receiveencrypted"


def test_what_is_not_pending(here: FakeSyncthing, cli: Cli) -> None:
    """The message says when devices offer their folders, since one that was just accepted hasn't, or what exists."""
    assert cli("accept", here.offer_device("phone")).status == 0
    for arguments in (["docs"], ["folder:docs"], ["docs", "/srv/docs"]):
        done = cli("accept", *arguments)
        assert (done.status, done.out) == (5, "")
        assert done.err == (
            "aiosyncthing: error: folder 'docs' is not pending: no device offers it; devices offer their folders when "
            "they connect\nhint: `aiosyncthing pending` lists the offers; `aiosyncthing add-folder docs PATH` needs "
            "none\n"
        )
    assert cli("accept", "docs", "--json").error()["error"] == "UnknownFolderError"
    here.add_folder("docs")
    done = cli("accept", "docs", "/srv/docs")
    assert (done.status, "folder 'docs' exists already" in done.err) == (2, True)
    other = here.offer_device("other")
    assert cli("dismiss", other).status == 0
    done = cli("accept", other)
    assert (done.status, f"device {other} is not pending: it has not tried to connect" in done.err) == (5, True)
    assert f"hint: `aiosyncthing add-device {other}` adds it nevertheless" in done.err


def test_dismiss_and_ignore(here: FakeSyncthing, offers: dict[str, DeviceID], cli: Cli) -> None:
    """What is dismissed or ignored is no longer pending; an empty list is not a failure."""
    stranger = offers["stranger"]
    here.offer_folder(offers["pi"], stranger)
    done = cli("dismiss", stranger)  # which is both
    assert (done.status, f"use folder:{stranger} or device:{stranger}" in done.err) == (5, True)
    assert cli("dismiss", f"folder:{stranger}").out == f"dismissed: folder {stranger}\n"
    assert cli("dismiss", "docs", "--device", "vault").status == 5
    assert cli("dismiss", stranger, "--device", "pi").status == 2
    assert cli("dismiss", "docs", "--device", "pi").out == "dismissed: folder P\\x1b]0;x\\x07 (docs)\n"
    assert cli("dismiss", f"device:{stranger}").status == 0
    assert cli("ignore", "safe", "--json").changes() == ["ignored folder safe"]
    done = cli("pending", "--exit-code")
    assert (done.status, done.out, done.err) == (0, "", "nothing is pending\n")
    assert cli("pending", "-q").err == ""
    assert cli("dismiss", "docs").status == 5
    other = here.offer_device("other")
    assert cli("ignore", other, "--device", "pi").status == 2
    assert cli("ignore", other).status == 0
    assert cli("pending", "--exit-code").status == 0
    assert [each["deviceID"] for each in here.config["remoteIgnoredDevices"]] == [other]
