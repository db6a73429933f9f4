"""``rest/db``: what is in folders, and what is to be done there."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, cast

from aiosyncthing import _routes
from pytest_syncthing.http.messages import EMPTY, Refusal, Response, as_json
from pytest_syncthing.model.ignores import write
from pytest_syncthing.model.index import BrowseError, aggregate
from pytest_syncthing.model.items import NOTHING
from pytest_syncthing.model.jobs import FolderError

from .common import Page, answers, device_id, running_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.folder import Folder
    from pytest_syncthing.model.ignores import Ignores
    from pytest_syncthing.model.items import Item
    from pytest_syncthing.model.node import Node

_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_FAILED: Final = 500
_NO_FILE: Final = "No such object in the index"
_NEVER: Final = "0001-01-01T00:00:00Z"


@answers(_routes.DB_STATUS)
def _status(node: Node, request: Request) -> Response:
    folder = node.cluster.folders.get(request.param("folder"))
    if folder is None:
        raise Refusal(_NOT_FOUND, "no such folder")
    return as_json(folder.summary.status())


@answers(_routes.DB_COMPLETION)
def _completion(node: Node, request: Request) -> Response:
    device = device_id(request.param("device"), _BAD_REQUEST)
    if request.param("folder"):
        folder = running_folder(node, request, _NOT_FOUND, tells_paused=True)
        return as_json(folder.summary.completion(device or None))
    folders = [folder for folder in node.cluster.folders.values() if not device or _shares(folder, device)]
    if not node.facts.LEAVES_OUT_PAUSED and not all(folder.running for folder in folders):
        raise Refusal(_NOT_FOUND, "folder is paused")
    found = aggregate(folder.summary.completion(device or None) for folder in folders if folder.running)
    return as_json({**found, "remoteState": "unknown"} if node.facts.REMOTE_STATE else found)


def _shares(folder: Folder, device: str) -> bool:
    return any(each["deviceID"] == device for each in folder.replica.config["devices"])


@answers(_routes.DB_BROWSE)
def _browse(node: Node, request: Request) -> Response:
    folder = running_folder(node, request, _FAILED)
    levels = request.number("levels", -1)
    try:
        tree = folder.replica.index.browse(request.param("prefix"), levels, dirs_only=bool(request.param("dirsonly")))
    except BrowseError as error:
        raise Refusal(_FAILED, str(error)) from error
    return as_json(tree)


@answers(_routes.DB_FILE)
def file_status(
    node: Node, request: Request, more: Callable[[Folder, str], Mapping[str, Any]] | None = None
) -> Response:
    """Return what is known of a file.

    Args:
        node: The daemon.
        request: The request.
        more: Returns further keys of the answer, by folder and name of the file.
    """
    facts = node.facts
    folder = node.cluster.folders.get(request.param("folder"))
    name = request.param("file")
    if folder is None or not folder.running:
        if folder is not None and facts.DATABASE_2 and folder.replica.index.newest(name) is not None:
            raise Refusal(_FAILED, "no such folder")
        raise Refusal(_NOT_FOUND, _NO_FILE if facts.DATABASE_2 else "no such folder")
    mine, newest = folder.replica.index.own.get(name), folder.replica.index.newest(name)
    if mine is None and newest is None:
        raise Refusal(_NOT_FOUND, _NO_FILE)
    availability = [{"id": device, "fromTemporary": False} for device in folder.puller.availability(name)]
    answer: dict[str, Any] = {
        "availability": availability or None,
        "global": (newest or NOTHING).to_json(facts, listed=False),
        "local": (mine or NOTHING).to_json(facts, listed=False),
    }
    if more is not None:
        answer.update(more(folder, name))
    if not facts.DATABASE_2:
        answer["mtime"] = {"err": None, "value": {"real": _NEVER, "virtual": _NEVER}}
    return as_json(answer)


@answers(_routes.DB_IGNORES)
async def _ignores(node: Node, request: Request) -> Response:
    folder = node.cluster.folders.get(request.param("folder"))
    if folder is None:
        text = f"folder {request.param('folder')} does not exist"
        if not node.facts.IGNORES_OF_ANY:
            raise Refusal(_FAILED, text)
        return as_json({"ignore": None, "expanded": None, "error": text})
    return _as_ignores(await folder.replica.read_ignores())


@answers(_routes.SET_DB_IGNORES)
async def _set_ignores(node: Node, request: Request) -> Response:
    lines = _ignore_lines(request.body)
    folder = node.cluster.folders.get(request.param("folder"))
    if folder is None:
        raise Refusal(_FAILED, "folder  does not exist")
    await node.core.on_disk(write, node.core.disk, folder.replica.path, lines, node.clock.now)
    found = await folder.replica.read_ignores()
    folder.want_scan()
    folder.want_pull()
    return _as_ignores(found)


def _ignore_lines(body: bytes) -> list[str]:
    """Return the lines that a request has; no key is the same as no lines."""
    try:
        value: object = json.loads(body)
    except ValueError as error:
        raise Refusal(_FAILED, str(error)) from error
    lines: object = cast("dict[str, object]", value).get("ignore") if isinstance(value, dict) else value
    if lines is None:
        return []
    strings = cast("list[object]", lines) if isinstance(lines, list) and isinstance(value, dict) else [None]
    if not all(isinstance(line, str) for line in strings):
        raise Refusal(_FAILED, "json: cannot unmarshal value into Go value of type map[string][]string")
    return cast("list[str]", strings)


def _as_ignores(found: Ignores) -> Response:
    return as_json({"ignore": found.lines, "expanded": found.expanded, "error": found.error})


@answers(_routes.DB_NEED)
def _need(node: Node, request: Request) -> Response:
    folder = running_folder(node, request, _NOT_FOUND)
    page = Page(request)
    running = [download.item for download in node.cluster.downloads.of(folder.id)]
    queued = list(folder.puller.queue.values())
    listed = {item.name for item in (*running, *queued)}
    rest = [item for item in folder.replica.needed() if item.name not in listed]
    wanted = page.of([*running, *queued, *rest])
    names = {id(item) for item in wanted}

    def part(items: list[Item]) -> list[dict[str, Any]]:
        return [item.to_json(node.facts, listed=True) for item in items if id(item) in names]

    return as_json({**page.to_json(), "progress": part(running), "queued": part(queued), "rest": part(rest)})


@answers(_routes.DB_REMOTE_NEED)
def _remote_need(node: Node, request: Request) -> Response:
    device = device_id(request.param("device"), _FAILED)
    folder = running_folder(node, request, _NOT_FOUND)
    return _list(node, request, folder.replica.index.remote_need(device))


@answers(_routes.DB_LOCAL_CHANGED)
def _local_changed(node: Node, request: Request) -> Response:
    folder = running_folder(node, request, _NOT_FOUND)
    return _list(node, request, folder.replica.index.local_changed() if folder.replica.is_receiving else [])


def _list(node: Node, request: Request, items: list[Item]) -> Response:
    page = Page(request)
    files = [item.to_json(node.facts, listed=True) for item in page.of(items)]
    return as_json({"files": files, **page.to_json()})


@answers(_routes.DB_SCAN)
async def _scan(node: Node, request: Request) -> Response:
    if not request.param("folder"):
        return await _scan_all(node)
    folder = node.cluster.folders.get(request.param("folder"))
    if folder is None:
        raise Refusal(_FAILED, "no such folder")
    try:
        await folder.scan(request.params("sub"))
    except FolderError as error:
        raise Refusal(_FAILED, str(error)) from error
    return EMPTY


async def _scan_all(node: Node) -> Response:
    folders = [folder for folder in node.cluster.folders.values() if folder.running]
    results = await asyncio.gather(*(folder.scan() for folder in folders), return_exceptions=True)
    failed = [folder.id for folder, result in zip(folders, results, strict=True) if result is not None]
    if not failed:
        return EMPTY
    # The errors themselves get lost: Go's JSON has nothing to show of them.
    errors = json.dumps({name: {} for name in sorted(failed)}, indent=2, ensure_ascii=False)
    headers = {"X-Content-Type-Options": "nosniff"}
    body = f"Error scanning folders\n{errors}\n".encode()
    return Response(body, _FAILED, "text/plain; charset=utf-8", headers)


@answers(_routes.DB_OVERRIDE)
def _override(node: Node, request: Request) -> Response:
    if folder := node.cluster.folders.get(request.param("folder")):
        folder.override()
    return EMPTY


@answers(_routes.DB_REVERT)
def _revert(node: Node, request: Request) -> Response:
    if folder := node.cluster.folders.get(request.param("folder")):
        folder.revert()
    return EMPTY


@answers(_routes.DB_PRIO)
def _prioritize(node: Node, request: Request) -> Response:
    running_folder(node, request, _NOT_FOUND).puller.bring_to_front(request.param("file"))
    return _need(node, request)
