"""``completion``: what a shell loads to complete commands and names."""

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
    r"""Print the completion script for bash, zsh or fish.

    \b
    bash:  aiosyncthing completion bash > ~/.local/share/bash-completion/completions/aiosyncthing
    zsh:   aiosyncthing completion zsh > DIR/_aiosyncthing   (DIR in $fpath)
    fish:  aiosyncthing completion fish > ~/.config/fish/completions/aiosyncthing.fish
    """
    run.out.raw(script(shell).encode())
