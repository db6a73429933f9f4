"""What a local client needs of Syncthing's config.xml.

The file is somebody's else: it is read as what it may be, also if it was put there to do harm. A document type is
refused, and with it entities, of which external ones would read other files and nested ones grow without limit; the
daemon never writes one. No tree is built, and a file that is too big for a configuration is not read at all.

What is wrong is returned, not raised: the frames of an error hold what they have read, and with it the key.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from xml.parsers import expat  # the parser alone; the module's dangers are those of entities, which are refused

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_NAME: Final = "config.xml"
_LARGEST: Final = 16 << 20  # some hundred bytes for each folder and device: enough for tens of thousands
_NO_FILE: Final = "is not a file. Name the folder that holds Syncthing's config.xml"
_DEFAULT_ADDRESS: Final = "127.0.0.1:8384"
# As Go's strconv.ParseBool.
_TRUE: Final = {"1", "t", "T", "TRUE", "true", "True"}
_ENDS_TOO_EARLY: Final = {
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
    """The part of the configuration that is about the API.

    Attributes:
        address: Where it listens, as it stands there.
        tls: Whether TLS is required.
        enabled: Whether there is an API at all.
        api_key: Its key, or an empty text.
    """

    address: str
    tls: bool
    enabled: bool
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Problem:
    """Why a configuration can't be used.

    Attributes:
        kind: ``missing``: there is no such file; ``closed``: we may not read it; ``broken``: it is of no use.
        text: For people: the file, what is wrong, and what to do. Nothing of the file's content.
    """

    kind: Literal["missing", "closed", "broken"]
    text: str


def read_gui(home: Path) -> Gui | Problem:
    """Read the config.xml of a home (reads)."""
    path = home / CONFIG_NAME
    try:
        data = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return Problem("missing", f"there is no {path}. {_missing(home)}")
    except PermissionError:
        return Problem(
            "closed",
            f"{path} may not be read by this user. Run as the user that runs Syncthing, or get the API key from its "
            "web interface (Actions, Settings)",
        )
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        return Problem("broken", f"{path} can't be read: {getattr(error, 'strerror', None) or error}")
    if isinstance(data, str):
        return Problem("broken", f"{path} {data}")
    found = _parse(data)
    if isinstance(found, str):
        return Problem("broken", f"{path} {found}")
    return found


def _missing(home: Path) -> str:
    if home.name == CONFIG_NAME:
        return f"Name the folder, not the file: {home.parent}"
    return "Start Syncthing once with this home, or name the folder that holds its config.xml"


def _read(path: Path) -> bytes | str:
    if path.is_dir():  # Windows would say that it may not be read
        return _NO_FILE
    # Without blocking: a pipe of that name would keep us waiting for ever.
    with os.fdopen(os.open(path, _OPEN_FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return _NO_FILE
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        return f"is bigger than {_LARGEST >> 20} MiB: that is not a configuration of Syncthing"
    return data


class _RefusedError(Exception):
    """The document has what no configuration has."""


class _Reader:
    """Collects what stands in ``configuration/gui`` while the parser goes through the document."""

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
        if self._child is not None and self._depth == 3:  # noqa: PLR2004 - not that of elements further below
            self.texts[self._child] += data

    def refuse(self, *_: object) -> None:
        raise _RefusedError


def _parse(data: bytes) -> Gui | str:
    """Return what is needed, or what is wrong."""
    reader = _Reader()
    # UTF-8 whatever the document says: the daemon (Go's encoding/xml) reads nothing else.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    if not data.strip():
        return "is empty. Restore it from a backup, or let Syncthing make a new one"
    try:
        parser.Parse(data, True)  # noqa: FBT003 - no keyword there
    except _RefusedError:
        return "has a document type declaration, which no configuration of Syncthing has; it is not read"
    except expat.ExpatError as error:
        if error.code in _ENDS_TOO_EARLY:
            return "ends too early: it was only written in part, and not by Syncthing; restore it from a backup"
        return "is not XML. Look at it, restore it from a backup, or name another home"
    if reader.root != "configuration" or not reader.guis:
        return "is not a configuration of Syncthing: it has no <configuration> with <gui>"
    if reader.guis > 1:
        return "has more than one <gui>; remove the wrong one"
    return Gui(
        address=reader.texts.get("address", _DEFAULT_ADDRESS).strip(),
        tls=_is_true(reader.attributes.get("tls", "false")),
        enabled=_is_true(reader.attributes.get("enabled", "true")),
        api_key=reader.texts.get("apikey", "").strip(),
    )


def _is_true(text: str) -> bool:
    return text.strip() in _TRUE
