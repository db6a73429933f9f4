"""docs/cli.md says what there is."""

from __future__ import annotations

import re
from pathlib import Path

from aiosyncthing.cli.commands import COMMANDS
from aiosyncthing.cli.errors import Exit
from aiosyncthing.cli.options import global_options

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def test_the_table_of_commands_is_complete() -> None:
    """Each command has a row, and there are no other rows."""
    section = PAGE.partition("## Commands")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", section, re.MULTILINE)
    named = {name.split()[0] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == {name for section in COMMANDS.values() for name in section}


def test_global_options_are_explained() -> None:
    """Each option that all commands have is mentioned."""
    flags = [param.opts[-1] for param in global_options(set())]
    assert [flag for flag in flags if flag not in PAGE and flag not in {"--profile", "--quiet", "--verbose"}] == []


def test_exit_statuses_are_explained() -> None:
    """Each exit status has a row, but for what only a signal shows."""
    rows = {int(row) for row in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert rows == {*Exit} - {Exit.INTERRUPTED}
