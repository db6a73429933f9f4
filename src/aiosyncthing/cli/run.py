"""One run of this program: the object that each command gets.

A command defines what to ask and how to show it. What all commands share is in `asking`, which loads when a
command calls one of these methods, so that help and usage errors don't load asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .context import Context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence

    from .asking.answers import Answer, Outcome
    from .asking.changed import Changed
    from .output.tables import Column
    from .session import Session

    R = TypeVar("R", bound=Mapping[str, Any])
    T = TypeVar("T")


class Run(Context):
    """One run: a `Context` with methods that run the work of a command."""

    def read(
        self,
        schema: str,
        lists: Sequence[str],
        ask: Callable[[Session], Awaitable[Mapping[str, Sequence[Any]]]],
        draw: Callable[[Answer], object],
        **extra: Any,
    ) -> int:
        """Ask one or several daemons, and show their answers; ``--timeout`` applies to each daemon.

        Args:
            schema: The name of the JSON document: ``folders/1``.
            lists: The keys of the document's lists of rows.
            ask: Returns these lists, by their keys. Each row has the session's name as ``daemon``.
            draw: Shows them to people.
            **extra: More keys of the document, before the lists.

        Returns:
            The exit status: 9 if some of several daemons failed; if all did for the same reason, the status for that.
        """
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.read(self, schema, lists, ask, draw, extra)

    def survey(self, ask: Callable[[Session], Awaitable[T]], conclude: Callable[[Sequence[Outcome[T]]], int]) -> int:
        """Ask one or several daemons, and draw a conclusion even if some can't be asked.

        Args:
            ask: Returns a daemon's answer; ``--timeout`` applies to each daemon.
            conclude: Gets the outcomes, in the order of the profiles, and returns the exit status.
        """
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.survey(self, ask, conclude)

    def stream(
        self, ask: Callable[[Session], AsyncIterator[R]], columns: Sequence[Column[R]], *, empty: str = ""
    ) -> int:
        """Show rows of one or several daemons as they arrive: with JSON one object per line.

        Args:
            ask: Yields rows, each with ``type`` first, and the session's name as ``daemon``.
            columns: All columns of the table; the last one should be the widest.
            empty: A message for stderr if there are no rows; empty for none.

        Returns:
            The exit status.
        """
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.stream(self, ask, columns, empty)

    def single(
        self,
        schema: str | Callable[[Mapping[str, Any]], str],
        ask: Callable[[Session], Awaitable[Mapping[str, Any]]],
        draw: Callable[[Any], object],
    ) -> int:
        """Ask exactly one daemon for one thing, and show it.

        Args:
            schema: The name of the JSON document: ``folder/1``; or a function that returns it for its contents.
            ask: Returns the rest of the document.
            draw: Shows it to people.
        """
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.single(self, schema, ask, draw)

    def change(self, work: Callable[[Session, Changed], Awaitable[object]]) -> int:
        """Change something on exactly one daemon, and show the changes.

        Args:
            work: Gets the session, and a `Changed` in which it records its changes.

        Returns:
            The exit status: 9 if a part of it failed.
        """
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.change(self, work)

    def one(
        self,
        work: Callable[[Session], Awaitable[int | None]],
        *,
        limited: bool = True,
        following: bool = False,
    ) -> int:
        """Run anything else with exactly one daemon.

        Args:
            work: Gets the session; returns the exit status, or ``None``.
            limited: Whether ``--timeout`` limits all of it; otherwise the command handles ``--timeout`` itself.
            following: Whether it writes a stream: it ends when the reader of stdout is gone, and with ``--json``, the
                last line says so if it is interrupted.
        """
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.one(self, work, limited=limited, following=following)

    def alone(self, work: Callable[[], Coroutine[Any, Any, int | None]]) -> int:
        """Run something that needs no daemon, or finds it by itself."""
        from .asking import asking  # noqa: PLC0415 - see above

        return asking.alone(self, work)
