"""The command line on a real terminal, at which a person types: questions, editors, progress, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.terminals import OnTerminal

CTRL_C = "\x03"


@pytest.fixture
def start(here: FakeSyncthing, tmp_path: Path) -> Iterator[Callable[..., OnTerminal]]:
    """Start the command line on a terminal."""
    started: list[OnTerminal] = []

    def start(*arguments: str, editor: str = "") -> OnTerminal:
        script = tmp_path / "editor"
        script.write_text(f"#!/bin/sh\n{editor}\n")
        script.chmod(0o700)
        environ = {**os.environ, "VISUAL": str(script), "TERM": "xterm", "PYTHONWARNINGS": "error"}
        process = OnTerminal([sys.executable, "-m", "aiosyncthing", *arguments], environ, tmp_path)
        started.append(process)
        return process

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


def press_until_noticed(process: OnTerminal, key: str, shown: str) -> None:
    """Press a key once a second: a shell in which a signal arrives right before it reads notices it only afterwards."""
    pressed = float("-inf")

    def noticed() -> bool:
        nonlocal pressed
        if shown.encode() in process.screen:
            return True
        if time.monotonic() - pressed > 1:
            pressed = time.monotonic()
            process.type(key)
        return False

    process.wait(noticed, shown)


def test_an_editor(here: FakeSyncthing, start: Any) -> None:
    """The editor has the terminal, and Ctrl-C while it is open is its own; then the command goes on."""
    here.add_folder("docs")
    edit = "trap 'echo interrupted' INT; echo open; while [ -z \"$line\" ]; do read line; done; "
    process = start("config", "edit", "folders.docs.label", editor=f'{edit} echo "\\"$line\\"" > "$1"')
    process.until("open")
    press_until_noticed(process, CTRL_C, "interrupted")
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
