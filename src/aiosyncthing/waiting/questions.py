"""The expensive questions of a wait: each asked once at a time, and given all the time that it needs.

The daemon computes each answer again, from its database, and keeps computing after the client has hung up. So a
question that is under way is not given up because something has changed meanwhile, or because the look that needs it
has other things to do; and after a time-out it gets more time, rather than being asked again and again in vain.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import checked
from aiosyncthing._timing import limit_for_expensive
from aiosyncthing.exceptions import NotFoundError, RequestTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aiosyncthing._routes import Route
    from aiosyncthing.api import API

_PARALLEL: Final = 4
_ROUTES: Final[Mapping[str, Route[Any]]] = {
    "status": _routes.DB_STATUS,
    "completion": _routes.DB_COMPLETION,
    "errors": _routes.FOLDER_ERRORS,
}
_FAILED: Final = 10  # failed items that are worth naming


class Question(NamedTuple):
    """A question about a folder.

    Attributes:
        kind: What: a key of the routes.
        folder: The folder.
        device: The device that it is about, for ``completion``.
    """

    kind: str
    folder: str
    device: str = ""

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the request."""
        paging = {"page": "1", "perpage": str(_FAILED)} if self.kind == "errors" else {}
        return {"folder": self.folder, **({"device": self.device} if self.device else {}), **paging}


@dataclass(slots=True)
class _Asked:
    """A question that is under way."""

    task: asyncio.Task[None]
    outdated: bool = False


class Questions:
    """What is known, what is being asked, and what has to be asked again.

    Args:
        api: What asks.
        changed: Called when an answer has come that is not being waited for.
    """

    def __init__(self, api: API, changed: Callable[[], object]) -> None:
        self._api = api
        self._changed = changed
        self._answers: dict[Question, Any] = {}
        self._outdated: dict[Question, Any] = {}
        self._asking: dict[Question, _Asked] = {}
        self._awaited = False
        self._tasks: set[asyncio.Task[None]] = set()  # those that were given up but have not ended yet, too
        self._limits: dict[Question, float] = {}  # seconds for each question that has timed out
        self._slots = asyncio.Semaphore(_PARALLEL)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What is under way."""
        return list(self._tasks)

    def abandon(self) -> None:
        """Forget everything, and give up what is under way: the connection may be dead."""
        self.forget()
        for asked in self._asking.values():
            asked.task.cancel()

    def forget(self, folder: str | None = None) -> None:
        """Note that what is known, or being asked, of a folder is no longer so; of all folders if none is named."""
        for question in [question for question in self._answers if folder in {None, question.folder}]:
            self.drop(question)
        for question, asked in self._asking.items():
            asked.outdated = asked.outdated or folder in {None, question.folder}

    def drop(self, question: Question) -> None:
        """Let a question be asked again; the figures of the last answer remain until then."""
        if question in self._answers:
            self._outdated[question] = self._answers.pop(question)

    def is_fresh(self, question: Question) -> bool:
        """Return whether nothing has changed since the answer was asked for, as far as is known."""
        return question in self._answers

    def is_answered(self, question: Question) -> bool:
        """Return whether there is any answer, perhaps one from before."""
        return question in self._answers or question in self._outdated

    def answer(self, question: Question) -> Any:
        """Return the last answer; ``None`` where there is none, or where the folder was not running."""
        return self._answers.get(question, self._outdated.get(question))

    async def ask(self, questions: Iterable[Question], patience: float | None) -> set[Question]:
        """Ask what is not known, and wait for the answers.

        Args:
            questions: The questions.
            patience: Seconds after which to return without those that are not answered yet; ``None`` to wait for all.

        Returns:
            The questions that were not under way already: what is answered now was asked after the call.

        Raises:
            SyncthingError: One of them failed.
        """
        wanted = [question for question in dict.fromkeys(questions) if question not in self._answers]
        asked = {question for question in wanted if question not in self._asking}
        tasks = [self._begin(question).task for question in wanted]
        if not tasks:
            return asked
        self._awaited = True
        try:
            await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            self._awaited = False
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
        return asked

    def _begin(self, question: Question) -> _Asked:
        asked = self._asking.get(question)
        if asked is None or asked.task.cancelling():
            task = asyncio.create_task(self._run(question))
            asked = self._asking[question] = _Asked(task)
            self._tasks.add(task)
            task.add_done_callback(lambda task: self._end(question, task))
        return asked

    def _end(self, question: Question, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if (asked := self._asking.get(question)) is not None and asked.task is task:
            del self._asking[question]
        if not task.cancelled():
            task.exception()  # the one who asked may have gone on without it
        if not self._awaited:
            self._changed()

    async def _run(self, question: Question) -> None:
        route = _ROUTES[question.kind]
        limit = self._limits.get(question) or limit_for_expensive(self._api.timeout)
        async with self._slots:
            asked = self._asking[question]
            asked.outdated = False  # nothing was asked yet
            try:
                answer = checked(route, await self._api.call(route, params=question.params, timeout=limit))
            except NotFoundError:  # the folder is not running yet, or no longer
                self._outdated[question] = None
                return
            except RequestTimeoutError:
                self._limits[question] = limit_for_expensive(self._api.timeout, limit)
                return
        (self._outdated if asked.outdated else self._answers)[question] = answer
