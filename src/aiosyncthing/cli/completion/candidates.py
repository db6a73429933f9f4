"""The names that completion offers: of folders, devices, profiles and settings."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

from click.shell_completion import CompletionItem

from aiosyncthing.cli.errors import UsageError
from aiosyncthing.cli.names import is_path
from aiosyncthing.cli.output.text import escape
from aiosyncthing.cli.target.profiles import ALL, Profiles, config_file

from . import name_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aiosyncthing import Syncthing
    from aiosyncthing.cli.target.target import Target

    from .name_cache import Names

_PATIENCE: Final = 0.3  # seconds for a request
_LONGEST: Final = 1.0  # seconds for finding and asking a daemon
_BLOCK: Final = 7


def candidates(
    environ: Mapping[str, str], targets: Callable[[], list[Target]], kinds: Sequence[str], incomplete: str
) -> list[CompletionItem[str]]:
    """Return the names of folders, devices or profiles, or paths of settings, with a prefix in any case.

    Args:
        environ: The environment.
        targets: Returns the daemons chosen by options and environment.
        kinds: ``folder``, ``device``, ``profile``, ``setting``.
        incomplete: The prefix.
    """
    offered: list[tuple[str, str]] = []
    if "profile" in kinds:
        offered += [(name, "") for name in [*Profiles(config_file(environ), environ).names, ALL]]
    if {"folder", "device"} & {*kinds}:
        known = _known(targets)
        if known is not None and "folder" in kinds:
            offered += _named(known.folders, "folder")
        if known is not None and "device" in kinds:
            offered += _named(known.devices, "device")
    if "setting" in kinds:
        offered += [(path, "") for path in _settings(targets, incomplete)]
    return [CompletionItem(word, help=what) for word, what in offered if word.lower().startswith(incomplete.lower())]


def _settings(targets: Callable[[], list[Target]], incomplete: str) -> Iterator[str]:
    from .settings import paths  # noqa: PLC0415 - only for settings

    def names(kind: str) -> list[str]:
        known = _known(targets)
        if known is None:
            return []
        return [word for word, _ in _named(known.folders if kind == "folder" else known.devices, kind)]

    yield from paths(incomplete, cache(names))


def _named(names: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
    """Return names that are unique and can be typed, and IDs for the others."""
    used = [name.casefold() for name in names.values()]
    for each, name in names.items():
        unique = name and used.count(name.casefold()) == 1 and not any(name == other for other in names)
        if unique and _can_be_typed(name):
            yield name, f"{kind} {each[:_BLOCK] if kind == 'device' else each}"
        elif _can_be_typed(each):
            yield each[:_BLOCK] if kind == "device" else each, f"{kind} {name}".strip()


def _can_be_typed(name: str) -> bool:
    """Return whether a word is neither an option nor a path, and can't control a terminal."""
    return name == escape(name) and not name.startswith("-") and not is_path(name)


def _known(targets: Callable[[], list[Target]]) -> Names | None:
    """Return the names of the daemon: recent ones from the cache, or from the daemon in time, or old ones."""
    try:
        target = targets()[0]
    except UsageError:
        return None
    kept = name_cache.load(target)
    if kept is not None and kept.young:
        return kept
    silent = target.key is None or not (target.key.kind == "command" or target.key.place == "-")
    return (_asked(target) if silent else None) or kept


def _asked(target: Target) -> Names | None:
    """Ask a daemon, with a short time limit."""
    import asyncio  # noqa: PLC0415 - only without names that are kept
    import threading  # noqa: PLC0415 - likewise

    found: list[Names] = []

    async def ask(client: Syncthing) -> None:
        async with client:
            config = await client.config.config(timeout=_PATIENCE)
        found.append(name_cache.names_of(config))

    def run() -> None:
        with suppress(Exception):  # any failure means that there are no names
            asyncio.run(ask(target.client(_PATIENCE, lambda _: None)))

    # Finding the daemon of this computer may take long, too. At the end, this thread is not waited for.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_LONGEST)
    if not found:
        return None
    name_cache.store(target, found[0])
    return found[0]
