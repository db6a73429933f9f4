"""Jobs that are done one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pytest_syncthing.model.jobs import FolderError, Jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Work:
    """Jobs, and what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = asyncio.Event()
        self.jobs = Jobs(self.job("spare"), lambda: self.done.append("after"))

    def job(self, name: str, *, waits: bool = False, error: Exception | None = None) -> Callable[[], Any]:
        """Return a job."""

        async def run() -> None:
            if waits:
                await self.gate.wait()
            if error is not None:
                raise error
            self.done.append(name)

        return run


async def test_jobs_are_done_in_their_order() -> None:
    """One after the other, the spare one when there is no other; then nothing is left."""
    work = Work()
    assert work.jobs.empty
    work.jobs.want_spare()
    first, second = work.jobs.add(work.job("first")), work.jobs.add(work.job("second"))
    assert not work.jobs.empty
    await second
    await work.jobs.stopped()
    assert first.done()
    assert work.done == ["first", "after", "second", "after", "spare", "after"]
    assert work.jobs.empty
    await work.jobs.add(work.job("third"))
    await work.jobs.stopped()


async def test_a_failure_is_for_whoever_waits() -> None:
    """The others are done all the same, and nobody has to look at it."""
    work = Work()
    failed = work.jobs.add(work.job("x", error=ValueError("no")))
    work.jobs.add(work.job("x", error=ValueError("not looked at")))
    fine = work.jobs.add(work.job("y"))
    with pytest.raises(ValueError, match="no"):
        await failed
    await fine
    await work.jobs.stopped()


async def test_stopping() -> None:
    """What is done is broken off, and what waits fails."""
    work = Work()
    waiting = [work.jobs.add(work.job(name, waits=True)) for name in "ab"]
    work.jobs.want_spare()
    await asyncio.sleep(0)
    work.jobs.stop()
    assert work.jobs.empty
    for done in waiting:
        with pytest.raises(FolderError, match="context canceled"):
            await done
    await work.jobs.stopped()
    assert work.done == []


async def test_going_on_after_a_stop() -> None:
    """The new begins when the old is out of the way."""
    work = Work()
    await work.jobs.stopped()
    work.jobs.stop()  # there is nothing to be stopped yet
    old = work.jobs.add(work.job("old", waits=True))
    await asyncio.sleep(0)
    work.jobs.stop()
    new = [work.jobs.add(work.job("new")) for _ in range(2)]
    await asyncio.gather(*new)
    with pytest.raises(FolderError, match="context canceled"):
        await old
    await work.jobs.stopped()
    assert work.done == ["new", "after"] * 2
