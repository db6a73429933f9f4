"""Completion: which words are offered, and that real shells insert them correctly, whatever they contain."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.cli.completion import answering, candidates as names_offered, name_cache
from aiosyncthing.cli.completion.answering import Candidate, Words, formatted, quoted, split
from aiosyncthing.cli.completion.name_cache import Names
from aiosyncthing.cli.target.target import Target
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli
from tests.support.terminals import OnTerminal

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / ".cache" / "shells"

# Labels that begin with different letters, so that their beginnings are enough to complete each.
HOSTILE = [
    "a$(touch pwned) `touch pwned` ;touch pwned",
    'b it\'s "quoted" \\ so!! %s',
    "c🎉 Grüße 文件~*?[x]{y,z}&|<>#=x:y",
]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Words([], "", "", "")),
        ("aiosyncthing ", Words([], "", "", "")),
        ("aiosyncthing fol", Words([], "fol", "", "fol")),
        ("aiosyncthing folders  my\\ do", Words(["folders"], "my do", "", "my\\ do")),
        ("aiosyncthing folders 'my d", Words(["folders"], "my d", "'", "'my d")),
        ('aiosyncthing folders "a\\"b', Words(["folders"], 'a"b', '"', '"a\\"b')),
        ("aiosyncthing folders '' x", Words(["folders", ""], "x", "", "x")),
        ("aiosyncthing folders x\\", Words(["folders"], "x\\", "", "x\\")),
    ],
)
def test_a_line_is_split_as_a_shell_does(line: str, expected: Words) -> None:
    """Quotation marks and backslashes are removed, and an open one is recorded."""
    assert split(line) == expected


def test_words_are_quoted_for_bash() -> None:
    """Bash takes a quoted word as it is, behind no quotation mark or one that is open."""
    for quote in ("", "'", '"'):
        words = " ".join(f"{quote}{quoted(label, quote)}{quote}" for label in HOSTILE)
        done = subprocess.run(
            ["bash", "+H", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True
        )
        # A backslash before ! stays within double quotes.
        assert [line.replace("\\!", "!") for line in done.stdout.splitlines()] == HOSTILE


def test_what_a_shell_gets(cli: Cli) -> None:
    """Bash gets the part behind a colon, which begins a new word there; others get the words with descriptions.

    Each shell has its script.
    """
    for shell in answering.SHELLS:
        assert cli("completion", shell).out == answering.script(shell)
    assert cli("completion", "tcsh").status == 2
    words = split("aiosyncthing show folder:d")
    answers = [Candidate("folder:docs", "a\nb"), Candidate("folder:dx")]
    assert formatted("bash", words, answers, "d") == ["docs", "dx"]
    assert formatted("bash", split("aiosyncthing show x:"), [Candidate("x:y z")], ":") == ["y\\ z"]
    assert formatted("bash", split("aiosyncthing show a\\ b:c"), [Candidate("a b:c d")], "c") == ["c\\ d"]
    assert formatted("bash", split("aiosyncthing show 'a b:c"), [Candidate("a b:c d")], "'a b:c") == ["a b:c d"]
    assert formatted("zsh", words, answers, "") == ["folder:docs\na\\nb", "folder:dx\n_"]
    assert formatted("fish", words, answers, "") == ["folder:docs\ta\\nb", "folder:dx\t"]


@pytest.fixture
def offered(cli: Cli) -> Callable[..., list[str]]:
    """What is offered for a line, without descriptions."""

    def ask(line: str, **env: str) -> list[str]:
        done = cli(env={"_AIOSYNCTHING_COMPLETE": "fish_complete", "COMP_LINE": f"aiosyncthing {line}", **env})
        assert (done.status, done.err) == (0, "")
        return [each.split("\t")[0] for each in done.out.splitlines()]

    return ask


@pytest.fixture
def kept(here: FakeSyncthing, config: Path) -> Callable[..., None]:
    """Cache names for completion, as an earlier command would have."""

    def keep(folders: dict[str, str], devices: dict[str, str] | None = None) -> None:
        name_cache.store(Target("local", ""), Names(folders, devices or {}))

    return keep


def test_commands_and_options(offered: Any, config: Path) -> None:
    """Commands, options and their values are completed, with global options before and after; so are profiles."""
    assert offered("fol") == ["folders"]
    assert offered("-v fol") == ["folders"]
    assert offered("folders --col") == ["--columns", "--color"]
    assert offered("folders --color a") == ["auto", "always"]
    assert offered("folders --color=a") == ["--color=auto", "--color=always"]
    assert offered("profile re") == ["remove"]
    assert offered("--vers") == ["--version"]
    assert offered("--version ") != []
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.nas]\nhome = '/h'\n")
    assert offered("folders -p ") == ["nas", "all"]
    assert offered("profile remove n") == ["nas"]


def test_files(offered: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are completed where one is meant, and only folders where that makes sense; hostile names are left out."""
    (tmp_path / "files" / "folder").mkdir(parents=True)
    (tmp_path / "files" / "file").touch()
    (tmp_path / "files" / "f\x1b").touch()
    monkeypatch.chdir(tmp_path / "files")
    assert offered("raw --input f") == ["file", "folder/"]
    assert offered("run --keep f") == ["folder/"]
    assert offered(f"folders --api-key-file {tmp_path}/files/fi") == [f"{tmp_path}/files/file"]
    assert offered("raw --input /no/such/f") == []
    assert offered("raw --input=f") == ["--input=file", "--input=folder/"]


def test_settings(offered: Any, kept: Any) -> None:
    """Paths of settings are completed step by step, with the names of folders and devices, quoted where needed."""
    kept({"docs": "Papers", "x": "my.docs"}, {"P56IOI7-MZJNU2Y": "phone"})
    assert offered("config get fold") == ["folders.Papers", 'folders."my.docs"']
    assert offered("config get options.maxS") == ["options.maxSendKbps"]
    assert offered("config set options.MAXR") == ["options.maxRecvKbps"]
    assert offered("config set folders.Papers.rescan") == ["folders.Papers.rescanIntervalS"]
    assert offered("config set folders.Papers.versioning.t") == ["folders.Papers.versioning.type"]
    assert offered("config unset folders.Papers.devices.") == ["folders.Papers.devices.phone"]
    assert offered("config edit devices.phone.unt") == ["devices.phone.untrusted"]
    assert offered('config get \'folders."my.docs".lab') == ['folders."my.docs".label']
    assert "gui.theme" in offered("config get gu")
    assert offered("config get options.maxSendKbps.") == offered("config get nope.") == []


def test_names(offered: Any, kept: Any) -> None:
    """Names are offered in any case; those that are not unique or can't be typed are offered as IDs."""
    kept(
        {
            "docs": "Papers",
            "x1": "Music",
            "x2": "music",
            "-x": "--help",
            "e\x1b": "\x1b]0;x",
            "ok": "\u202eevil",
            "p": "/x",
        },
        {"IF5ZUTF-EERPN4K": "pi", "RGYV4F7-Q3G2FPA": ""},
    )
    assert offered("folders ") == ["Papers", "x1", "x2", "ok", "p"]
    assert offered("folders pap") == ["Papers"]
    assert offered("devices ") == ["pi", "RGYV4F7"]
    assert offered("show p") == ["Papers", "p", "pi"]
    assert offered("wait --device p") == ["pi"]


def test_names_are_kept(here: FakeSyncthing, cli: Cli, offered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands cache names, readable only by this user. After a minute the daemon is asked.

    Where it doesn't answer, the old names are offered.
    """
    monkeypatch.setattr(names_offered, "_LONGEST", 30.0)  # how busy this machine is doesn't matter
    monkeypatch.setattr(names_offered, "_PATIENCE", 30.0)
    here.add_folder("docs")
    cli("folders")
    file = name_cache.cache_file(Target("local", ""))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert here.api_key not in file.read_text()
    here.add_folder("music")
    assert offered("folders ") == ["docs"]
    monkeypatch.setattr(name_cache, "_YOUNG", -1.0)
    assert offered("folders ") == ["docs", "music"]
    here.stop_daemon()
    assert offered("folders ") == ["docs", "music"]


def test_no_names(offered: Any, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any information there are no candidates, and no command for a key is run."""
    monkeypatch.setattr(names_offered, "_LONGEST", 30.0)
    assert offered("folders ", STHOMEDIR=str(tmp_path)) == []
    assert offered("folders --url ftp://x ") == []
    config.parent.mkdir(parents=True)
    config.write_text(f'[profiles.x]\nurl = "http://127.0.0.1:1"\napi-key-command = ["touch", "{tmp_path / "ran"}"]\n')
    assert offered("folders -p x ") == []
    assert not (tmp_path / "ran").exists()
    config.write_text("[broken")
    assert offered("folders -p ") == []
    (tmp_path / "cache").mkdir(exist_ok=True)
    name_cache.cache_file(Target("local", "")).parent.mkdir(parents=True)
    name_cache.cache_file(Target("local", "")).write_text("[]")
    assert offered("folders ", STHOMEDIR=str(tmp_path)) == []


def find(name: str) -> Path:
    """Return the program of a shell: the machine's own, or the one that was unpacked."""
    places = [shutil.which(name), UNPACKED / "bin" / name, UNPACKED / "usr" / "bin" / name]
    found = next((Path(place) for place in places if place and Path(place).exists()), None)
    return found or pytest.fail(f"there is no {name}: run scripts/fetch_shells.py")


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest, tmp_path: Path, here: FakeSyncthing) -> Iterator[OnTerminal]:
    """Each shell, with the completion loaded. The program notes its arguments instead of doing anything."""
    folder = tmp_path / "shell"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "aiosyncthing"
    program.write_text(
        "#!/bin/sh\n"
        f'[ -n "$_AIOSYNCTHING_COMPLETE" ] && exec {sys.executable} -m aiosyncthing\n'
        'printf "%s\\n" "$@" > "new.$4" && mv "new.$4" "out.$4"\n'
    )
    program.chmod(0o700)
    for name in answering.SHELLS:
        (folder / f"script.{name}").write_text(answering.script(name))
    name, environ = request.param, {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "xterm"}
    environ |= {"HOME": str(folder), "ZDOTDIR": str(folder), "XDG_CONFIG_HOME": str(folder), "LC_ALL": "C.UTF-8"}
    functions = UNPACKED / "usr/share/zsh/functions"
    modules = UNPACKED / "usr/lib"
    (folder / ".zshrc").write_text(
        f"[[ -d {functions} ]] && fpath=({functions}/**/*(/N)) && module_path=({modules}/*/zsh/*(/N))\n"
        "autoload -Uz compinit; compinit -u -D; PS1='ready> '; unsetopt banghist; source script.zsh\n"
    )
    (folder / ".bashrc").write_text("PS1='ready> '; bind 'set bell-style none'; source script.bash\n")
    (folder / "init.fish").write_text("function fish_prompt; echo 'ready> '; end; source script.fish\n")
    program_of = find(name)
    if UNPACKED in program_of.parents and name == "fish":
        environ["LD_LIBRARY_PATH"] = str(next((UNPACKED / "usr/lib").glob("*/libpcre2-32.so.0")).parent)
    options = {
        "bash": ["--noprofile", "--rcfile", ".bashrc", "+H", "-i"],
        "zsh": ["-i"],
        "fish": ["--no-config", "--init-command", "source init.fish", "-i"],
    }[name]
    process = OnTerminal([str(program_of), *options], environ, folder)
    yield process
    process.close()


def test_real_shells(shell: OnTerminal, kept: Any, tmp_path: Path) -> None:
    """Each name is completed by a real shell so that the program gets it as it is, and nothing in it is run."""
    kept({f"id{number}": label for number, label in enumerate(HOSTILE)} | {"j\x1bx": "j\nnewline", "k1": "k\x1b[31m"})
    shell.wait(lambda: b"ready> " in shell.screen, "no prompt")
    for number, (label, typed) in enumerate(zip(HOSTILE, ("a", "b\\ i", "'c🎉 "), strict=True)):
        out = tmp_path / "shell" / f"out.{number}"
        shell.type(f"aiosyncthing folders {typed}\t --timeout {number}\r")
        shell.wait(out.exists, f"nothing was run for {label}")
        assert out.read_text().splitlines() == ["folders", label, "--timeout", str(number)], shell.screen
    assert not list(tmp_path.rglob("pwned"))
    assert not re.search(rb"\x1b\[31m", shell.screen)
