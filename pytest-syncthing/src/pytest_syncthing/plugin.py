"""Fixtures for pytest: a fake Syncthing, and real ones.

Loaded by pytest itself wherever this package is installed, so it imports nothing before a fixture is used,
unless an option has to be checked.

==================  =================================================================================================
`fake_syncthing`    a `FakeSyncthing`, fresh for each test
`syncthing_daemon`  a real daemon, fresh for each test
`syncthing_pair`    two of them that are connected
==================  =================================================================================================

All of them run in a thread of their own, so they serve tests of asyncio, anyio, and plain functions alike. What a
project wants to be different it overrides in its own ``conftest.py``: `syncthing_version` and `syncthing_binary`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from . import FakeSyncthing
    from .real import RealSyncthing, RealSyncthingPair

__all__ = ["fake_syncthing", "syncthing_binary", "syncthing_daemon", "syncthing_pair", "syncthing_version"]

_VERSION: Final = "1.29"  # of the fake, by default


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the fixtures to the command line."""
    group = parser.getgroup("syncthing", "Syncthing, faked and real")
    group.addoption(
        "--syncthing-version",
        metavar="VERSION",
        default=_VERSION,
        help="the version that fake_syncthing plays: 1.19, 1.29 (the default) or 2.1",
    )
    group.addoption(
        "--syncthing-binary",
        metavar="PATH",
        help="the program that syncthing_daemon and syncthing_pair run; by default the one that "
        "the environment variable SYNCTHING_BINARY names, or else syncthing on the PATH",
    )
    group.addoption(
        "--syncthing-required",
        action="store_true",
        help="fail the tests that need a real daemon where there is none, instead of skipping them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a version that the fake doesn't play once, instead of in each test."""
    version: Any = config.getoption("--syncthing-version")
    if version != _VERSION:
        from aiosyncthing.exceptions import BadRequestError  # noqa: PLC0415 - pytest loads this module in every run

        from .facts import Facts  # noqa: PLC0415 - likewise

        try:
            Facts.of(version)
        except BadRequestError as error:
            raise pytest.UsageError(f"--syncthing-version: {error}") from None


@pytest.fixture
def syncthing_version(pytestconfig: pytest.Config) -> str:
    """The version that `fake_syncthing` plays. Override it, perhaps with parameters, to test with several."""
    return str(pytestconfig.getoption("--syncthing-version"))


@pytest.fixture
def fake_syncthing(syncthing_version: str) -> Iterator[FakeSyncthing]:
    """A fake daemon without folders and other devices, fresh for this test."""
    from . import FakeSyncthing  # noqa: PLC0415 - loads aiohttp, which most test runs don't need

    with FakeSyncthing(syncthing_version) as fake:
        yield fake


@pytest.fixture
def syncthing_binary(pytestconfig: pytest.Config) -> Path:
    """The program that `syncthing_daemon` and `syncthing_pair` run; without one, the test is skipped or fails."""
    from aiosyncthing.daemon.home import find_binary  # noqa: PLC0415 - as above
    from aiosyncthing.exceptions import DaemonError  # noqa: PLC0415 - as above

    try:
        return find_binary(pytestconfig.getoption("--syncthing-binary"))
    except DaemonError as error:
        remedy = error.remedy.replace("Daemon(binary=...)", "--syncthing-binary")
        reason = f"a real Syncthing is needed, but {error.message}: {remedy}"
    if pytestconfig.getoption("--syncthing-required"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def syncthing_daemon(syncthing_binary: Path) -> Iterator[RealSyncthing]:
    """A real daemon on loopback, with a temporary home, fresh for this test."""
    from .real import RealSyncthing  # noqa: PLC0415 - as above

    with RealSyncthing(syncthing_binary) as daemon:
        yield daemon


@pytest.fixture
def syncthing_pair(syncthing_binary: Path) -> Iterator[RealSyncthingPair]:
    """Two real daemons that know each other and are connected, fresh for this test."""
    from .real import RealSyncthingPair  # noqa: PLC0415 - as above

    with RealSyncthingPair(syncthing_binary) as pair:
        yield pair
