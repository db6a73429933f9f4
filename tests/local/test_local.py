"""Finding the daemon of this computer, on computers of all kinds."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiosyncthing.daemon.ports import Port
from aiosyncthing.exceptions import BadRequestError, DiscoveryError, SyncthingError
from aiosyncthing.local import LocalDaemon, discover, search
from tests.support.handshakes import Identity, showing
from tests.support.homes import CONFIGS, KEY, as_nobody, config, make_home
from tests.support.procfs import Proc

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_KEY: Final = "another-key-that-nobody-may-see"
ME: Final = PurePosixPath("/home/me")
DEFAULT_URL: Final = "http://127.0.0.1:8384"


class Computer:
    """A computer of some kind, all of it below one folder.

    Args:
        root: The folder.
        platform: As `sys.platform`.
        user_home: The user's own directory on it.
        **environ: The environment.
    """

    def __init__(
        self,
        root: Path,
        platform: str = "linux",
        user_home: PurePath | None = ME,
        **environ: Any,
    ) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.proc = Proc(root / "proc")
        self.system = search._System(
            platform,
            {name: str(value) for name, value in environ.items()},
            user_home,
            self.place,
            self.proc.path,
            os.geteuid(),
        )

    def place(self, path: PurePath) -> Path:
        """Return where a path of the computer really is."""
        return self.root.joinpath(path.drive.rstrip(":"), *path.parts[1:])

    def home(self, folder: str, text: str | bytes | None = None) -> Path:
        """Make a home there."""
        pure = PureWindowsPath(folder) if self.system.platform == "win32" else PurePosixPath(folder)
        return make_home(self.place(pure), text)

    def find(self, home: str | Path | None = None) -> LocalDaemon:
        """Do what `discover` does on that computer."""
        # Each time as at the first: processes come and go.
        return search._find(dataclasses.replace(self.system), home)

    def refuse(self, home: str | Path | None = None) -> str:
        """Return why nothing is found; neither it nor its traceback shows a key."""
        with pytest.raises(DiscoveryError) as refused:
            self.find(home)
        assert secrets_in(refused.value) == []
        return str(refused.value)


def secrets_in(error: BaseException) -> list[str]:
    """Return the keys that an error shows to whoever prints it with the variables of the package's frames."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert (found.__cause__, found.__context__) == (None, None)
    frames = [frame for frame in found.stack if "/aiosyncthing/" in frame.filename]
    assert frames
    shown = "".join(traceback.StackSummary.from_list(frames).format()) + f"{error} {error!r} {vars(error)}"
    return [key for key in (KEY, OTHER_KEY) if key in shown]


@pytest.fixture
def linux(tmp_path: Path) -> Computer:
    """A computer with Linux and no Syncthing."""
    return Computer(tmp_path)


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which nobody listens."""
    port = Port()
    yield port.number
    port.close()


XDG: Final = {"XDG_CONFIG_HOME": "/xdg/config", "XDG_STATE_HOME": "/xdg/state"}
WINDOWS: Final = {
    "LOCALAPPDATA": r"C:\Users\me\AppData\Local",
    "APPDATA": r"C:\Users\me\AppData\Roaming",
    "PROGRAMDATA": r"C:\ProgramData",
}
MAC_HOME: Final = PurePosixPath("/Users/me")
WINDOWS_HOME: Final = PureWindowsPath(r"C:\Users\me")
LAYOUTS: Final = [
    ("linux", {}, "/home/me/.config/syncthing"),
    ("linux", {}, "/home/me/.local/state/syncthing"),
    ("linux", XDG, "/xdg/config/syncthing"),
    ("linux", XDG, "/xdg/state/syncthing"),
    ("linux", XDG, "/home/me/.config/syncthing"),
    ("linux", XDG, "/home/me/.local/state/syncthing"),
    ("linux", {"XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "relative"}, "/home/me/.local/state/syncthing"),
    ("linux", {}, "/home/me/.var/app/com.github.zocker_160.SyncThingy/config/syncthing"),
    ("linux", {}, "/home/me/.var/app/com.github.zocker_160.SyncThingy/.local/state/syncthing"),
    ("linux", {}, "/home/me/.var/app/io.github.martchus.syncthingtray/config/syncthing"),
    ("linux", {}, "/home/me/.var/app/me.kozec.syncthingtk/config/syncthing"),
    ("linux", {}, "/home/me/snap/syncthing/common/syncthing"),
    ("linux", {}, "/home/me/snap/syncthing/common/.config/syncthing"),
    ("linux", {}, "/home/me/snap/syncthing/common/.local/state/syncthing"),
    ("linux", {}, "/home/me/snap/syncthing/current/.config/syncthing"),
    ("linux", {}, "/home/me/snap/syncthing/current/.local/state/syncthing"),
    ("linux", {}, "/var/lib/syncthing/.config/syncthing"),
    ("linux", {}, "/var/lib/syncthing/.local/state/syncthing"),
    ("linux", {}, "/var/lib/syncthing"),
    ("linux", {}, "/etc/syncthing"),
    ("linux", {}, "/var/packages/syncthing/var"),
    ("linux", {}, "/var/packages/syncthing/target/var"),
    ("linux", {}, "/usr/local/syncthing/var"),
    ("linux", {}, "/var/syncthing/config"),
    ("linux", {}, "/config"),
    ("freebsd14", {}, "/home/me/.config/syncthing"),
    ("freebsd14", {}, "/home/me/.local/state/syncthing"),
    ("freebsd14", XDG, "/xdg/state/syncthing"),
    ("freebsd14", {}, "/usr/local/etc/syncthing"),
    ("netbsd10", {}, "/usr/pkg/etc/syncthing"),
    ("openbsd7", {}, "/var/syncthing"),
    ("darwin", {}, "/Users/me/Library/Application Support/Syncthing"),
    ("win32", WINDOWS, r"C:\Users\me\AppData\Local\Syncthing"),
    ("win32", WINDOWS, r"C:\Users\me\AppData\Roaming\Syncthing"),
    ("win32", WINDOWS, r"C:\ProgramData\Syncthing"),
    ("win32", {"APPDATA": r"D:\Roaming"}, r"D:\Roaming\Syncthing"),
]


@pytest.mark.parametrize("version", CONFIGS)
@pytest.mark.parametrize(("platform", "environ", "folder"), LAYOUTS)
def test_layouts(tmp_path: Path, platform: str, environ: dict[str, str], folder: str, version: str) -> None:
    """The home is found in each place where a version keeps it on a system, with what its configuration says."""
    user_home = {"darwin": MAC_HOME, "win32": WINDOWS_HOME}.get(platform, ME)
    computer = Computer(tmp_path, platform, user_home, **environ)
    home = computer.home(folder, config("0.0.0.0:1", tls=True, version=version))
    assert computer.find() == LocalDaemon("https://127.0.0.1:1", KEY, None, home, None)
    (home / "https-cert.pem").touch()
    assert computer.find().certificate == home / "https-cert.pem"


@pytest.mark.parametrize(
    ("address", "tls", "url", "unix_socket"),
    [
        ("127.0.0.1:1", False, "http://127.0.0.1:1", None),
        ("[::]:1", True, "https://[::1]:1", None),
        (":1", False, "http://127.0.0.1:1", None),
        (" localhost:1\n", False, "http://localhost:1", None),
        ("1", True, "https://127.0.0.1:1", None),
        ("/run/a b", False, "unix:///run/a%20b", "/run/a b"),
        ("/run/syncthing", True, "unixs:///run/syncthing", "/run/syncthing"),
    ],
)
def test_addresses(linux: Computer, address: str, tls: bool, url: str, unix_socket: str | None) -> None:
    """Each form of the configured address becomes a URL, or a socket and a URL."""
    home = linux.home("/home/me/.config/syncthing", config(address, tls=tls))
    expected = LocalDaemon(url, KEY, None, home, Path(unix_socket) if unix_socket else None)
    assert linux.find() == linux.find(home) == expected


def test_a_named_home(linux: Computer) -> None:
    """What the caller names goes before everything else, and the environment does not count."""
    linux.system = dataclasses.replace(
        linux.system,
        environ={"STGUIADDRESS": ":1", "STGUIAPIKEY": OTHER_KEY, "STHOMEDIR": "/nowhere", "HOME": str(linux.root)},
    )
    linux.home("/home/me/.config/syncthing", config(":2"))
    named = linux.home("/elsewhere", config(":3"))
    for home in (named, str(named), f"{named}/", named / ".." / "elsewhere"):
        found = linux.find(home)
        assert (found.url, found.api_key) == ("http://127.0.0.1:3", KEY)
        assert found.home is not None
        assert found.home.samefile(named)


def test_a_named_home_that_is_relative(linux: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative home starts at the working directory, one with a tilde at the user's; the result has neither."""
    named = linux.home("/elsewhere")
    monkeypatch.chdir(named.parent)
    monkeypatch.setenv("HOME", str(named.parent))
    for home in ("elsewhere", "~/elsewhere"):
        assert linux.find(home).home == named


@pytest.mark.parametrize("home", ["", "~no-such-user/x"])
def test_a_home_that_is_none(linux: Computer, home: str) -> None:
    """A home that can't be one is refused."""
    linux.home("/home/me/.config/syncthing")
    with pytest.raises(SyncthingError) as refused:
        linux.find(home)
    assert isinstance(refused.value, DiscoveryError if home else BadRequestError)


def test_the_environment_alone(tmp_path: Path) -> None:
    """Address and key in the environment need no home."""
    found = Computer(tmp_path, STGUIADDRESS="https://[::]:1", STGUIAPIKEY=KEY).find()
    assert found == LocalDaemon("https://[::1]:1", KEY)
    found = Computer(tmp_path / "a", STGUIADDRESS="unix:///run/a", STGUIAPIKEY=KEY).find()
    assert found == LocalDaemon("unix:///run/a", KEY, unix_socket=Path("/run/a"))


@pytest.mark.parametrize(
    ("address", "key", "belongs"),
    [(":1", OTHER_KEY, True), (":2", KEY, True), (":2", OTHER_KEY, False), (":0", KEY, True), (":0", OTHER_KEY, False)],
)
def test_the_environment_and_a_home(tmp_path: Path, address: str, key: str, belongs: bool) -> None:
    """To address and key of the environment belongs the home that has one of them; with it comes the certificate."""
    computer = Computer(tmp_path, STGUIADDRESS="0.0.0.0:1", STGUIAPIKEY=KEY)
    computer.home("/home/me/.config/syncthing", "damaged")
    home = computer.home("/home/me/.local/state/syncthing", config(address, key=key, tls=True))
    (home / "https-cert.pem").touch()
    if belongs:
        assert computer.find() == LocalDaemon("https://127.0.0.1:1", KEY, home / "https-cert.pem", home)
    else:
        assert computer.find() == LocalDaemon("http://127.0.0.1:1", KEY)


def test_the_environment_with_a_home(tmp_path: Path) -> None:
    """A home that the environment names belongs to its address and key without a proof, if there is one."""
    home = make_home(tmp_path / "home", config(":2", key=OTHER_KEY))
    computer = Computer(tmp_path / "computer", STGUIADDRESS=":1", STGUIAPIKEY=KEY, STHOMEDIR=home)
    computer.home("/home/me/.config/syncthing")
    assert computer.find() == LocalDaemon("http://127.0.0.1:1", KEY, None, home)
    (home / "config.xml").unlink()
    assert computer.find() == LocalDaemon("http://127.0.0.1:1", KEY)


def test_only_an_address_in_the_environment(tmp_path: Path) -> None:
    """Without a key in the environment it is that of the home found; whether TLS is on, the address may say."""
    for number, (address, url) in enumerate(
        [(":1", "https://127.0.0.1:1"), ("http://:1", "http://127.0.0.1:1"), (" unix:///a ", "unix:///a")]
    ):
        computer = Computer(tmp_path / str(number), STGUIADDRESS=address, STGUIAPIKEY="")
        home = computer.home("/home/me/.config/syncthing", config(":0", tls=True))
        found = computer.find()
        assert (found.url, found.api_key, found.home) == (url, KEY, home)


def test_only_a_key_in_the_environment(tmp_path: Path) -> None:
    """Without an address in the environment it is that of the home found, which needs no key of its own then."""
    computer = Computer(tmp_path, STGUIAPIKEY=KEY, STGUIADDRESS=" ")
    home = computer.home("/home/me/.config/syncthing", config(":1", key=""))
    assert computer.find() == LocalDaemon("http://127.0.0.1:1", KEY, None, home)


@pytest.mark.parametrize("names", [["STHOMEDIR"], ["STCONFDIR"], ["STHOMEDIR", "STCONFDIR"]])
def test_a_home_in_the_environment(tmp_path: Path, names: list[str]) -> None:
    """A home that the environment names is the only one looked at: STHOMEDIR before STCONFDIR."""
    homes = {name: make_home(tmp_path / name, config(key=name)) for name in names}
    computer = Computer(tmp_path / "computer", **homes)
    computer.home("/home/me/.config/syncthing")
    assert computer.find().api_key == names[0]
    (homes[names[0]] / "config.xml").unlink()
    assert str(homes[names[0]]) in computer.refuse()


def test_an_address_in_the_environment_that_is_none(tmp_path: Path) -> None:
    """A useless address in the environment is an error that names the variable."""
    assert "STGUIADDRESS: the address ':0'" in Computer(tmp_path, STGUIADDRESS=":0", STGUIAPIKEY=KEY).refuse()
    computer = Computer(tmp_path / "a", STGUIADDRESS=":0")
    computer.home("/home/me/.config/syncthing")
    assert "STGUIADDRESS: the address ':0'" in computer.refuse()


def test_a_key_in_the_environment_that_is_none(tmp_path: Path) -> None:
    """A key that can't be a header is an error that names the variable, and not the key."""
    computer = Computer(tmp_path, STGUIAPIKEY=f"{KEY}\n", STGUIADDRESS=":1")
    home = computer.home("/home/me/.config/syncthing")
    assert "STGUIAPIKEY has characters" in computer.refuse()
    assert computer.find(home).api_key == KEY


def test_nothing_there(linux: Computer) -> None:
    """Where nothing is found, the error lists the places, and says what to do."""
    message = linux.refuse()
    assert "/home/me/.local/state/syncthing\n" in message
    assert "/home/me/.var/app/*/config/syncthing\n" in message
    assert "STHOMEDIR" in message
    assert "STGUIADDRESS and STGUIAPIKEY" in message


def test_nothing_and_no_home_of_ones_own(tmp_path: Path) -> None:
    """A user without a home gets the same error."""
    assert "/etc/syncthing" in Computer(tmp_path, user_home=None).refuse()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no "),
        ("", "is empty"),
        ("nonsense", "is not XML"),
        (config()[:-20], "only written in part"),
        ("<configuration/>", "no <configuration> with <gui>"),
        (config(enabled=False), "switches the API off"),
        (config(key=""), "has no API key"),
        (config(key=" \n"), "has no API key"),
        (config(key="ä"), "can't be sent"),
        (config(":0"), "port 0"),
        (config(""), "without a port"),
        (config("a b"), "not a host name"),
    ],
)
def test_a_configuration_that_is_of_no_use(linux: Computer, text: str | None, words: str) -> None:
    """What is wrong with the only home is said with the name of the file: no other is taken in its place."""
    home = linux.home("/home/me/.config/syncthing", text or "")
    if text is None:
        (home / "config.xml").unlink()
    message = linux.refuse(home)
    assert str(home / "config.xml") in message
    assert words in message
    if text is not None:
        assert linux.refuse() == message


def test_several_of_no_use(linux: Computer) -> None:
    """If several are damaged, all are listed."""
    one = linux.home("/home/me/.config/syncthing", "nonsense")
    two = linux.home("/home/me/.local/state/syncthing", config(key=""))
    message = linux.refuse()
    assert f"{one / 'config.xml'} is not XML" in message
    assert f"{two / 'config.xml'} has no API key" in message


def test_homes_of_others() -> None:
    """A home that may not be read is passed over if there is one of our own, and otherwise the reason is given."""
    with tempfile.TemporaryDirectory() as folder:  # not below a folder of root alone
        Path(folder).chmod(0o755)
        computer = Computer(Path(folder))
        closed = computer.home("/var/lib/syncthing")
        own = computer.home("/home/me/.config/syncthing")
        with as_nobody(closed / "config.xml"):
            assert computer.find().home == own
        (own / "config.xml").unlink()
        with as_nobody(closed / "config.xml"):
            assert f"{closed / 'config.xml'} may not be read" in computer.refuse()
            assert f"{closed / 'config.xml'} may not be read" in computer.refuse(closed)


def test_several_homes(linux: Computer, port: int) -> None:
    """Of several homes it is that of the daemon which answers; it is told from others by its certificate."""
    homes = [
        linux.home("/home/me/.config/syncthing"),
        linux.home("/home/me/.local/state/syncthing"),
        linux.home("/var/lib/syncthing", "damaged"),
    ]
    identities = [Identity(home) for home in homes]
    for up in (0, 1):
        with showing(identities[up]) as shown:
            make_home(homes[up], config(shown.address))
            make_home(homes[1 - up], config(f"127.0.0.1:{port}"))
            assert linux.find().home == homes[up]
            make_home(homes[1 - up], config(shown.address))  # the same port: one of them was there before
            assert linux.find().home == homes[up]
        assert shown.received == b""


def test_several_homes_whose_daemons_answer(linux: Computer) -> None:
    """If several answer, the first in the documented order is taken."""
    first = linux.home("/home/me/.config/syncthing")
    second = linux.home("/home/me/.local/state/syncthing")
    with showing(Identity(first)) as one, showing(Identity(second)) as two:
        make_home(first, config(one.address, tls=True))
        make_home(second, config(two.address))
        assert linux.find().url == f"https://{one.address}"


def test_several_homes_without_a_certificate(linux: Computer, port: int) -> None:
    """Where there is no certificate to compare, it is enough that somebody listens."""
    first = linux.home("/home/me/.config/syncthing", config(f"127.0.0.1:{port}"))
    with showing(None) as shown:
        second = linux.home("/home/me/.local/state/syncthing", config(shown.address))
        assert linux.find().home == second
    assert first.is_dir()


def test_several_homes_and_nobody_answers(linux: Computer, tmp_path: Path, port: int) -> None:
    """If none answers, or another on its port, all are listed with what was found of them."""
    first = linux.home("/home/me/.config/syncthing", config(f"127.0.0.1:{port}"))
    second = linux.home("/home/me/.local/state/syncthing")
    third = linux.home("/var/lib/syncthing", "damaged")
    Identity(second)
    with showing(Identity(tmp_path / "stranger")) as stranger:
        make_home(second, config(stranger.address))
        message = linux.refuse()
    assert f"{first}: nothing that belongs to it answers at http://127.0.0.1:{port}\n" in message
    assert f"{second}: nothing that belongs to it answers at http://{stranger.address}\n" in message
    assert f"{third}: {third / 'config.xml'} is not XML" in message
    assert "home=..." in message
    assert stranger.received == b""


def test_a_single_home(linux: Computer) -> None:
    """A single home is that of the daemon that shows its certificate; the key is not sent."""
    home = linux.home("/home/me/.config/syncthing")
    for tls in (False, True):
        with showing(Identity(home)) as shown:
            make_home(home, config(shown.address, tls=tls))
            assert linux.find() == linux.find(home)
            assert linux.find().home == home
        assert shown.received == b""


@pytest.mark.parametrize("tls", [False, True])
def test_a_single_home_that_is_stale(linux: Computer, tmp_path: Path, tls: bool) -> None:
    """If another daemon has the address of a home, that is said, however the home is named, and no key is sent."""
    home = linux.home("/home/me/.config/syncthing")
    Identity(home)
    with showing(Identity(tmp_path / "other")) as shown:
        make_home(home, config(shown.address, tls=tls))
        linux.proc.add(7, "syncthing", "--home=/mnt/other")
        by_environment = Computer(tmp_path / "b", STHOMEDIR=home)
        for message in (linux.refuse(), linux.refuse(home), by_environment.refuse()):
            assert (
                f"another Syncthing answers at http{'s' * tls}://{shown.address}, and not that of the home" in message
            )
            assert f"{home}: it shows another certificate than the https-cert.pem there" in message
        assert "(process 7, home /mnt/other)" in linux.refuse()
    assert shown.received == b""


def test_a_single_home_whose_port_another_program_has(linux: Computer) -> None:
    """If what answers at the address of a home is no Syncthing, that is said, and no key is sent."""
    home = linux.home("/home/me/.config/syncthing")
    Identity(home)
    with patch("aiosyncthing.local.search.ask", return_value="stranger"):
        assert f"what answers at {DEFAULT_URL} is not Syncthing" in linux.refuse()


def test_a_stale_home_on_a_socket(linux: Computer, tmp_path: Path) -> None:
    """A socket is compared like a port."""
    home = linux.home("/home/me/.config/syncthing")
    with tempfile.TemporaryDirectory() as folder, showing(Identity(tmp_path / "other"), Path(folder, "s")) as shown:
        make_home(home, config(shown.address))
        assert linux.find().url == f"unix://{shown.address}"  # no certificate yet
        Identity(home)
        assert f"another Syncthing answers at unix://{shown.address}" in linux.refuse()
    assert linux.find().url == f"unix://{shown.address}"
    assert shown.received == b""


@pytest.mark.parametrize("answer", ["nobody", "unknown", "own"])
def test_a_single_home_that_may_be_right(linux: Computer, answer: str) -> None:
    """A single home is found where its daemon is down, or too busy to say who it is."""
    home = linux.home("/home/me/.config/syncthing")
    with patch("aiosyncthing.local.search.ask", return_value=answer):
        assert linux.find().home == home


def test_address_and_key_in_the_environment_are_not_compared(tmp_path: Path) -> None:
    """Whoever names both address and key knows what is there, say a proxy."""
    with showing(Identity(tmp_path / "proxy")) as shown:
        computer = Computer(tmp_path / "computer", STGUIADDRESS=shown.address, STGUIAPIKEY=KEY)
        home = computer.home("/home/me/.config/syncthing")
        Identity(home)
        assert computer.find().home == home


def test_several_homes_and_an_address_in_the_environment(tmp_path: Path) -> None:
    """An address in the environment is asked whose daemon is there."""
    identity = Identity(tmp_path / "certificate")
    with showing(identity) as shown:
        computer = Computer(tmp_path / "computer", STGUIADDRESS=shown.address)
        Identity(computer.home("/home/me/.config/syncthing"))
        home = computer.home("/home/me/.local/state/syncthing", config(key=OTHER_KEY))
        (home / "https-cert.pem").write_bytes(identity.certificate.read_bytes())
        assert (computer.find().api_key, computer.find().home) == (OTHER_KEY, home)


def test_one_home_under_two_names(linux: Computer) -> None:
    """A link to a home is no second home."""
    home = linux.home("/home/me/.config/syncthing")
    (linux.root / "home/me/.local/state").mkdir(parents=True)
    (linux.root / "home/me/.local/state/syncthing").symlink_to(home)
    linux.proc.add(1, "syncthing", "--home", home)
    assert linux.find().home == home


def test_the_address_of_the_process(linux: Computer) -> None:
    """A daemon that was started with another address is reached there, with the key of its configuration."""
    home = linux.home("/home/me/.config/syncthing", config(":1", tls=True))
    linux.proc.add(1, "syncthing", "serve", f"--home={home.parent}/../.config/syncthing")
    linux.proc.add(2, "syncthing", "serve", f"--home={home}", "--gui-address=[::]:2")
    linux.proc.add(3, "syncthing", "serve", f"--home={home}", "--gui-address=:3")
    for found in (linux.find(), linux.find(home)):
        assert found == LocalDaemon("https://[::1]:2", KEY, None, home)


@pytest.mark.parametrize(
    ("override", "url"),
    [
        ("http://127.0.0.1:2", "http://127.0.0.1:2"),
        ("127.0.0.1:2", "https://127.0.0.1:2"),
        ("unix:///run/a", "unix:///run/a"),
        ("unixs:///run/a", "unixs:///run/a"),
    ],
)
def test_the_scheme_of_the_address_of_the_process(linux: Computer, override: str, url: str) -> None:
    """Whether TLS is on, that address says; if not, TLS is right for all versions if the configuration wants it."""
    home = linux.home("/home/me/.config/syncthing", config(tls=True))
    linux.proc.add(1, "syncthing", f"--home={home}", STGUIADDRESS=override)
    assert linux.find().url == url


def test_a_useless_address_of_the_process(linux: Computer) -> None:
    """A daemon that took any port can't be found, whatever its configuration says."""
    home = linux.home("/home/me/.config/syncthing")
    linux.proc.add(1, "syncthing", f"--home={home}", "--gui-address=127.0.0.1:0")
    assert f"the Syncthing that runs with the home {home}: the address '127.0.0.1:0'" in linux.refuse()


def test_the_environment_goes_before_the_process(tmp_path: Path) -> None:
    """An address in our own environment goes before the one of the process."""
    computer = Computer(tmp_path, STGUIADDRESS=":3")
    home = computer.home("/home/me/.config/syncthing")
    computer.proc.add(1, "syncthing", f"--home={home}", "--gui-address=:2")
    assert computer.find().url == "http://127.0.0.1:3"


def test_an_unusual_home(linux: Computer) -> None:
    """The home of a process is found wherever it is."""
    home = linux.home("/mnt/usb stick/syncthing", config(":1"))
    linux.proc.add(1, "syncthing", f"--home={home}")
    linux.proc.add(2, "syncthing", f"--home={home}")
    assert linux.find() == LocalDaemon("http://127.0.0.1:1", KEY, None, home)


def test_an_unusual_home_besides_an_old_one(linux: Computer, port: int) -> None:
    """A home that is in use goes before a default one that isn't."""
    linux.home("/home/me/.config/syncthing", config(f"127.0.0.1:{port}"))
    home = linux.home("/mnt/syncthing")
    with showing(Identity(home)) as shown:
        linux.proc.add(1, "syncthing", f"--home={home}", "--gui-address", shown.address)
        assert (linux.find().home, linux.find().url) == (home, f"http://{shown.address}")


def test_processes_of_others(linux: Computer) -> None:
    """What processes of other users say counts for homes of theirs only: else they could have our key sent to them."""
    home = linux.home("/home/me/.config/syncthing", config(":1"))
    unusual = linux.home("/mnt/syncthing")
    linux.proc.add(1, "syncthing", f"--home={home}", "--gui-address=:2")
    linux.proc.add(2, "syncthing", f"--home={unusual}")
    assert linux.find(home).url == "http://127.0.0.1:2"
    stranger = os.geteuid() + 1
    strangers = [process._replace(owner=stranger) for process in dataclasses.replace(linux.system).processes]
    with patch("aiosyncthing.local.search.running", return_value=strangers):
        assert linux.find() == linux.find(home) == LocalDaemon("http://127.0.0.1:1", KEY, None, home)
    # Root looks at the home of a user, whose own process it is.
    linux.system = dataclasses.replace(linux.system, user=stranger)
    assert linux.find(home).url == "http://127.0.0.1:2"


def of(system: search._System, *owners: int) -> Any:
    """Have the processes belong to these users, one after the other."""
    found = [
        process._replace(owner=owner)
        for process, owner in zip(dataclasses.replace(system).processes, owners, strict=True)
    ]
    return patch("aiosyncthing.local.search.running", return_value=found)


def test_a_daemon_of_another_user(linux: Computer) -> None:
    """If nothing is found but a daemon of another user runs, it is named, with what to do."""
    linux.proc.add(1, "syncthing", "serve", "--home=/mnt/theirs")
    linux.proc.add(2, "syncthing", "serve", "--home=/mnt/theirs")
    linux.proc.add(3, "syncthing", "serve")
    stranger = 4_000_000_000  # nobody has that name
    linux.system = dataclasses.replace(linux.system, user=stranger + 1)
    with of(linux.system, stranger, stranger, stranger):
        message = linux.refuse()
    assert "there is no Syncthing" not in message
    assert "Start Syncthing" not in message
    assert "\n  /etc/syncthing\n" in message
    advice = message.splitlines()[-2:]
    assert advice[0].startswith(f"A Syncthing runs as the user {stranger} (process 1, home /mnt/theirs), which hides")
    assert f"run this program as {stranger}, or get its API key" in advice[0]
    assert advice[1].startswith(f"A Syncthing runs as the user {stranger} (process 3), ")


def test_a_daemon_of_another_user_whose_home_can_be_read(linux: Computer) -> None:
    """If its configuration can be read, its home has only to be named."""
    home = linux.home("/mnt/theirs")
    linux.proc.add(1, "syncthing", f"--home={home}")
    with of(linux.system, 4_000_000_000):
        assert f"(process 1, home {home}). Name its home: home=..., or " in linux.refuse()


def test_a_daemon_in_a_container(linux: Computer) -> None:
    """If a daemon runs in a container, that is said."""
    linux.proc.add(1, "syncthing", "--home=/var/syncthing/config", root=linux.root)
    message = linux.refuse()
    assert "(process 1, home /var/syncthing/config), in a container of its own or with a home that is gone" in message
    assert "set STGUIADDRESS and STGUIAPIKEY" in message


def test_a_home_that_goes_away(linux: Computer) -> None:
    """A home that is removed while it is looked at has no override."""
    home = linux.home("/home/me/.config/syncthing")
    linux.proc.add(1, "syncthing", f"--home={home}", "--gui-address=:2")
    assert linux.system.override(home) == ":2"
    (home / "config.xml").unlink()
    assert linux.system.override(home) is None


def test_without_proc(linux: Computer) -> None:
    """Where the system doesn't show its processes, the configuration is all there is."""
    linux.system = dataclasses.replace(linux.system, proc=None, user=None)
    home = linux.home("/home/me/.config/syncthing")
    assert linux.find() == LocalDaemon(DEFAULT_URL, KEY, None, home)


def test_the_key_is_not_shown(linux: Computer) -> None:
    """Neither the result nor the computer shows the key; the result is a value that can be copied and compared."""
    linux.home("/home/me/.config/syncthing")
    found = linux.find()
    assert KEY not in repr(found)
    assert DEFAULT_URL in repr(found)
    assert found.api_key == KEY
    assert type(found.api_key) is str
    assert copy.copy(found) == pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.url = ""  # type: ignore[misc] # that is what is tested
    assert KEY not in repr(dataclasses.replace(linux.system, environ={"STGUIAPIKEY": KEY}))


@pytest.fixture
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory, and an environment that knows no other."""
    for name in ("STGUIADDRESS", "STGUIAPIKEY", "STHOMEDIR", "STCONFDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_this_computer(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments it is this computer that is searched."""
    home = make_home(isolated / ".local" / "state" / "syncthing", config(":1"))
    here = search._System.here()
    assert (here.platform, here.user_home, here.place(PurePosixPath("/a"))) == (sys.platform, isolated, Path("/a"))
    assert home in list(here.candidates())
    assert discover(home) == LocalDaemon("http://127.0.0.1:1", KEY, None, home)
    monkeypatch.setenv("STHOMEDIR", str(home))
    assert discover() == discover(home)


def test_a_user_without_a_home(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system doesn't know has no home, and that is no error."""
    monkeypatch.delenv("HOME")
    with patch.object(Path, "home", side_effect=RuntimeError):
        assert search._System.here().user_home is None


def test_nothing_heavy_is_loaded(isolated: Path) -> None:
    """Finding a daemon loads neither aiohttp nor asyncio."""
    home = make_home(isolated / "home")
    code = (
        "import sys; from aiosyncthing.local import discover; discover(sys.argv[1]);"
        "print(sys.modules.keys() & {'aiohttp', 'asyncio', 'yarl', 'orjson', 'xml.etree'})"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, home], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


ANY_CONFIG = st.builds(
    lambda address, key, tls, cut: config(address.replace("&", "").replace("<", ""), key=key, tls=tls)[:cut],
    st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    | st.sampled_from([":1", "[::]:2", "/run/a", "0.0.0.0", "a:0"]),
    st.sampled_from([KEY, "", "ä"]),
    st.booleans(),
    st.none() | st.integers(-30, -1),
)


@given(
    ANY_CONFIG,
    st.sampled_from(["", ":1", "http://", "x"]) | st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["", KEY]),
)
def test_anything(tmp_path_factory: pytest.TempPathFactory, text: str, address: str, key: str) -> None:
    """Whatever configuration and environment say, there is a daemon or a `DiscoveryError`, and no key is shown."""
    root = tmp_path_factory.mktemp("any")
    computer = Computer(root, STGUIADDRESS=address, STGUIAPIKEY=key)
    computer.home("/home/me/.config/syncthing", text)
    try:
        found = computer.find()
    except DiscoveryError as error:
        assert secrets_in(error) == []  # noqa: PT017 - either is right
    else:
        assert found.url.startswith(("http://", "https://", "unix:///", "unixs:///"))
        assert found.api_key == KEY
        assert KEY not in repr(found)
