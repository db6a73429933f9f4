"""What the handlers about folders have in common."""

from __future__ import annotations

import pytest
from tests.support.meeting import add_folder, lone_node
from tests.support.nodes import OTHER

from pytest_syncthing.http.messages import Refusal, Request
from pytest_syncthing.rest.common import Page, device_id, running_folder


def page(query: str) -> Page:
    """Return what a request asks for."""
    return Page(Request("GET", f"/x?{query}"))


def test_pages() -> None:
    """They count from 1; what makes no sense is taken for the default, and beyond the end there is nothing."""
    elements = list("abcde")
    assert page("").of(elements) == elements
    assert page("page=2&perpage=2").of(elements) == ["c", "d"]
    assert page("page=3&perpage=2").of(elements) == ["e"]
    assert page("page=4&perpage=2").of(elements) == []
    for query in ("page=0&perpage=0", "page=-1&perpage=-5", "page=x&perpage=y"):
        assert page(query).to_json() == {"page": 1, "perpage": 65536}


def test_device_ids() -> None:
    """Any notation is taken, none at all too, and nonsense is refused with the daemon's words."""
    assert device_id(OTHER.lower(), 400) == OTHER
    assert device_id("", 400) == ""
    with pytest.raises(Refusal) as refused:
        device_id("bad", 500)
    assert (refused.value.status, refused.value.text) == (500, '"bad": device ID invalid: incorrect length')


async def test_folders_that_run() -> None:
    """Others are refused; some answers tell that one is paused."""
    async with lone_node() as node:
        folder = await add_folder(node)
        assert running_folder(node, Request("GET", "/x?folder=docs"), 404) is folder
        await add_folder(node, folder_id="paused", paused=True)
        for name, tells, text in (
            ("nope", True, "no such folder"),
            ("paused", True, "folder is paused"),
            ("paused", False, "no such folder"),
        ):
            with pytest.raises(Refusal) as refused:
                running_folder(node, Request("GET", f"/x?folder={name}"), 500, tells_paused=tells)
            assert (refused.value.status, refused.value.text) == (500, text)
