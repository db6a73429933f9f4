"""Grammar, help, exit statuses and messages, whatever the command."""

import ast
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import click
import pytest

from aiosyncthing import __version__, exceptions
from aiosyncthing.cli import app, errors, main, process
from aiosyncthing.cli.command import Command, Group
from aiosyncthing.cli.commands import COMMANDS
from aiosyncthing.cli.completion import name_cache
from aiosyncthing.cli.completion.name_cache import Names
from aiosyncthing.cli.errors import Exit
from aiosyncthing.cli.output import streams
from aiosyncthing.cli.run import Run
from aiosyncthing.cli.target.target import Target
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, by_schema, checked

PACKAGE = Path(app.__file__).parent


def everything() -> Iterator[tuple[str, click.Command]]:
    """Return each command, and the commands in it, with their names."""
    context = click.Context(app.group, info_name="aiosyncthing", obj=Run({}))
    for name in app.group.list_commands(context):
        command = app.group.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())


ALL = dict(everything())


@pytest.mark.parametrize("name", ALL)
def test_help(name: str, cli: Cli) -> None:
    """Each command's help begins with a sentence, has its own and all global options, and fits 80 columns."""
    assert isinstance(ALL[name], Command | Group)
    assert ALL[name].get_short_help_str(200).endswith(".")
    done = cli(*name.split(), "--help", columns=80)
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\\b" not in done.out
    options = [flag for param in ALL[name].params if isinstance(param, click.Option) for flag in param.opts]
    for flag in [*options, "--profile", "--url", "--home", "--api-key-file", "--tls", "--timeout", "--json", "--color"]:
        assert flag in done.out, f"{name} --help doesn't mention {flag}"


@pytest.mark.parametrize(
    "command", ["folders", "ls docs", "raw system/ping", "--help", "folders --help", "--version", "check"]
)
def test_a_full_disk(command: str, here: FakeSyncthing, cli: Cli) -> None:
    """Where stdout can't be written, the message says so."""
    here.add_folder("docs", files={"a": b"x"})
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - closing it fails, too
    done = cli(*command.split(), stdout=full)
    with suppress(OSError):
        full.close()
    assert done.err == "aiosyncthing: error: can't write to stdout: No space left on device\n"
    assert done.status == (3 if command == "check" else 1)


def test_the_table_of_commands() -> None:
    """Each command in the source is in the table that makes it available, with the first line of its help."""
    for section in COMMANDS.values():
        for name, (place, text) in section.items():
            module, _, function = place.partition(":")
            command = getattr(import_module(f"aiosyncthing.cli.commands.{module}"), function)
            assert command.name == name
            assert command.help.splitlines()[0] == text
            assert len(text) <= 62, f"the help of {name} doesn't fit in 80 columns"
    folder = PACKAGE / "commands"
    commands = {
        f"{'.'.join(file.relative_to(folder).with_suffix('').parts)}:{node.name}"
        for file in folder.rglob("*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(each).startswith(("click.command(", "click.group(")) for each in node.decorator_list)
    }
    missing = sorted(commands - {place for section in COMMANDS.values() for place, _ in section.values()})
    assert not missing, "add these commands to COMMANDS in src/aiosyncthing/cli/commands/__init__.py"


def test_each_document_has_a_schema() -> None:
    """Each name of a document or row in the source is that of one TypedDict, and none of these is left over."""
    names = {
        name
        for file in PACKAGE.rglob("*.py")
        if "schemas" not in file.parts
        for name in re.findall(r'"(?:aiosyncthing/)?([a-z-]+/\d+)"', file.read_text("utf-8"))
    }
    described = {name.removeprefix("aiosyncthing/") for name in by_schema()}
    missing, unused = sorted(names - described), sorted(described - names)
    assert not missing, "add a TypedDict for these documents to src/aiosyncthing/cli/schemas/, and to its __init__.py"
    assert not unused, "remove the TypedDicts of these documents, which no command prints"


def test_bare(here: FakeSyncthing, cli: Cli) -> None:
    """On a terminal, a bare `aiosyncthing` shows the status; elsewhere a command is needed. --version needs none."""
    here.freeze()
    assert cli(columns=80).out == cli("status", columns=80).out != ""
    done = cli()
    assert (done.status, done.out) == (2, "")
    assert done.err == "aiosyncthing: error: name a command\nhint: aiosyncthing --help\n"
    assert cli("--version").out == f"aiosyncthing {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["folers"], "there is no command 'folers'. Did you mean folders?"),
        (["fold"], "there is no command 'fold'."),
        (["folders", "--nope"], "--nope"),
        (["folders", "--timeout", "soon"], "'soon' is not a duration"),
        (["wait", "--timeout", "0s"], "must be more than 0"),  # which is no limit to some programs
        (["folders", ""], "the name must not be empty"),
        (["folders", "--color", "blue"], "'blue' is not one of"),
        (["folders", "--api-key-file", "x"], "must come from the same source"),
    ],
)
def test_usage_errors(arguments: list[str], message: str, here: FakeSyncthing, cli: Cli) -> None:
    """A usage error ends with status 2 and one message; with --json as a document."""
    done = cli(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("aiosyncthing: error: ")
    assert message in done.err
    error = cli(*arguments, "--json").error()
    assert message in error["message"]
    assert error["exitCode"] == 2


def test_options_before_and_after(here: FakeSyncthing, cli: Cli) -> None:
    """A global option means the same before and after the command; the one after it takes precedence."""
    assert cli("--json", "folders").out == cli("folders", "--json").out
    assert cli("--columns", "id", "folders").status == 2  # not a global one
    assert cli("--home", "/no/such", "folders", "--home", str(here.home)).status == 0
    assert cli("-v", "folders").err == cli("folders", "-v").err != ""


def test_the_version_of_documents(here: FakeSyncthing, cli: Cli) -> None:
    """--json=1, the current version of the documents, is accepted before and after the command; others are refused."""
    assert cli("folders", "--json=1").out == cli("--json=1", "folders").out == cli("folders", "--json").out != ""
    assert cli("--json=1", "profile", "list", "--json=1").json()["schema"] == "aiosyncthing/profiles/1"
    assert cli("folders", "nope", "--json=1").error()["exitCode"] == 5
    for wrong in ("2", "0", "", "x"):
        done = cli("folders", f"--json={wrong}")
        assert (done.status, done.out) == (2, "")
        assert done.error()["message"] == f"--json={wrong}: only version 1 of the documents exists"
    assert "/no/such" in cli("run", "--binary", "/no/such", "true", "--json=2").err  # an argument of the command
    assert cli("check", "--json=2").status == 3


def test_the_source_is_said(here: FakeSyncthing, cli: Cli, by_address: Callable[..., list[str]]) -> None:
    """-v shows the daemon and what specified it, and -vv the log; never the key."""
    here.add_folder("docs")
    found, source = cli("folders", "-v").err.splitlines()
    assert found.endswith(f"has the home {here.home} and the address {here.url}")
    assert source == f"local: {here.url}, from the daemon of this computer"
    done = cli("folders", "-vv", *by_address(here.url, here.api_key), env={"AIOSYNCTHING_DEBUG": "1"})
    assert f"from --url {here.url}" in done.err
    assert here.api_key not in done.out + done.err


FAULTS: list[tuple[Callable[[FakeSyncthing], object], int, str]] = [
    (lambda fake: fake.stop_daemon(), 3, "ConnectionFailedError"),
    (lambda fake: fake.migrate(), 3, "MigrationError"),
    (lambda fake: fake.respond("*", text="<html>", status=200, from_proxy=True, times=None), 3, "NotSyncthingError"),
    (lambda fake: fake.respond("*", text="no such page", status=404, from_proxy=True, times=None), 3, "ProxyError"),
    (lambda fake: fake.change_key(), 4, "UnauthorizedError"),
    (lambda fake: fake.refuse_host(), 4, "HostCheckError"),
    (lambda fake: fake.respond("*", text="boom", status=500, times=None), 1, "ServerError"),
    (lambda fake: fake.truncate("*", after=5, times=None), 3, "IncompleteResponseError"),
]


@pytest.mark.parametrize(("fault", "status", "kind"), FAULTS, ids=[kind for _, _, kind in FAULTS])
def test_faults(fault: Any, status: int, kind: str, nas: FakeSyncthing, cli: Cli, by_address: Any) -> None:
    """Each kind of failure has its exit status, a message without the key, and a document that names it."""
    api_key = nas.api_key
    where = by_address(nas.url, api_key)
    fault(nas)
    done = cli("folders", *where)
    assert (done.status, done.out) == (status, "")
    assert done.err.startswith("aiosyncthing: error: ")
    error = cli("folders", *where, "--json").error()
    assert (error["error"], error["exitCode"]) == (kind, status)
    assert "Traceback" not in done.err
    assert api_key not in done.err


def test_wrong_addresses(here: FakeSyncthing, cli: Cli, tmp_path: Path, by_address: Callable[..., list[str]]) -> None:
    """If there is no Syncthing on this computer, or its API is not below the path of the URL, it is unreachable."""
    assert cli("folders", env={"STHOMEDIR": str(tmp_path / "none")}).status == 3
    done = cli("id", *by_address(f"{here.url}/foo", here.api_key))
    assert (done.status, "its API is not below '/foo'" in done.err) == (3, True)


STATUSES = {
    Exit.FAILED: [
        *(exceptions.BadRequestError("x", status=400), exceptions.ServerError("x"), exceptions.PingError("x")),
        *(errors.CommandError("x"), OSError("x"), ZeroDivisionError()),
    ],
    Exit.USAGE: [errors.UsageError("x"), click.UsageError("x"), exceptions.InvalidDeviceIDError("x")],
    Exit.UNREACHABLE: [exceptions.RequestTimeoutError("x"), exceptions.DiscoveryError("x")],
    Exit.REFUSED: [exceptions.FingerprintMismatchError("x")],
    Exit.UNKNOWN: [exceptions.UnknownDeviceError("x"), exceptions.NotFoundError("x"), errors.UnknownNameError("x")],
    Exit.IMPOSSIBLE: [exceptions.FolderNotRunningError("x"), exceptions.CannotSyncError("x")],
    Exit.UNSUPPORTED: [exceptions.NotSupportedError("x")],
    Exit.PARTLY: [exceptions.EditConflictError("x")],
    Exit.TIMEOUT: [exceptions.WaitTimeoutError("x")],
}


def test_statuses() -> None:
    """Each exception has one exit status; for a failed ping, the cause determines it."""
    for status, caught in STATUSES.items():
        for error in caught:
            assert errors.status_of(error) == status
            assert errors.message_of(error)
            assert checked(errors.document(error, status))["exitCode"] == status
    ping = exceptions.PingError("x")
    ping.__cause__ = exceptions.UnauthorizedError("y")
    assert errors.status_of(ping) == Exit.REFUSED


def test_a_bug(here: FakeSyncthing, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is one line; AIOSYNCTHING_DEBUG=1 shows where it was."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("aiosyncthing.cli.rows.times", broken)
    monkeypatch.setattr("aiosyncthing.cli.overview.times", broken)
    done = cli("folders")
    assert (done.status, done.err.splitlines()[0]) == (1, "aiosyncthing: error: ZeroDivisionError: oops")
    assert "AIOSYNCTHING_DEBUG=1" in done.err
    assert "Traceback" in cli("folders", env={"AIOSYNCTHING_DEBUG": "1"}).err
    error = cli("folders", "--json").error()
    assert (error["error"], error["exitCode"]) == ("ZeroDivisionError", 1)


def test_start_up(config: Path) -> None:
    """Version, help, usage errors, and completion with names in the cache load neither asyncio nor aiohttp nor rich."""
    name_cache.store(Target("local", ""), Names({"docs": ""}, {}))
    code = (
        "import os, sys; from aiosyncthing.cli import app\n"
        "heavy = {'asyncio', 'aiohttp', 'rich', 'textual', 'ssl', 'logging'}\n"
        "for line in ('--version', '--help', 'folders --help', 'top --help', 'folders --nope', ''):\n"
        "    if not line: os.environ['_AIOSYNCTHING_COMPLETE'] = 'fish_complete'\n"
        "    status = app.main(line.split())\n"
        "    print('LOADED', line, status, sorted(sys.modules.keys() & heavy))"
    )
    env = {**os.environ, "COMP_LINE": "aiosyncthing folders d"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith(("LOADED", "docs"))] == [
        "LOADED --version 0 []",
        "LOADED --help 0 []",
        "LOADED folders --help 0 []",
        "LOADED top --help 0 []",
        "LOADED folders --nope 2 []",
        "docs\tfolder",
        "LOADED  0 []",
    ]


def how_to_get(package: str, extra: str) -> str:
    """Return the output if a package is missing."""
    name = f'"aiosyncthing[{extra}]"'
    return f"aiosyncthing: error: {package} is missing: install with `uv tool install {name}` or `pip install {name}`\n"


@pytest.mark.parametrize(("stderr", "said"), [("2>&2", how_to_get("click", "cli")), ("2>&-", ""), ("2>/dev/full", "")])
def test_the_extra_is_missing(stderr: str, said: str) -> None:
    """Without the extra, one line says how to install it."""
    code = "import sys; sys.modules['click'] = None; import aiosyncthing.cli; aiosyncthing.cli.main()"
    script = f'"{sys.executable}" -c "{code}" {stderr}'
    done = subprocess.run(script, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_package_of_the_extra_is_missing(here: FakeSyncthing, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package only matters to the commands that need it."""
    monkeypatch.setitem(sys.modules, "segno", None)
    assert cli("id").status == 0
    done = cli("qr")
    assert (done.status, done.out, done.err) == (2, "", how_to_get("segno", "cli"))
    monkeypatch.setitem(sys.modules, "textual", None)
    monkeypatch.delitem(sys.modules, "aiosyncthing.cli.top.app", raising=False)  # another test may have loaded it
    monkeypatch.delattr("aiosyncthing.cli.top.app", raising=False)
    done = cli("top", "--color", "never", columns=80)
    assert (done.status, done.out, done.err) == (2, "", how_to_get("textual", "top"))


@pytest.mark.parametrize(("ending", "status"), [(0, 0), (5, 5), (process.Interrupted(signal.SIGTERM), 143)])
def test_the_program(ending: Any, status: int, monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    """The process ends with the status of the command, or as the signal did that has ended it."""
    died: list[int] = []

    def run(arguments: list[str]) -> int:
        assert arguments == ["status"]
        if isinstance(ending, BaseException):
            raise ending
        return ending

    monkeypatch.setattr(app, "main", run)
    monkeypatch.setattr(process, "die", died.append)
    monkeypatch.setattr(sys, "argv", ["aiosyncthing", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, died) == (status, [signal.SIGTERM] if status == 143 else [])


def test_the_reader_leaves_at_last(no_reader: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader may be gone when buffered output is flushed at the end."""
    monkeypatch.setattr(app, "main", lambda _: sys.stdout.write("x") and 0)
    monkeypatch.setattr(sys, "stdout", no_reader)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 141


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_in_any_locale(encoding: str, here: FakeSyncthing, cli: Cli) -> None:
    """JSON is UTF-8, whatever the encoding of stdout."""
    label = "Grüße 文件 🙂"
    here.add_folder("docs", label=label)
    buffer = io.BytesIO()
    stdout = io.TextIOWrapper(buffer, encoding, errors="backslashreplace")
    assert cli("folders", "--json", stdout=stdout).status == 0
    assert json.loads(buffer.getvalue().decode())["folders"][0]["label"] == label
    stdout.detach()


@pytest.mark.parametrize(
    ("encoding", "text", "written"), [("utf-8", "a\udcff", b"a\xff"), ("latin-1", "\u4e00\udcff", b"\\u4e00\\udcff")]
)
def test_streams_take_everything(encoding: str, text: str, written: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """File names are written as their original bytes; characters that can't be encoded are escaped."""
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    streams.prepare_streams()
    sys.stdout.write(text)
    sys.stdout.flush()
    assert buffer.getvalue() == written
    sys.stdout.detach()
