"""config.toml: what is in it, and how it is changed without touching anything else."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.cli.errors import CommandError, UsageError
from aiosyncthing.cli.target.keys import Key
from aiosyncthing.cli.target.profiles import Profile, Profiles, config_file

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


def test_unreadable(tmp_path: Path) -> None:
    """A file that can't be read is a usage error, too."""
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
    """The file and its folder are created."""
    file = tmp_path / "a" / "b.toml"
    Profiles(file, {}).add("x", {"home": "/h"})
    assert file.read_text() == '[profiles.x]\nhome = "/h"\n'


def test_a_file_that_can_not_be_written(tmp_path: Path) -> None:
    """The message names the file and the reason."""
    (tmp_path / "a").write_text("")
    with pytest.raises(CommandError, match=r"^can't write .*/a/b\.toml: File exists$"):
        Profiles(tmp_path / "a" / "b.toml", {}).add("x", {"home": "/h"})


@pytest.mark.parametrize("name", ["all", "", "a b", "a.b", "nas", "ä"])
def test_names_that_cannot_be(name: str, file: Path) -> None:
    """Reserved, invalid and duplicate names are refused."""
    with pytest.raises(UsageError, match=r"can't be the name|already"):
        Profiles(file, {}).add(name, {"home": "/h"})
    assert file.read_text() == TEXT


def test_removing(file: Path) -> None:
    """A profile goes with its table; comments stay."""
    profiles = Profiles(file, {})
    profiles.remove("nas")
    assert file.read_text() == "# what I have\n" + TEXT[TEXT.index("[profiles.pi]") :]
    profiles.remove("pi")
    assert Profiles(file, {}).names == []


def test_what_cannot_be_removed(tmp_path: Path) -> None:
    """A file in another style is not changed; the error says to edit it by hand."""
    file = tmp_path / "config.toml"
    file.write_text("[profiles]\nx = {home = '/h'}\n")
    with pytest.raises(UsageError, match="edit it by hand"):
        Profiles(file, {}).remove("x")
    assert Profiles(file, {}).names == ["x"]
