"""A cache of folder and device names for completion: one file per address, without any key."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.cli.errors import CommandError
from aiosyncthing.cli.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aiosyncthing import types as t
    from aiosyncthing.cli.target.target import Target

_YOUNG: Final = 60.0  # seconds
_VARIABLES: Final = ("STGUIADDRESS", "STHOMEDIR", "STCONFDIR")


@dataclass(frozen=True)
class Names:
    """The names of a daemon.

    Attributes:
        folders: The label of each folder, by ID.
        devices: The name of each device, by ID.
        age: Seconds since they were read from the daemon.
    """

    folders: Mapping[str, str]
    devices: Mapping[str, str]
    age: float = 0.0

    @property
    def young(self) -> bool:
        """Whether they are recent enough to be used without asking again."""
        return 0 <= self.age < _YOUNG


def cache_file(target: Target) -> Path:
    """Return the file for a daemon."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - only where it is needed

    # The daemon that is found on this computer depends on Syncthing's own variables.
    place = target.url or target.home or " ".join(os.environ.get(name, "") for name in _VARIABLES)
    name = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:32]
    return user_cache_path("aiosyncthing", appauthor=False) / "names" / f"{name}.json"


def load(target: Target) -> Names | None:
    """Return the cached names of a daemon; ``None`` if there are none."""
    try:
        content: Any = json.loads(cache_file(target).read_text(encoding="utf-8"))
        return Names(dict(content["folders"]), dict(content["devices"]), time.time() - float(content["time"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def names_of(config: t.Configuration) -> Names:
    """Return the names in a configuration."""
    return Names(
        {folder["id"]: folder["label"] for folder in config["folders"]},
        {device["deviceID"]: device["name"] for device in config["devices"]},
    )


def store(target: Target, names: Names) -> None:
    """Cache names; if that fails, completion only takes longer."""
    content = {"time": time.time(), "folders": names.folders, "devices": names.devices}
    with suppress(OSError, CommandError):
        file = cache_file(target)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(file, json.dumps(content))
