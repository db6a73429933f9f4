"""Reading what a local client needs from Syncthing's config.xml.

The file is not trusted; it may have been placed there by an attacker. A document type declaration is refused, and with
it entities: external ones would read other files, and nested ones can grow without limit. The daemon never writes one.
No tree is built, and a file too large to be a configuration is not read at all.

Problems are returned, not raised: a traceback's frames hold the content of the file, and with it the key.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from xml.parsers import expat  # its known attacks need entities, which are refused

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_NAME: Final = "config.xml"
_LARGEST: Final = 16 << 20  # a few hundred bytes for each folder and device: enough for tens of thousands
_NOT_A_FILE: Final = "is not a file. Name the folder that contains Syncthing's config.xml"
_DEFAULT_ADDRESS: Final = "127.0.0.1:8384"
# As in Go's strconv.ParseBool.
_TRUE: Final = {"1", "t", "T", "TRUE", "true", "True"}
_TRUNCATED: Final = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_OPEN_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True)
class Gui:
    """The API's section of the configuration.

    Attributes:
        address: The address it listens on, as configured.
        tls: Whether TLS is required.
        enabled: Whether there is an API at all.
        api_key: Its key, or an empty string.
    """

    address: str
    tls: bool
    enabled: bool
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Problem:
    """Why a configuration can't be used.

    Attributes:
        kind: ``missing``: there is no such file; ``unreadable``: this user may not read it; ``unusable``: its content
            is no use.
        text: A message for people: the file, what is wrong, and what to do. It quotes nothing from the file.
    """

    kind: Literal["missing", "unreadable", "unusable"]
    text: str


def read_gui(home: Path) -> Gui | Problem:
    """Read the config.xml in a home."""
    path = home / CONFIG_NAME
    try:
        data = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return Problem("missing", f"{path} does not exist. {_missing(home)}")
    except PermissionError:
        return Problem(
            "unreadable",
            f"{path} is not readable by this user. Run this program as the user that runs Syncthing, or get the API "
            "key from its web interface (Actions, Settings)",
        )
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        return Problem("unusable", f"{path} can't be read: {getattr(error, 'strerror', None) or error}")
    if isinstance(data, str):
        return Problem("unusable", f"{path} {data}")
    found = _parse(data)
    if isinstance(found, str):
        return Problem("unusable", f"{path} {found}")
    return found


def _missing(home: Path) -> str:
    if home.name == CONFIG_NAME:
        return f"Name the folder, not the file: {home.parent}"
    return "Start Syncthing once with this home, or name the folder that contains its config.xml"


def _read(path: Path) -> bytes | str:
    if path.is_dir():  # on Windows, opening it would fail with a PermissionError
        return _NOT_A_FILE
    # Non-blocking: opening a pipe of that name would hang.
    with os.fdopen(os.open(path, _OPEN_FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return _NOT_A_FILE
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        return f"is larger than {_LARGEST >> 20} MiB, so it is not a Syncthing configuration"
    return data


class _RefusedError(Exception):
    """The document contains something that no configuration contains."""


class _Reader:
    """Collects the attributes and children of ``configuration/gui`` during parsing."""

    def __init__(self) -> None:
        self.guis = 0
        self.attributes: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.root: str | None = None
        self._depth = 0
        self._in_gui = False
        self._child: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self.root = name
        elif self._depth == 2 and name == "gui":  # noqa: PLR2004 - directly below the root
            self._in_gui = True
            self.guis += 1
            self.attributes = attributes
        elif self._depth == 3 and self._in_gui:  # noqa: PLR2004 - directly below <gui>
            self._child = name
            self.texts[name] = ""

    def end(self, _: str) -> None:
        self._depth -= 1
        if self._depth < 3:  # noqa: PLR2004 - the end of a child of <gui>
            self._child = None
        if self._depth < 2:  # noqa: PLR2004 - the end of <gui>
            self._in_gui = False

    def text(self, data: str) -> None:
        if self._child is not None and self._depth == 3:  # noqa: PLR2004 - not the text of nested elements
            self.texts[self._child] += data

    def refuse(self, *_: object) -> None:
        raise _RefusedError


def _parse(data: bytes) -> Gui | str:
    """Return the API's section, or what is wrong with the document."""
    reader = _Reader()
    # UTF-8 whatever the document declares: the daemon (Go's encoding/xml) reads nothing else.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    if not data.strip():
        return "is empty. Restore it from a backup, or delete it and start Syncthing, which creates a new one"
    try:
        parser.Parse(data, True)  # noqa: FBT003 - no keyword there
    except _RefusedError:
        return "has a document type declaration, which no Syncthing configuration has, so it was not read"
    except expat.ExpatError as error:
        if error.code in _TRUNCATED:
            return "is truncated. Restore it from a backup"
        return "is not XML. Correct it, restore it from a backup, or name another home"
    if reader.root != "configuration" or not reader.guis:
        return "is not a Syncthing configuration: it has no <configuration> with a <gui>"
    if reader.guis > 1:
        return "has more than one <gui>. Remove the wrong one"
    return Gui(
        address=reader.texts.get("address", _DEFAULT_ADDRESS).strip(),
        tls=_is_true(reader.attributes.get("tls", "false")),
        enabled=_is_true(reader.attributes.get("enabled", "true")),
        api_key=reader.texts.get("apikey", "").strip(),
    )


def _is_true(text: str) -> bool:
    return text.strip() in _TRUE
