"""Whatever stands in place of what a daemon sends, the mirror either takes it or was not handed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import EVENT_DATA, check_event, checked
from aiosyncthing._routes import find_route
from aiosyncthing.exceptions import InvalidResponseError
from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import ROUTES, Question
from aiosyncthing.live.snapshots import Snapshots
from tests.support import recordings
from tests.support.misfits import misfits

_KINDS: dict[Any, Any] = {route: kind for kind, route in ROUTES.items()}
_ONCE = {_routes.CONFIG}  # the largest by far


def answers(version: str) -> Iterator[tuple[Any, Question, Any]]:
    """Yield recorded answers that the mirror reads, with route and question; equal ones once."""
    seen: list[Any] = []
    for exchange in recordings.exchanges(version):
        route = find_route(exchange.method, exchange.uri)
        if route not in _KINDS or exchange.status != 200 or exchange.answer in seen:
            continue
        if route in _ONCE and any(route is each for each in seen):
            continue
        seen += [exchange.answer, route] if route in _ONCE else [exchange.answer]
        key = Question(_KINDS[route], exchange.params.get("folder", ""), exchange.params.get("device", ""))
        yield route, key, exchange.answer


def loaded(version: str) -> Mirror:
    """Return a mirror that has taken all of them."""
    mirror = Mirror()
    found = sorted(answers(version), key=lambda each: each[0] is not _routes.CONFIG)
    for _, key, answer in found:
        mirror.load(key, answer, 0)
    return mirror


def read(mirror: Mirror) -> None:
    """Read all that is computed."""
    assert Snapshots().take(mirror).to_dict()
    mirror.take_changes()
    mirror.take_questions()


@pytest.mark.parametrize("version", recordings.VERSIONS)
def test_answers_are_checked_for_all_that_the_mirror_reads(version: str) -> None:
    """An answer of another shape is refused before, or does no harm, now and when the right one follows."""
    mirror, refused, taken = loaded(version), 0, 0
    for route, key, answer in answers(version):
        for misfit in misfits(answer):
            try:
                checked(route, misfit)
            except InvalidResponseError:
                refused += 1
            else:
                taken += 1
                mirror.load(key, misfit, taken)
                mirror.recheck()
                mirror.refresh()
                read(mirror)
        mirror.load(key, answer, taken)
        read(mirror)
    assert min(refused, taken) > 1000


@pytest.mark.parametrize("version", recordings.VERSIONS)
def test_events_are_checked_for_all_that_the_mirror_reads(version: str) -> None:
    """An event with other data is refused before, or does no harm."""
    mirror, refused, taken = loaded(version), 0, 0
    events = {recorded.event["type"]: recorded.event for recorded in recordings.events(version)}
    for kind in events.keys() & EVENT_DATA.keys():
        for data in misfits(events[kind]["data"]):
            event: Any = {**events[kind], "data": data}
            try:
                check_event(event)
            except InvalidResponseError:
                refused += 1
            else:
                taken += 1
                mirror.apply(event)
                read(mirror)
        mirror.apply(events[kind])  # type: ignore[arg-type]  # a recorded one
        read(mirror)
    assert min(refused, taken) > 1000
