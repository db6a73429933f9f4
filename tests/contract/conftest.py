"""Daemons that stay up for all tests of this folder, with a check of every answer.

They are real ones of each available version, and then the fake in each version that it plays: both have to fulfil the
same contract.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import SyncthingError
from pytest_syncthing import VERSIONS
from tests.support.binaries import NONE_FOUND, daemon_binaries, newest_binary
from tests.support.waiting import until

from . import listener
from .faked import FakeDaemon
from .folders import Folder, Folders
from .observer import Observer
from .twins import Twin, TwinDaemon
from .versions import Version

USER = "somebody"
PASSWORD = "a pass: wörd"
STRANGER = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"  # a device that doesn't exist
OTHER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"  # nor does this one


def _name(subject: Path | str | Twin | None) -> str:
    """Return a name without a dash, which separates it from the rest in the name of a test."""
    if isinstance(subject, Twin):
        return f"blocking_{_name(subject.subject)}"
    if isinstance(subject, str):
        return f"fake_{subject}"
    return re.sub(r"[^\w.]", "_", subject.parent.name) if subject else "missing"


REAL = [pytest.param(binary, marks=pytest.mark.daemon) for binary in daemon_binaries() or [None]]
FAKES = [pytest.param(version, marks=pytest.mark.once) for version in VERSIONS]
# The same once more through the blocking client: with one daemon and one version of the fake, since what is different
# there doesn't depend on the daemon, and on one Python only, as what drives daemons.
TWINS = [pytest.param(Twin(each), marks=pytest.mark.daemon) for each in (newest_binary(), VERSIONS[-1]) if each]

# What is run through the blocking client: what is said about calls, rather than about the daemon or about asyncio. With
# the real daemon, these are all methods, and blocks that change something for a while; the rest is run with the fake.
TWINS_OF_DAEMONS = {f"test_{name}.py" for name in ("answers", "blocks")}
TWINS_OF_FAKES = {f"test_{name}.py" for name in ("configuring", "contents", "ignores", "names", "restoring", "sharing")}
ABOUT_THE_DAEMON = {
    "test_a_scan_of_many_paths",
    "test_a_thousand_items",
    "test_every_value_of_the_types_is_known",
    "test_notations",
    "test_odd_device_ids",
    "test_odd_file_names",
    "test_odd_folder_ids",
    "test_what_is_ignored",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not run through the blocking client."""

    def is_left_out(item: pytest.Item) -> bool:
        twin = getattr(item, "callspec", None) and item.callspec.params.get("subject")  # type: ignore[attr-defined]
        if not isinstance(twin, Twin):
            return False
        name = item.originalname if isinstance(item, pytest.Function) else item.name
        files = TWINS_OF_FAKES if isinstance(twin.subject, str) else TWINS_OF_DAEMONS
        return item.path.name not in files or name in ABOUT_THE_DAEMON

    config.hook.pytest_deselected(items=[item for item in items if is_left_out(item)])
    items[:] = [item for item in items if not is_left_out(item)]


@pytest.fixture(scope="package", params=[*REAL, *FAKES, *TWINS], ids=_name)
def subject(request: pytest.FixtureRequest) -> Path | str | Twin:
    """The program of each real daemon, each version of the fake, and twins; without a real daemon, tests fail."""
    if request.param is None:
        pytest.fail(NONE_FOUND)
    return request.param


@pytest.fixture(scope="package")
def new_daemon(subject: Path | str | Twin, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Daemon]:
    """Make daemons of this kind, which are not started yet."""
    if isinstance(subject, Twin):
        return lambda: cast("Daemon", TwinDaemon(_daemon(subject.subject, tmp_path_factory)))
    return lambda: _daemon(subject, tmp_path_factory)


def _daemon(subject: Path | str, tmp_path_factory: pytest.TempPathFactory) -> Daemon:
    if isinstance(subject, str):
        return cast("Daemon", FakeDaemon(subject, tmp_path_factory.mktemp("fake")))
    return Daemon(binary=subject)


@pytest.fixture(scope="package")
def observer(subject: Path | str | Twin) -> Iterator[Observer]:
    """Check every request made to this version."""
    watching = Observer()
    with pytest.MonkeyPatch.context() as patch:
        watching.install(patch)
        yield watching


@pytest.fixture(autouse=True)
def answers_fit(observer: Observer) -> Iterator[None]:
    """Fail a test if an answer doesn't fit its type: no key may be missing or undescribed."""
    yield
    assert observer.take_misfits() == []


@pytest_asyncio.fixture(loop_scope="package")
async def no_task_is_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task behind in the event loop shared by all tests of this folder."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"tasks are left: {left}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two daemons that know each other and share a folder.

    Attributes:
        a: One daemon.
        b: The other.
        docs_a: The folder on a.
        docs_b: The folder on b, which keeps versions.
    """

    a: Daemon
    b: Daemon
    docs_a: Folder
    docs_b: Folder


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def pair(
    new_daemon: Callable[[], Daemon], observer: Observer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pair]:
    """Two connected daemons with a folder in sync."""
    a, b = new_daemon(), new_daemon()
    try:
        await asyncio.gather(a.start(), b.start())
        for one, other in ((a, b), (b, a)):
            await one.client.config.set_device({"deviceID": other.device_id, "addresses": [other.sync_address]})
        folders = Folders(tmp_path_factory.mktemp("pair"), "docs")
        versioning = {"type": "simple", "params": {"keep": "3"}}
        yield Pair(a, b, *(await folders.share(a, b, files=["readme.txt", "sub/more.txt"], versioning=versioning)))
    finally:
        await _end(a, b)


@pytest.fixture
def a(pair: Pair) -> Daemon:
    """One of the pair."""
    return pair.a


@pytest.fixture
def b(pair: Pair) -> Daemon:
    """The other of the pair."""
    return pair.b


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def lone(new_daemon: Callable[[], Daemon], observer: Observer) -> AsyncIterator[Daemon]:
    """A daemon that shares nothing, with a login, and with version 1's debugging enabled."""
    daemon = new_daemon()
    try:
        await daemon.start()
        await listener.change(daemon, user=USER, password=PASSWORD, debugging=True)
        await until(lambda: _has_login(daemon))
        yield daemon
    finally:
        await _end(daemon)


@pytest_asyncio.fixture(loop_scope="package")
async def fresh(new_daemon: Callable[[], Daemon], observer: Observer) -> AsyncIterator[Daemon]:
    """A daemon for this test alone."""
    daemon = new_daemon()
    try:
        await daemon.start()
        yield daemon
    finally:
        await _end(daemon)


@pytest.fixture
def version(lone: Daemon) -> Version:
    """The version of the daemons."""
    return Version.parse(lone.version)


@pytest_asyncio.fixture(loop_scope="package")
async def folders(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Folders]:
    """Make folders for this test."""
    made = Folders(tmp_path, re.sub(r"\W.*", "", request.node.name))
    yield made
    await made.remove()


async def _has_login(daemon: Daemon) -> bool:
    """Return whether the listener with the login is up: without a login, a wrong key has another error."""
    async with Syncthing("wrong", daemon.url) as stranger:
        try:
            await stranger.system.status()
        except SyncthingError as error:
            return error.body not in {None, "CSRF Error"}
    return False


async def _end(*daemons: Daemon) -> None:
    """Kill the daemons and clean up; a regular shutdown would take seconds."""
    await asyncio.gather(*(daemon.kill() for daemon in daemons))
    await asyncio.gather(*(daemon.stop() for daemon in daemons))
