"""What the version of a daemon says about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiosyncthing._routes import Route

__all__ = ["Version"]


class Version(tuple[int, ...]):
    """A version to compare with tuples: ``version >= (1, 26)``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read one as the daemon reports it, whatever a distribution has added: ``v1.19.2-ds1``."""
        return cls(map(int, re.findall(r"\d+", text)[:3]))

    def has(self, route: Route[Any]) -> bool:
        """Tell whether a daemon of this version has a route."""
        new_enough = not route.since or self >= Version.parse(route.since)
        return new_enough and not (route.until and self >= Version.parse(route.until))
