"""Finding the daemon of this computer, on computers of all kinds."""

import asyncio
import copy
import dataclasses
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Final
from unittest.mock import patch

import aiohttp
import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import BadRequestError, DiscoveryError
from aiosyncthing.local import LocalDaemon, discover
from aiosyncthing.local.computer import Computer
from aiosyncthing.local.search import find_daemon
from tests.support.handshakes import Identity, showing
from tests.support.homes import KEY, as_nobody, config, make_home
from tests.support.procfs import Proc

OTHER_KEY: Final = "another-key-that-nobody-may-see"
ME: Final = PurePosixPath("/home/me")
DEFAULT_URL: Final = "http://127.0.0.1:8384"
OLD, NEW, SERVICE = "/home/me/.config/syncthing", "/home/me/.local/state/syncthing", "/var/lib/syncthing"


class Machine:
    """A made-up computer, all of it in one folder.

    Args:
        root: The folder.
        platform: As `sys.platform`.
        user_home: The user's home directory on it.
        **environ: The environment.
    """

    def __init__(
        self, root: Path, platform: str = "linux", user_home: PurePath | None = ME, **environ: str | Path
    ) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.proc = Proc(root / "proc")
        given = {name: str(value) for name, value in environ.items()}
        self.computer = Computer(platform, given, user_home, self.place, self.proc.path, os.geteuid())

    def place(self, path: PurePath) -> Path:
        """Return the actual path for a path of this computer."""
        return self.root.joinpath(path.drive.rstrip(":"), *path.parts[1:])

    def home(self, folder: str = OLD, text: str | bytes | None = None) -> Path:
        """Make a home there."""
        pure = PureWindowsPath(folder) if self.computer.platform == "win32" else PurePosixPath(folder)
        return make_home(self.place(pure), text)

    def replace(self, **changes: Any) -> None:
        """Change what is known about the computer."""
        self.computer = dataclasses.replace(self.computer, **changes)

    def owned_by(self, owners: Iterable[int]) -> Any:
        """Patch the processes so that they belong to these users, one after the other."""
        processes = dataclasses.replace(self.computer).processes
        owned = [process._replace(owner=owner) for process, owner in zip(processes, owners, strict=True)]
        return patch("aiosyncthing.local.computer.running", return_value=owned)

    def find(self, home: str | Path | None = None) -> LocalDaemon:
        """Do what `discover` does on that computer."""
        return find_daemon(dataclasses.replace(self.computer), home)  # a copy, which looks at the processes again

    def refuse(self, home: str | Path | None = None) -> str:
        """Return the error's message; neither the message nor the traceback shows a key."""
        with pytest.raises(DiscoveryError) as refused:
            self.find(home)
        assert secrets_in(refused.value) == []
        return str(refused.value)


def secrets_in(error: BaseException) -> list[str]:
    """Return the keys shown by an error, its attributes and the variables in the package's frames."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert (found.__cause__, found.__context__) == (None, None)
    frames = [frame for frame in found.stack if "/aiosyncthing/" in frame.filename]
    assert frames
    shown = "".join(traceback.StackSummary.from_list(frames).format()) + f"{error} {error!r} {vars(error)}"
    return [key for key in (KEY, OTHER_KEY) if key in shown]


@pytest.fixture
def linux(tmp_path: Path) -> Machine:
    """A computer with Linux and without Syncthing."""
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("platform", "user_home", "environ", "folder"),
    [
        ("linux", ME, {}, OLD),
        ("linux", ME, {"XDG_STATE_HOME": "/xdg/state"}, "/xdg/state/syncthing"),
        ("linux", ME, {}, "/home/me/.var/app/com.github.zocker_160.SyncThingy/config/syncthing"),
        ("linux", ME, {}, "/home/me/snap/syncthing/common/syncthing"),
        ("linux", ME, {}, "/config"),
        ("freebsd14", ME, {}, "/usr/local/etc/syncthing"),
        ("darwin", PurePosixPath("/Users/me"), {}, "/Users/me/Library/Application Support/Syncthing"),
        ("win32", PureWindowsPath(r"C:\Users\me"), {"LOCALAPPDATA": r"D:\Local"}, r"D:\Local\Syncthing"),
    ],
)
def test_default_homes(
    tmp_path: Path, platform: str, user_home: PurePath, environ: dict[str, str], folder: str
) -> None:
    """A home in a default place of the system is found, with its address, key and certificate."""
    machine = Machine(tmp_path, platform, user_home, **environ)
    home = machine.home(folder, config("0.0.0.0:1", tls=True))
    assert machine.find() == LocalDaemon("https://127.0.0.1:1", KEY, None, home, direct=True)
    (home / "https-cert.pem").touch()
    assert machine.find().certificate == home / "https-cert.pem"


def test_a_named_home(linux: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home given by the caller takes precedence over everything, and the environment is ignored.

    A relative home, or one with a tilde, becomes an absolute path.
    """
    linux.replace(environ={"STGUIADDRESS": ":1", "STGUIAPIKEY": OTHER_KEY, "STHOMEDIR": "/nowhere"})
    linux.home(OLD, config(":2"))
    named = linux.home("/elsewhere", config("/run/a b"))
    for home in (named, str(named), f"{named}/", named / ".." / "elsewhere"):
        found = linux.find(home)
        assert (found.url, found.api_key) == ("unix:///run/a%20b", KEY)
        assert found.unix_socket == Path("/run/a b")
        assert found.home is not None
        assert found.home.samefile(named)
    monkeypatch.chdir(named.parent)
    monkeypatch.setenv("HOME", str(named.parent))
    for home in ("elsewhere", "~/elsewhere"):
        assert linux.find(home).home == named


@pytest.mark.parametrize(("home", "kind"), [("", BadRequestError), ("~no-such-user/x", DiscoveryError)])
def test_an_impossible_home(linux: Machine, home: str, kind: type[Exception]) -> None:
    """An impossible home is refused, although there is another."""
    linux.home()
    with pytest.raises(kind):
        linux.find(home)


@pytest.mark.parametrize(
    ("address", "key", "belongs"),
    [(":1", OTHER_KEY, True), (":2", KEY, True), (":2", OTHER_KEY, False), (":0", KEY, True), (":0", OTHER_KEY, False)],
)
def test_address_and_key_in_the_environment(tmp_path: Path, address: str, key: str, belongs: bool) -> None:
    """With both no home is needed, but the home that has one of them belongs to them, and gives the certificate."""
    machine = Machine(tmp_path, STGUIADDRESS="0.0.0.0:1", STGUIAPIKEY=KEY)
    machine.home(OLD, "damaged")
    home = machine.home(NEW, config(address, key=key, tls=True))
    (home / "https-cert.pem").touch()
    if belongs:
        assert machine.find() == LocalDaemon("https://127.0.0.1:1", KEY, home / "https-cert.pem", home)
    else:
        assert machine.find() == LocalDaemon("http://127.0.0.1:1", KEY)


def test_all_in_the_environment(tmp_path: Path) -> None:
    """A home named by the environment belongs to the address and key there, whatever its configuration, if any."""
    home = make_home(tmp_path / "home", config(":2", key=OTHER_KEY))
    machine = Machine(tmp_path / "machine", STGUIADDRESS=":1", STGUIAPIKEY=KEY, STHOMEDIR=home)
    machine.home()
    assert machine.find() == LocalDaemon("http://127.0.0.1:1", KEY, None, home)
    (home / "config.xml").unlink()
    assert machine.find() == LocalDaemon("http://127.0.0.1:1", KEY)


@pytest.mark.parametrize(
    ("address", "url"),
    [(":1", "https://127.0.0.1:1"), ("http://:1", "http://127.0.0.1:1"), (" unix:///a ", "unix:///a")],
)
def test_an_address_or_a_key_in_the_environment(tmp_path: Path, address: str, url: str) -> None:
    """What is not in the environment is the home's, also TLS if the address doesn't say; it needn't have the rest."""
    machine = Machine(tmp_path / "a", STGUIADDRESS=address, STGUIAPIKEY="")
    home = machine.home(OLD, config(":0", tls=True))
    found = machine.find()
    assert (found.url, found.api_key, found.home, found.direct) == (url, KEY, home, False)
    machine = Machine(tmp_path / "b", STGUIAPIKEY=KEY, STGUIADDRESS=" ")
    home = machine.home(OLD, config(":1", key=""))
    assert machine.find() == LocalDaemon("http://127.0.0.1:1", KEY, None, home, direct=True)


@pytest.mark.parametrize("names", [["STHOMEDIR"], ["STCONFDIR"], ["STHOMEDIR", "STCONFDIR"]])
def test_a_home_in_the_environment(tmp_path: Path, names: list[str]) -> None:
    """A home named by the environment is the only one considered: STHOMEDIR takes precedence over STCONFDIR."""
    homes = {name: make_home(tmp_path / name, config(key=name)) for name in names}
    machine = Machine(tmp_path / "machine", **homes)
    machine.home()
    assert machine.find().api_key == names[0]
    (homes[names[0]] / "config.xml").unlink()
    assert str(homes[names[0]]) in machine.refuse()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"STGUIADDRESS": ":0", "STGUIAPIKEY": KEY}, "STGUIADDRESS: the address ':0'"),
        ({"STGUIADDRESS": ":0"}, "STGUIADDRESS: the address ':0'"),
        ({"STGUIADDRESS": ":1", "STGUIAPIKEY": f"{KEY}\n"}, "STGUIAPIKEY contains characters"),
    ],
)
def test_a_useless_environment(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    """A useless address or key in the environment is an error that names the variable; a named home ignores it."""
    machine = Machine(tmp_path, **environ)
    home = machine.home()
    assert words in machine.refuse()
    assert machine.find(home).api_key == KEY


def test_nothing_found(linux: Machine, tmp_path: Path) -> None:
    """If nothing is found, the error lists the places and says what to do, also for a user without a home directory."""
    message = linux.refuse()
    for words in (f"{NEW}\n", "/home/me/.var/app/*/config/syncthing\n", "STHOMEDIR", "STGUIADDRESS and STGUIAPIKEY"):
        assert words in message
    assert "/etc/syncthing" in Machine(tmp_path / "service", user_home=None).refuse()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "does not exist"),
        ("nonsense", "is not XML"),
        (config(enabled=False), "switches the API off"),
        (config(key=""), "has no API key"),
        (config(key=" \n"), "has no API key"),
        (config(key="ä"), "can't be sent"),
        (config(":0"), "port 0"),
        (config(""), "with no port"),
        (config("a b"), "host name is invalid"),
    ],
)
def test_an_unusable_configuration(linux: Machine, text: str | None, words: str) -> None:
    """A home's problem is reported with the name of the file; of several such homes, each is; none is taken instead."""
    home = linux.home(OLD, text or "")
    if text is None:
        (home / "config.xml").unlink()
    message = linux.refuse(home)
    assert str(home / "config.xml") in message
    assert words in message
    if text is not None:
        assert linux.refuse() == message
        other = linux.home(NEW, "nonsense")
        message = linux.refuse()
        assert str(home / "config.xml") in message
        assert words in message
        assert f"{other / 'config.xml'} is not XML" in message


def test_an_unreadable_home() -> None:
    """A home that this user may not read is skipped if there is another, if only a broken one; else it is reported."""
    with tempfile.TemporaryDirectory() as folder:  # tmp_path may be below a folder that only root can read
        Path(folder).chmod(0o755)
        machine = Machine(Path(folder))
        closed, own = machine.home(SERVICE), machine.home()
        with as_nobody(closed / "config.xml"):
            assert machine.find().home == own
        make_home(own, "nonsense")
        with as_nobody(closed / "config.xml"):
            assert str(closed) not in machine.refuse()
        (own / "config.xml").unlink()
        with as_nobody(closed / "config.xml"):
            assert f"{closed / 'config.xml'} is not readable" in machine.refuse()
            assert f"{closed / 'config.xml'} is not readable" in machine.refuse(closed)


def test_several_homes(linux: Machine, free_port: int) -> None:
    """Of several homes, the one whose daemon answers is found by its certificate; the key is not sent."""
    homes = [linux.home(OLD), linux.home(NEW), linux.home(SERVICE, "damaged")]
    identities = [Identity(home) for home in homes]
    for up in (0, 1):
        with showing(identities[up]) as shown:
            # The other home has another port, or the same one.
            for address in (f"127.0.0.1:{free_port}", shown.address):
                make_home(homes[up], config(shown.address))
                make_home(homes[1 - up], config(address))
                assert linux.find().home == homes[up]
        assert shown.received == b""


def test_several_daemons(linux: Machine, caplog: pytest.LogCaptureFixture) -> None:
    """If the daemons of several homes answer, the first in the documented order is taken, and a warning names all.

    Without a certificate to compare, a listener is enough.
    """
    first, second = linux.home(OLD), linux.home(NEW)
    with showing(None) as shown:
        make_home(second, config(shown.address))
        assert linux.find().home == second
    with showing(Identity(first)) as one, showing(Identity(second)) as two:
        make_home(first, config(one.address, tls=True))
        make_home(second, config(two.address))
        assert linux.find().url == f"https://{one.address}"
    assert f"the home {first} at https://{one.address} is used, not {second} at http://{two.address}" in caplog.text


def test_several_homes_without_a_daemon(linux: Machine, tmp_path: Path, free_port: int) -> None:
    """If no daemon answers, or another on its port, each home is listed with the reason."""
    first, second, third = linux.home(OLD, config(f"127.0.0.1:{free_port}")), linux.home(NEW), linux.home(SERVICE, "x")
    Identity(second)
    with showing(Identity(tmp_path / "stranger")) as stranger:
        make_home(second, config(stranger.address))
        message = linux.refuse()
    assert f"{first}: its daemon does not answer at http://127.0.0.1:{free_port}\n" in message
    assert f"{second}: its daemon does not answer at http://{stranger.address}\n" in message
    assert f"{third}: {third / 'config.xml'} is not XML" in message
    assert "`home`, or STHOMEDIR" in message
    assert stranger.received == b""


@pytest.mark.parametrize("tls", [False, True])
def test_a_single_home(linux: Machine, tmp_path: Path, tls: bool) -> None:
    """Even a single home's daemon is verified; if another answers, no key is sent, however the home was named."""
    home = linux.home()
    own, other = Identity(home), Identity(tmp_path / "other")
    with showing(own) as shown:
        make_home(home, config(shown.address, tls=tls))
        assert linux.find() == linux.find(home)
        assert linux.find().home == home
    assert shown.received == b""
    with showing(other) as shown:
        make_home(home, config(shown.address, tls=tls))
        linux.proc.add(7, "syncthing", "--home=/mnt/other")
        by_environment = Machine(tmp_path / "b", STHOMEDIR=home)
        for message in (linux.refuse(), linux.refuse(home), by_environment.refuse()):
            assert f"another Syncthing answers at http{'s' * tls}://{shown.address}, not that of the home" in message
            assert f"{home}: its certificate differs from the https-cert.pem there" in message
        assert "(process 7, home /mnt/other)" in linux.refuse()
    assert shown.received == b""


@pytest.mark.parametrize("answer", ["nothing", "unverified", "own", "other", "stranger"])
def test_what_answers(linux: Machine, answer: str) -> None:
    """A single home's daemon that is down, or too busy to show its certificate, is found; another program is not.

    If there are several homes, even broken ones, a home is found only if its daemon shows the certificate in it.
    """
    home = linux.home()
    with patch("aiosyncthing.local.search.probe", return_value=answer):
        if answer == "stranger":
            assert f"the program that answers at {DEFAULT_URL} is not Syncthing" in linux.refuse()
        elif answer != "other":
            assert linux.find().home == home
        Identity(home)
        broken = linux.home(NEW, "nonsense")
        if answer == "own":
            assert linux.find().home == home
        else:
            message = linux.refuse()
            assert f"{home}: its daemon does not answer" in message
            assert f"{broken}: " in message


def test_a_single_home_with_a_socket(linux: Machine, tmp_path: Path) -> None:
    """The daemon is verified over a socket, too."""
    home = linux.home()
    with tempfile.TemporaryDirectory() as folder, showing(Identity(tmp_path / "other"), Path(folder, "s")) as shown:
        make_home(home, config(shown.address))
        assert linux.find().url == f"unix://{shown.address}"  # no certificate yet
        Identity(home)
        assert f"another Syncthing answers at unix://{shown.address}" in linux.refuse()
    assert linux.find().url == f"unix://{shown.address}"
    assert shown.received == b""


def test_address_and_key_are_trusted(tmp_path: Path) -> None:
    """What answers at the address is not verified if the environment has the key as well; it may be a proxy."""
    with showing(Identity(tmp_path / "proxy")) as shown:
        machine = Machine(tmp_path / "machine", STGUIADDRESS=shown.address, STGUIAPIKEY=KEY)
        home = machine.home()
        Identity(home)
        assert machine.find().home == home


def test_the_home_for_an_address_in_the_environment(tmp_path: Path) -> None:
    """Without a key in the environment, the address's daemon shows which home is its own."""
    identity = Identity(tmp_path / "certificate")
    with showing(identity) as shown:
        machine = Machine(tmp_path / "machine", STGUIADDRESS=shown.address)
        Identity(machine.home())
        home = machine.home(NEW, config(key=OTHER_KEY))
        (home / "https-cert.pem").write_bytes(identity.certificate.read_bytes())
        assert (machine.find().api_key, machine.find().home) == (OTHER_KEY, home)


def test_a_home_with_two_paths(linux: Machine) -> None:
    """A link to a home is not a second home."""
    home = linux.home()
    linux.place(PurePosixPath(NEW)).parent.mkdir(parents=True)
    linux.place(PurePosixPath(NEW)).symlink_to(home)
    linux.proc.add(1, "syncthing", "--home", home)
    assert linux.find().home == home


def test_the_address_of_the_process(linux: Machine) -> None:
    """A daemon started with another address is found there, with the configured key; the first such process counts."""
    home = linux.home(OLD, config(":1", tls=True))
    linux.proc.add(1, "syncthing", "serve", f"--home={home.parent}/../.config/syncthing")
    linux.proc.add(2, "syncthing", "serve", f"--home={home}", "--gui-address=[::]:2")
    linux.proc.add(3, "syncthing", "serve", f"--home={home}", "--gui-address=:3")
    for found in (linux.find(), linux.find(home)):
        assert found == LocalDaemon("https://[::1]:2", KEY, None, home, direct=True)
    linux.replace(environ={"STGUIADDRESS": ":4"})  # which takes precedence
    assert linux.find().url == "https://127.0.0.1:4"


@pytest.mark.parametrize(
    ("override", "url"),
    [
        ("http://127.0.0.1:2", "http://127.0.0.1:2"),
        ("127.0.0.1:2", "https://127.0.0.1:2"),
        ("unix:///run/a", "unix:///run/a"),
        ("unixs:///run/a", "unixs:///run/a"),
        ("127.0.0.1:0", None),
    ],
)
def test_the_scheme_of_the_process_s_address(linux: Machine, override: str, url: str | None) -> None:
    """That address decides on TLS; if it doesn't, the configuration does. A useless one is an error."""
    home = linux.home(OLD, config(tls=True))
    linux.proc.add(1, "syncthing", f"--home={home}", STGUIADDRESS=override)
    if url is None:
        assert f"the Syncthing process with the home {home}: the address '{override}'" in linux.refuse()
    else:
        assert linux.find().url == url


def test_the_home_of_a_process(linux: Machine, free_port: int) -> None:
    """The home of a process is found wherever it is, and taken before a default home whose daemon is down."""
    home = linux.home("/mnt/usb stick/syncthing", config(":1"))
    linux.proc.add(1, "syncthing", f"--home={home}")
    linux.proc.add(2, "syncthing", f"--home={home}")
    assert linux.find() == LocalDaemon("http://127.0.0.1:1", KEY, None, home, direct=True)
    linux.home(OLD, config(f"127.0.0.1:{free_port}"))
    with showing(Identity(home)) as shown:
        make_home(home, config(shown.address))
        assert (linux.find().home, linux.find().url) == (home, f"http://{shown.address}")


def test_processes_of_other_users(linux: Machine) -> None:
    """Processes of other users count only for their own homes: otherwise they could have the key sent to them."""
    home = linux.home(OLD, config(":1"))
    unusual = linux.home("/mnt/syncthing")
    linux.proc.add(1, "syncthing", f"--home={home}", "--gui-address=:2")
    linux.proc.add(2, "syncthing", f"--home={unusual}")
    assert linux.find(home).url == "http://127.0.0.1:2"
    stranger = os.geteuid() + 1
    with linux.owned_by([stranger, stranger]):
        assert linux.find() == linux.find(home) == LocalDaemon("http://127.0.0.1:1", KEY, None, home, direct=True)
    linux.replace(user=stranger)  # such as root: the process belongs to the home's owner
    assert linux.find(home).url == "http://127.0.0.1:2"


def test_a_daemon_of_another_user(linux: Machine) -> None:
    """If only a daemon of another user runs, the error names it and says what to do, once for each home."""
    linux.proc.add(1, "syncthing", "serve", "--home=/mnt/theirs")
    linux.proc.add(2, "syncthing", "serve", "--home=/mnt/theirs")
    linux.proc.add(3, "syncthing", "serve")
    stranger = 4_000_000_000  # an ID without a name
    linux.replace(user=stranger + 1)
    with linux.owned_by([stranger] * 3):
        message = linux.refuse()
    assert "Start Syncthing" not in message
    assert "\n  /etc/syncthing\n" in message
    advice = message.splitlines()[-2:]
    assert advice[0].startswith(f"A Syncthing is running as the user {stranger} (process 1, home /mnt/theirs), and")
    assert f"run this program as {stranger}, or get its API key" in advice[0]
    assert advice[1].startswith(f"A Syncthing is running as the user {stranger} (process 3), ")
    theirs = linux.home("/mnt/theirs")
    linux.proc.add(4, "syncthing", f"--home={theirs}")
    with linux.owned_by([stranger] * 4):  # if its configuration can be read, it is enough to name its home
        assert f"(process 4, home {theirs}). Name its home (`home`, or " in linux.refuse()


def test_a_daemon_in_a_container(linux: Machine) -> None:
    """If only a daemon in a container runs, the error says so."""
    linux.proc.add(1, "syncthing", "--home=/var/syncthing/config", root=linux.root)
    message = linux.refuse()
    assert "(process 1, home /var/syncthing/config), in a container or with a home that no longer exists" in message
    assert "set STGUIADDRESS and STGUIAPIKEY" in message


def test_without_an_overriding_address(linux: Machine) -> None:
    """A home that is removed during the search has none, nor any on a system that doesn't show its processes."""
    home = linux.home()
    linux.proc.add(1, "syncthing", f"--home={home}", "--gui-address=:2")
    assert linux.computer.override(home) == ":2"
    (home / "config.xml").unlink()
    assert linux.computer.override(home) is None
    linux.home()
    linux.replace(proc=None, user=None)
    assert linux.find() == LocalDaemon(DEFAULT_URL, KEY, None, home, direct=True)


def test_the_result(linux: Machine) -> None:
    """The result is a value that can be copied and compared; neither its repr nor the computer's shows the key."""
    linux.home()
    found = linux.find()
    assert KEY not in repr(found)
    assert DEFAULT_URL in repr(found)
    assert (found.api_key, type(found.api_key)) == (KEY, str)
    assert copy.copy(found) == pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.url = ""  # type: ignore[misc] # that is what is tested
    assert KEY not in repr(dataclasses.replace(linux.computer, environ={"STGUIAPIKEY": KEY}))


@pytest.fixture
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home directory, in an environment that names no other."""
    for name in ("STGUIADDRESS", "STGUIAPIKEY", "STHOMEDIR", "STCONFDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_this_computer(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`discover` searches this computer."""
    home = make_home(isolated / ".local" / "state" / "syncthing", config(":1"))
    here = Computer.here()
    assert (here.platform, here.user_home, here.place(PurePosixPath("/a"))) == (sys.platform, isolated, Path("/a"))
    assert home in list(here.candidates())
    assert discover(home) == LocalDaemon("http://127.0.0.1:1", KEY, None, home, direct=True)
    monkeypatch.setenv("STHOMEDIR", str(home))
    assert discover() == discover(home)
    with patch.object(Path, "home", side_effect=RuntimeError):  # a user unknown to the system
        assert Computer.here().user_home is None


async def test_whether_connections_end_in_the_daemon(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They do at an address that the daemon has itself, unless a proxy is used; the caller's own word counts more."""
    home = make_home(isolated / "home", config(":1"))
    monkeypatch.setenv("STHOMEDIR", str(home))

    async def direct(**options: Any) -> bool:
        return (await asyncio.to_thread(Syncthing.local, **options)).api.direct

    assert await direct()
    assert not await direct(direct=False)
    async with aiohttp.ClientSession() as session, aiohttp.ClientSession(trust_env=True) as proxied:
        assert await direct(session=session)
        assert not await direct(session=proxied)
        assert await direct(session=proxied, direct=True)
    monkeypatch.setenv("STGUIADDRESS", "127.0.0.1:1")
    assert not await direct()
    assert await direct(direct=True)
    assert await direct(home=home), "the environment is ignored then"
    monkeypatch.setenv("STGUIADDRESS", "unix:///run/a")
    assert await direct()


def test_nothing_heavy_is_imported(isolated: Path) -> None:
    """Finding a daemon imports neither aiohttp nor asyncio."""
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


@settings(max_examples=100)
@given(
    ANY_CONFIG,
    st.sampled_from(["", ":1", "http://", "x"]) | st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["", KEY]),
)
def test_any_configuration(tmp_path_factory: pytest.TempPathFactory, text: str, address: str, key: str) -> None:
    """With any configuration and environment, the result is a daemon or a `DiscoveryError`, and no key is shown."""
    machine = Machine(tmp_path_factory.mktemp("any"), STGUIADDRESS=address, STGUIAPIKEY=key)
    machine.home(OLD, text)
    try:
        found = machine.find()
    except DiscoveryError as error:
        assert secrets_in(error) == []  # noqa: PT017 - either is right
    else:
        assert found.url.startswith(("http://", "https://", "unix:///", "unixs:///"))
        assert found.api_key == KEY
        assert KEY not in repr(found)
