"""The expensive questions of a wait: each is asked once at a time, and gets as long as it takes.

The daemon computes each answer from its database, and keeps computing after the client has hung up. So a request is not
cancelled because something has changed, or because the wait has other things to do. After a time-out it gets more time,
rather than being sent again and again in vain.
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
_FAILED: Final = 10  # failed items to name


class Question(NamedTuple):
    """A question about a folder.

    Attributes:
        kind: A key of the routes.
        folder: The folder.
        device: The device, for ``completion``.
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
    """A question that is being asked."""

    task: asyncio.Task[None]
    outdated: bool = False


class Questions:
    """The latest answers, and what is being asked.

    Args:
        api: Sends the requests.
        changed: Called when an answer arrives that `ask` is not waiting for.
    """

    def __init__(self, api: API, changed: Callable[[], object]) -> None:
        self._api = api
        self._changed = changed
        self._folders: dict[str, set[Question]] = {}  # what was asked, by folder
        self._answers: dict[Question, Any] = {}
        self._outdated: dict[Question, Any] = {}
        self._asking: dict[Question, _Asked] = {}
        self._awaited = False
        self._tasks: set[asyncio.Task[None]] = set()  # including cancelled ones that have not ended yet
        self._limits: dict[Question, float] = {}  # seconds for each question that has timed out
        self._slots = asyncio.Semaphore(_PARALLEL)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks that are running."""
        return list(self._tasks)

    def abandon(self) -> None:
        """Forget all answers and cancel all requests: the connection may be dead."""
        self.forget()
        for asked in self._asking.values():
            asked.task.cancel()

    def forget(self, folder: str | None = None) -> None:
        """Mark the answers about a folder as outdated, those on their way included; of all folders if none is named."""
        for name in list(self._folders) if folder is None else [folder]:
            for question in self._folders.get(name, ()):
                self.drop(question)
                if (asked := self._asking.get(question)) is not None:
                    asked.outdated = True

    def drop(self, question: Question) -> None:
        """Mark an answer as outdated. It remains available until the question is answered again."""
        if question in self._answers:
            self._outdated[question] = self._answers.pop(question)

    def is_fresh(self, question: Question) -> bool:
        """Return whether the answer is up to date: nothing is known to have changed since the question was asked."""
        return question in self._answers

    def is_answered(self, question: Question) -> bool:
        """Return whether there is an answer, which may be outdated."""
        return question in self._answers or question in self._outdated

    def answer(self, question: Question) -> Any:
        """Return the last answer; ``None`` if there is none, or the folder was not running."""
        return self._answers.get(question, self._outdated.get(question))

    async def ask(self, questions: Iterable[Question], patience: float | None) -> set[Question]:
        """Ask the questions that have no up-to-date answer, and wait for the answers.

        Args:
            questions: The questions.
            patience: Seconds after which to return, even if some are not answered yet; ``None`` to wait for all.

        Returns:
            The questions that were not being asked before the call, so that their answers are from after it.

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
            self._folders.setdefault(question.folder, set()).add(question)
            self._tasks.add(task)
            task.add_done_callback(lambda task: self._end(question, task))
        return asked

    def _end(self, question: Question, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if (asked := self._asking.get(question)) is not None and asked.task is task:
            del self._asking[question]
        if not task.cancelled():
            task.exception()  # asyncio would log an exception that nothing retrieves, and `ask` may have returned
        if not self._awaited:
            self._changed()

    async def _run(self, question: Question) -> None:
        route = _ROUTES[question.kind]
        limit = self._limits.get(question) or limit_for_expensive(self._api.timeout)
        async with self._slots:
            asked = self._asking[question]
            asked.outdated = False  # the request is only sent now
            try:
                answer = checked(route, await self._api.call(route, params=question.params, timeout=limit))
            except NotFoundError:  # the folder is not running yet, or no longer
                self._outdated[question] = None
                return
            except RequestTimeoutError:
                self._limits[question] = limit_for_expensive(self._api.timeout, limit)
                return
        (self._outdated if asked.outdated else self._answers)[question] = answer
