"""`folders` and `devices`: tables in each width, and documents."""

import re
from pathlib import Path

import pytest

from aiosyncthing import DeviceID
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def devices(here: FakeSyncthing) -> dict[str, DeviceID]:
    """Devices: one is connected, one was, one never."""
    here.freeze()
    found = {name: here.add_device(name) for name in ("phone", "pi", "tablet")}
    here.connect(found["phone"])
    here.disconnect(found["phone"])
    here.connect(found["pi"])
    return found


@pytest.fixture
def folders(here: FakeSyncthing, devices: dict[str, DeviceID]) -> None:
    """Folders in each state, one with a hostile name."""
    docs = here.add_folder("docs", label="Papers", files={"a": b"x" * 1_500_000}, devices=[*devices.values()])
    docs.finish_sync()
    here.add_folder("evil\x1b]0;x\x07", label="ev\u202eil", paused=True)
    here.add_folder("music", devices=[devices["pi"]]).set_error("folder path missing")
    photos = here.add_folder("photos", files={"a": b"x" * 2_000_000}, devices=[devices["phone"], devices["pi"]])
    photos.remote_write(devices["pi"], {"b": b"y" * 8_000_000})
    scanned = here.add_folder("scanned", files={"a": b"x"}, devices=[devices["pi"]])
    scanned.finish_sync()
    scanned.remote_delete(devices["pi"], "a")


FOLDERS = {
    0: """\
FOLDER      STATE           HERE  ITEMS   NEEDED  ELSEWHERE
ev\\u202eil  paused             -      -        -  -
music       error            0 B      0        -  folder path missing
Papers      in sync      1.4 MiB      1        -  phone offline 4 days, pi 100 %, tablet offline never seen
photos      out of sync  1.9 MiB      1  7.6 MiB  phone offline 4 days, pi 80 %
scanned     out of sync      1 B      1   1 item  pi 100 %
""",
    40: """\
FOLDER     STATE           HERE   NEEDED
ev\\u202e…  paused             -        -
music      error            0 B        -
Papers     in sync      1.4 MiB        -
photos     out of sync  1.9 MiB  7.6 MiB
scanned    out of sync      1 B   1 item
""",
    80: """\
FOLDER      STATE           HERE  ITEMS   NEEDED  ELSEWHERE
ev\\u202eil  paused             -      -        -  -
music       error            0 B      0        -  folder path missing
Papers      in sync      1.4 MiB      1        -  phone offline 4 days, pi 100…
photos      out of sync  1.9 MiB      1  7.6 MiB  phone offline 4 days, pi 80 %
scanned     out of sync      1 B      1   1 item  pi 100 %
""",
}
FOLDERS[200] = FOLDERS[0]
DEVICES = {
    0: """\
DEVICE  STATE      LAST SEEN             ADDRESS
phone   offline    2026-03-01T12:00:##Z  -
pi      connected  now                   192.0.2.1:22000
tablet  offline    never                 -
""",
    40: """\
DEVICE  STATE      LAST SEEN
phone   offline    4 days ago
pi      connected  now
tablet  offline    never
""",
    80: """\
DEVICE  STATE      LAST SEEN   ADDRESS
phone   offline    4 days ago  -
pi      connected  now         192.0.2.1:22000
tablet  offline    never       -
""",
}
DEVICES[200] = DEVICES[80]


@pytest.mark.usefixtures("folders")
def test_tables(cli: Cli) -> None:
    """On a terminal, nothing is wider than it, no name controls it, times are relative, and colours are added."""
    for columns, expected in FOLDERS.items():
        done = cli("folders", "--color", "never", columns=columns)
        assert (done.out, done.err) == (expected, "")
    for columns, expected in DEVICES.items():
        found = cli("devices", "--color", "never", columns=columns).out
        assert re.sub(r":\d\dZ", ":##Z", found) == expected
    colored = cli("folders", columns=200).out
    assert "\x1b[1;31merror" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == FOLDERS[200]


@pytest.mark.usefixtures("folders")
def test_columns(cli: Cli) -> None:
    """-l shows more, --columns other columns, and --no-header no headings."""
    assert "TYPE         SCANNED               PATH" in cli("folders", "-l").out
    assert "VERSION   IN      OUT  FOLDERS" in cli("devices", "-l").out
    assert cli("folders", "--no-header", "--columns", "id,state").out.splitlines()[1:] == [
        "music             error",
        "docs              in sync",
        "photos            out of sync",
        "scanned           out of sync",
    ]
    done = cli("folders", "--columns", "x")
    assert (done.status, done.out) == (2, "")
    assert "there is no column 'x': choose from folder,state," in done.err


@pytest.mark.usefixtures("folders")
def test_documents(cli: Cli) -> None:
    """The documents fit their schemas, and say what is in sync as a wait would."""
    document = cli("folders", "--json").json()
    assert {row["id"]: (row["inSync"], row["missing"]) for row in document["folders"]} == {
        "docs": (True, None),
        "evil\x1b]0;x\x07": (False, "paused"),
        "music": (False, "folder path missing"),
        "photos": (False, "1 item (7.6 MiB) still missing"),
        "scanned": (False, "1 item (0 B) still missing"),
    }
    devices = cli("devices", "--json").json()
    assert [(row["name"], row["state"]) for row in devices["devices"]] == [
        ("phone", "offline"),
        ("pi", "connected"),
        ("tablet", "offline"),
    ]
    seen = [row["lastSeen"] for row in devices["devices"]]
    assert [text and text[:16] for text in seen] == ["2026-03-01T12:00", "2026-03-01T12:00", None]


@pytest.mark.usefixtures("folders")
def test_names(here: FakeSyncthing, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was named is listed, in that order, and each once; --unseen chooses devices that were long away."""
    assert [row["id"] for row in cli("folders", "photos", "PAPERS", "docs", "--json").json()["folders"]] == [
        "photos",
        "docs",
    ]
    for options, expected in (
        (("tablet", "PI"), ["tablet", "pi"]),
        (("--unseen", "2d"), ["phone", "tablet"]),
        (("--unseen", "9d"), ["tablet"]),
    ):
        assert [row["name"] for row in cli("devices", *options, "--json").json()["devices"]] == expected
    done = cli("folders", "photo")
    assert (done.status, done.out) == (5, "")
    assert "error: the daemon has no folder 'photo'; did you mean 'photos'?" in done.err
    inner = tmp_path / "local" / "inner"
    inner.mkdir(parents=True)
    here.add_folder("local", path=str(inner.parent))
    monkeypatch.chdir(inner)
    for path in (".", "..", str(inner)):  # on the daemon's computer, a path is the folder around it
        assert [row["id"] for row in cli("folders", path, "--json").json()["folders"]] == ["local"]
    assert cli("folders", str(tmp_path)).status == 5


def test_states(here: FakeSyncthing, cli: Cli, devices: dict[str, DeviceID]) -> None:
    """What is going on is said in words."""
    scanning = here.add_folder("scanning", files={"a": b"x"})
    scanning.start_scan()
    here.add_folder("failing", files={"a": b"x"}, devices=[devices["pi"]]).fail("a", "no space left")
    here.add_folder("paused there", devices=[devices["pi"]]).set_remote_state(devices["pi"], "paused")
    here.set_device(devices["phone"], paused=True)
    here.add_folder("with a paused device", devices=[devices["phone"]])
    found = {line.split("  ")[0]: line for line in cli("folders").out.splitlines()}
    assert "scanning" in found["scanning"].removeprefix("scanning")
    assert "1 failed" in found["failing"]
    assert "pi (it has paused the folder)" in found["paused there"]
    assert "phone paused" in found["with a paused device"]
    scanning.finish_scan()


def test_nothing_to_list(here: FakeSyncthing, cli: Cli) -> None:
    """Where there is nothing, a line on stderr says so, and there are no headings."""
    for what in ("folders", "devices"):
        done = cli(what)
        assert (done.status, done.out, done.err) == (0, "", f"no {what}\n")
        assert cli(what, "-q").err == ""
