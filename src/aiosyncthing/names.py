"""Find a folder or device by its name, or by the beginning of its ID. Pure.

The first of four steps with a match decides: the ID, the name, the name regardless of case, and the beginning of the
ID. Several matches in that step are ambiguous. `Syncthing.find_folder` and `Syncthing.find_device` ask the daemon for
the names; these functions take them as arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from .device_id import BLOCK, DeviceID, plain_digits
from .exceptions import (
    AmbiguousNameError,
    InvalidDeviceIDError,
    NotFoundError,
    UnknownDeviceError,
    UnknownFolderError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["find_device_id", "find_folder_id"]

_SHOWN: Final = 10  # the most candidates that a message lists
_NEAR: Final = 3  # the most similar names that it suggests


def find_folder_id(text: str, labels: Mapping[str, str], *, shortest: int | None = 1) -> str:
    """Return the ID of the folder that a text stands for. IDs of folders are case-sensitive.

    Args:
        text: An ID, a label, or the beginning of an ID; not empty.
        labels: The label of each folder, by ID.
        shortest: The minimum length of the beginning of an ID; ``None`` to accept only whole IDs.

    Raises:
        AmbiguousNameError: Several folders match.
        UnknownFolderError: No folder matches; the message suggests similar names.
    """
    steps: tuple[Callable[[str], bool], ...] = (
        lambda folder_id: folder_id == text,
        *_steps_by_name(text, labels),
        lambda folder_id: shortest is not None and len(text) >= shortest and folder_id.startswith(text),
    )
    return _choose("folder", UnknownFolderError, text, labels, steps, [*labels, *labels.values()])


def find_device_id(text: str, names: Mapping[str, str], *, shortest: int | None = BLOCK) -> str:
    """Return the ID of the device that a text stands for.

    Args:
        text: A name, or an ID or its beginning in any notation that Syncthing accepts; not empty.
        names: The name of each device, by ID.
        shortest: The minimum length of the beginning of an ID, without dashes; ``None`` to accept only whole IDs. The
            default is the first block of seven characters, which Syncthing itself uses as the short form of an ID.

    Raises:
        AmbiguousNameError: Several devices match.
        UnknownDeviceError: No device matches; the message suggests similar names.
    """
    digits, canonical = plain_digits(text), _canonical(text)
    steps: tuple[Callable[[str], bool], ...] = (
        lambda device_id: device_id in {text, canonical},
        *_steps_by_name(text, names),
        lambda device_id: shortest is not None and len(digits) >= shortest and _begins(device_id, digits),
    )
    hint = ""
    if shortest is not None and 0 < len(digits) < shortest and any(_begins(each, digits) for each in names):
        hint = f"; the beginning of an ID must have at least {shortest} characters"
    return _choose("device", UnknownDeviceError, text, names, steps, names.values(), hint)


def _steps_by_name(text: str, names: Mapping[str, str]) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    folded = _fold(text)
    return lambda each: names[each] == text, lambda each: _fold(names[each]) == folded


def _choose(
    what: str,
    unknown: type[NotFoundError],
    text: str,
    names: Mapping[str, str],
    steps: Iterable[Callable[[str], bool]],
    words: Iterable[str],
    hint: str = "",
) -> str:
    for is_meant in steps:
        found = [each for each in names if is_meant(each)]
        if len(found) == 1:
            return found[0]
        if found:
            candidates = {each: names[each] for each in found}
            raise AmbiguousNameError(f"{text!r} matches several {what}s: {_listed(candidates)}", candidates=candidates)
    near = _near(text, words)
    guess = {each: name for each, name in names.items() if each in near or name in near}
    meant = f"; did you mean {_listed(guess, ' or ')}?" if guess else ""
    raise unknown(f"the daemon has no {what} {text!r}{hint or meant}")


def _listed(names: Mapping[str, str], separator: str = ", ") -> str:
    """Return names with their IDs, quoted, since they may come from other devices."""
    shown = [f"{name!r} ({each})" if name else repr(each) for each, name in list(names.items())[:_SHOWN]]
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return separator.join([*shown, *more])


def _near(text: str, words: Iterable[str]) -> set[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    folded = {word: _fold(word) for word in words if word}
    close = get_close_matches(_fold(text), set(folded.values()), n=_NEAR)
    return {word for word, each in folded.items() if each in close}


def _fold(text: str) -> str:
    """Return a text for comparisons that ignore case and Unicode normalization."""
    return normalize("NFC", normalize("NFC", text).casefold())


def _begins(device_id: str, digits: str) -> bool:
    return plain_digits(device_id).startswith(digits)


def _canonical(text: str) -> str:
    try:
        return DeviceID(text)
    except InvalidDeviceIDError:
        return ""
