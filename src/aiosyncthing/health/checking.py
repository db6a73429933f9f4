"""Sends the requests of a check."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from typing import Any, Final, TypeVar, cast

from aiosyncthing import _routes
from aiosyncthing._loops import together
from aiosyncthing._rest.checks import device, listed, required, same_device
from aiosyncthing._rest.lookup import no_folder
from aiosyncthing._rest.shapes import CHECKED, check as check_shape, checked
from aiosyncthing._timing import limit_for_expensive
from aiosyncthing.api import API
from aiosyncthing.database import Database
from aiosyncthing.exceptions import (
    BadRequestError,
    NotFoundError,
    NotSupportedError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
)
from aiosyncthing.waiting.sync import shares_of

from .access import access_findings
from .answers import Answers, FolderAnswers, Question, Unanswered
from .devices import device_findings
from .finding import KINDS, Finding, Kind, ordered
from .folders import folder_findings
from .service import service_findings

_T = TypeVar("_T")

_PARALLEL: Final = 4
_FAILED: Final = 100  # failed items to request per folder
_NOT_IMPLEMENTED: Final = 501
_UNANSWERED: Final = (NotFoundError, ServerError, RequestTimeoutError)
"""Errors after which other questions can still be answered."""


async def check(
    api: API,
    database: Database,
    folders: Iterable[str] | str | None,
    devices: Iterable[str] | str | None,
    *,
    ignore: Iterable[Kind] | Kind,
    unseen_days: float,
    upgrade: bool,
    conflicts: bool,
    timeout: float | None,
) -> list[Finding]:
    """Return the findings; see `Syncthing.check`."""
    chosen_folders = None if folders is None else [required(name, "a folder ID") for name in listed(folders, "folders")]
    chosen_devices = None if devices is None else [device(name, "a device ID") for name in listed(devices, "devices")]
    ignored = _kinds(ignore)
    if not isinstance(cast("object", unseen_days), (int, float)) or not unseen_days >= 0:
        raise BadRequestError("unseen_days must be a number of days, not negative")
    asking = _Asking(api, database, timeout)
    answers = await asking.about_daemon(upgrade=upgrade)
    for name in chosen_folders or ():
        if not any(folder["id"] == name for folder in answers.config["folders"]):
            raise no_folder(name)
    for name in chosen_devices or ():
        if not any(same_device(name, each["deviceID"]) for each in answers.remotes):
            raise UnknownDeviceError(f"the daemon has no remote device {name}")
    answers.folders = [
        FolderAnswers(folder, [device for _, device in shares_of([folder], answers.remotes)])
        for folder in answers.config["folders"]
        if chosen_folders is None or folder["id"] in chosen_folders
    ]
    await asking.about_folders(answers, conflicts=conflicts)
    answers.unanswered = asking.unanswered
    found = [
        *(each for folder in answers.folders for each in folder_findings(folder, answers.connected)),
        *device_findings(answers, unseen_days),
        *access_findings(answers),
        *service_findings(answers),
    ]
    return ordered(
        finding
        for finding in found
        if finding.kind not in ignored
        and (chosen_folders is None or not finding.folder or finding.folder in chosen_folders)
        and (
            chosen_devices is None
            or not finding.device
            or any(same_device(name, finding.device) for name in chosen_devices)
        )
    )


def _kinds(kinds: Iterable[Kind] | Kind) -> frozenset[str]:
    """Return the kinds of findings to ignore, checked.

    Raises:
        BadRequestError: One of them doesn't exist.
    """
    found = frozenset(listed(kinds, "ignore"))
    if strays := sorted(map(str, found.difference(KINDS))):
        raise BadRequestError(f"unknown kind of finding: {', '.join(strays)} (aiosyncthing.health.KINDS lists them)")
    return found


class _Asking:
    """Sends questions to the daemon, a few at a time.

    Args:
        api: Sends the requests.
        database: Looks for conflict copies.
        timeout: Time limit for each request, in seconds; ``None`` for the defaults.

    Attributes:
        unanswered: Questions that the daemon could not answer.
    """

    def __init__(self, api: API, database: Database, timeout: float | None) -> None:
        self.unanswered: list[Unanswered] = []
        self._api = api
        self._database = database
        self._timeout = timeout
        self._slots = asyncio.Semaphore(_PARALLEL)

    async def about_daemon(self, *, upgrade: bool) -> Answers:
        """Ask about everything except folders.

        Raises:
            SyncthingError: The daemon can't be reached, or doesn't return its configuration, status or connections.
        """
        config, status, connections = await together(
            self._required(_routes.CONFIG), self._required(_routes.STATUS), self._required(_routes.CONNECTIONS)
        )
        check_shape(CHECKED, {"config": config, "status": status}, "the configuration or status")
        answers = Answers(config, status, connections)
        routes: list[_routes.Route[Any]] = [
            *(_routes.DEVICE_STATS, _routes.PENDING_DEVICES, _routes.PENDING_FOLDERS),
            *(_routes.RESTART_REQUIRED, _routes.ERRORS),
            *([_routes.CHECK_UPGRADE] if upgrade else []),
        ]
        found = await self._ask([Question(route) for route in routes])
        answers.stats, answers.pending_devices, answers.pending_folders, answers.restart, answers.errors = found[:5]
        answers.upgrade = found[5] if upgrade else None
        return answers

    async def about_folders(self, answers: Answers, *, conflicts: bool) -> None:
        """Ask about folders and add the answers: one request for each, and another one if it has failed items."""
        running = [folder for folder in answers.folders if not folder.config["paused"]]
        summaries = await self._ask(
            [Question(_routes.DB_STATUS, each.config["id"], expensive=True) for each in running]
        )
        for folder, summary in zip(running, summaries, strict=True):
            folder.summary = summary
        failing = [folder for folder in running if folder.summary and folder.summary["errors"]]
        page = (("page", "1"), ("perpage", str(_FAILED)))
        lists = await self._ask([Question(_routes.FOLDER_ERRORS, each.config["id"], more=page) for each in failing])
        for folder, failed in zip(failing, lists, strict=True):
            folder.failed = (failed["errors"] if failed is not None else None) or []
        if conflicts:
            await together(*(self._find_conflicts(folder) for folder in running))

    async def _ask(self, questions: list[Question]) -> list[Any]:
        """Return the answers, with ``None`` for what the daemon can't answer.

        Raises:
            SyncthingError: The daemon can't be reached.
        """
        return await together(*(self._optional(question) for question in questions))

    async def _required(self, route: _routes.Route[_T]) -> _T:
        async with self._slots:
            return checked(route, await self._api.call(route, timeout=self._timeout))

    async def _optional(self, question: Question) -> Any:
        limit = self._timeout
        if limit is None and question.expensive:
            limit = limit_for_expensive(self._api.timeout)
        try:
            async with self._slots:
                answer = await self._api.call(question.route, params=question.params, timeout=limit)
        except _UNANSWERED as error:
            self._note(question, error)
            return None
        return checked(question.route, answer)

    async def _find_conflicts(self, folder: FolderAnswers) -> None:
        """Walk the tree of a folder, one request at a time."""
        name = folder.config["id"]
        try:
            async with self._slots, aclosing(self._database.conflicts(name, timeout=self._timeout)) as copies:
                async for copy in copies:
                    folder.conflicts.append(copy["name"])
        except _UNANSWERED as error:
            self._note(Question(_routes.DB_BROWSE, name), error)

    def _note(self, question: Question, error: SyncthingError) -> None:
        """Record a question that the daemon can't answer."""
        unsupported = isinstance(error, NotSupportedError) or error.status == _NOT_IMPLEMENTED
        # A folder that was removed, paused or restarted since the previous answer is not a problem.
        if unsupported or not (question.folder and isinstance(error, NotFoundError)):
            supported = not (unsupported or isinstance(error, NotFoundError))
            self.unanswered.append(Unanswered(question, str(error), supported))
