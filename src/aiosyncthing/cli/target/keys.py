"""Read API keys and other secrets, which are never arguments of a process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from aiosyncthing.cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind: TypeAlias = Literal["file", "command", "inline", "credential"]

CREDENTIAL: Final = "aiosyncthing-api-key"
_COMMAND_TIMEOUT: Final = 60
_LONGEST: Final = 64 * 1024


@dataclass(frozen=True)
class Key:
    """The source of a key.

    Attributes:
        kind: A file, the output of a command, the value itself, or a systemd credential.
        place: Its name in messages: the file, ``-`` for the standard input, or the program.
        command: The program and its arguments; run without a shell.
        value: The key itself; never shown.
    """

    kind: Kind
    place: str
    command: tuple[str, ...] = ()
    value: str = field(default="", repr=False)

    def read(self, warn: Callable[[str], None]) -> str:
        """Read the key.

        Args:
            warn: Called with a warning, such as that others can read the file.

        Raises:
            CommandError: The command has failed.
            UsageError: It can't be read, or is not a key.
        """
        if self.kind == "inline":
            return self.value
        if self.kind == "command":
            key = _line(_output(self.command), f"the output of {self.place}")
        else:
            key = read_secret(self.place, warn)
        if not key.strip().isprintable():
            raise UsageError(f"{self.place} doesn't contain a valid key: keys have only printable characters")
        return key.strip()


def credential(environ: Mapping[str, str]) -> Key | None:
    """Return the key that systemd has passed to this service, if any."""
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if folder and (path := Path(folder, CREDENTIAL)).is_file():
        return Key("credential", str(path))
    return None


def read_secret(place: str, warn: Callable[[str], None]) -> str:
    """Read a key or a password: the only line of a file, or a line of the standard input (``-``).

    Args:
        place: The file, or ``-``.
        warn: Called with a warning.

    Raises:
        UsageError: It can't be read, is empty, or has more than one line.
    """
    if place == "-":
        return _line(sys.stdin.readline(), "the standard input")
    path = Path(place).expanduser()
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(_LONGEST)
    except OSError as error:
        raise UsageError(f"can't read {place}: {error.strerror or error}") from error
    # Windows has no such permissions; a pipe, such as <(pass ...), has no other readers.
    if os.name == "posix" and stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
        warn(f"{place} can be read by other users: chmod 600 {place}")
    return _line(data.decode(errors="replace"), place)


def _output(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - from the user's own configuration, without a shell
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=_COMMAND_TIMEOUT, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Not the error's own text, which contains the output after a timeout.
        raise CommandError(f"api-key-command: can't run {command[0]}: {type(error).__name__}") from None
    if done.returncode:
        raise CommandError(f"api-key-command: {command[0]} failed with status {done.returncode}")
    return done.stdout.decode(errors="replace")


def _line(text: str, place: str) -> str:
    secret = text.rstrip("\r\n")
    if not secret.strip():
        raise UsageError(f"{place} is empty")
    if "\n" in secret:
        raise UsageError(f"{place} has more than one line")
    return secret
