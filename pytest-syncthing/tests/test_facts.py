"""What the versions that the fake plays have."""

from __future__ import annotations

import pytest

from aiosyncthing import _routes
from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing.facts import VERSIONS, Facts


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1.19.2", "1.19.2"),
        ("v1.29.5", "1.29.5"),
        ("1.29", "1.29.5"),
        ("1", "1.29.5"),
        ("2", "2.1.3"),
        ("v2.1", "2.1.3"),
    ],
)
def test_names(text: str, name: str) -> None:
    """A version is found by the beginning of its name."""
    facts = Facts.of(text)
    assert facts.name == name
    assert facts.numbers == tuple(map(int, name.split(".")))


@pytest.mark.parametrize("text", ["1.2", "3", "1.19.20", "x"])
def test_others(text: str) -> None:
    """What it can't play is refused, with a list of what it can."""
    with pytest.raises(BadRequestError, match=r"1\.19\.2, 1\.29\.5, 2\.1\.3"):
        Facts.of(text)


def test_routes() -> None:
    """Some routes were added, others were removed."""
    old, middle, new = map(Facts.of, VERSIONS)
    assert [facts.has(_routes.HEALTH) for facts in (old, middle, new)] == [False, True, True]
    assert [facts.has(_routes.DEBUG_FACILITIES) for facts in (old, middle, new)] == [True, True, False]
    assert old.has(_routes.PING)
