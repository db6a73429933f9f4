"""What differs between the versions that the fake plays."""

from __future__ import annotations

import pytest

from aiosyncthing import _routes
from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing.facts import VERSIONS, Facts, Since


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
    """A version is found by the beginning of its number."""
    assert Facts.of(text).name == name


@pytest.mark.parametrize("text", ["1.2", "3", "1.19.20", "x"])
def test_others(text: str) -> None:
    """Other versions are refused, with a list of those it plays."""
    with pytest.raises(BadRequestError, match=r"1\.19\.2, 1\.29\.5, 2\.1\.3"):
        Facts.of(text)


def test_routes() -> None:
    """Some routes were added, others were removed."""
    old, middle, new = map(Facts.of, VERSIONS)
    assert [facts.has(_routes.HEALTH) for facts in (old, middle, new)] == [False, True, True]
    assert [facts.has(_routes.DEBUG_FACILITIES) for facts in (old, middle, new)] == [True, True, False]
    assert old.has(_routes.PING)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ((1, 19), None, [True, True, True]),
        ((1, 20), None, [False, True, True]),
        ((1, 22), (2, 1), [False, True, False]),
        ((2,), None, [False, False, True]),
        ((2, 1, 4), None, [False, False, False]),
    ],
)
def test_what_has_a_name(since: tuple[int, ...], until: tuple[int, ...] | None, expected: list[bool]) -> None:
    """A version has everything that was added up to then and not removed since."""
    named = Since(*since, until=until)
    assert [named.__get__(Facts.of(version), None) for version in VERSIONS] == expected
    assert [Facts.of(version).REMOTE_STATE for version in VERSIONS] == [False, True, True]
