"""``rest/stats``."""

from __future__ import annotations

import pytest

from tests.support.calls import Call, calls, check


@pytest.mark.parametrize("call", calls("stats"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its request, and returns what the daemon sent."""
    await check(call)
