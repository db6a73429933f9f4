"""What a stream leads to: a terminal of some width, with colours or without, or something else."""

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
    "qr": "38;5;231;48;5;16",  # white on black, whatever the terminal's own colours are: cameras need that
}
"""What each style is called, and the parameters of its ANSI sequence. Colours only repeat what words say."""

_LEAST: Final = 20
_USUAL: Final = 80  # where a terminal doesn't say how wide it is


@dataclass(frozen=True)
class Terminal:
    """What a stream leads to.

    Attributes:
        interactive: Whether it is a terminal.
        columns: Its width; 0 if it is not a terminal, where nothing is cut.
        color: Whether to write colours.
        redraws: Whether something can be written in the place of what was there before.
    """

    interactive: bool = False
    columns: int = 0
    color: bool = False
    redraws: bool = False

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str], color: str = "auto") -> Terminal:
        """Find out what a stream leads to.

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
    """Decide about colours: each rule is stronger than those before it.

    A terminal has them, ``NO_COLOR`` switches them off, ``CLICOLOR_FORCE`` on, ``TERM=dumb`` off, and ``--color``
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
    except (OSError, ValueError):  # it has no size, or is no file
        return _USUAL
