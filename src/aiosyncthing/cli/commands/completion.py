"""``completion``: the script that a shell loads to complete commands and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.completion.answering import SHELLS, script

if TYPE_CHECKING:
    from aiosyncthing.cli.run import Run


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def completion(run: Run, shell: str) -> None:
    """Print the completion script for bash, zsh or fish.

    \b
    Write it to the file that the shell loads:
    bash   ~/.local/share/bash-completion/completions/aiosyncthing
    zsh    _aiosyncthing in a directory of $fpath
    fish   ~/.config/fish/completions/aiosyncthing.fish
    """  # noqa: D301 - \b is click's mark of a paragraph that is not wrapped
    run.out.raw(script(shell).encode())
