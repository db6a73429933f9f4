"""Work on disks: in memory it is done at once, on the real disk beside the event loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from .disk import MemoryDisk

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    from .disk import Disk

    P = ParamSpec("P")
    T = TypeVar("T")


async def on_disk(disk: Disk, call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Make a call that works on a disk; only one on the real disk takes more than this turn of the loop.

    Args:
        disk: The disk.
        call: The call.
        *args: Its arguments.
        **options: Its named arguments.
    """
    if isinstance(disk, MemoryDisk):
        return call(*args, **options)
    return await asyncio.get_running_loop().run_in_executor(None, partial(call, *args, **options))
