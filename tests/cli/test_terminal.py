"""When there are colours, and how wide a terminal is."""

from __future__ import annotations

import fcntl
import io
import os
import struct
import termios

import pytest

from aiosyncthing.cli.output.terminal import Terminal, is_terminal, wants_color
from tests.support.cli import Screen


@pytest.mark.parametrize(
    ("environ", "color", "interactive", "expected"),
    [
        ({}, "auto", True, True),
        ({}, "auto", False, False),
        ({"NO_COLOR": "1"}, "auto", True, False),
        ({"NO_COLOR": "0"}, "auto", True, False),
        ({"NO_COLOR": ""}, "auto", True, True),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, "auto", False, True),
        ({"CLICOLOR_FORCE": "0"}, "auto", False, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, "auto", True, False),
        ({"TERM": "dumb", "NO_COLOR": "1"}, "always", False, True),
        ({"CLICOLOR_FORCE": "1"}, "never", True, False),
    ],
)
def test_colors(environ: dict[str, str], color: str, interactive: bool, expected: bool) -> None:
    """Each of NO_COLOR, CLICOLOR_FORCE, TERM=dumb and --color is stronger than those before it."""
    assert wants_color(environ, color, interactive=interactive) is expected


def test_no_terminal() -> None:
    """A stream that is not a terminal has no width, so nothing is cut, and its cursor is not moved."""
    assert Terminal.of(io.StringIO(), {"COLUMNS": "80"}) == Terminal()
    assert not Terminal().redraws
    assert not is_terminal(None)
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(closed)


def test_a_terminal() -> None:
    """The width is COLUMNS, or that of the terminal; a dumb one, as in an editor, gets no sequences for its cursor."""
    assert Terminal.of(Screen(), {"COLUMNS": "50"}).columns == 50
    assert Terminal.of(Screen(), {"COLUMNS": "3"}).columns == 20
    assert Terminal.of(Screen(), {}).columns >= 20
    assert Terminal.of(Screen(), {}).redraws
    assert not Terminal.of(Screen(), {"TERM": "dumb"}).redraws


def test_pseudo_terminal() -> None:
    """The width of a real terminal is used."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 132, 0, 0))
    with os.fdopen(leader, "rb"), os.fdopen(follower, "w") as stream:
        assert Terminal.of(stream, {}) == Terminal(interactive=True, columns=132, color=True, redraws=True)


def test_paint() -> None:
    """A style is an ANSI sequence around the text, where there are colours."""
    assert Terminal(color=True).paint("x", "good") == "\x1b[32mx\x1b[0m"
    assert Terminal(color=False).paint("x", "good") == "x"
    assert Terminal(color=True).paint("x", "") == "x"
