"""`profile`: daemons get a name, and their certificates are pinned on first use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aiosyncthing import Fingerprint
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


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
    """A self-signed certificate is shown, and pinned once a person has agreed; then no other is accepted."""
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


def test_without_a_person(secure: FakeSyncthing, cli: Cli) -> None:
    """--yes trusts what the daemon shows, and --tls says what to trust; --no-test doesn't connect."""
    add = ["--url", secure.url, "--api-key-command", f"echo {secure.api_key}"]
    assert cli("profile", "add", "one", *add, "--yes").status == 0
    pin = str(Fingerprint.from_certificate(secure.certificate))
    assert cli("profile", "add", "two", *add, "--tls", pin).status == 0
    assert cli("profile", "add", "three", "--url", "https://127.0.0.1:1", *add[2:], "--no-test").status == 0
    assert [row["tls"] for row in cli("profile", "list", "--json").json()["profiles"]] == [pin, pin, None]


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
