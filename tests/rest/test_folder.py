"""``rest/folder``."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import FolderNotRunningError, ServerError, SyncthingError, UnknownFolderError
from tests.support.calls import FOLDER, KEY, Call, calls, check, refused
from tests.support.server import Answer, Server, as_json, as_text


@pytest.mark.parametrize("call", calls("folder"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        *(
            (name, (one, *more), {})
            for name, *more in (("errors",), ("iter_errors",), ("versions",), ("restore", {}))
            for one in ("", None, 5)
        ),
        *(
            (name, (FOLDER,), {key: number})
            for name, key in (("errors", "page"), ("errors", "perpage"), ("iter_errors", "perpage"))
            for number in (0, -1, 1.0, True, "1")
        ),
        ("restore", (FOLDER, {"a": object()}), {}),
    ],
)
async def test_what_makes_no_sense_is_not_sent(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Empty IDs, and numbers that the daemon would silently take for its default, are refused."""
    await refused(f"folder.{name}", *args, **options)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (as_text("no such folder", 500), UnknownFolderError),
        (as_text("no such folder", 404), UnknownFolderError),
        (as_text("folder is paused", 500), FolderNotRunningError),
        (as_text("folder is not running", 404), FolderNotRunningError),
        (as_text("folder has no versioner", 500), ServerError),
    ],
)
async def test_errors_of_the_daemon(answer: Answer, expected: type[SyncthingError]) -> None:
    """What the daemon says becomes the error that the methods name."""
    async with Server(answer, answer, answer) as server, Syncthing(KEY, server.url) as client:
        for method, more in ((client.folder.errors, ()), (client.folder.versions, ()), (client.folder.restore, ({},))):
            with pytest.raises(expected) as caught:
                await method(FOLDER, *more)
            assert type(caught.value) is expected


async def test_no_errors_are_no_items() -> None:
    """``null`` in the place of the list, as the daemon sends it past the last page, is an empty page."""
    pages = as_json({"errors": [{"path": "a", "error": "x"}]}), as_json({"errors": None})
    async with Server(*pages) as server, Syncthing(KEY, server.url) as client:
        assert [item["path"] async for item in client.folder.iter_errors(FOLDER, perpage=1)] == ["a"]
