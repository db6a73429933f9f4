"""Look up folders, devices and paths by what people type. Pure.

The rules are those of `Syncthing.find_folder`, except that the beginning of a folder's ID is not accepted here:
otherwise a new folder could change the meaning of an old script.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from aiosyncthing.exceptions import AmbiguousNameError, NotFoundError, UnknownFolderError
from aiosyncthing.names import find_device_id, find_folder_id

from .errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from aiosyncthing import types as t


class Place(NamedTuple):
    """A folder, and a path in it; the path is empty for the folder itself, and has slashes on every system."""

    folder: t.FolderConfiguration
    path: str


def find_folder(text: str, folders: Sequence[t.FolderConfiguration]) -> t.FolderConfiguration:
    """Return a folder by its ID, its label, or its label regardless of case.

    Raises:
        UnknownFolderError: None is called so.
        AmbiguousNameError: Several are.
        UsageError: The text is empty.
    """
    check_name(text)
    by_id = {folder["id"]: folder for folder in folders}
    return by_id[find_folder_id(text, {each: folder["label"] for each, folder in by_id.items()}, shortest=None)]


def find_device(text: str, devices: Sequence[t.DeviceConfiguration]) -> t.DeviceConfiguration:
    """Return a device by its ID, its name, its name regardless of case, or the first block of its ID.

    Raises:
        UnknownDeviceError: None is called so.
        AmbiguousNameError: Several are.
        UsageError: The text is empty.
    """
    check_name(text)
    by_id = {device["deviceID"]: device for device in devices}
    return by_id[find_device_id(text, {each: device["name"] for each, device in by_id.items()})]


def find_either(
    text: str, folders: Sequence[t.FolderConfiguration], devices: Sequence[t.DeviceConfiguration]
) -> tuple[Literal["folder"], t.FolderConfiguration] | tuple[Literal["device"], t.DeviceConfiguration]:
    """Return a folder or device by its name; ``folder:x`` and ``device:x`` say which is meant.

    Raises:
        UnknownNameError: None has this name, or both a folder and a device have it.
        AmbiguousNameError: Several folders or several devices match.
        UsageError: The text is empty.
    """
    folder = device = None
    with suppress(NotFoundError):
        folder = find_folder(text, folders)
    with suppress(NotFoundError):
        device = find_device(text, devices)
    if folder is not None and device is not None:
        hint = f"use folder:{text} or device:{text}"
        raise UnknownNameError(f"{text!r} is both a folder and a device", hint=hint, kind="AmbiguousNameError")
    if folder is not None:
        return "folder", folder
    if device is not None:
        return "device", device
    kind, _, rest = text.partition(":")
    if kind == "folder":
        return "folder", find_folder(rest, folders)
    if kind == "device":
        return "device", find_device(rest, devices)
    hint = "`aiosyncthing folders` and `aiosyncthing devices` list them"
    raise UnknownNameError(f"the daemon has no folder or device {text!r}", hint=hint)


def find_place(text: str, folders: Sequence[t.FolderConfiguration]) -> Place:
    """Return the folder and the path of ``FOLDER`` or ``FOLDER:PATH``; names may contain colons.

    Raises:
        UnknownFolderError: No folder is called so.
        AmbiguousNameError: Several are.
        UsageError: The text is empty, or the path leaves the folder.
    """
    colons = [place for place, character in enumerate(text) if character == ":"]
    for end in [len(text), *colons]:
        try:
            folder = find_folder(text[:end], folders)
        except NotFoundError:
            continue
        return Place(folder, inside(text[end + 1 :]))
    return Place(find_folder(text.partition(":")[0], folders), "")


def check_name(text: str) -> None:
    """Refuse an empty name.

    Raises:
        UsageError: It is empty.
    """
    if not text:
        raise UsageError("the name must not be empty; to mean all, leave it out or use --all")


def check_chosen(names: object, what: str, *, everything: bool) -> None:
    """Refuse a command with neither names nor ``--all``, or with both.

    Args:
        names: The given names, if any.
        what: What they are: "folders".
        everything: Whether ``--all`` was given.

    Raises:
        UsageError: Exactly one of them must be given.
    """
    if everything and names:
        raise UsageError(f"--all already means all {what}: use either --all or names")
    if not everything and not names:
        raise UsageError(f"specify {what}, or use --all")


def is_path(text: str) -> bool:
    """Return whether a text is a path of this computer, and not a name: ``.``, ``./x``, ``../x``, ``~/x`` or ``/x``."""
    return text in {".", "..", "~"} or text.startswith(("./", "../", "~/", "/", ".\\", "..\\")) or text[1:3] == ":\\"


@contextmanager
def paths_recognised(text: str) -> Generator[None]:
    """If a block fails to find a name that looks like a path of this computer, say how to write a path."""
    try:
        yield
    except UnknownFolderError as error:
        if "/" not in text.partition(":")[0]:
            raise
        raise UnknownNameError(error.message, hint=f"for a local path write ./{text}") from error


def place_of_path(text: str, folders: Sequence[t.FolderConfiguration], tilde: str) -> Place:
    """Return the folder that contains a path of this computer, and the path in it.

    Args:
        text: The path.
        folders: The folders of the daemon, which runs on this computer.
        tilde: What ``~`` means for the daemon.

    Raises:
        UnknownNameError: No folder contains it.
        AmbiguousNameError: Several folders have the same path.
    """
    path = Path(text).expanduser().resolve()
    found: list[tuple[int, Place]] = []
    for folder in folders:
        root = Path(expanded(folder["path"], tilde)).resolve()
        if path == root or root in path.parents:
            inner = path.relative_to(root).as_posix()
            found.append((len(root.parts), Place(folder, "" if inner == "." else inner)))
    if not found:
        raise UnknownNameError(f"{text} is not in any folder of this daemon")
    deepest = max(depth for depth, _ in found)
    hits = {place.folder["id"]: place for depth, place in found if depth == deepest}
    if len(hits) > 1:
        candidates = {each: place.folder["label"] for each, place in hits.items()}
        raise AmbiguousNameError(f"several folders are at {text}: {', '.join(candidates)}", candidates=candidates)
    return next(iter(hits.values()))


def expanded(path: str, tilde: str) -> str:
    """Return the path of a folder with the home directory of the daemon's user instead of ``~``."""
    return tilde + path[1:] if path == "~" or path.startswith(("~/", "~\\")) else path


def folder_path(text: str, *, local: bool) -> str:
    """Return the path of a new folder: a relative one is resolved on this computer; the daemon expands ``~``."""
    return os.path.normpath(Path.cwd() / text) if local and text.strip() and not text.startswith("~") else text


def inside(path: str) -> str:
    """Return a path in a folder as the daemon writes it: with slashes, without ``.`` and a trailing slash.

    Raises:
        UsageError: It is outside the folder, or absolute.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/"):
        raise UsageError(f"{path!r} must be a path in the folder, without a leading slash")
    if ".." in parts:
        raise UsageError(f"{path!r} must be a path in the folder, without '..'")
    return "/".join(parts)
