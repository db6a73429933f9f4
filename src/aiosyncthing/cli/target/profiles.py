"""``config.toml``: the profiles of a user.

The file is edited as text, so that comments and order are kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from aiosyncthing.cli.errors import CommandError, UsageError, reason_of
from aiosyncthing.cli.files import replace_file

from . import keys
from .keys import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL: Final = "all"
"""Reserved: stands for all profiles."""

_FIELDS: Final = ("url", "api-key-file", "api-key-command", "api-key", "home", "tls")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Profile:
    """A named daemon.

    Attributes:
        name: Its name.
        url: Its address; ``None`` for a daemon of this computer.
        home: The home of a daemon of this computer, which contains address and key.
        key: The source of its key; ``None`` with a home.
        tls: What to trust: see `target.trust`.
    """

    name: str
    url: str | None = None
    home: str | None = None
    key: Key | None = None
    tls: str | None = None


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the file with the profiles; ``AIOSYNCTHING_CONFIG`` overrides it."""
    if given := environ.get("AIOSYNCTHING_CONFIG"):
        return Path(given).expanduser()
    from platformdirs import user_config_path  # noqa: PLC0415 - only where it is needed

    return user_config_path("aiosyncthing", appauthor=False) / "config.toml"


class Profiles:
    """The profiles of a user.

    Args:
        file: The file, which need not exist.
        environ: The environment.

    Raises:
        UsageError: The file can't be read, or is invalid.
    """

    def __init__(self, file: Path, environ: Mapping[str, str]) -> None:
        self.file = file
        self._environ = environ
        try:
            self._text = file.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            self._text = ""
        except (OSError, UnicodeError) as error:
            raise UsageError(f"can't read {file}: {reason_of(error)}") from error
        self._tables = self._parse(self._text)

    @property
    def names(self) -> list[str]:
        """Their names, in the order of the file."""
        return list(self._tables)

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a profile."""
        return name in self._tables

    def get(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            UsageError: There is no such profile, or it is invalid.
        """
        if name not in self._tables:
            from difflib import get_close_matches  # noqa: PLC0415 - only where it is needed

            near = get_close_matches(name, self._tables, 1)
            hint = f"did you mean {near[0]}?" if near else "`aiosyncthing profile list` shows them"
            raise UsageError(f"there is no profile {name!r} in {self.file}", hint=hint)
        return self._profile(name, self._tables[name])

    def all(self) -> list[Profile]:
        """Return all profiles."""
        return [self.get(name) for name in self._tables]

    def with_url(self, url: str) -> Profile | None:
        """Return the first profile with an address."""
        wanted = url.rstrip("/")
        return next((each for each in self.all() if each.url is not None and each.url.rstrip("/") == wanted), None)

    def make(self, name: str, table: Mapping[str, str | list[str]]) -> Profile:
        """Return a profile with these fields, without adding it.

        Raises:
            UsageError: It isn't right.
        """
        return self._profile(name, dict(table))

    def add(self, name: str, table: Mapping[str, str | list[str]]) -> None:
        """Add a profile, and write the file.

        Raises:
            UsageError: The name is taken, or the profile is invalid.
            CommandError: The file can't be written.
        """
        if name == ALL or not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} can't be the name of a profile: use letters, digits, - and _")
        if name in self._tables:
            raise UsageError(f"there is a profile {name!r} already", hint=f"`aiosyncthing profile remove {name}` first")
        self.make(name, table)
        lines = [f"[profiles.{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
        before = self._text.rstrip("\n")
        self._write((f"{before}\n\n" if before else "") + "\n".join(lines) + "\n", {**self._tables, name: dict(table)})

    def remove(self, name: str) -> None:
        """Remove a profile, and write the file.

        Raises:
            UsageError: There is no such profile, or it can't be removed from the text.
            CommandError: The file can't be written.
        """
        self.get(name)
        header = re.compile(rf"\s*\[\s*profiles\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]\s*(#.*)?")
        kept: list[str] = []
        inside = False
        for line in self._text.splitlines():
            if re.match(r"\s*\[", line):
                inside = header.fullmatch(line) is not None
            if not inside:
                kept.append(line)
        text = "\n".join(kept).strip("\n")
        self._write(f"{text}\n" if text else "", {key: each for key, each in self._tables.items() if key != name})

    def _parse(self, text: str) -> dict[str, Any]:
        if not text:
            return {}
        import tomllib  # noqa: PLC0415 - only where it is needed

        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{self.file}: {error}") from None
        unknown = document.keys() - {"profiles"}
        tables: Any = document.get("profiles", {})
        if unknown or not isinstance(tables, dict):
            raise UsageError(f"{self.file}: only tables such as [profiles.nas] are allowed")
        return cast("dict[str, Any]", tables)

    def _profile(self, name: str, value: object) -> Profile:
        where = f"{self.file}: profile {name}"
        if not isinstance(value, dict):
            raise UsageError(f"{where} is not a table")
        table = cast("dict[str, Any]", value)
        for field in table:
            if field not in _FIELDS:
                from difflib import get_close_matches  # noqa: PLC0415 - only where it is needed

                near = get_close_matches(field, _FIELDS, 1)
                raise UsageError(f"{where}: unknown field {field!r}", hint=f"did you mean {near[0]}?" if near else "")
        texts = {field: value for field, value in table.items() if field != "api-key-command"}
        if wrong := [field for field, value in texts.items() if not isinstance(value, str) or not value]:
            raise UsageError(f"{where}: {wrong[0]} must be a non-empty string")
        found = [field for field in ("api-key-file", "api-key-command", "api-key", "home") if field in table]
        if len(found) > 1:
            raise UsageError(f"{where}: {found[0]} and {found[1]} contradict each other")
        if ("home" in table) == ("url" in table):
            raise UsageError(f"{where}: it needs either url, or home for a daemon of this computer")
        key = None if "home" in table else self._key(where, table)
        return Profile(name, table.get("url"), table.get("home"), key, table.get("tls"))

    def _key(self, where: str, table: Mapping[str, Any]) -> Key:
        if file := table.get("api-key-file"):
            return Key("file", file)
        if value := table.get("api-key"):
            return Key("inline", str(self.file), value=value)
        if command := table.get("api-key-command"):
            words: list[Any] = [*command] if isinstance(command, list) else []
            if not words or not all(isinstance(word, str) for word in words):
                raise UsageError(f'{where}: api-key-command must be a list such as ["pass", "syncthing/nas"]')
            return Key("command", words[0], tuple(words))
        if found := keys.credential(self._environ):
            return found
        raise UsageError(f"{where} has no key", hint="add api-key-file, api-key-command or home")

    def _write(self, text: str, expected: Mapping[str, object]) -> None:
        """Replace the file, after checking that the new text has the expected meaning."""
        tables = self._parse(text)
        if tables != expected:
            raise UsageError(f"{self.file} can't be changed by this program: edit it by hand")
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"can't write {self.file}: {reason_of(error)}") from error
        replace_file(self.file, text, durable=True)  # readable only by this user, since it may contain a key
        self._text, self._tables = text, tables


def _toml(value: str | list[str]) -> str:
    """Return a value in TOML, whose basic strings and arrays look like JSON's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
