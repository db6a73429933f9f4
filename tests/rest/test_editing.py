"""Changing objects that others change, too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aiosyncthing import API
from aiosyncthing._rest.editing import edit, in_turn
from aiosyncthing.exceptions import EditConflictError

API_KEY = "key"


class Remote:
    """An object that someone else changes, too.

    Args:
        others: What the others make of it: before the first reading, before the second, and so on.
    """

    def __init__(self, *others: Any) -> None:
        self.value: dict[str, Any] = {"list": [], "other": 0}
        self._others = list(others)
        self.writes: list[Any] = []
        self.checks = 0

    async def read(self) -> dict[str, Any]:
        """Read it."""
        await asyncio.sleep(0)
        if self._others and (other := self._others.pop(0)) is not None:
            self.value = {**self.value, **other}
        return self.value

    async def check(self, _: Any, __: Any) -> None:
        """Allow everything."""
        self.checks += 1

    async def write(self, _: Any, patch: Any) -> None:
        """Change it."""
        await asyncio.sleep(0)
        self.writes.append(patch)
        self.value = {**self.value, **patch}


def add(value: Any) -> dict[str, Any]:
    """Add ``x`` to the list."""
    return {} if "x" in value["list"] else {"list": [*value["list"], "x"]}


async def run(remote: Remote, change: Any = add) -> Any:
    """Change an object."""
    return await edit(API(API_KEY), remote.read, change, remote.write, remote.check)


@pytest.mark.parametrize(
    ("others", "result", "writes"),
    [
        ([None, None, {"other": 1}], {"list": ["x"], "other": 1}, [["x"]]),
        # Nothing to change, or not any more.
        ([{"list": ["x"]}], {"list": ["x"], "other": 0}, []),
        ([None, {"list": ["x", "y"]}], {"list": ["x", "y"], "other": 0}, []),
        # Changes before the writing are kept: the change is made to their version.
        ([None, {"other": 5}], {"list": ["x"], "other": 5}, [["x"]]),
        ([None, {"list": ["0"]}], {"list": ["0", "x"], "other": 0}, [["0", "x"]]),
        ([None, *({"list": [str(i)]} for i in range(3))], {"list": ["2", "x"], "other": 0}, [["2", "x"]]),
        # Someone who had read the object before writes it back: that is noticed, and the change made again.
        ([None, None, {"list": ["y"]}], {"list": ["y", "x"], "other": 0}, [["x"], ["y", "x"]]),
    ],
)
async def test_changes_by_others(others: list[Any], result: Any, writes: list[Any]) -> None:
    """Whatever others change meanwhile is kept, and the object is returned as it is afterwards."""
    remote = Remote(*others)
    assert await run(remote) == result
    assert [each["list"] for each in remote.writes] == writes
    assert remote.checks > 0 or remote.writes == []
    if len(others) == 1:
        assert remote.checks == 0, "there was nothing to check from the beginning"


async def test_others_who_are_a_little_slower() -> None:
    """The last reading comes late enough to see what someone writes who read the object just before us."""
    remote = Remote()
    write = remote.write

    async def slow(value: Any, patch: Any) -> None:
        await asyncio.sleep(0.02)
        await write(value, patch)
        if len(remote.writes) == 1:
            asyncio.get_running_loop().call_later(0.01, remote.value.update, {"list": ["y"]})

    done = await edit(API(API_KEY), remote.read, add, slow, remote.check)
    assert done["list"] == ["y", "x"]
    assert len(remote.writes) == 2


async def test_others_do_not_stop() -> None:
    """If a change is undone each time, it is an error after three repetitions, which names the field."""
    remote = Remote(*({"list": [str(i)]} for i in range(20)))
    with pytest.raises(EditConflictError, match="someone else keeps changing list") as caught:
        await run(remote)
    assert caught.value.fields == ("list",)
    assert (remote.writes, remote.checks) == ([], 4)
    remote = Remote(*(each for i in range(10) for each in (None, {"list": [str(i)]})))
    with pytest.raises(EditConflictError):
        await run(remote)
    assert remote.checks == 4


async def test_many_at_once() -> None:
    """Changes in one event loop take turns, whichever client makes them, so that none is lost."""
    remote = Remote()

    def adding(name: str) -> Any:
        return lambda value: {} if name in value["list"] else {"list": [*value["list"], name]}

    names = [str(i) for i in range(20)]
    await asyncio.gather(*(run(remote, adding(name)) for name in names))
    assert remote.value["list"] == names
    assert len(remote.writes) == len(names)


async def test_the_lock() -> None:
    """It is that of the daemon: by its device ID, and by its URL as long as that is not known."""
    one, same, other = API(API_KEY), API(API_KEY), API(API_KEY, "http://127.0.0.1:1")
    lock = in_turn(one)
    assert in_turn(same) is lock
    assert in_turn(other) is not lock


def test_a_lock_for_each_loop() -> None:
    """A client that is used in one event loop after another is not stuck in the first one's lock."""
    api = API(API_KEY)

    async def contend() -> None:
        lock = in_turn(api)

        async def hold() -> None:
            async with lock:
                await asyncio.sleep(0)

        await asyncio.gather(hold(), hold())

    asyncio.run(contend())
    asyncio.run(contend())
