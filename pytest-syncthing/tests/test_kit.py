"""What the testing kit offers, and that it costs nothing before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_syncthing as testing


@pytest.mark.parametrize("name", testing.__all__)
def test_every_name_loads(name: str) -> None:
    """Each public name is there, and in the list of them."""
    assert getattr(testing, name) is not None
    assert name in dir(testing)


def test_the_list_is_that_of_what_loads() -> None:
    """What is offered and what loads on first use are the same."""
    assert sorted(testing._MODULES) == sorted(testing.__all__)


def test_an_unknown_name() -> None:
    """It is reported like that of any module."""
    with pytest.raises(AttributeError, match=r"module 'pytest_syncthing' has no attribute 'nope'"):
        testing.nope  # noqa: B018 - it raises


def test_importing_it_is_cheap() -> None:
    """The import alone loads neither aiohttp nor asyncio."""
    code = "import pytest_syncthing, sys; print(sys.modules.keys() & {'aiohttp', 'asyncio', 'orjson', 'pytest'})"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
