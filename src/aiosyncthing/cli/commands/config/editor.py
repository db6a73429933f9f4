"""Settings in a person's editor: a file of JSON that only this user can read."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.cli.errors import CommandError, UsageError, message_of, reason_of
from aiosyncthing.cli.loop import terminal_left
from aiosyncthing.config import Change, compare, hide_secrets
from aiosyncthing.exceptions import SyncthingError

from .changes import current_of, replace
from .paths import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing import ConfigEdit

_COMMENT: Final = "#"
_ABOUT: Final = (
    "Save, and leave the editor, to go on. Without a change nothing happens.",
    "Passwords and keys are <redacted>, which leaves them as they are.",
)


class Draft:
    """A part of the configuration that a person edits.

    Args:
        config: The configuration.
        path: The path of the part.
        environ: The environment, which names the editor.

    Attributes:
        file: The file.
        touched: Whether something was changed in it.
    """

    def __init__(self, config: dict[str, Any], path: str, environ: Mapping[str, str]) -> None:
        self._command = _editor(environ)
        self._config = config
        self._place = resolve(path, config)
        self._shown = hide_secrets(self._place, current_of(config, self._place))
        self._text = json.dumps(self._shown, ensure_ascii=False, indent=2) + "\n"
        self.touched: bool = False
        descriptor, name = tempfile.mkstemp(prefix="aiosyncthing-", suffix=".json")
        os.close(descriptor)
        self.file: Path = Path(name)

    async def changes(self, editing: ConfigEdit, *, again: bool) -> list[Change]:
        """Open the editor until what it leaves can be sent; make the changes, and return them.

        Args:
            editing: The edit of the configuration.
            again: Whether a person is there to put right what is wrong.

        Raises:
            CommandError: The editor failed.
            UsageError: What it has left is not JSON, and still isn't.
            SyncthingError: It can't be sent, and still can't.
        """
        problem, unchanged = "", dict(self._config)
        while True:
            before = self._text
            async with terminal_left():
                # In a thread, so that the event loop goes on to look after its connections.
                await asyncio.to_thread(self._open, problem)
            if problem and self._text == before:
                again = False
            try:
                found = list(compare(self._place, self._shown, _parsed(self._text)))
                replace(self._config, unchanged, found)
                await editing.preview()
            except (UsageError, SyncthingError) as error:
                if not again:
                    raise
                problem = message_of(error)
            else:
                return found

    def remove(self) -> None:
        """Remove the file."""
        self.file.unlink(missing_ok=True)

    def _open(self, problem: str) -> None:
        """Open the editor, and read what it has left, without the lines at the top."""
        top = [*(f"error: {line}" for line in problem.splitlines()), *_ABOUT]
        self.file.write_text("".join(f"{_COMMENT} {line}\n" for line in top) + self._text, encoding="utf-8")
        try:
            done = subprocess.run([*self._command, str(self.file)], check=False)  # noqa: S603 - the user's editor
        except OSError as error:
            raise CommandError(f"can't run the editor {self._command[0]}: {error.strerror or error}") from error
        try:
            lines = self.file.read_text(encoding="utf-8").splitlines(keepends=True)
        except (OSError, UnicodeError) as error:
            raise CommandError(f"can't read {self.file}: {reason_of(error)}") from error
        while lines and lines[0].startswith(_COMMENT):
            del lines[0]
        left = "".join(lines)
        self.touched |= left != self._text
        self._text = left
        if done.returncode:
            raise CommandError(f"the editor {self._command[0]} failed with status {done.returncode}")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = "".join(text.splitlines()[error.lineno - 1 : error.lineno]).strip()
        raise UsageError(f"this is not JSON: {error.msg}, at {line[:60]!r}") from None


def _editor(environ: Mapping[str, str]) -> list[str]:
    given = environ.get("VISUAL") or environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    try:
        command = shlex.split(given, posix=os.name != "nt")
    except ValueError as error:
        raise UsageError(f"$VISUAL or $EDITOR can't be understood: {error}") from None
    if not command:
        raise UsageError("$VISUAL or $EDITOR names no program")
    if shutil.which(command[0]) is None:
        raise UsageError(
            f"can't run the editor {command[0]}: there is no such program", hint="$VISUAL or $EDITOR names it"
        )
    return command
