"""From what people call folders and devices to the daemon's own. Pure.

Exact comes before looser, and two hits on one step are ambiguous. There are no substrings and no prefixes but a device
ID's first block: otherwise a new folder would change what an old script means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import InvalidDeviceIDError

from .errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from aiosyncthing import types as t

T = TypeVar("T")

_FOLDER: Final = "UnknownFolderError"
_DEVICE: Final = "UnknownDeviceError"
_BLOCK: Final = 7


class Place(NamedTuple):
    """A folder, and a path in it; the path is empty for the folder itself, and has slashes on every system."""

    folder: t.FolderConfiguration
    path: str


def find_folder(text: str, folders: Sequence[t.FolderConfiguration]) -> t.FolderConfiguration:
    """Return the folder that a text means: its ID, its label, or its label without regard to case.

    Raises:
        UnknownNameError: None is called so, or several are.
        UsageError: The text is empty.
    """
    found = _match(text, folders, _folder_steps(text))
    if found is None:
        names = [name for folder in folders for name in (folder["label"], folder["id"]) if name]
        raise _unknown("folder", text, names, _FOLDER)
    return _only(text, found, "folder", _FOLDER, lambda folder: folder["id"])


def find_device(text: str, devices: Sequence[t.DeviceConfiguration]) -> t.DeviceConfiguration:
    """Return the device that a text means: its ID, its name, its name without regard to case, or its ID's first block.

    Raises:
        UnknownNameError: None is called so, or several are.
        UsageError: The text is empty.
    """
    found = _match(text, devices, _device_steps(text))
    if found is None:
        names = [name for device in devices for name in (device["name"], device["deviceID"][:_BLOCK]) if name]
        raise _unknown("device", text, names, _DEVICE)
    return _only(text, found, "device", _DEVICE, lambda device: device["deviceID"])


def find_either(
    text: str, folders: Sequence[t.FolderConfiguration], devices: Sequence[t.DeviceConfiguration]
) -> tuple[Literal["folder"], t.FolderConfiguration] | tuple[Literal["device"], t.DeviceConfiguration]:
    """Return the folder or device that a text means; ``folder:x`` and ``device:x`` say which of them.

    Raises:
        UnknownNameError: None is called so, or several are.
        UsageError: The text is empty.
    """
    folder_hits = _match(text, folders, _folder_steps(text))
    device_hits = _match(text, devices, _device_steps(text))
    if folder_hits and device_hits:
        hint = f"say folder:{text} or device:{text}"
        raise UnknownNameError(f"{text!r} is both a folder and a device", hint=hint, kind="AmbiguousNameError")
    if folder_hits:
        return "folder", find_folder(text, folders)
    if device_hits:
        return "device", find_device(text, devices)
    kind, _, rest = text.partition(":")
    if kind == "folder":
        return "folder", find_folder(rest, folders)
    if kind == "device":
        return "device", find_device(rest, devices)
    names = [name for folder in folders for name in (folder["label"], folder["id"]) if name]
    names += [device["name"] for device in devices if device["name"]]
    raise _unknown("folder or device", text, names, _FOLDER)


def find_place(text: str, folders: Sequence[t.FolderConfiguration]) -> Place:
    """Return the folder and the path that ``FOLDER`` or ``FOLDER:PATH`` means.

    Raises:
        UnknownNameError: No folder is called so, or several are.
        UsageError: The text is empty, or the path leaves the folder.
    """
    colons = [place for place, character in enumerate(text) if character == ":"]
    for end in [len(text), *colons]:
        name, path = text[:end], text[end + 1 :]
        if name and _match(name, folders, _folder_steps(name)):
            return Place(find_folder(name, folders), inside(path))
    return Place(find_folder(text.partition(":")[0], folders), "")


def is_path(text: str) -> bool:
    """Return whether a text is a path of this computer, and not a name: ``.``, ``./x``, ``../x``, ``~/x`` or ``/x``."""
    return text in {".", "..", "~"} or text.startswith(("./", "../", "~/", "/", ".\\", "..\\")) or text[1:3] == ":\\"


def place_of_path(text: str, folders: Sequence[t.FolderConfiguration], tilde: str) -> Place:
    """Return the folder that contains a path of this computer, and the path in it.

    Args:
        text: The path.
        folders: The folders of the daemon, which runs on this computer.
        tilde: What ``~`` means for the daemon.

    Raises:
        UnknownNameError: No folder contains it.
    """
    path = Path(text).expanduser().resolve()
    found: list[tuple[int, Place]] = []
    for folder in folders:
        written = folder["path"]
        root = Path(tilde, written[2:]) if written.startswith("~/") else Path(written)
        root = root.resolve()
        if path == root or root in path.parents:
            inner = path.relative_to(root).as_posix()
            found.append((len(root.parts), Place(folder, "" if inner == "." else inner)))
    if not found:
        raise UnknownNameError(f"{text} is in no folder of this daemon")
    deepest = max(depth for depth, _ in found)
    hits = [place for depth, place in found if depth == deepest]
    return hits[0] if len(hits) == 1 else _only(text, hits, "folder", _FOLDER, lambda place: place.folder["id"])


def inside(path: str) -> str:
    """Return a path in a folder as the daemon writes it: with slashes, without ``.`` and an end.

    Raises:
        UsageError: It leaves the folder.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts or path.startswith("/"):
        raise UsageError(f"{path!r} must be a path in the folder, without '..'")
    return "/".join(parts)


def _folder_steps(text: str) -> list[Callable[[t.FolderConfiguration], bool]]:
    return [
        lambda folder: folder["id"] == text,
        lambda folder: folder["label"] == text,
        lambda folder: folder["label"].casefold() == text.casefold(),
    ]


def _device_steps(text: str) -> list[Callable[[t.DeviceConfiguration], bool]]:
    try:
        device_id = str(DeviceID(text))
    except InvalidDeviceIDError:
        device_id = text
    return [
        lambda device: device["deviceID"] == device_id,
        lambda device: device["name"] == text,
        lambda device: device["name"].casefold() == text.casefold(),
        lambda device: device["deviceID"][:_BLOCK] == text.upper(),
    ]


def _match(text: str, things: Iterable[T], steps: Iterable[Callable[[T], bool]]) -> list[T] | None:
    """Return what fits the first step that anything fits."""
    if not text:
        raise UsageError("the name must not be empty; to mean all, leave it out or use --all")
    known = list(things)
    return next((hits for step in steps if (hits := [thing for thing in known if step(thing)])), None)


def _only(text: str, hits: Sequence[T], what: str, kind: str, name: Callable[[T], str]) -> T:
    if len(hits) == 1:
        return hits[0]
    names = ", ".join(name(hit) for hit in hits)
    raise UnknownNameError(f"{len(hits)} {what}s are called {text!r}: {names}", hint="use the ID", kind=kind)


def _unknown(what: str, text: str, names: Iterable[str], kind: str) -> UnknownNameError:
    near = get_close_matches(text, list(names), 1)
    hint = (
        f"did you mean {near[0]!r}?"
        if near
        else f"`aiosyncthing {'devices' if what == 'device' else 'folders'}` lists them"
    )
    return UnknownNameError(f"there is no {what} called {text!r}", hint=hint, kind=kind)
