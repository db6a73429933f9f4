"""Whether to try again, and when."""

from __future__ import annotations

from itertools import islice

import pytest

from aiosyncthing import exceptions as e
from aiosyncthing._backoff import delays, is_transient

TRANSIENT = {
    "ConnectionFailedError",
    "IncompleteResponseError",
    "InvalidResponseError",
    "MigrationError",
    "RequestTimeoutError",
    "ServerError",
}


@pytest.mark.parametrize("name", e.__all__)
def test_every_error_is_decided(name: str) -> None:
    """What may heal by waiting is tried again; a refused key, host or certificate, and another program, are not."""
    assert is_transient(getattr(e, name)("words")) is (name in TRANSIENT)


def test_delays_grow_up_to_half_a_minute_and_are_not_all_the_same() -> None:
    """The first try comes at once, the later ones less and less often, and those of many clients not together."""
    found = list(islice(delays(), 40))
    assert found[0] < 0.2
    assert all(0 < delay <= 45 for delay in found)
    assert sum(found[:5]) < sum(found[5:10]) < sum(found[10:15])
    assert min(found[-10:]) >= 15
    assert found != list(islice(delays(), 40))
