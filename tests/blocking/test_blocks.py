"""Blocks: entering, leaving, and what happens to exceptions."""

import asyncio
import traceback
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest

from aiosyncthing.blocking import Syncthing
from aiosyncthing.exceptions import ClientClosedError, SyncthingError
from pytest_syncthing import FakeFolder
from tests.blocking.conftest import Probe, in_threads


@asynccontextmanager
async def block(
    log: list[Any], *, suppresses: bool = False, enter: Exception | None = None, leave: Exception | None = None
) -> AsyncGenerator[str]:
    """A block that notes what happens, with a limit of time and a group of tasks, which need one task."""
    async with asyncio.timeout(10), asyncio.TaskGroup():
        task = asyncio.current_task()
        if enter:
            raise enter
        try:
            yield "value"
        except BaseException as error:
            log.append(error)
            if not suppresses:
                raise
        finally:
            await asyncio.sleep(0)
            log.append(asyncio.current_task() is task)
        if leave:
            raise leave


@pytest.mark.parametrize("error", [KeyError("x"), StopIteration("x"), SystemExit(1)])
def test_an_exception_in_the_body(probe: Probe, error: BaseException) -> None:
    """The block sees it, and it propagates with its original frames, unless the block suppresses it."""
    log: list[Any] = []
    with suppress(ExceptionGroup, RuntimeError), pytest.raises(type(error)) as caught, probe._block(block(log)):
        raise error
    assert log[0] is error
    if not isinstance(error, (KeyError, StopIteration)):
        assert caught.value is error
    with probe._block(block([], suppresses=True)):
        raise KeyError


def test_a_block(probe: Probe) -> None:
    """It has the value of the asynchronous block, which one task enters and leaves.

    An exception that passes through has no frames of the other thread.
    """
    log: list[Any] = []
    with probe._block(block(log)) as value:
        assert value == "value"
        assert log == []
    assert log == [True]

    class Plain(AbstractAsyncContextManager[None]):
        async def __aenter__(self) -> None: ...
        async def __aexit__(self, *_: object) -> None: ...

    with pytest.raises(KeyError) as caught, probe._block(Plain()):
        raise KeyError
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)] == ["test_a_block"]


def test_errors_of_the_block_itself(probe: Probe) -> None:
    """An error while entering or leaving is raised; in the second case with the body's as its context."""
    with pytest.raises(ExceptionGroup), probe._block(block([], enter=ValueError("enter"))):
        pytest.fail("it was entered")
    with pytest.raises(ExceptionGroup) as caught, probe._block(block([], leave=ValueError("leave"))):
        pass
    assert str(caught.value.exceptions[0]) == "leave"


def test_using_it_twice(probe: Probe) -> None:
    """It can be entered only once, and left only after that."""
    found = probe._block(block([]))
    with pytest.raises(SyncthingError, match="was not entered"):
        found.__exit__(None, None, None)
    with found, pytest.raises(SyncthingError, match="only once"):
        found.__enter__()
    with pytest.raises(SyncthingError, match="was not entered"):
        found.__exit__(None, None, None)


def test_closing_the_client(probe: Probe) -> None:
    """Closing the client ends the block by cancelling it, and leaving it says so."""
    log: list[Any] = []
    found = probe._block(block(log))
    found.__enter__()
    in_threads(probe.close)
    assert isinstance(log[0], asyncio.CancelledError)
    with pytest.raises(ClientClosedError):
        found.__exit__(None, None, None)


def test_one_that_is_never_left(probe: Probe) -> None:
    """When it is garbage-collected, it is cancelled, with a warning."""
    log: list[Any] = []
    found = probe._block(block(log))
    found.__enter__()
    with pytest.warns(ResourceWarning, match="entered and never left"):
        del found
    probe.close()
    assert log[1:] == [True]


def test_editing(client: Syncthing, docs: FakeFolder) -> None:
    """Edited ignore patterns and settings are sent when the block is left; the edit says which changed."""
    with client.database.edit_ignores("docs") as patterns:
        patterns.add("*.tmp")
    assert client.database.ignores("docs")["ignore"] == ["*.tmp"]
    edit = client.config.edit()
    with edit as config:
        config["options"]["maxSendKbps"] = 5
        preview = edit.preview()
    assert client.config.options()["maxSendKbps"] == config["options"]["maxSendKbps"] == 5
    assert [each.after for each in edit.changes] == [each.after for each in preview] == [5]
    assert (edit.ignored, edit.reconnect, edit.unconfirmed) == ((), (), ())
    with pytest.raises(ZeroDivisionError), client.config.edit() as config:
        config["options"]["maxSendKbps"] = int(1 / 0)
