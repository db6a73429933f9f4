"""Where work on disks is done."""

from __future__ import annotations

import threading

import pytest

from pytest_syncthing.model.blocking import on_disk
from pytest_syncthing.model.disk import DirectoryDisk, MemoryDisk


async def test_only_the_real_disk_takes_a_thread() -> None:
    """In memory the work is done at once; on the real disk the loop goes on meanwhile."""
    assert await on_disk(MemoryDisk(), threading.get_ident) == threading.get_ident()
    assert await on_disk(DirectoryDisk(), threading.get_ident) != threading.get_ident()


@pytest.mark.parametrize("disk", [MemoryDisk(), DirectoryDisk()], ids=["memory", "real"])
async def test_arguments_and_failures_pass(disk: MemoryDisk | DirectoryDisk) -> None:
    """What the call is given and what it raises is the caller's."""
    assert await on_disk(disk, sorted, [2, 1], reverse=True) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        await on_disk(disk, divmod, 1, 0)
