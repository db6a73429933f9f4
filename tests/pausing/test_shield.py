"""Work behind a shield is finished."""

import asyncio
from contextlib import suppress

import pytest

from aiosyncthing.pausing import shield as shield_module
from aiosyncthing.pausing.shield import Shield


async def test_cancellations_are_held_back() -> None:
    """The work goes on; then the cancellation is raised with the note, and all are counted."""
    done: list[int] = []

    async def work() -> int:
        for number in range(3):
            task.cancel(f"cancellation {number}")
            await asyncio.sleep(0.001)
            done.append(number)
        return 5

    async def program() -> None:
        shield = Shield()
        shield.release()  # nothing is held back yet
        assert not shield.cancelled
        assert await shield.run(work()) == 5
        assert shield.cancelled
        shield.release("a note")

    task = asyncio.create_task(program())
    with pytest.raises(asyncio.CancelledError, match="cancellation 2") as caught:
        await task
    assert caught.value.__notes__ == ["a note"]
    assert done == [0, 1, 2]
    assert task.cancelling() == 3


async def test_work_that_fails() -> None:
    """The work itself has no time limit, and `run` raises its error; if it was cancelled, the caller decides."""

    async def fail() -> None:
        raise KeyError

    async def cancel() -> None:
        asyncio.current_task().cancel()  # type: ignore[union-attr]  # there is one
        await asyncio.sleep(0)

    shield = Shield()
    with pytest.raises(KeyError):
        await shield.run(fail(), limit=0)
    with pytest.raises(asyncio.CancelledError):
        await shield.run(cancel())
    assert not shield.cancelled
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]  # likewise
    shield.release("unused")


async def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a cancellation, the work has a time limit, and nothing extends that of the shield."""
    monkeypatch.setattr(shield_module, "LIMIT", 0.5)
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("work")

    async def program() -> None:
        shield = Shield()
        for limit in (0.02, 60):
            with suppress(asyncio.CancelledError):  # the work's
                await shield.run(work(), limit=limit)
            shield.extend()
            shield.hurry()
        assert shield.left <= 0
        ended.append("program")
        shield.release()

    task = asyncio.create_task(program())
    asyncio.get_running_loop().call_later(0.001, task.cancel)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["work", "work", "program"]
    assert 0.5 <= asyncio.get_running_loop().time() - begun < 10
    shield = Shield()
    monkeypatch.setattr(shield_module, "LIMIT", 60)
    assert shield.left <= 10
    shield.extend()  # which is possible until the task is cancelled
    assert shield.left > 50
