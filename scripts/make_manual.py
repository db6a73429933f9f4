"""Print the man page of the command line, generated from the commands: ``make_manual.py > aiosyncthing.1``.

For packagers; `man -l aiosyncthing.1` shows it.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import click

from aiosyncthing import __version__
from aiosyncthing.cli import app
from aiosyncthing.cli.commands import COMMANDS
from aiosyncthing.cli.errors import Exit
from aiosyncthing.cli.options import global_options
from aiosyncthing.cli.run import Run

SYNOPSIS = r"\fBaiosyncthing\fR [\fIOPTION\fR...] \fICOMMAND\fR [\fIARGUMENT\fR...]"


def page() -> str:
    """Return the man page, in roff."""
    with click.Context(app.group, info_name="aiosyncthing", obj=Run({})) as ctx:
        lines = [
            f'.TH AIOSYNCTHING 1 "" "aiosyncthing {__version__}" "User Commands"',
            *(".SH NAME", rf"aiosyncthing \- {_text(_help(app.group)).rstrip('.')}"),
            *(".SH SYNOPSIS", SYNOPSIS),
            *(".SH GLOBAL OPTIONS", "They may come before or after the command."),
            *_options(ctx, list(global_options(set()))),
        ]
        for heading, commands in COMMANDS.items():
            lines.append(f".SH {heading.upper()}")
            for name in commands:
                command = app.group.get_command(ctx, name)
                assert command is not None
                lines += _command(ctx, command, name)
    statuses = ", ".join(f"{status.value} {status.name.lower().replace('_', ' ')}" for status in Exit)
    lines += [".SH EXIT STATUS", _text(f"{statuses}. Treat any other status as a failure.")]
    return "".join(f"{line}\n" for line in lines)


def _command(parent: click.Context, command: click.Command, name: str) -> list[str]:
    """Return the section of a command, and those of the commands in it."""
    with click.Context(command, info_name=name, parent=parent, obj=parent.obj) as ctx:
        arguments = " ".join(command.collect_usage_pieces(ctx))
        lines = [".SS " + rf"\fB{_text(ctx.command_path)}\fR {_text(arguments)}"]
        for paragraph in re.split(r"\n\s*\n", _help(command)):
            lines += [".PP", _text(" ".join(paragraph.split()))]
        lines += _options(ctx, [each for each in command.params if isinstance(each, click.Option)])
        if isinstance(command, click.Group):
            for inner in command.list_commands(ctx):
                found = command.get_command(ctx, inner)
                assert found is not None
                lines += _command(ctx, found, inner)
    return lines


def _options(ctx: click.Context, options: list[click.Option]) -> list[str]:
    records = [record for each in options if (record := each.get_help_record(ctx))]
    return [line for flags, text in records for line in (".TP", rf"\fB{_text(flags)}\fR", _text(text))]


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").replace("\b\n", "")


def _text(text: str) -> str:
    """Return a text with everything escaped that roff would interpret."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.stdout.write(page())
