"""The paths of settings that completion offers: known keys, and names of folders and devices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args, get_origin, get_type_hints, is_typeddict

from aiosyncthing import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_STEP: Final = re.compile(r'("(?:[^"\\]|\\.)*"|[^."]+)\.')
_BARE: Final = re.compile(r"[^.\[\]\"'\\\s]+")
_NAMED: Final = {"folders": "folder", "devices": "device", "remoteIgnoredDevices": "device"}


class _Found(NamedTuple):
    """A path, the type of its value, and whether it is a folder or a device, whose own path can be used."""

    path: str
    kind: Any
    named: bool = False


def paths(incomplete: str, names: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the paths that extend a prefix by one step, or by several if there is no choice.

    Args:
        incomplete: The prefix.
        names: Returns the names of folders or devices.
    """
    found: list[_Found] = [_Found("", t.Configuration)]
    while True:
        below: list[_Found] = []
        for each in found:
            if incomplete.startswith(f"{each.path}.") or (len(found) == 1 and not each.named):
                below += (inner for inner in _below(each, names) if _leads_to(inner.path, incomplete))
        if not below:
            return [each.path for each in found if each.path and each.path.lower().startswith(incomplete.lower())]
        found = below


def _leads_to(path: str, incomplete: str) -> bool:
    """Return whether a path begins with a prefix, or the other way round."""
    return path.lower().startswith(incomplete.lower()) or incomplete.startswith(f"{path}.")


def _below(above: _Found, names: Callable[[str], Iterable[str]]) -> Iterator[_Found]:
    """Yield the paths one step below another one."""
    prefix = f"{above.path}." if above.path else ""
    if is_typeddict(above.kind):
        yield from (_Found(f"{prefix}{key}", hint) for key, hint in get_type_hints(above.kind).items())
    elif get_origin(above.kind) is list and is_typeddict(get_args(above.kind)[0]):
        last = [*_STEP.finditer(prefix)][-1][1]
        for name in names(_NAMED[last]) if last in _NAMED else ():
            yield _Found(f"{prefix}{_written(name)}", get_args(above.kind)[0], named=True)


def _written(name: str) -> str:
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
