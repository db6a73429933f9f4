"""Which daemon is used, and that no key is sent to another host."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from aiosyncthing import CertificateFile, Fingerprint
from aiosyncthing.cli.errors import CommandError, UsageError
from aiosyncthing.cli.options import Options
from aiosyncthing.cli.target.keys import Key, read_secret
from aiosyncthing.cli.target.target import Target, targets, trust
from pytest_syncthing import FakeSyncthing

PIN = "sha256:" + "ab" * 32
CONFIG = """
# my daemons
[profiles.nas]
url = "https://nas:8384"
api-key-command = ["pass", "syncthing/nas"]
tls = "insecure"

[profiles.pi]
url = "http://pi:8384/"
api-key-file = "/keys/pi"

[profiles.mine]
home = "/srv/syncthing"
"""


@pytest.fixture
def write(config: Path) -> Any:
    """Write the profiles, and return the environment that names them."""

    def write(text: str = CONFIG) -> dict[str, str]:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(text)
        config.chmod(0o600)
        return {"AIOSYNCTHING_CONFIG": str(config)}

    return write


def only(options: Options, environ: dict[str, str]) -> Target:
    """Return the one target."""
    (target,) = targets(options, environ)
    return target


def test_the_order(config: Path, write: Any) -> None:
    """Options come before the environment, that before the profile default, and that before this computer.

    Several profiles may be named, each once, or all.
    """
    assert only(Options(), {"AIOSYNCTHING_CONFIG": str(config)}) == Target("local", "the daemon of this computer")
    environ = write(CONFIG + '[profiles.default]\nurl = "http://default:8384"\napi-key-file = "k"\n')
    assert only(Options(), environ).name == "default"
    environ["AIOSYNCTHING_PROFILE"] = "pi"
    assert only(Options(), environ).name == "pi"
    assert only(Options(profiles=["nas"]), environ).name == "nas"
    assert only(Options(home="/h"), environ) == Target("local", "--home /h", home="/h")
    assert only(Options(url="http://x:1", api_key_file="f"), environ).name == "x"
    environ = write()
    assert [each.name for each in targets(Options(profiles=["pi", "nas", "pi"]), environ)] == ["pi", "nas"]
    assert [each.name for each in targets(Options(profiles=["all"]), environ)] == ["nas", "pi", "mine"]
    with pytest.raises(UsageError, match="there are no profiles"):
        targets(Options(profiles=["all"]), write(""))


def test_environment(write: Any) -> None:
    """Address, key file and certificate may come from the environment together.

    An address alone gets the key of a profile with exactly this address.
    """
    environ = {**write(), "AIOSYNCTHING_URL": "https://x:1", "AIOSYNCTHING_API_KEY_FILE": "f", "AIOSYNCTHING_TLS": PIN}
    target = only(Options(), environ)
    assert (target.url, target.key, target.tls) == ("https://x:1", Key("file", "f"), PIN)
    assert only(Options(tls="insecure"), environ).tls == "insecure"
    target = only(Options(url="http://pi:8384"), write())
    assert (target.name, target.key) == ("pi", Key("file", "/keys/pi"))
    assert only(Options(), {**write(), "AIOSYNCTHING_URL": "https://nas:8384"}).tls == "insecure"


@pytest.mark.parametrize(
    ("options", "environ", "message"),
    [
        (Options(url="http://other:8384"), {}, "no key for this address"),
        (Options(), {"AIOSYNCTHING_URL": "http://other:8384"}, "no key for this address"),
        (Options(url="http://other:8384"), {"AIOSYNCTHING_API_KEY_FILE": "f"}, "no key for this address"),
        (Options(url="http://other:1"), {"CREDENTIALS_DIRECTORY": "/"}, "no key for this address"),
        (Options(api_key_file="f"), {}, "must come from the same source"),
        (Options(api_key_file="f"), {"AIOSYNCTHING_URL": "http://pi:8384"}, "must come from the same source"),
        (Options(), {"AIOSYNCTHING_API_KEY_FILE": "f"}, "needs AIOSYNCTHING_URL"),
        (Options(profiles=["pi"], url="http://x"), {}, "--profile and --url contradict"),
        (Options(profiles=["pi"], api_key_file="f"), {}, "--profile and --api-key-file contradict"),
        (Options(home="/h", url="http://x"), {}, "--home and --url contradict"),
        (Options(home=""), {}, "--home must not be empty"),
        (Options(), {"AIOSYNCTHING_PROFILE": "pi", "AIOSYNCTHING_URL": "http://x"}, "contradict each other"),
        (Options(profiles=["pie"]), {}, "there is no profile 'pie'"),
        (Options(url="http://user:secret@x:1", api_key_file="f"), {}, "must not contain a user name or a password"),
        (Options(url="ftp://x", api_key_file="f"), {}, "must begin with http://"),
        (Options(url="http://[x", api_key_file="f"), {}, "the URL is invalid"),
        (Options(url="", api_key_file="f"), {}, "the URL must not be empty"),
        (Options(url="http://x:999999", api_key_file="f"), {}, "the port must be a number from 1 to 65535"),
        (Options(url="http://x:web", api_key_file="f"), {}, "the port must be a number from 1 to 65535"),
    ],
)
def test_refused(options: Options, environ: dict[str, str], message: str, write: Any) -> None:
    """A key and an address never come from different sources, and contradictions are usage errors."""
    with pytest.raises(UsageError, match=message) as caught:
        targets(options, {**write(), **environ})
    assert "secret" not in str(caught.value) + caught.value.hint
    assert not (options.api_key_file and "add --api-key-file" in caught.value.hint)


def test_a_credential_of_systemd(write: Any, tmp_path: Path) -> None:
    """A service's own address goes with its own credential; a profile without a key gets it, too."""
    (tmp_path / "aiosyncthing-api-key").write_text("key")
    environ = {**write('[profiles.x]\nurl = "http://x:1"\n'), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    key = Key("credential", str(tmp_path / "aiosyncthing-api-key"))
    assert only(Options(profiles=["x"]), environ).key == key
    assert only(Options(), {**environ, "AIOSYNCTHING_URL": "http://y:1"}).key == key


def test_trust() -> None:
    """A pin, a certificate in a file, a CA, anything at all, or what the library does by itself."""
    assert trust(None) is None
    assert trust("insecure") is False
    assert trust(PIN) == Fingerprint(PIN)
    assert trust("ca:/ca.pem") == "/ca.pem"
    assert trust("/cert.pem") == CertificateFile("/cert.pem")
    for url in (None, "http://127.0.0.1:1", "https://[::1]:1", "unix:///s"):
        assert Target("x", "", url).local  # so paths of this computer are allowed
    assert not Target("x", "", "http://nas:1").local


def test_key_files(tmp_path: Path) -> None:
    """The key is the file's only line; others should not be able to read it. A shell's <(...) may be the file."""
    file = tmp_path / "key"
    file.write_text("  the-key\n")
    file.chmod(0o640)
    warnings: list[str] = []
    assert Key("file", str(file)).read(warnings.append) == "the-key"
    assert warnings == [f"{file} can be read by other users: chmod 600 {file}"]
    file.chmod(0o400)
    assert Key("file", str(file)).read(warnings.append) == "the-key"
    reader, writer = os.pipe()
    os.write(writer, b"the-key\n")
    os.close(writer)
    assert Key("file", f"/dev/fd/{reader}").read(warnings.append) == "the-key"
    os.close(reader)
    assert len(warnings) == 1


def test_files_without_a_key(tmp_path: Path) -> None:
    """An invalid key is refused, without showing it; of a missing file, the reason is the system's own."""
    file = tmp_path / "key"
    with pytest.raises(UsageError, match="No such file"):
        Key("file", str(file)).read(print)
    file.touch(0o600)
    for content, message in (
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a\nb", "more than one line"),
        ("a\x00b", "a valid key"),
    ):
        file.write_text(content)
        with pytest.raises(UsageError, match=message):
            Key("file", str(file)).read(print)


def test_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The output of a program, run without a shell, is the key, or a line of stdin; no repr shows one."""
    assert Key("command", "echo", ("echo", "$HOME;x")).read(print) == "$HOME;x"
    monkeypatch.setattr(sys, "stdin", io.StringIO(" the-key\nmore\n"))
    assert read_secret("-", print) == " the-key"  # a line, as it is: a password may begin with a space
    key = Key("inline", "config.toml", value="very-secret")
    assert "very-secret" not in repr(key) + repr(Target("x", "", "http://x", key))
    for command, message in (
        ("/no/such", "can't run /no/such"),
        ("false", "false failed with status 1"),
        ("true", "the output of true"),
    ):
        with pytest.raises(CommandError, match=message):
            Key("command", command, (command,)).read(print)


COUNTING = """
import ssl, sys
loaded, load = [], ssl.SSLContext.load_default_certs
def count(*arguments):
    loaded.append(1)
    load(*arguments)
ssl.SSLContext.load_default_certs = count
from aiosyncthing.cli import app
for url in sys.argv[2:]:
    status = app.main(["-q", "folders", "--url", url, "--api-key-file", sys.argv[1]])
    loads = ssl.SSLContext.load_default_certs is count, sorted(sys.modules.keys() & {"rich", "textual"})
    print(status, len(loaded), *loads)
"""


def test_authorities(tmp_path: Path) -> None:
    """The certificates of the system's authorities are read only where a daemon's own has to be checked with them.

    Nothing is loaded that only draws.
    """
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    (tmp_path / "server.pem").write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with FakeSyncthing(home=tmp_path / "home", certificate=tmp_path / "server.pem") as fake:
        (tmp_path / "key").write_text(fake.api_key)
        (tmp_path / "key").chmod(0o600)
        urls = [fake.url.replace("http://127.0.0.1", f"{scheme}://localhost") for scheme in ("http", "https")]
        done = subprocess.run(
            [sys.executable, "-c", COUNTING, tmp_path / "key", *urls],
            env={**os.environ, "HOME": str(tmp_path), "SSL_CERT_FILE": str(tmp_path / "authority.pem")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout.splitlines(), done.stderr) == (["0 0 True []", "0 1 True []"], "")
