"""A clock that goes on while the machine is asleep."""

from __future__ import annotations

import time
from unittest.mock import patch

import pytest

from aiosyncthing._clock import clock


@pytest.mark.parametrize("which", ["time", "monotonic"])
def test_either_clock_may_stand_still(which: str) -> None:
    """Sleep that only one of the two clocks counts is counted."""
    before = clock()
    now = getattr(time, which)()
    with patch(f"aiosyncthing._clock.time.{which}", lambda: now + 3600):
        assert 3599 < clock() - before < 3610
