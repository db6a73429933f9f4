"""``rest/folder``: what has failed, and old versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from aiosyncthing import _routes
from pytest_syncthing.go.words import parse_time, quote
from pytest_syncthing.http.messages import Refusal, Response, as_json
from pytest_syncthing.model.versioning import VersioningError

from .common import Page, answers, running_folder

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_NOT_FOUND: Final = 404
_FAILED: Final = 500
_LAYOUT: Final = "2006-01-02T15:04:05Z07:00"


@answers(_routes.FOLDER_ERRORS, _routes.FOLDER_PULL_ERRORS)
def _errors(node: Node, request: Request) -> Response:
    folder = running_folder(node, request, _NOT_FOUND, tells_paused=True)
    page = Page(request)
    return as_json({"errors": page.of(folder.replica.state.errors) or None, "folder": folder.id, **page.to_json()})


@answers(_routes.FOLDER_VERSIONS)
async def _versions(node: Node, request: Request) -> Response:
    folder = running_folder(node, request, _FAILED, tells_paused=True)
    try:
        return as_json(await node.core.on_disk(folder.replica.versioner.versions))
    except VersioningError as error:
        raise Refusal(_FAILED, str(error)) from error


@answers(_routes.RESTORE_VERSIONS)
async def _restore(node: Node, request: Request) -> Response:
    wanted = _wanted(node, request)
    folder = running_folder(node, request, _FAILED, tells_paused=True)
    versioner = folder.replica.versioner
    try:
        versioner.check_restoring()
    except VersioningError as error:
        raise Refusal(_FAILED, str(error)) from error
    now = node.clock.now
    failures: dict[str, str] = {}
    for name, moment in wanted.items():
        try:
            failure = await node.core.on_disk(versioner.restore, name, moment, now)
        except OSError as error:
            failure = f"{versioner.kind} versioner: restore: {error}"
        if failure:
            failures[name] = failure
    if wanted.keys() - failures.keys():
        folder.want_scan(sorted(wanted.keys() - failures.keys()))
    return as_json(failures)


def _wanted(node: Node, request: Request) -> dict[str, int]:
    try:
        body: object = json.loads(request.body)
    except ValueError as error:
        raise Refusal(_FAILED, str(error)) from error
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise Refusal(_FAILED, "json: cannot unmarshal into Go value of type map[string]time.Time")
    wanted: dict[str, int] = {}
    for name, text in cast("dict[str, object]", body).items():
        moment = parse_time(text) if isinstance(text, str) else None
        if moment is None:
            raise Refusal(_FAILED, _no_time(node, text))
        wanted[name] = moment
    return wanted


def _no_time(node: Node, text: object) -> str:
    if not isinstance(text, str):
        return "Time.UnmarshalJSON: input is not a JSON string"
    if not node.facts.NEWER_GO:  # which takes the quotes along
        asked, layout, rest = quote(json.dumps(text)), quote(f'"{_LAYOUT}"'), quote(f'{text}"')
    else:
        asked, layout, rest = quote(text), quote(_LAYOUT), quote(text)
    return f'parsing time {asked} as {layout}: cannot parse {rest} as "2006"'
