"""The computer to search: its environment, the places for a home, and its running Syncthing processes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from .config_file import CONFIG_NAME
from .layouts import default_homes
from .processes import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .layouts import Layout
    from .processes import Running


@dataclass(frozen=True)
class Computer:
    """All that the search needs to know about a computer, so that tests can make up others.

    Attributes:
        platform: As `sys.platform`.
        environ: The environment.
        user_home: The user's home directory; ``None`` if the user has none.
        place: Returns the actual path for a path from the table of layouts.
        proc: ``/proc``; ``None`` on systems without it.
        user: ID of the user who searches.
    """

    platform: str
    environ: Mapping[str, str] = field(repr=False)  # may hold the API key
    user_home: PurePath | None
    place: Callable[[PurePath], Path] = Path
    proc: Path | None = None
    user: int | None = None

    @classmethod
    def here(cls) -> Computer:
        """Return the computer that this program runs on."""
        try:
            user_home = Path.home()
        except RuntimeError:  # a user unknown to the system, without HOME
            user_home = None
        if sys.platform != "linux":  # pragma: no cover - other systems
            return cls(sys.platform, os.environ, user_home)
        return cls(sys.platform, os.environ, user_home, proc=Path("/proc"), user=os.geteuid())

    @property
    def address(self) -> str:
        """The address in ``STGUIADDRESS``, or an empty string."""
        return self.environ.get("STGUIADDRESS", "").strip()

    @property
    def has_key(self) -> bool:
        """Whether ``STGUIAPIKEY`` is set. The key itself is kept out of variables, which tracebacks may show."""
        return bool(self.environ.get("STGUIAPIKEY"))

    @property
    def home(self) -> Path | None:
        """The home named by the environment, if any."""
        named = self.environ.get("STHOMEDIR") or self.environ.get("STCONFDIR")
        return Path(named).absolute() if named else None

    def layouts(self) -> list[Layout]:
        """Return the places where this kind of system keeps a home."""
        return default_homes(self.platform, self.environ, self.user_home)

    @cached_property
    def processes(self) -> list[Running]:
        """The running daemons; empty on systems without ``/proc``."""
        return [] if self.proc is None else list(running(self.proc))

    @property
    def elsewhere(self) -> list[Running]:
        """The running daemons whose homes are not among the candidates, one process for each home."""
        found: dict[tuple[int, Path | None], Running] = {}
        for process in self.processes:
            if process.home is None or process.owner != self.user:
                found.setdefault((process.owner, process.hint), process)
        return list(found.values())

    def candidates(self) -> Iterator[Path]:
        """Yield every folder that may be a home, each once."""
        seen: set[str] = set()
        for folder in self._folders():
            real = os.path.realpath(folder)
            if real not in seen:
                seen.add(real)
                yield folder

    def override(self, home: Path) -> str | None:
        """Return the address that a home's daemon was started with in place of the configured one, if any."""
        try:
            # Any user can run a program named syncthing that claims this home, and would be sent the key.
            trusted = {self.user, (home / CONFIG_NAME).stat().st_uid}
        except OSError:
            return None
        for process in self.processes:
            if (
                process.gui_address
                and process.home is not None
                and process.owner in trusted
                and os.path.realpath(process.home) == os.path.realpath(home)
            ):
                return process.gui_address
        return None

    def _folders(self) -> Iterator[Path]:
        for layout in self.layouts():
            folder = self.place(layout.folder)
            if layout.inside:
                yield from (entry / layout.inside for entry in _entries(folder))
            else:
                yield folder
        yield from (
            process.home for process in self.processes if process.owner == self.user and process.home is not None
        )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
