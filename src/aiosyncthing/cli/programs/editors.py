"""Edit text in the user's editor, in a file that only this user can read."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiosyncthing.cli.errors import CommandError, UsageError, reason_of
from aiosyncthing.cli.loop import terminal_left
from aiosyncthing.cli.prompts import can_ask

if TYPE_CHECKING:
    from collections.abc import Mapping

_USUAL: Final = ("sensible-editor", "vim", "nano", "vi")


class Draft:
    """A text that the user edits.

    Args:
        environ: The environment, which names the editor.
        suffix: The suffix of the file's name, by which the editor knows its type.

    Attributes:
        file: The file.
        touched: Whether the text was changed.

    Raises:
        UsageError: There is no editor.
    """

    def __init__(self, environ: Mapping[str, str], suffix: str) -> None:
        self._command = _editor(environ)
        self.touched: bool = False
        descriptor, name = tempfile.mkstemp(prefix="aiosyncthing-", suffix=suffix)
        os.close(descriptor)
        self.file: Path = Path(name)

    async def edit(self, text: str) -> str:
        """Open a text in the editor, and return the edited text.

        Raises:
            CommandError: The editor failed.
        """
        async with terminal_left():
            # In a thread, so that the event loop keeps serving its connections.
            return await asyncio.to_thread(self._open, text)

    def remove(self) -> None:
        """Remove the file."""
        self.file.unlink(missing_ok=True)

    def _open(self, text: str) -> str:
        self.file.write_text(text, encoding="utf-8")
        program = self._command[0]
        try:
            done = subprocess.run([*self._command, str(self.file)], check=False)  # noqa: S603 - the user's editor
        except OSError as error:
            raise CommandError(f"can't run the editor {program}: {error.strerror or error}") from error
        try:
            left = self.file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise CommandError(f"can't read {self.file}: {reason_of(error)}") from error
        self.touched |= left != text
        if done.returncode:
            raise CommandError(f"the editor {program} failed with status {done.returncode}")
        return left


def _editor(environ: Mapping[str, str]) -> list[str]:
    given = environ.get("VISUAL") or environ.get("EDITOR")
    if not given:
        if not can_ask():
            raise UsageError("no editor: set $VISUAL or $EDITOR")
        given = "notepad" if os.name == "nt" else next(filter(shutil.which, _USUAL), _USUAL[-1])
    try:
        command = shlex.split(given, posix=os.name != "nt")
    except ValueError as error:
        raise UsageError(f"$VISUAL or $EDITOR is invalid: {error}") from None
    if not command:
        raise UsageError("$VISUAL or $EDITOR is empty")
    if shutil.which(command[0]) is None:
        raise UsageError(
            f"can't run the editor {command[0]}: there is no such program", hint="$VISUAL or $EDITOR names it"
        )
    return command
