"""What holds for all tests."""

import asyncio
import gc
import inspect
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import blockbuster.blockbuster
import coverage
import pytest
from blockbuster import BlockingError, blockbuster_ctx
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.support.binaries import NONE_FOUND, daemon_binaries, newest_binary
from tests.support.sharing import Sharing

from aiosyncthing import DeviceID
from pytest_syncthing import FakeFolder, FakeSyncthing

ROOT = Path(__file__).parent

# What these hold depends on the Python least, so one of them runs it.
ONCE = [
    ROOT / "pytest-syncthing",
    *(ROOT / "tests" / name for name in ("cli", "health", "ignores", "local", "project", "rest")),
    *(ROOT / "tests" / "facts" / f"test_{name}.py" for name in ("device_id", "routes", "syncthing", "times")),
    *(ROOT / "tests" / "http" / f"test_{name}.py" for name in ("misfits", "secrets")),
    ROOT / "tests" / "live" / "test_mirror_misfits.py",
]

# pytest --hypothesis-profile=thorough --timeout=0 takes its time.
settings.register_profile(
    "suite", max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("thorough", settings.get_profile("suite"), max_examples=100_000)
settings.register_profile("fewer", settings.get_profile("suite"), max_examples=50)
settings.load_profile("suite")


def pytest_configure() -> None:
    """Let signals end this process and those it starts, whatever started it.

    A shell without job control starts its background jobs with SIGINT and SIGQUIT ignored, `nohup` with SIGHUP, and
    programs inherit that.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for signum in (signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(signum) == signal.SIG_IGN:
            signal.signal(signum, signal.SIG_DFL)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what one Python is enough for."""
    if _is_in_once(item.path):
        item.add_marker("once")


@cache
def _is_in_once(path: Path) -> bool:
    return any(path.is_relative_to(each) for each in ONCE)


def pytest_collection_finish() -> None:
    """Leave all that is loaded by now out of garbage collection.

    It stays until the end, and looking at it again would take most of the time of tests that collect garbage.
    """
    # Before its first example, Hypothesis makes sure that something refers to its random generator, by asking the
    # garbage collector, which no longer finds what is frozen.
    given(st.none())(lambda _: None)()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """Let several processes share the tests as we want it."""
    return Sharing(config, log)


REAL = [pytest.param(path, marks=pytest.mark.daemon) for path in daemon_binaries() or [None]]


@pytest.fixture(params=REAL, ids=lambda path: path.parent.name if path else "missing")
def syncthing_binary(request: pytest.FixtureRequest) -> Path:
    """Each of the real daemons; without any, the test fails."""
    if request.param is None:
        pytest.fail(NONE_FOUND)
    return request.param


@pytest.fixture
def newest_syncthing() -> Path:
    """The newest of the real daemons, for what is the same with each; without any, the test fails."""
    return newest_binary() or pytest.fail(NONE_FOUND)


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that nothing listens on; it stays bound so that nothing else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def fake(fake_syncthing: FakeSyncthing) -> FakeSyncthing:
    """A fake daemon, of the version that the tests of a file choose."""
    return fake_syncthing


@pytest.fixture
def phone(fake: FakeSyncthing) -> DeviceID:
    """A device that exists in the test only."""
    return fake.add_device("phone")


@pytest.fixture
def docs(fake: FakeSyncthing, phone: DeviceID) -> FakeFolder:
    """A folder with a file, shared with the phone, which is connected and has everything."""
    docs = fake.add_folder("docs", files={"a.txt": b"12345"}, devices=[phone])
    fake.connect(phone)
    docs.finish_sync()
    return docs


@pytest.fixture(scope="session")
def blocked() -> Iterator[list[str]]:
    """Watch the event loops of all tests, and name here what has blocked one.

    A run that is measured does without: it would take longer by a tenth, and the others watch.
    """
    names: list[str] = []
    if coverage.Coverage.current():
        yield names
        return

    class NotedBlockingError(BlockingError):
        def __init__(self, function: str) -> None:
            super().__init__(function)
            names.append(function)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockbuster.blockbuster, "BlockingError", NotedBlockingError)
        # The testing kit may block: it has a loop to itself. So may the blocking clients; what they run is watched.
        with blockbuster_ctx("aiosyncthing", excluded_modules=["pytest_syncthing", "aiosyncthing.blocking"]) as watched:
            # A command owns its loop: it may read its files there, and write to its terminal.
            for function in watched.functions.values():
                function.can_block_in("cli/loop.py", {"run_async"})
            # What a handler of log records does is up to the program that installed it.
            for write in ("io.TextIOWrapper.write", "io.BufferedWriter.write"):
                watched.functions[write].can_block_in("logging/__init__.py", {"emit", "flush"})
            yield names


@pytest.fixture(autouse=True)
def nothing_blocks(blocked: list[str]) -> Iterator[None]:
    """Fail a test in which the package itself blocks the event loop, even if the error was caught on its way.

    The tests themselves may read and write files where no harm is done.
    """
    blocked.clear()
    yield
    assert not blocked, f"the event loop was blocked by {', '.join(blocked)}"


@pytest.fixture(autouse=True)
def nothing_runs_on(request: pytest.FixtureRequest) -> None:
    """Fail a test that leaves a task behind; pytest-asyncio would cancel it without a word."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_task_is_left")


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    """See `nothing_runs_on`."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"tasks are left: {left}"
