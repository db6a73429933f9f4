"""The pure part of the event stream: no silent loss, no event twice, in the right order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from aiosyncthing import parse_time
from aiosyncthing.exceptions import MultipleDaemonsError
from aiosyncthing.stream.continuity import Continuity, Question, marker
from aiosyncthing.stream.position import Anchor, Epoch, Recognition
from tests.support.model import RING, Listener, Process, World, judge

# --- Whatever happens ---

# What an answer may look like on its way: events twice, in another order, with older ones again.
Garble = Callable[[list[Any]], list[Any]]
GARBLED: list[Garble] = [
    lambda events: [*events, *events[-1:]],
    lambda events: [*events, *events],
    lambda events: [each for event in events for each in (event, event)],
    lambda events: [*events[:-2], *reversed(events[-2:])],
    lambda events: [*events[:1], *events[-1:], *events[1:-1]],
    lambda events: events[::-1],
    lambda events: [*events, *events[:1]],
]
# An answer of before, out of a cache. Where two daemons take turns, it could be that of another process.
STALE: list[Garble] = [lambda events: events[:-1], lambda _: []]

restarts = st.tuples(st.floats(0.05, 3.0), st.integers(0, 2 * RING))
turns = st.tuples(
    st.integers(0, 2 * RING),
    st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple),
)
visits = st.tuples(st.integers(0, RING), st.integers(1, 20))
operations = st.one_of(
    st.tuples(st.just("step"), st.none()),
    st.tuples(st.just("step"), st.none()),
    st.tuples(st.just("emit"), st.integers(1, 2 * RING)),
    st.tuples(st.just("emit"), st.integers(1, 2)),
    st.tuples(st.just("drop"), st.none()),
    st.tuples(st.just("pause"), st.sampled_from([0.1, 0.3, 5.0])),
    st.tuples(st.just("dark"), st.integers(1, 3)),
    st.tuples(st.just("interrupt"), st.none()),
    st.tuples(st.just("restart"), restarts),
    st.tuples(st.just("restart in flight"), restarts),
    st.tuples(st.just("replace"), restarts),
    st.tuples(st.just("set clock"), st.sampled_from([-1, 1])),
    st.tuples(st.just("garble"), st.sampled_from(GARBLED)),
)
stale = st.tuples(st.just("garble"), st.sampled_from(STALE))
alternating = st.one_of(
    operations,
    st.tuples(st.just("take turns"), turns),
    st.tuples(st.just("visit"), visits),
    st.tuples(st.just("visit"), visits),
    st.tuples(st.just("steps"), st.integers(2, 20)),
)
worlds = st.builds(
    World,
    preloaded=st.integers(0, 2 * RING),
    proxied=st.booleans(),
    age=st.sampled_from([0.0, 0.4, 5.0]),
    timeless=st.booleans(),
)


def play(world: World, listener: Listener, script: list[tuple[str, Any]]) -> None:
    """Let things happen."""

    def steps(count: int) -> None:
        for _ in range(count):
            listener.step()

    def visit(events: int, count: int) -> None:
        world.flip()
        world.emit(events)
        steps(count)

    actions: dict[str, Callable[[Any], None]] = {
        "step": lambda _: listener.step(),
        "steps": steps,
        "emit": world.emit,
        "drop": lambda _: world.drop(),
        "pause": lambda seconds: setattr(world, "now", world.now + seconds),
        "dark": lambda count: setattr(world, "dark", count),
        "interrupt": lambda _: listener.continuity.interrupted(),
        "restart": lambda how: world.restart(pause=how[0], events=how[1]),
        "restart in flight": lambda how: setattr(
            world, "in_flight", functools.partial(world.restart, pause=how[0], events=how[1])
        ),
        "replace": lambda how: world.restart(pause=how[0], device=world.another(), events=how[1]),
        "set clock": world.set_clock,
        "garble": lambda garble: setattr(world, "garble", garble),
        "take turns": lambda how: world.take_turns(*how),
        "visit": lambda how: visit(*how),
    }
    for name, value in script:
        actions[name](value)


def follow(world: World, *, history: bool) -> tuple[Listener, tuple[Process, int]]:
    """Return a listener that has begun, and where."""
    listener = Listener(world, Continuity(history=history, clock=lambda: world.now))
    listener.begin()
    process = world.process
    return listener, (process, process.last_id - len(process.ring) if history else process.last_id)


@given(world=worlds, script=st.lists(operations | stale, max_size=40), history=st.booleans())
def test_nothing_is_lost_silently(world: World, script: list[tuple[str, Any]], history: bool) -> None:
    """Whatever happens, each event comes once and in order, or lies under an EventsLost."""
    listener, begin = follow(world, history=history)
    play(world, listener, script)
    listener.settle()
    judge(world, begin, listener.seen, why=world.restarts < 2)
    assert not listener.refused or world.restarts > 2


@given(world=worlds, script=st.lists(alternating, max_size=40), history=st.booleans())
def test_two_daemons_at_one_address(world: World, script: list[tuple[str, Any]], history: bool) -> None:
    """The same holds for each of two daemons that answer in turns, also for a listener that doesn't give up."""
    listener, begin = follow(world, history=history)
    play(world, listener, script)
    listener.settle()
    judge(world, begin, listener.seen, why=False)


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=4), events=st.integers(0, 2 * RING))
def test_two_daemons_at_one_address_are_noticed(lengths: list[int], events: int) -> None:
    """However they take turns, it is said what is the matter before long."""
    world = World(preloaded=3, proxied=False)
    listener, _ = follow(world, history=True)
    world.take_turns(events, tuple(lengths))
    begin = world.now
    for _ in range(100):
        world.emit(1)
        listener.step()
    assert listener.refused
    assert world.now - begin < 60


@given(
    world=worlds,
    first=st.lists(operations, max_size=15),
    between=st.lists(operations.filter(lambda op: op[0] != "step"), max_size=8),
    second=st.lists(operations, max_size=15),
    taken=st.integers(0, 30),
)
def test_a_cursor_goes_on_exactly_there(
    world: World,
    first: list[tuple[str, Any]],
    between: list[tuple[str, Any]],
    second: list[tuple[str, Any]],
    taken: int,
) -> None:
    """A listener that begins with the position of any event that another was given continues after that event."""
    listener, begin = follow(world, history=False)
    assert listener.continuity.origin is not None
    positions: list[tuple[Epoch, Anchor | None]] = [listener.continuity.origin]
    places = [0]
    for operation in first:
        before = len(listener.seen)
        play(world, listener, [operation])
        for number, item in enumerate(listener.seen[before:], before + 1):
            if item["id"] is not None:
                assert listener.continuity.epoch is not None
                positions.append((listener.continuity.epoch, Anchor.of(item)))  # type: ignore[arg-type] # one type only
                places.append(number)
    choice = taken % len(positions)
    play(world, listener, between)
    listener.continuity = Continuity(*positions[choice])
    listener.seen = listener.seen[: places[choice]]
    play(world, listener, second)
    listener.settle()
    judge(world, begin, listener.seen, why=world.restarts < 2)


# --- Each rule by itself ---

A, B = "A", "B"


def event(number: int, global_id: int | None = None, time: str = "t") -> Any:
    """Return the event with an ID; another process has another time."""
    return {"id": number, "globalID": global_id or number, "time": f"{time}{number}", "type": "StateChanged"}


def events(*numbers: int, time: str = "t") -> list[Any]:
    """Return the events with these IDs."""
    return [event(number, time=time) for number in numbers]


def told(batch: Any) -> list[Any]:
    """Return what a batch says: IDs, and reason and number of losses."""
    return [] if batch is None else [item["id"] or tuple(item["data"].values()) for item in batch.items]


def at(number: int) -> Continuity:
    """Return the state of a listener that has seen the event with that ID, and waits."""
    continuity = Continuity()
    continuity.identified(A, "s", 9)
    assert continuity.answered(events(number), A) is None
    assert continuity.question is Question.WAIT
    return continuity


def empty() -> Continuity:
    """Return the state of a listener that waits for the first event ever."""
    continuity = Continuity()
    continuity.identified(A, "s", 9)
    assert continuity.answered([], A) is None
    assert continuity.question is Question.WAIT
    return continuity


def woken(continuity: Continuity, number: int | None = None) -> Continuity:
    """Let a poll return, with the newest event or with nothing."""
    assert continuity.answered(events(number) if number else [], A) is None
    return continuity


def asks(continuity: Continuity) -> tuple[Question, int]:
    """Return what comes next."""
    return continuity.question, continuity.since


def test_from_now_on() -> None:
    """It begins behind the newest event, with nothing to tell; from then on nothing is lost without a word."""
    continuity = Continuity()
    assert asks(continuity) == (Question.IDENTITY, 0)
    assert continuity.identified(A, "s", 9) is None
    assert asks(continuity) == (Question.NEWEST, 0)
    assert continuity.origin is None
    assert continuity.answered(events(5), A) is None
    assert asks(continuity) == (Question.WAIT, 5)
    assert continuity.origin == (Epoch(A, "s"), Anchor(5, 5, "t5"))


def test_from_the_first_that_is_held() -> None:
    """History is what the daemon holds; that there was something before it is no loss."""
    continuity = Continuity(history=True)
    continuity.identified(A, "s", 9)
    assert asks(continuity) == (Question.HELD, 0)
    batch = continuity.answered(events(5, 6, 7), A)
    assert told(batch) == [5, 6, 7]
    assert batch is not None
    assert batch.epoch == Epoch(A, "s")
    assert asks(continuity) == (Question.WAIT, 7)
    assert continuity.origin == (Epoch(A, "s"), None)


def test_a_gap_in_history() -> None:
    """Within what is held, a gap is told."""
    continuity = Continuity(history=True)
    continuity.identified(A, "s", 9)
    assert told(continuity.answered(events(5, 8, 9), A)) == [5, ("overflow", 2), 8, 9]


def test_a_daemon_that_has_just_started() -> None:
    """In its first second its start time could be that of the next process, too, so it is asked again later."""
    continuity = Continuity()
    continuity.identified(A, "s", 0)
    assert continuity.question is Question.IDENTITY_LATER
    continuity.identified(A, "s", 0)
    assert continuity.question is Question.IDENTITY_LATER
    continuity.identified(A, "s", 1)
    assert continuity.question is Question.NEWEST


def test_a_daemon_without_a_clock() -> None:
    """One that says 0 for ever is believed when more than a second has passed."""
    continuity = Continuity()
    for _ in range(5):
        continuity.identified(A, "s", 0)
        assert continuity.question is Question.IDENTITY_LATER
    continuity.identified(A, "s", 0)
    assert continuity.question is Question.NEWEST
    continuity.answered(events(5), A)
    woken(continuity, 6)
    continuity.answered([], A)
    continuity.answered([], A)
    continuity.identified(A, "s2", 0)
    assert continuity.question is Question.IDENTITY_LATER  # and with the next one the patience is the same


def test_a_poll_only_wakes_up() -> None:
    """What a long poll brings is not believed: it is asked for again, together with the event before it."""
    continuity = at(5)
    assert continuity.answered(events(6), A) is None
    assert asks(continuity) == (Question.OVERLAP, 4)
    assert told(continuity.answered(events(5, 6), A)) == [6]
    assert asks(continuity) == (Question.WAIT, 6)


def test_a_poll_that_brings_nothing() -> None:
    """Silence is not believed either: a daemon that was restarted is silent until its IDs have come so far."""
    continuity = woken(at(5))
    assert asks(continuity) == (Question.OVERLAP, 4)
    assert continuity.answered(events(5), A) is None
    assert asks(continuity) == (Question.WAIT, 5)


def test_much_is_going_on() -> None:
    """While each answer brings more than was known of, the next question brings proof and events at once."""
    continuity = woken(at(5), 6)
    assert told(continuity.answered(events(5, 6, 7), A)) == [6, 7]
    assert asks(continuity) == (Question.OVERLAP, 6)
    assert told(continuity.answered(events(7, 8), A)) == [8]
    assert asks(continuity) == (Question.OVERLAP, 7)
    assert continuity.answered(events(8), A) is None
    assert asks(continuity) == (Question.WAIT, 8)


def test_dropped_events() -> None:
    """IDs that are missing between two events were dropped by the daemon, and are counted."""
    continuity = woken(at(5), 12)
    assert told(continuity.answered(events(5, 7, 8, 12), A)) == [("overflow", 1), 7, 8, ("overflow", 3), 12]
    assert asks(continuity) == (Question.WAIT, 12)


def test_an_overflow() -> None:
    """When the anchor is no longer held, but the process is the same, the gap says how many are lost."""
    continuity = woken(at(5), 40)
    assert continuity.answered(events(30, 31), A) is None
    assert asks(continuity) == (Question.HELD, 0)
    assert continuity.answered(events(30, 31, 32), A) is None
    assert asks(continuity) == (Question.IDENTITY, 5)
    assert told(continuity.identified(A, "s", 99)) == [("overflow", 24), 30, 31, 32]
    assert asks(continuity) == (Question.WAIT, 32)


def test_only_the_anchor_is_no_longer_held() -> None:
    """Then nothing is lost."""
    continuity = woken(at(5), 8)
    continuity.answered(events(6, 7, 8), A)
    continuity.answered(events(6, 7, 8), A)
    assert told(continuity.identified(A, "s", 99)) == [6, 7, 8]


@pytest.mark.parametrize(
    ("found", "started"),
    [
        ([], "s2"),
        (events(1, 2, time="u"), "s2"),
        (events(1, 2, 3, 4, 5, 6, time="u"), "s2"),
        (events(6, 7, 8, time="u"), "s2"),
        (events(1, 2, time="u"), "s"),  # in the same second
        ([event(6, 3, "u")], "s"),  # with an ID that could follow, but a global ID that could not
    ],
)
def test_a_restart(found: list[Any], started: str) -> None:
    """The new process's events follow from the first that it holds, however plausible their IDs are."""
    continuity = woken(at(5), 6)
    assert continuity.answered([each for each in found if each["id"] > 4], A) is None
    assert continuity.question is Question.HELD
    assert continuity.answered(found, A) is None
    assert continuity.question is Question.IDENTITY
    assert continuity.identified(A, started, 3) is None
    assert asks(continuity) == (Question.HELD, 0)
    batch = continuity.answered(found, A)
    assert told(batch) == [("restart", None), *(each["id"] for each in found)]
    assert batch is not None
    assert batch.epoch == Epoch(A, started)
    assert asks(continuity) == (Question.WAIT, found[-1]["id"] if found else 0)


@pytest.mark.parametrize("other", [event(5, 6), event(5, time="u")])
def test_what_makes_an_event_unmistakable(other: Any) -> None:
    """The same ID is no proof: global ID and time must be the same, too."""
    continuity = woken(at(5), 6)
    assert continuity.answered([other, event(6)], A) is None
    assert continuity.question is Question.HELD


def test_another_daemon() -> None:
    """The device ID that an answer carries tells at once; what the other daemon holds follows."""
    continuity = at(5)
    assert continuity.answered(events(6), B) is None
    assert continuity.question is Question.IDENTITY
    assert continuity.identified(B, "s", 9) is None
    assert asks(continuity) == (Question.HELD, 0)
    assert told(continuity.answered(events(1, 2, time="u"), B)) == [("replaced", None), 1, 2]
    assert continuity.epoch == Epoch(B, "s")


def test_another_daemon_behind_a_proxy_that_removes_headers() -> None:
    """Without that header, its identity tells."""
    continuity = woken(at(5), 6)
    continuity.answered([])
    continuity.answered(events(1, time="u"))
    continuity.identified(B, "s", 9)
    assert told(continuity.answered(events(1, time="u"))) == [("replaced", None), 1]


def test_two_daemons_take_turns() -> None:
    """Where identity and events come from different daemons, it is asked again, with pauses, until they agree."""
    continuity = at(5)
    continuity.answered(events(6), B)
    continuity.identified(A, "s", 9)
    assert continuity.answered(events(1, time="u"), B) is None
    assert continuity.question is Question.IDENTITY_LATER
    continuity.identified(B, "s", 9)
    assert told(continuity.answered(events(1, time="u"), B)) == [("replaced", None), 1]


def test_two_daemons_take_turns_at_the_beginning() -> None:
    """The same before anything was found: that is no loss."""
    continuity = Continuity()
    continuity.identified(A, "s", 9)
    assert continuity.answered(events(5), B) is None
    assert continuity.question is Question.IDENTITY_LATER
    continuity.identified(B, "s", 9)
    assert continuity.answered(events(5), B) is None
    assert continuity.question is Question.WAIT


def test_somebody_in_between() -> None:
    """When the anchor is there after all, nothing was lost: the other answers came from somebody else."""
    continuity = woken(at(5), 6)
    assert continuity.answered([]) is None
    assert continuity.answered([]) is None
    assert continuity.identified(A, "s", 9) is None
    assert told(continuity.answered(events(4, 5, 6, 8), A)) == [6, ("overflow", 1), 8]
    assert asks(continuity) == (Question.WAIT, 8)
    continuity = woken(at(5), 6)
    continuity.answered([])
    assert told(continuity.answered(events(4, 5, 6), A)) == [6]


def test_the_first_event_ever() -> None:
    """While none was seen, the start time of the process tells whether the first ones follow."""
    continuity = empty()
    assert asks(continuity) == (Question.WAIT, 0)
    woken(continuity, 2)
    assert asks(continuity) == (Question.HELD, 0)
    assert continuity.answered(events(1, 2), A) is None
    assert continuity.question is Question.IDENTITY
    assert told(continuity.identified(A, "s", 9)) == [1, 2]
    assert asks(continuity) == (Question.WAIT, 2)


def test_still_no_event() -> None:
    """As long as the process is the same, silence goes on."""
    continuity = woken(empty())
    assert continuity.answered([], A) is None
    assert continuity.identified(A, "s", 9) is None
    assert asks(continuity) == (Question.WAIT, 0)


def test_more_than_a_thousand_first_events() -> None:
    """The first ID is 1, so what is missing before the first that is held can be counted."""
    continuity = woken(empty(), 9)
    continuity.answered(events(8, 9), A)
    assert told(continuity.identified(A, "s", 9)) == [("overflow", 7), 8, 9]


def test_a_restart_before_the_first_event() -> None:
    """What is held was asked for before the start time, so it may be the old process's: it is asked for again."""
    continuity = woken(empty(), 1)
    continuity.answered(events(1), A)
    assert continuity.identified(A, "s2", 9) is None
    assert asks(continuity) == (Question.HELD, 0)
    assert told(continuity.answered(events(1, 2, time="u"), A)) == [("restart", None), 1, 2]


def test_the_daemon_can_not_be_reached_at_first() -> None:
    """Who wanted everything from then on is told that it is later; history has lost nothing."""
    continuity = Continuity()
    continuity.interrupted()
    continuity.identified(A, "s", 9)
    continuity.interrupted()
    assert continuity.question is Question.IDENTITY
    continuity.identified(A, "s", 9)
    assert told(continuity.answered(events(5), A)) == [("late", None)]
    assert asks(continuity) == (Question.WAIT, 5)
    continuity = Continuity(history=True)
    continuity.interrupted()
    continuity.identified(A, "s", 9)
    assert told(continuity.answered(events(5), A)) == [5]


def test_interrupted_while_waiting() -> None:
    """The next question is one that is answered at once."""
    continuity = at(5)
    continuity.interrupted()
    assert asks(continuity) == (Question.OVERLAP, 4)
    assert told(continuity.answered(events(5, 6), A)) == [6]
    continuity = empty()
    continuity.interrupted()
    assert asks(continuity) == (Question.HELD, 0)


def test_interrupted_while_in_doubt() -> None:
    """What was held then is not used any more; the search begins again."""
    continuity = woken(at(5), 40)
    continuity.answered([], A)
    continuity.answered(events(30, 31), A)
    continuity.interrupted()
    assert asks(continuity) == (Question.OVERLAP, 4)
    continuity.answered(events(50), A)
    continuity.answered(events(50, 51), A)
    assert told(continuity.identified(A, "s", 9)) == [("overflow", 44), 50, 51]


def test_interrupted_when_the_loss_is_known() -> None:
    """It is still known afterwards, and the process is asked for its identity again."""
    continuity = woken(at(5), 6)
    continuity.answered([], A)
    continuity.answered(events(1, time="u"), A)
    continuity.identified(A, "s2", 9)
    continuity.interrupted()
    assert continuity.question is Question.IDENTITY
    continuity.identified(A, "s3", 9)
    assert told(continuity.answered(events(1, 2, time="v"), A)) == [("restart", None), 1, 2]
    assert continuity.epoch == Epoch(A, "s3")


def test_from_a_cursor() -> None:
    """It begins with the proof that what comes next follows the event that the cursor stands for."""
    continuity = Continuity(Epoch(A, "s"), Anchor(5, 5, "t5"))
    assert continuity.origin == (Epoch(A, "s"), Anchor(5, 5, "t5"))
    assert asks(continuity) == (Question.OVERLAP, 4)
    assert told(continuity.answered(events(5, 6), A)) == [6]
    continuity = Continuity(Epoch(A, "s"))
    assert asks(continuity) == (Question.HELD, 0)
    continuity.answered(events(1), A)
    assert told(continuity.identified(A, "s", 9)) == [1]


def test_the_order_of_questions() -> None:
    """An answer about events, before it is known whose they are, is a mistake of the caller's."""
    with pytest.raises(RuntimeError, match="identity"):
        Continuity().answered(events(1))


def test_a_marker() -> None:
    """What is made here is shaped like an event, without IDs, and has the present time."""
    assert marker("StreamUp", None, lambda: "now") == {
        "id": None,
        "globalID": None,
        "time": "now",
        "type": "StreamUp",
        "data": None,
    }
    assert parse_time(marker("StreamUp", None)["time"]) is not None


# --- Several daemons at one address ---


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def moved(continuity: Continuity, device: str, *found: int) -> list[Any]:
    """Let another daemon answer, which holds these events; return what is yielded."""
    held = events(*found, time=device)
    continuity.answered(held, device)
    continuity.identified(device, f"s{device}", 9)
    batch = continuity.answered(held, device)
    assert continuity.question is Question.WAIT
    assert continuity.epoch == Epoch(device, f"s{device}")
    return told(batch)


def test_a_daemon_that_comes_back() -> None:
    """Of a daemon that was left, only what is new follows; there may be nothing of it."""
    continuity = Continuity(Epoch(A, "sA"), Anchor(5, 5, "A5"))
    assert moved(continuity, B, 1, 2) == [("replaced", None), 1, 2]
    assert moved(continuity, A, 4, 5, 6, 8) == [("replaced", None), 6, ("overflow", 1), 8]
    assert moved(continuity, B, 1, 2) == [("replaced", None)]
    assert asks(continuity) == (Question.WAIT, 2)


def test_a_daemon_that_comes_back_after_long() -> None:
    """When its last event is no longer held, all that is held is new."""
    continuity = Continuity(Epoch(A, "sA"), Anchor(5, 5, "A5"))
    moved(continuity, B, 1)
    assert moved(continuity, A, 7, 8) == [("replaced", None), 7, 8]


def test_two_processes_with_the_same_identity() -> None:
    """The event that was seen last tells them apart; the one that comes back is known at once."""
    continuity = woken(at(5))
    continuity.answered([], A)
    continuity.answered(events(1, time="u"), A)
    continuity.identified(A, "s2", 9)
    assert told(continuity.answered(events(1, time="u"), A)) == [("restart", None), 1]
    woken(continuity)
    assert continuity.answered([], A) is None
    batch = continuity.answered(events(4, 5, 6), A)
    assert told(batch) == [("restart", None), 6]
    assert batch is not None
    assert batch.epoch == Epoch(A, "s")


def test_the_process_of_the_last_event() -> None:
    """A batch belongs to the process of the last event, whoever was asked for the identity in between."""
    continuity = woken(at(5), 6)
    continuity.answered([])
    continuity.answered(events(1, time="u"))
    continuity.identified(B, "s", 9)
    batch = continuity.answered(events(5, 6))
    assert told(batch) == [6]
    assert batch is not None
    assert batch.epoch == Epoch(A, "s")


def test_taking_turns_at_the_beginning() -> None:
    """Where identity and events never agree, that ends with an error instead of a question for ever."""
    continuity = Continuity()
    pauses: list[float] = []

    def go_on() -> None:
        while True:
            continuity.identified(A, "s", 9)
            continuity.answered(events(5), B)
            assert continuity.question is Question.IDENTITY_LATER
            pauses.append(continuity.pause)

    with pytest.raises(MultipleDaemonsError, match=r"\(A and B\)") as caught:
        go_on()
    assert caught.value.device_ids == (A, B)
    assert pauses == sorted(pauses)
    assert sum(pauses) < 3


def test_taking_turns() -> None:
    """The same for a listener that has begun; one that goes on nevertheless is warned again, after as many turns."""

    def answers_until_it_says_so() -> int:
        for number in range(99):
            try:
                if continuity.question in {Question.IDENTITY, Question.IDENTITY_LATER}:
                    continuity.identified(A, "s", 9)
                else:
                    continuity.answered(events(6), B)
            except MultipleDaemonsError:
                continuity.interrupted()
                return number
        return 99

    continuity = at(5)
    assert answers_until_it_says_so() == 5
    assert answers_until_it_says_so() == 5


def test_taking_turns_with_the_same_identity() -> None:
    """Then it says so."""
    continuity = at(5)

    def see(*found: int, time: str) -> Any:
        woken(continuity)
        continuity.answered([], A)
        return continuity.answered(events(*found, time=time), A)

    see(1, time="u")
    continuity.identified(A, "s2", 9)
    continuity.answered(events(1, time="u"), A)
    for found, time in [(5, "t"), (1, "u")] * 2:
        assert told(see(found, time=time)) == [("restart", None)]
    with pytest.raises(MultipleDaemonsError, match="two processes with the same identity") as caught:
        see(5, time="t")
    assert caught.value.device_ids == (A,)


def test_a_stack_that_is_replaced_once_or_twice() -> None:
    """A daemon that is moved, moved back and moved again goes on; so does one with a new identity each time."""
    continuity = Continuity(Epoch(A, "sA"), Anchor(5, 5, "A5"), clock=Clock())
    assert moved(continuity, B, 1) == [("replaced", None), 1]
    assert moved(continuity, A, 5) == [("replaced", None)]
    assert moved(continuity, B, 1, 2) == [("replaced", None), 2]
    for number in range(30):
        assert moved(continuity, f"C{number}", 1) == [("replaced", None), 1]


def test_a_pair_that_takes_over_from_each_other_now_and_then() -> None:
    """What happens once in a while is no taking turns."""
    clock = Clock()
    continuity = Continuity(Epoch(A, "sA"), Anchor(5, 5, "A5"), clock=clock)
    moved(continuity, B, 5)
    for device in (A, B) * 10:
        clock.now += 200
        assert moved(continuity, device, 5) == [("replaced", None)]


# --- Events whose IDs don't grow ---


def test_an_event_that_comes_twice() -> None:
    """It is left out, and what follows it goes on from there."""
    continuity = Continuity(history=True)
    continuity.identified(A, "s", 9)
    assert told(continuity.answered(events(1, 2, 2), A)) == [1, 2]
    assert continuity.misplaced == 1
    assert asks(continuity) == (Question.WAIT, 2)
    woken(continuity, 2)
    assert continuity.answered(events(2, 2), A) is None
    assert asks(continuity) == (Question.WAIT, 2)
    woken(continuity, 3)
    assert told(continuity.answered(events(2, 2, 3, 1), A)) == [3]
    assert asks(continuity) == (Question.WAIT, 3)
    assert continuity.misplaced == 4


def test_ids_that_go_backwards() -> None:
    """What would come out of order is left out, and counted as missing where it should have been."""
    continuity = Continuity(history=True)
    continuity.identified(A, "s", 9)
    assert told(continuity.answered(events(1, 5, 3, 4), A)) == [1, ("overflow", 3), 5]
    assert asks(continuity) == (Question.WAIT, 5)
    continuity = woken(at(5), 8)
    assert told(continuity.answered(events(5, 7, 6, 8), A)) == [("overflow", 1), 7, 8]
    assert continuity.misplaced == 1


# --- For a listener that trusts its polls ---


def test_recognizing_a_process() -> None:
    """Its last event is proof; after that its start time is."""
    recognition, last = Recognition(), Anchor(5, 5, "t5")
    assert not recognition.identified(A, "s", 9)
    assert recognition.overlapped(events(5, 6), last)
    assert recognition.identified(A, "s", 19)
    assert not recognition.identified(A, "s2", 1)
    assert not recognition.overlapped(events(5, time="u"), last)
    assert not recognition.identified(B, "s", 9)
    assert not recognition.overlapped([], last)


@pytest.mark.parametrize("uptime", [0, -86400])
def test_recognizing_a_process_without_a_proper_clock(uptime: int) -> None:
    """An uptime below 1 (for ever without a clock, and after it was set back) makes the start time no proof at all."""
    recognition, last = Recognition(), Anchor(5, 5, "t5")
    for _ in range(3):
        assert not recognition.identified(A, "s", uptime)
        assert recognition.overlapped(events(5), last)
    assert not recognition.identified(A, "s", uptime)
    assert not recognition.overlapped(events(1, 2, time="u"), last)
