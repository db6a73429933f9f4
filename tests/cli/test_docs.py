"""What docs says and shows of the command line is what there is."""

import re
import runpy
from pathlib import Path
from typing import Any

import click
import pytest

from aiosyncthing.cli import app
from aiosyncthing.cli.commands import COMMANDS
from aiosyncthing.cli.errors import Exit
from aiosyncthing.cli.options import global_options
from aiosyncthing.cli.run import Run
from tests.support.pictures import lines_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text()


def test_the_table_of_commands_is_complete() -> None:
    """Each command has a row, and there are no other rows."""
    section = PAGE.partition("## Commands")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", section, re.MULTILINE)
    named = {name.split()[0] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    commands = {name for section in COMMANDS.values() for name in section}
    missing, unknown = sorted(commands - named), sorted(named - commands)
    assert not missing, "add a row for these commands to the table in docs/cli.md"
    assert not unknown, (
        "remove these from the table in docs/cli.md, or add them to COMMANDS in cli/commands/__init__.py"
    )


def test_exit_statuses_are_explained() -> None:
    """Each exit status has a row, but for what only a signal shows."""
    rows = {int(row) for row in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert rows == {*Exit} - {Exit.INTERRUPTED}


def every_command() -> list[click.Command]:
    """Return all commands, those inside others included."""
    found: list[click.Command] = []
    with click.Context(app.group, obj=Run({})) as ctx:
        for name in app.group.list_commands(ctx):
            command = app.group.get_command(ctx, name)
            assert command is not None
            inner = command.commands.values() if isinstance(command, click.Group) else ()
            found += [command, *inner]
    return found


def flags(command: click.Command) -> set[str]:
    """Return the long options of a command."""
    return {flag for param in command.params for flag in (*param.opts, *param.secondary_opts) if flag.startswith("--")}


def test_options() -> None:
    """Each option that the page mentions exists, and it mentions those that all commands have."""
    common = {flag for param in global_options(set()) for flag in param.opts if flag.startswith("--")}
    known = common.union(*map(flags, every_command()))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE))
    assert named - known - {"--help", "--version", "--compile-bytecode"} == set()
    assert common - named - {"--profile", "--quiet", "--verbose"} == set()


def test_the_manual_is_complete() -> None:
    """The man page has each command and each option, and no line that roff would take for a request by accident."""
    page: str = runpy.run_path(str(ROOT / "scripts" / "make_manual.py"))["page"]()
    shown = page.replace("\\-", "-")
    for command in every_command():
        assert f"{command.name}\\fR" in shown
        assert [flag for flag in flags(command) if flag not in shown] == []
    requests = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests == {".TH", ".SH", ".SS", ".PP", ".TP"}


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    """The script that makes the pictures."""
    return runpy.run_path(str(ROOT / "scripts" / "make_pictures.py"))


def test_the_pictures_are_current(script: dict[str, Any]) -> None:
    """Each picture has the text that it would have if it were made now, and fetches nothing."""
    made = script["pictures"]()
    files = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [file.stem for file in files] == sorted(made)
    for file in files:
        text = file.read_text()
        assert lines_of(text) == lines_of(made[file.stem]), f"`nox -s pictures` makes {file.name}"
        assert re.search(r"url\(.?http|href", text) is None


@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_the_text_is_current(page: str, script: dict[str, Any]) -> None:
    """What README and docs show of the status is what the command writes about the same daemon."""
    assert script["plain"](script["status"]()) in (ROOT / page).read_text()
