"""The version of a daemon, and what it implies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiosyncthing._routes import Route

__all__ = ["Version"]


class Version(tuple[int, ...]):
    """A version that can be compared with tuples: ``version >= (1, 26)``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """Parse a version as reported by the daemon, with any suffix from a distribution: ``v1.19.2-ds1``."""
        return cls(map(int, re.findall(r"\d+", text)[:3]))

    def has(self, route: Route[Any]) -> bool:
        """Return whether a daemon of this version has a route."""
        new_enough = not route.since or self >= Version.parse(route.since)
        return new_enough and not (route.until and self >= Version.parse(route.until))
