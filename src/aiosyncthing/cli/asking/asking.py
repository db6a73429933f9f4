"""Run a command: on one daemon, on several at the same time, or without one.

This module has what commands share: several daemons, JSON, time limits, logging, exit statuses. Commands call it
through the methods of `run.Run`, which have the docstrings.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiosyncthing._loops import together
from aiosyncthing._timing import within
from aiosyncthing.cli import errors
from aiosyncthing.cli.completion import name_cache
from aiosyncthing.cli.errors import Exit, UsageError
from aiosyncthing.cli.loop import run_async, while_read
from aiosyncthing.cli.output.tables import Column, chosen
from aiosyncthing.cli.process import collect_garbage
from aiosyncthing.cli.session import Session
from aiosyncthing.exceptions import WaitTimeoutError

from .answers import Answer, Outcome
from .changed import Changed

if TYPE_CHECKING:
    from aiosyncthing.cli.context import Context
    from aiosyncthing.cli.options import Options
    from aiosyncthing.cli.output.output import Output
    from aiosyncthing.cli.schemas import Daemon, Failure
    from aiosyncthing.cli.target.target import Target

R = TypeVar("R", bound=Mapping[str, Any])
T = TypeVar("T")

_WAITING: Final = 100  # rows queued for a slow reader
_NAME: Final = 12  # columns for the name of a daemon in a stream of rows


def read(
    run: Context,
    schema: str,
    lists: Sequence[str],
    ask: Callable[[Session], Awaitable[Mapping[str, Sequence[Any]]]],
    draw: Callable[[Answer], object],
    extra: Mapping[str, Any],
) -> int:
    """Ask one or several daemons: see `Run.read`."""

    async def one(target: Target) -> int:
        async with _session(run, target) as session:
            if not run.options.json:
                draw(Answer(run, await ask(session)))
                return Exit.DONE
            sections, about = await together(ask(session), session.about())
        run.out.document({**_head(schema, about), **extra, **sections})
        return Exit.DONE

    async def several(targets: Sequence[Target]) -> int:
        outcomes = await together(*(_attempt(run, target, ask) for target in targets))
        failures = [errors.failure(each.target.name, each.error) for each in outcomes if each.error is not None]
        answers = [each.answer for each in outcomes if each.answer is not None]
        sections = {key: [row for answer in answers for row in answer[key]] for key in lists}
        if run.options.json:
            run.out.document({**_head(schema, None, failures), **extra, **sections})
        else:
            draw(Answer(run, sections, failures, many=True))
        return _status_of_several(failures, len(targets))

    return _start(run, lambda targets: one(targets[0]) if len(targets) == 1 else several(targets))


def survey(
    run: Context, ask: Callable[[Session], Awaitable[T]], conclude: Callable[[Sequence[Outcome[T]]], int]
) -> int:
    """Ask one or several daemons, and collect errors as results: see `Run.survey`."""

    async def work(targets: Sequence[Target]) -> int:
        return conclude(await together(*(_attempt(run, target, ask) for target in targets)))

    return _start(run, work)


def stream(
    run: Context, ask: Callable[[Session], AsyncIterator[R]], columns: Sequence[Column[R]], empty: str = ""
) -> int:
    """Show rows as they arrive: see `Run.stream`."""
    found = False

    async def one(target: Target, write: Callable[[R], None]) -> int:
        async with _rows(run, target, ask) as rows:
            async for row in rows:
                write(row)
        conclude()
        return Exit.DONE

    async def several(targets: Sequence[Target], write: Callable[[R], None]) -> int:
        failures = await _merge(run, targets, ask, write)
        for failure in failures:
            if run.options.json:
                run.out.record({"type": "failure", **failure})
            else:
                run.out.warn(f"{failure['daemon']}: {failure['message']}")
        if not failures:
            conclude()
        return _status_of_several(failures, len(targets))

    def conclude() -> None:
        if empty and not found and not run.options.json:
            run.out.info(empty)

    def work(targets: Sequence[Target]) -> Coroutine[Any, Any, int]:
        write_row = _row_writer(run, columns, many=len(targets) > 1)

        def write(row: R) -> None:
            nonlocal found
            found = True
            write_row(row)

        return one(targets[0], write) if len(targets) == 1 else several(targets, write)

    return _start(run, work, following=True)


def single(
    run: Context,
    schema: str | Callable[[Mapping[str, Any]], str],
    ask: Callable[[Session], Awaitable[Mapping[str, Any]]],
    draw: Callable[[Any], object],
) -> int:
    """Ask one daemon for one thing: see `Run.single`."""

    async def work(session: Session) -> None:
        if not run.options.json:
            draw(await ask(session))
            return
        content, about = await together(ask(session), session.about())
        name = schema if isinstance(schema, str) else schema(content)
        run.out.document({**_head(name, about), **content})

    return one(run, work)


def change(run: Context, work: Callable[[Session, Changed], Awaitable[object]]) -> int:
    """Change something: see `Run.change`."""

    async def changing(session: Session) -> int:
        changed = Changed(session)
        await work(session, changed)
        status = changed.status()
        if run.options.json:
            about = await session.about()
            run.out.document({**_head("change/1", about, changed.failures), "changes": changed.rows})
        else:
            changed.show(run.out)
        return status

    return one(run, changing)


def one(
    run: Context,
    work: Callable[[Session], Awaitable[int | None]],
    *,
    limited: bool = True,
    following: bool = False,
) -> int:
    """Run something on one daemon: see `Run.one`."""

    async def on(target: Target) -> int:
        async with _session(run, target, limited=limited, following=following) as session:
            return await work(session) or Exit.DONE

    return _start(run, lambda targets: on(targets[0]), following=following, several=False)


def alone(run: Context, work: Callable[[], Coroutine[Any, Any, int | None]]) -> int:
    """Run something without a daemon: see `Run.alone`."""
    _log(run)
    collect_garbage()
    errors.use_in_hints(())
    return run_async(work()) or Exit.DONE


def _start(
    run: Context,
    work: Callable[[Sequence[Target]], Coroutine[Any, Any, int]],
    *,
    several: bool = True,
    following: bool = False,
) -> int:
    targets = run.targets()
    if len(targets) > 1 and not several:
        hint = "name one with -p NAME, or run the command once for each"
        raise UsageError(f"this command takes exactly one profile, not {len(targets)}", hint=hint)
    _log(run)
    errors.use_in_hints(_choice(run.options, targets[0]) if len(targets) == 1 else ())
    main = work(targets)
    if following:
        main = while_read(main)
    if following and run.options.json:
        main = _with_end(run, main)
    return run_async(main)


def _choice(options: Options, target: Target) -> list[str]:
    """Return the options that choose a daemon; empty if the environment does, or none was chosen."""
    given = {"--url": options.url, "--home": options.home, "--api-key-file": options.api_key_file, "--tls": options.tls}
    chosen = ["-p", target.name] if options.profiles else []
    return chosen + [word for name, value in given.items() if value is not None for word in (name, value)]


@asynccontextmanager
async def _session(
    run: Context, target: Target, *, limited: bool = True, following: bool = False
) -> AsyncGenerator[Session]:
    """Open a session with one of the daemons.

    ``--timeout`` limits each session, so that one daemon that hangs doesn't cost the answers of the others.
    """
    errors.use_in_hints(_choice(run.options, target))
    seconds = run.options.timeout if limited else None
    async with _limit(seconds, following=following):
        client = await asyncio.to_thread(target.client, max(run.request_timeout, seconds or 0.0), run.out.warn)
        collect_garbage()
        run.out.note(f"{target.name}: {client.url}, from {target.source}")
        session = Session(target, client)
        try:
            yield session
            if (config := session.known_config) is not None:
                name_cache.store(target, name_cache.names_of(config))
        finally:
            await session.close()


@asynccontextmanager
async def _rows(
    run: Context, target: Target, ask: Callable[[Session], AsyncIterator[R]]
) -> AsyncGenerator[AsyncIterator[R]]:
    """Ask a daemon for rows; if not all are read, their generator is closed while the session is still open."""
    async with _session(run, target, following=True) as session:
        rows = ask(session)
        try:
            yield rows
        finally:
            if isinstance(rows, AsyncGenerator):
                await rows.aclose()


async def _attempt(run: Context, target: Target, ask: Callable[[Session], Awaitable[T]]) -> Outcome[T]:
    """Ask one of several daemons; if that fails, the outcome is the error."""
    try:
        async with _session(run, target) as session:
            return Outcome(target, answer=await ask(session))
    except Exception as error:
        if not errors.is_expected(error):
            raise
        return Outcome(target, error=error)


async def _merge(
    run: Context,
    targets: Sequence[Target],
    ask: Callable[[Session], AsyncIterator[R]],
    write: Callable[[R], None],
) -> list[Failure]:
    """Write the rows of several daemons as they arrive, and return the failures."""
    queue: asyncio.Queue[R | None] = asyncio.Queue(_WAITING)
    failures: list[Failure] = []

    async def follow(target: Target) -> None:
        try:
            async with _rows(run, target, ask) as rows:
                async for row in rows:
                    await queue.put(row)
        except Exception as error:
            if not errors.is_expected(error):
                raise
            failures.append(errors.failure(target.name, error))
        await queue.put(None)

    async def drain() -> None:
        left = len(targets)
        while left:
            row = await queue.get()
            if row is None:
                left -= 1
            else:
                write(row)

    await together(drain(), *(follow(target) for target in targets))
    return failures


def _row_writer(run: Context, columns: Sequence[Column[R]], *, many: bool) -> Callable[[R], None]:
    if run.options.json:
        return run.out.record
    shown = chosen(columns, names=run.options.columns, long=run.options.long)
    if many:
        shown.insert(0, Column("DAEMON", lambda row: row["daemon"], streamed=_NAME))
    return run.out.stream(shown, header=run.options.header)


def _head(schema: str, daemon: Daemon | None, failures: Sequence[Failure] = ()) -> dict[str, Any]:
    return {"schema": f"aiosyncthing/{schema}", "daemon": daemon, "failures": list(failures)}


async def _with_end(run: Context, work: Coroutine[Any, Any, int]) -> int:
    """If a JSON stream is interrupted, end it with a line that says so."""
    try:
        return await work
    except Exception as error:
        if not isinstance(error, BrokenPipeError):
            run.out.record({"type": "end", "reason": errors.message_of(error)})
        raise


def _limit(seconds: float | None, *, following: bool = False) -> AbstractAsyncContextManager[None]:
    """Limit the duration of a block; ``None`` for no limit. For a follower, reaching the limit is not a failure."""

    def stopped(_: str) -> WaitTimeoutError:
        return WaitTimeoutError(f"stopped after {seconds:g} s (--timeout)")

    return within(seconds, lambda: "the command was not done", stopped if following else WaitTimeoutError)


def _status_of_several(failures: Sequence[Failure], asked: int) -> int:
    """Return 9 if some failed; if all did, their common status, or else 1."""
    if len(failures) < asked:
        return Exit.PARTLY if failures else Exit.DONE
    statuses = {failure["exitCode"] for failure in failures}
    return statuses.pop() if len(statuses) == 1 else Exit.FAILED


def _log(run: Context) -> None:
    """Write the library's log to stderr: warnings; with ``-v`` information; with ``-vv`` everything."""
    logger = logging.getLogger("aiosyncthing")
    logger.handlers[:] = [_Handler(run.out)]
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(run.options.verbose, 2)])
    logger.propagate = False


class _Handler(logging.Handler):
    """Writes log records as lines of stderr."""

    def __init__(self, out: Output) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        if record.levelno >= logging.WARNING:
            self._out.warn(record.getMessage())
        else:
            self._out.note(f"{record.name}: {record.getMessage()}")
