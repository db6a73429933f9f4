"""Blocks that can be entered once."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TypeVar

from aiosyncthing.exceptions import SyncthingError

_T_co = TypeVar("_T_co", covariant=True)


class Once(AbstractAsyncContextManager[_T_co, "bool | None"]):
    """A block of `contextlib.asynccontextmanager`, which itself would raise an AttributeError the second time.

    Args:
        block: The block.
        method: The method that makes it, for the message.
    """

    def __init__(self, block: AbstractAsyncContextManager[_T_co, bool | None], method: str) -> None:
        self._block = block
        self._method = method
        self._entered = False

    async def __aenter__(self) -> _T_co:
        """Enter the block.

        Raises:
            SyncthingError: It was entered before.
        """
        if self._entered:
            raise SyncthingError(f"this block can be entered only once: call {self._method}() again")
        self._entered = True
        return await self._block.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        """Leave the block."""
        return await self._block.__aexit__(kind, error, traceback)
