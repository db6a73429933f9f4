"""What a stream is connected to: a terminal with some width, with or without colours, or something else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

STYLES: Final = {
    "head": "1",
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "busy": "36",
    "dim": "2",
    "qr": "38;5;231;48;5;16",  # white on black regardless of the terminal's own colours, which cameras need
}
"""The styles, and the parameters of their ANSI sequences. Colours only repeat what words say."""

_LEAST: Final = 20
_USUAL: Final = 80  # if a terminal doesn't report its width


@dataclass(frozen=True)
class Terminal:
    """What a stream is connected to.

    Attributes:
        interactive: Whether it is a terminal.
        columns: Its width; 0 if it is not a terminal, so that nothing is cut.
        color: Whether to write colours.
        redraws: Whether previous output can be overwritten.
    """

    interactive: bool = False
    columns: int = 0
    color: bool = False
    redraws: bool = False

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str], color: str = "auto") -> Terminal:
        """Determine what a stream is connected to.

        Args:
            stream: The stream.
            environ: The environment.
            color: ``auto``, ``always`` or ``never``.
        """
        interactive = is_terminal(stream)
        columns = max(_LEAST, _columns(stream, environ)) if interactive else 0
        redraws = interactive and environ.get("TERM") != "dumb"
        return cls(interactive, columns, wants_color(environ, color, interactive=interactive), redraws)

    def paint(self, text: str, style: str) -> str:
        """Return a text in a style."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.color and style and text else text


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def wants_color(environ: Mapping[str, str], color: str, *, interactive: bool) -> bool:
    """Decide about colours: each rule overrides those before it.

    Terminals have colours, ``NO_COLOR`` switches them off, ``CLICOLOR_FORCE`` on, ``TERM=dumb`` off, and ``--color``
    decides.
    """
    wanted = interactive
    if environ.get("NO_COLOR"):
        wanted = False
    if environ.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        wanted = True
    if environ.get("TERM") == "dumb":
        wanted = False
    return {"always": True, "never": False}.get(color, wanted)


def _columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    if environ.get("COLUMNS", "").isdecimal():
        return int(environ["COLUMNS"])
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):  # it has no size, or is not a file
        return _USUAL
