"""What is different between the versions that the fake plays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import orjson

from aiosyncthing.exceptions import BadRequestError

if TYPE_CHECKING:
    from aiosyncthing._routes import Route

VERSIONS: Final = ("1.19.2", "1.29.5", "2.1.3")
"""The versions that the fake plays, the oldest first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A version.

    Attributes:
        name: The version, such as ``1.29.5``.
        numbers: The same, to compare: ``facts.numbers >= (1, 26)``.
    """

    name: str
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, version: str) -> Facts:
        """Find a version by its whole name or the beginning of it: ``2.1.3``, ``v2.1.3``, ``2.1`` or ``2``.

        Raises:
            BadRequestError: The fake doesn't play that one.
        """
        wanted = version.removeprefix("v")
        for name in reversed(VERSIONS):
            if f"{name}.".startswith(f"{wanted}."):
                return cls(name, _numbers(name))
        raise BadRequestError(f"the fake plays Syncthing {', '.join(VERSIONS)}, not {version!r}")

    def has(self, route: Route[Any]) -> bool:
        """Tell whether this version has a route."""
        since, until = route.since, route.until
        return (not since or self.numbers >= _numbers(since)) and not (until and self.numbers >= _numbers(until))

    @property
    def data(self) -> dict[str, Any]:
        """What this version answers by itself; shared, so don't change it."""
        return _read(self.name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


@cache
def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(files("pytest_syncthing").joinpath("data", f"{name}.json").read_bytes())
    return data


for _name in VERSIONS:
    _read(_name)  # now: whoever asks first may be in an event loop, which this would block
