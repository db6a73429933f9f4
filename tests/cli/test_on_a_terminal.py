"""The command line on a real terminal, at which a person types: questions, editors, progress, `top`, and Ctrl-C."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.terminals import OnTerminal

CTRL_C = "\x03"
COMMAND_LINE = ("-W", "error", "-m", "aiosyncthing")


@pytest.fixture
def start(here: FakeSyncthing, tmp_path: Path) -> Iterator[Callable[..., OnTerminal]]:
    """Start the command line, or another program, on a terminal."""
    started: list[OnTerminal] = []
    # pytest-xdist sets COLUMNS, which would count for more than the size of the terminal.
    environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}

    def start(*arguments: str, editor: str = "", program: Sequence[str] = COMMAND_LINE) -> OnTerminal:
        script = tmp_path / "editor"
        script.write_text(f"#!/bin/sh\n{editor}\n")
        script.chmod(0o700)
        environ.update(VISUAL=str(script), TERM="xterm-256color")
        started.append(OnTerminal([sys.executable, *program, *arguments], environ, tmp_path))
        return started[-1]

    yield start
    for process in started:
        process.close()


def test_a_secret(here: FakeSyncthing, start: Any) -> None:
    """A password is asked for without showing it; what was typed arrives, and the terminal echoes again."""
    process = start("share", "docs", "vault", "--encryption-password-file", "-")
    vault = here.add_device("vault")
    here.add_folder("docs")
    process.until("password")
    process.until(": ")
    process.type("correct horse\n")
    assert process.ended() == 0
    assert b"horse" not in process.screen
    (shared,) = [each for each in here.config["folders"][0]["devices"] if each["deviceID"] == vault]
    assert shared["encryptionPassword"] == "correct horse"


def test_a_question(here: FakeSyncthing, start: Any) -> None:
    """Ctrl-C at a question ends the command by that signal, and nothing is done."""
    here.add_folder("docs")
    process = start("remove", "docs")
    process.until("Remove the folder docs?")
    process.until("[y/N] ")
    process.type(CTRL_C)
    assert process.ended() == -signal.SIGINT
    assert b"Traceback" not in process.screen
    assert [each["id"] for each in here.config["folders"]] == ["docs"]


def test_an_editor(here: FakeSyncthing, start: Any) -> None:
    """The editor has the terminal, and Ctrl-C while it is open is its own; then the command goes on."""
    here.add_folder("docs")
    edit = "trap 'echo interrupted' INT; echo open; while [ -z \"$line\" ]; do read line; done; "
    process = start("config", "edit", "folders.docs.label", editor=f'{edit} echo "\\"$line\\"" > "$1"')
    process.until("open")
    pressed = float("-inf")

    def noticed() -> bool:
        """Press Ctrl-C once a second: a shell that gets it right before it reads notices it only afterwards."""
        nonlocal pressed
        if b"interrupted" not in process.screen and time.monotonic() - pressed > 1:
            pressed = time.monotonic()
            process.type(CTRL_C)
        return b"interrupted" in process.screen

    process.wait(noticed, "interrupted")
    process.type("Papers\n")
    process.until("Change this? [y/N] ")
    process.type("y\n")
    assert process.ended() == 0
    assert here.config["folders"][0]["label"] == "Papers"


def test_an_editor_that_ends_at_once(here: FakeSyncthing, start: Any, tmp_path: Path) -> None:
    """Ctrl-C is the editor's, even if it has ended before the command line gets to see the signal."""
    here.add_folder("docs")
    edit = f'kill -STOP $PPID; kill -INT $PPID; echo \'"Papers"\' > "$1"; echo $PPID > {tmp_path}/stopped'
    process = start("config", "edit", "folders.docs.label", "--yes", editor=edit)
    stopped = tmp_path / "stopped"
    process.wait(lambda: stopped.exists() and stopped.read_text().endswith("\n"), "the editor should end")
    os.kill(int(stopped.read_text()), signal.SIGCONT)
    assert process.ended() == 0
    assert here.config["folders"][0]["label"] == "Papers"


def test_progress(here: FakeSyncthing, start: Any) -> None:
    """`wait` redraws one line, which Ctrl-C removes; the command then ends by that signal."""
    pi = here.add_device("pi")
    folder = here.add_folder("docs", devices=[pi])
    here.connect(pi)
    folder.remote_write(pi, {"a": b"x" * 2048})
    process = start("wait", "docs")
    process.until("\r\x1b[Kdocs  50 %  2.0 KiB left")
    folder.remote_write(pi, {"b": b"x" * 2048})
    process.until("\r\x1b[Kdocs  ")
    process.until("4.0 KiB left")
    process.type(CTRL_C)
    assert process.ended() == -signal.SIGINT
    assert process.screen.endswith(b"\r\x1b[K")
    assert b"\n" not in process.screen


BEGIN, END, CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
# It runs three times, since starting Python and textual takes longer than all the rest. There is a bug if the folder
# is paused: the key would be among the variables of a traceback.
TOP = """
from aiosyncthing.cli import app, main
from aiosyncthing.cli.top import page
def broken(live, view, *, url, now, width, wanted):
    if live.folders["docs"].paused:
        key = live._updates._api._access.secrets
        raise ZeroDivisionError("oops")
    return right(live, view, url=url, now=now, width=width, wanted=wanted)
right, page.page = page.page, broken
for _ in range(2):
    input(f"It ended with {app.main(['top'])}.")
main()
"""


def test_top(here: FakeSyncthing, start: Any) -> None:
    """Suspended, quit, ended by a bug, or by a signal: the terminal is as it was before."""
    here.add_folder("docs", files={"a": b"x"})
    screen = start("top", program=("-c", TOP))

    def until_restored() -> None:
        screen.until(END)
        screen.until(CURSOR)
        screen.wait(lambda: screen.modes == screen.first_modes, "input should be as before")
        assert BEGIN.encode() not in screen.screen

    screen.resize(24, 80)
    screen.until("in sync")
    screen.type("\x1a")  # Ctrl-Z gives the terminal back until the shell continues it
    screen.wait(lambda: screen.stopped, "it should stop")
    until_restored()
    screen.send(signal.SIGCONT)
    screen.until("in sync")
    screen.resize(5, 20)
    screen.until("q quit  enter\x1b")  # the line at the bottom is cut
    screen.send(signal.SIGSTOP)  # which no program notices before it is continued
    screen.send(signal.SIGCONT)
    screen.until(BEGIN)
    screen.type("q")
    until_restored()
    screen.until("It ended with 0.")

    screen.resize(24, 80)
    screen.type("\n")
    screen.until("in sync")
    here.set_folder("docs", paused=True)
    until_restored()
    screen.until("aiosyncthing: error: ZeroDivisionError: oops")  # one line, without the key
    screen.until("It ended with 1.")
    assert here.api_key.encode() not in screen.written

    here.set_folder("docs", paused=False)
    screen.type("\n")
    screen.until("in sync")
    screen.send(signal.SIGTERM)
    assert screen.ended() == -signal.SIGTERM
    until_restored()
