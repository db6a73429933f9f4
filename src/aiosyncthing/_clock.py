"""A clock that goes on while the machine is asleep."""

from __future__ import annotations

import time
from typing import Final

__all__ = ["clock"]

_OFFSET: Final = time.monotonic() - time.time()


def clock() -> float:
    """Return seconds, for differences: of a clock that only runs forward and may stand still in sleep, and the wall's.

    Each can be behind; the one that is ahead wins, so a pause is rather taken for too long than overlooked.
    """
    return max(time.monotonic(), time.time() + _OFFSET)
