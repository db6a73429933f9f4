"""`id`, `fingerprint` and `qr`: by what devices and certificates are known."""

from pathlib import Path

from aiosyncthing import DeviceID
from aiosyncthing.cli.commands import identity
from aiosyncthing.tls import Fingerprint
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


def test_id(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """Without a text it is the daemon's; a text gets its usual form; for a certificate no daemon is asked."""
    assert cli("id").out == f"{here.device_id}\n"
    assert cli("id", here.device_id.replace("-", "").lower()).out == f"{here.device_id}\n"
    assert cli("id", "--json").json()["short"] == here.device_id[:7]
    here.stop_daemon()
    file, other = tmp_path / "cert.pem", tmp_path / "https-cert.pem"
    file.write_text(here.certificate)
    expected = f"{DeviceID.from_certificate(here.certificate)}\n"
    assert cli("id", str(file)).out == expected
    assert cli("id", str(tmp_path)).out == expected
    assert cli("id", "-", stdin=here.certificate).out == expected
    other.write_text(here.certificate)
    assert "of the web interface" in cli("id", str(other)).err


def test_what_has_no_id(config: Path, cli: Cli, tmp_path: Path) -> None:
    """Neither an ID nor a certificate."""
    (tmp_path / "empty.pem").write_text("")
    for text, status in (
        ("ABC", 2),
        ("", 2),
        ("--", 2),
        (str(tmp_path / "empty.pem"), 2),
        (str(tmp_path / "missing.pem"), 5),
        (str(tmp_path), 5),
    ):
        done = cli("id", "--", text)
        assert (done.status, done.out) == (status, ""), text


def test_fingerprint(here: FakeSyncthing, cli: Cli) -> None:
    """It is what --tls takes, and no key is needed for it."""
    url = here.url.replace("http:", "https:")
    expected = str(Fingerprint.from_certificate(here.certificate))
    assert cli("fingerprint", url).out == f"{expected}\n"
    document = cli("fingerprint", url, "--json").json()
    assert (document["url"], document["fingerprint"]) == (url, expected)
    assert cli("fingerprint", here.url).status == 2
    named = cli("fingerprint", "nas")
    assert (named.status, named.err.splitlines()[1:]) == (2, ["hint: for example https://nas:8384"])
    assert cli("fingerprint", url.replace("//", "//me:secret@")).status == 2
    here.stop_daemon()
    assert cli("fingerprint", url).status == 3


def read(lines: list[str], *, invert: bool = False) -> list[list[bool]]:
    """Return the modules that lines of half blocks show, without their border."""
    halves = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    rows: list[list[bool]] = []
    for line in lines:
        pairs = [halves[character] for character in line]
        rows += [[upper ^ invert for upper, _ in pairs], [lower ^ invert for _, lower in pairs]]
    dark = [row for row in rows if any(row)]
    left = min(row.index(True) for row in dark)
    return [row[left : left + len(dark)] for row in dark]


def test_qr(here: FakeSyncthing, cli: Cli) -> None:
    """What is drawn is the QR code of the ID, with a border of four modules, and fits small terminals.

    Another device may be named; an ID needs no daemon.
    """
    expected = identity.modules(here.device_id)
    *lines, last = cli("qr", columns=80, env={"NO_COLOR": "1"}).out.splitlines()
    assert last == here.device_id
    assert read(lines) == expected
    assert {len(line) for line in lines} == {len(expected) + 8}
    assert len(lines) < 24
    assert len(lines[0]) < 40
    assert lines[:2] == ["█" * len(lines[0])] * 2
    *lines, _ = cli("qr", "--invert").out.splitlines()
    assert read([line.ljust(len(expected) + 8) for line in lines], invert=True) == expected
    assert cli("qr", columns=80).out.startswith("\x1b[38;5;231;48;5;16m█")

    pi = here.add_device("pi")
    document = cli("qr", "PI", "--json").json()
    assert document["id"] == pi
    assert [[digit == "1" for digit in row] for row in document["rows"]] == identity.modules(pi)
    here.stop_daemon()
    assert cli("qr", pi.lower(), "--json").json() == {**document, "id": pi}
    assert cli("qr", "pi").status == 3


def test_codes_can_be_read() -> None:
    """The finder patterns are in three corners, and the size is that of a version. Any height is drawn whole."""
    rows = identity.modules(DeviceID.from_bytes(bytes(range(32))))
    assert (len(rows) - 17) % 4 == 0
    finder = [[True] * 7, [True, *[False] * 5, True]]
    for corner in (rows, [row[::-1] for row in rows], rows[::-1]):
        assert [row[:7] for row in corner[:2]] == finder
    for size in (3, 4):
        lines = identity.half_blocks([[True] * size] * size)
        assert read(lines) == [[True] * size] * size
