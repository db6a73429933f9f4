"""The expensive questions of a wait."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.exceptions import InvalidResponseError, ServerError
from aiosyncthing.waiting import questions as _questions
from aiosyncthing.waiting.questions import Question, Questions
from tests.support.synced import asked, docs, requested, synced
from tests.support.values import OTHER

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from pytest_syncthing import FakeSyncthing

STATUS = Question("status", "docs")
COMPLETION = Question("completion", "docs", OTHER)
ERRORS = Question("errors", "docs")


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon, all in sync."""
    with synced() as fake:
        yield fake


@asynccontextmanager
async def questions(fake: FakeSyncthing, **options: Any) -> AsyncGenerator[tuple[Questions, list[str]]]:
    """Provide what asks, and how often it said that an answer has come; end what is under way."""
    news: list[str] = []
    async with fake.client(**options) as client:
        made = Questions(client.api, lambda: news.append("answered"))
        try:
            yield made, news
        finally:
            tasks = made.tasks
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)


async def test_what_is_known_is_not_asked_again(fake: FakeSyncthing) -> None:
    """Until it is forgotten; then the old answer serves for figures only."""
    async with questions(fake) as (made, news):
        assert not made.is_answered(STATUS)
        for _ in range(2):
            await made.ask([STATUS, COMPLETION, ERRORS], 10)
        assert asked(fake) == {"db/status": 1, "db/completion": 1, "folder/errors": 1}
        assert made.answer(STATUS)["globalFiles"] == 1
        assert made.answer(ERRORS)["errors"] is None
        assert made.is_fresh(STATUS)
        made.forget("pics")
        assert made.is_fresh(STATUS)
        made.forget("docs")
        assert not made.is_fresh(STATUS)
        assert made.is_answered(STATUS)
        assert made.answer(STATUS)["globalFiles"] == 1
        docs(fake).write({"b.txt": b"12"})
        await made.ask([STATUS], 10)
        assert made.answer(STATUS)["globalFiles"] == 2
        made.forget()
        assert not made.is_fresh(STATUS)
        made.drop(COMPLETION)  # which is not known any more
    assert not news


async def test_an_answer_from_before_a_change_is_not_fresh(fake: FakeSyncthing) -> None:
    """It was asked for before; a second question about the same is not asked meanwhile."""
    held = fake.hold("rest/db/status", made=True)
    async with questions(fake) as (made, _):
        task = asyncio.create_task(made.ask([STATUS], None))
        await requested(fake, "db/status")
        made.forget("docs")
        await made.ask([STATUS], 0.01)
        held.release()
        await task
        assert asked(fake)["db/status"] == 1
        assert made.is_answered(STATUS)
        assert not made.is_fresh(STATUS)


async def test_patience_ends_and_the_question_goes_on(fake: FakeSyncthing) -> None:
    """The answer is told when it comes, and is there for the next time."""
    held = fake.hold("rest/db/status")
    async with questions(fake) as (made, news):
        await made.ask([STATUS, COMPLETION], 0.1)
        assert made.is_fresh(COMPLETION)
        assert not made.is_answered(STATUS)
        assert not news
        held.release()
        await asyncio.wait(made.tasks)
        assert made.is_fresh(STATUS)
        assert news == ["answered"]
    assert asked(fake)["db/status"] == 1


async def test_after_a_time_out_there_is_more_time(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each time again: a daemon that was given up on computes in vain."""
    limits: list[float | None] = []

    def limit(_: float | None, before: float | None = None) -> float:
        limits.append(before)
        return 0.1 if before is None else 2 * before

    monkeypatch.setattr(_questions, "limit_for_expensive", limit)
    held = fake.hold("rest/db/status", times=None)
    async with questions(fake) as (made, _):
        for _ in range(3):
            await made.ask([STATUS], 10)
            assert not made.is_answered(STATUS)
        assert limits == [None, 0.1, 0.2, 0.4]
        held.release()
        await made.ask([STATUS], 10)
        assert made.is_fresh(STATUS)


async def test_a_folder_that_is_not_running_has_no_answer(fake: FakeSyncthing) -> None:
    """That is one too, but not for long."""
    fake.respond("rest/db/status", status=404, text="folder is not running")
    async with questions(fake) as (made, _):
        await made.ask([STATUS], 10)
        assert made.is_answered(STATUS)
        assert made.answer(STATUS) is None
        assert not made.is_fresh(STATUS)
        await made.ask([STATUS], 10)
        assert made.is_fresh(STATUS)


@pytest.mark.parametrize(
    ("answer", "error"),
    [({"status": 503, "text": "starting"}, ServerError), ({"json": {"state": 1}}, InvalidResponseError)],
)
async def test_a_failure_is_that_of_who_asked(fake: FakeSyncthing, answer: Any, error: type[Exception]) -> None:
    """At once; the others go on."""
    held = fake.hold("rest/db/completion")
    fake.respond("rest/db/status", **answer)
    async with questions(fake) as (made, _):
        with pytest.raises(error):
            await made.ask([STATUS, COMPLETION], 10)
        held.release()
        await made.ask([STATUS, COMPLETION], 10)
    assert asked(fake) == {"db/status": 2, "db/completion": 1}


async def test_a_failure_that_nobody_waits_for_is_none(fake: FakeSyncthing) -> None:
    """The next one to ask asks again."""
    held = fake.hold("rest/db/status")
    async with questions(fake) as (made, news):
        await made.ask([STATUS], 0.1)
        fake.stop_daemon()
        await asyncio.wait(made.tasks)
        assert news == ["answered"]
        assert not made.is_answered(STATUS)
        held.release()


async def test_what_is_given_up_is_asked_anew(fake: FakeSyncthing) -> None:
    """Its connection may be dead."""
    fake.hold("rest/db/status")
    async with questions(fake) as (made, _):
        await made.ask([STATUS], 0.1)
        made.abandon()
        await made.ask([STATUS], 10)
        assert made.is_fresh(STATUS)
    assert asked(fake)["db/status"] == 2


async def test_few_are_asked_at_once(fake: FakeSyncthing) -> None:
    """They are expensive for the daemon; what has changed before its turn has not been asked too early."""
    names = [f"f{number}" for number in range(8)]
    for name in names:
        fake.add_folder(name)
    held = fake.hold("rest/db/status", times=None)
    async with questions(fake) as (made, _):
        task = asyncio.create_task(made.ask([Question("status", name) for name in names], None))
        await requested(fake, "db/status", 4)
        made.forget()
        held.release()
        await task
        assert [made.is_fresh(Question("status", name)) for name in names] == [False] * 4 + [True] * 4
