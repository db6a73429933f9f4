"""`profile`, and config.toml: daemons get a name, and their certificates are pinned on first use."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import Fingerprint
from aiosyncthing.cli.errors import CommandError, UsageError
from aiosyncthing.cli.target.keys import Key
from aiosyncthing.cli.target.profiles import Profile, Profiles, config_file
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

TEXT = """# what I have
[profiles.nas]  # in the cellar
url = "https://nas:8384"
api-key = "secret"

# the small one
[profiles.pi]
url = "http://pi:8384"
api-key-file = "~/keys/pi"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with two profiles."""
    path = tmp_path / "c" / "config.toml"
    path.parent.mkdir()
    path.write_text(TEXT)
    return path


def test_reading(file: Path, config: Path) -> None:
    """Each profile has an address and a key; a typo in its name gets the nearest one. Without a file there are none."""
    assert config_file({}) == config
    assert config_file({"AIOSYNCTHING_CONFIG": "~/x.toml"}) == Path.home() / "x.toml"
    assert Profiles(config, {}).names == []
    profiles = Profiles(file, {})
    assert profiles.names == ["nas", "pi"]
    assert "pi" in profiles
    key = Key("inline", str(file), value="secret")
    assert profiles.get("nas") == Profile("nas", "https://nas:8384", None, key, None)
    assert profiles.with_url("http://pi:8384/") == profiles.get("pi")
    assert profiles.with_url("http://pi:8385") is None
    with pytest.raises(UsageError, match="there is no profile 'nass'") as caught:
        profiles.get("nass")
    assert caught.value.hint == "did you mean nas?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[profiles.x]\nurl = 5\napi-key = 'k'", "url must be a non-empty string"),
        ("[profiles.x]\nurl = ''\napi-key = 'k'", "url must be a non-empty string"),
        ("[profiles.x]\nurl = 'http://x'", "has no key"),
        ("[profiles.x]\nurl = 'http://x'\nhome = '/h'", "either url, or home"),
        ("[profiles.x]\napi-key = 'k'", "either url, or home"),
        ("[profiles.x]\nhome = '/h'\napi-key = 'k'", "api-key and home contradict"),
        ("[profiles.x]\nurl = 'http://x'\napi-key = 'k'\napi-key-file = 'f'", "contradict each other"),
        ("[profiles.x]\nurl = 'http://x'\napi-key-command = 'pass x'", "must be a list such as"),
        ("[profiles.x]\nurl = 'http://x'\napi-key-command = [1]", "must be a list such as"),
        ("[profiles.x]\nurll = 'http://x'", "unknown field 'urll'"),
        ("[profiles]\nx = 5", "is not a table"),
        ("[profile.x]\nurl = 'http://x'", "only tables such as"),
        ("profiles = 5", "only tables such as"),
        ("[profiles", "config.toml: "),
    ],
)
def test_what_is_wrong(text: str, message: str, tmp_path: Path) -> None:
    """A profile that isn't right is a usage error that names the file."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        Profiles(file, {}).all()
    with pytest.raises(UsageError, match="can't read"):
        Profiles(tmp_path, {})


@pytest.mark.parametrize(
    "table",
    [
        {"url": "https://x:1", "api-key-command": ["pass", 'a "b" \\c']},
        {"url": "http://x:1", "api-key": "k€y\u007f", "tls": "insecure"},
        {"home": "/srv/s"},
    ],
)
def test_adding(table: Any, file: Path) -> None:
    """A new profile stands at the end; the rest stays, comments included, and others can't read the file."""
    Profiles(file, {}).add("new", table)
    assert file.read_text().startswith(TEXT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    profiles = Profiles(file, {})
    assert profiles.names == ["nas", "pi", "new"]
    assert profiles.get("new").url == table.get("url")
    assert [each.name for each in file.parent.iterdir()] == ["config.toml"]


def test_adding_the_first(tmp_path: Path) -> None:
    """The file and its folder are created; if that fails, the message names the file and the reason."""
    file = tmp_path / "a" / "b.toml"
    Profiles(file, {}).add("x", {"home": "/h"})
    assert file.read_text() == '[profiles.x]\nhome = "/h"\n'
    with pytest.raises(CommandError, match=r"^can't write .*/b\.toml/c: File exists$"):
        Profiles(tmp_path / "a" / "b.toml" / "c", {}).add("x", {"home": "/h"})


def test_names_that_cannot_be(file: Path) -> None:
    """Reserved, invalid and duplicate names are refused."""
    for name in ("all", "", "a b", "a.b", "nas", "ä"):
        with pytest.raises(UsageError, match=r"can't be the name|already"):
            Profiles(file, {}).add(name, {"home": "/h"})
    assert file.read_text() == TEXT


def test_removing(file: Path) -> None:
    """A profile goes with its table; comments stay. A file in another style has to be edited by hand."""
    profiles = Profiles(file, {})
    profiles.remove("nas")
    assert file.read_text() == "# what I have\n" + TEXT[TEXT.index("[profiles.pi]") :]
    profiles.remove("pi")
    assert Profiles(file, {}).names == []
    file.write_text("[profiles]\nx = {home = '/h'}\n")
    with pytest.raises(UsageError, match="edit it by hand"):
        Profiles(file, {}).remove("x")
    assert Profiles(file, {}).names == ["x"]


@pytest.fixture
def secure() -> Iterator[FakeSyncthing]:
    """A daemon with HTTPS, and a certificate that it made for itself."""
    with FakeSyncthing(name="secure", tls=True) as fake:
        yield fake


@pytest.fixture
def key(nas: FakeSyncthing, tmp_path: Path) -> str:
    """A file with the key."""
    file = tmp_path / "key"
    file.write_text(nas.api_key)
    file.chmod(0o600)
    return str(file)


def test_life_of_a_profile(nas: FakeSyncthing, key: str, cli: Cli, config: Path) -> None:
    """A profile is added, listed, tested, used and removed."""
    done = cli("profile", "add", "nas", "--url", nas.url, "--api-key-file", key)
    assert (done.status, done.out) == (0, "added: profile nas\n")
    assert done.err == f"nas: Syncthing v1.29.5, device {nas.device_id}\n"
    assert config.read_text() == f'[profiles.nas]\nurl = "{nas.url}"\napi-key-file = "{key}"\n'
    assert cli("profile", "list").out == f"PROFILE  KEY   TLS  ADDRESS\nnas      file  -    {nas.url}\n"
    assert cli("profile", "test", "nas").status == 0
    assert cli("folders", "-p", "nas").status == 0
    assert cli("profile", "remove", "nas", "--json").changes() == ["removed profile nas"]
    assert cli("profile", "list").err == f"there are no profiles in {config}\n"


@pytest.mark.parametrize(
    ("options", "source", "columns"),
    [
        ("--url={url} --api-key-file=-", "inline", 0),
        ("--url={url} --api-key-command={cat}", "command", 0),
        ("--home={home}", "home", 0),
        ("--url={url}", "inline", 80),
    ],
)
def test_keys(
    options: str, source: str, columns: int, nas: FakeSyncthing, key: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key may come from the standard input, a command, a home or a prompt; no output shows it."""
    monkeypatch.setattr("getpass.getpass", lambda _: nas.api_key)
    given = [option.format(url=nas.url, home=nas.home, cat=f"cat {key}") for option in options.split()]
    done = cli("profile", "add", "x", *given, stdin=f"{nas.api_key}\n", columns=columns)
    assert (done.status, nas.api_key in done.out + done.err) == (0, False)
    assert cli("folders", "-p", "x").status == 0
    listed = cli("profile", "list", "--json")
    assert nas.api_key not in listed.out
    assert [row["key"] for row in listed.json()["profiles"]] == [source]


def test_trust_on_first_use(secure: FakeSyncthing, cli: Cli, config: Path) -> None:
    """A self-signed certificate is shown, and pinned once a person has agreed; then no other is accepted.

    --yes trusts what the daemon shows, and --tls says what to trust; --no-test doesn't connect.
    """
    pin = str(Fingerprint.from_certificate(secure.certificate))
    add = ["profile", "add", "x", "--url", secure.url, "--api-key-command", f"echo {secure.api_key}"]
    refused = cli(*add)
    assert (refused.status, pin in refused.err, config.exists()) == (2, True, False)
    assert cli(*add, columns=80, stdin="n\n").status == 2
    agreed = cli(*add, columns=80, stdin="y\n")
    assert (agreed.status, "Trust this certificate from now on? [y/N]" in agreed.err) == (0, True)
    assert cli("profile", "list", "--json").json()["profiles"][0]["tls"] == pin
    assert cli("folders", "-p", "x").status == 0
    secure.renew_certificate()
    mismatch = cli("folders", "-p", "x", "--json")
    assert (mismatch.status, mismatch.error()["error"]) == (4, "FingerprintMismatchError")
    assert cli("folders", "-p", "x", "--tls", "insecure").status == 0
    pin = str(Fingerprint.from_certificate(secure.certificate))
    add = ["--url", secure.url, "--api-key-command", f"echo {secure.api_key}"]
    assert cli("profile", "add", "one", *add, "--yes").status == 0  # without a person
    assert cli("profile", "add", "two", *add, "--tls", pin).status == 0
    assert cli("profile", "add", "three", "--url", "https://127.0.0.1:1", *add[2:], "--no-test").status == 0
    assert [row["tls"] for row in cli("profile", "list", "--json").json()["profiles"]][1:] == [pin, pin, None]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["add", "x"], 2, "specify the daemon"),
        (["add", "x", "-p", "y", "--home", "/h"], 2, "names another profile"),
        (["add", "x", "--home", "/h", "--url", "http://x"], 2, "--home finds the address and the key"),
        (["add", "x", "--url", "http://u:p@x"], 2, "must not contain a user name"),
        (["add", "x", "--url", "http://x"], 2, "hint: use --api-key-file or --api-key-command"),
        (["add", "x", "--url", "http://x", "--api-key-file", "f", "--api-key-command", "c"], 2, "contradict"),
        (["add", "x", "--url", "http://x", "--api-key-command", "c", "--tls", "sha256:x"], 2, "is not a SHA-256"),
        (["add", "x", "--url", "http://127.0.0.1:1", "--api-key-command", "echo k"], 3, "can't connect"),
        (["add", "all", "--url", "http://x", "--api-key-command", "c", "--no-test"], 2, "can't be the name"),
        (["remove", "x"], 2, "there is no profile 'x'"),
        (["test", "x"], 2, "there is no profile 'x'"),
    ],
)
def test_refused(arguments: list[str], status: int, message: str, cli: Cli, config: Path) -> None:
    """An invalid profile, or one that fails the test, is not saved."""
    done = cli("profile", *arguments)
    assert (done.status, message in done.err, config.exists()) == (status, True, False)
