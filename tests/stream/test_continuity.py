"""No silent loss, no event twice, and the right order: the pure part of the event stream."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing import parse_time
from aiosyncthing.exceptions import MultipleDaemonsError
from aiosyncthing.stream.continuity import Batch, Continuity, Question, marker
from aiosyncthing.stream.position import Anchor, Epoch, Recognition
from tests.support.event_model import RING, Connection, Listener, Process, World, judge

# --- Whatever happens ---

# What may become of an answer on its way: repeated events, another order, older events again.
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
# A cached, earlier answer. If two daemons take turns, it could be the other one's.
STALE: list[Garble] = [lambda events: events[:-1], lambda _: []]

restarts = st.tuples(st.floats(0.05, 3.0), st.integers(0, 2 * RING))
turns = st.tuples(st.integers(0, 2 * RING), st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple))
visits = st.tuples(st.integers(0, RING), st.integers(1, 20))
happenings = (
    st.tuples(st.just("emit"), st.integers(1, 2 * RING)),
    st.tuples(st.just("emit"), st.integers(1, 2)),
    st.tuples(st.just("drop"), st.none()),
    st.tuples(st.just("pause"), st.sampled_from([0.1, 0.3, 5.0])),
    st.tuples(st.just("dark"), st.integers(1, 3)),
    st.tuples(st.just("interrupt"), st.none()),
    st.tuples(st.just("expect more"), st.none()),
    st.tuples(st.just("restart"), restarts),
    st.tuples(st.just("restart in flight"), restarts),
    st.tuples(st.just("replace"), restarts),
    st.tuples(st.just("set clock"), st.sampled_from([-1, 1])),
    st.tuples(st.just("lose connection"), st.none()),
    st.tuples(st.just("another connection"), st.none()),
)
garbled = st.tuples(st.just("garble"), st.sampled_from(GARBLED))
step = st.tuples(st.just("step"), st.none())
operations = st.one_of(step, step, *happenings, garbled)
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
    """Run a script of operations."""

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
        "expect more": lambda _: listener.continuity.expect_more(),
        "restart": lambda how: world.restart(pause=how[0], events=how[1]),
        "restart in flight": lambda how: setattr(
            world, "in_flight", functools.partial(world.restart, pause=how[0], events=how[1])
        ),
        "replace": lambda how: world.restart(pause=how[0], device=world.another(), events=how[1]),
        "set clock": world.set_clock,
        "garble": lambda garble: setattr(world, "garble", garble),
        "lose connection": lambda _: world.lose_connection(),
        "another connection": lambda _: world.use_another_connection(),
        "catch up": lambda _: listener.catch_up(),
        "take turns": lambda how: world.take_turns(*how),
        "visit": lambda how: visit(*how),
    }
    for name, value in script:
        actions[name](value)


def follow(world: World, *, history: bool, direct: bool) -> tuple[Listener, tuple[Process, int]]:
    """Return a listener that knows its starting position, and that position."""
    listener = Listener(world, Continuity(history=history, clock=lambda: world.now), direct=direct)
    listener.begin()
    process = world.process
    return listener, (process, process.last_id - len(process.ring) if history else process.last_id)


@given(world=worlds, script=st.lists(operations | stale, max_size=40), history=st.booleans(), direct=st.booleans())
def test_nothing_is_lost_silently(world: World, script: list[tuple[str, Any]], history: bool, direct: bool) -> None:
    """Whatever happens, each event comes once and in order, or is covered by an EventsLost."""
    listener, begin = follow(world, history=history, direct=direct)
    play(world, listener, script)
    listener.settle()
    # A daemon that holds no events has just started, and an empty answer from a cache looks like one of it.
    judge(world, begin, listener.seen, why=world.restarts < 2 and ("garble", STALE[1]) not in script)
    assert not listener.refused or world.restarts > 2


@given(world=worlds, script=st.lists(alternating, max_size=40), history=st.booleans(), direct=st.booleans())
def test_two_daemons_at_one_address(world: World, script: list[tuple[str, Any]], history: bool, direct: bool) -> None:
    """The same holds for each of two daemons that take turns, even if the listener ignores the error."""
    listener, begin = follow(world, history=history, direct=direct)
    play(world, listener, script)
    listener.settle()
    judge(world, begin, listener.seen, why=False)


@settings(max_examples=settings.default.max_examples // 4)
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=4), events=st.integers(0, 2 * RING), direct=st.booleans()
)
def test_two_daemons_at_one_address_are_noticed(lengths: list[int], events: int, direct: bool) -> None:
    """However they take turns, an error says so before long."""
    world = World(preloaded=3, proxied=False)
    listener, _ = follow(world, history=True, direct=direct)
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
    between=st.lists(st.one_of(*happenings, garbled), max_size=8),
    second=st.lists(operations, max_size=15),
    taken=st.integers(0, 30),
    direct=st.booleans(),
)
def test_a_cursor_goes_on_exactly_there(
    world: World,
    first: list[tuple[str, Any]],
    between: list[tuple[str, Any]],
    second: list[tuple[str, Any]],
    taken: int,
    direct: bool,
) -> None:
    """A listener that starts from the position of any event continues right after that event."""
    listener, begin = follow(world, history=False, direct=direct)
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


# What may happen where connections end in the daemon: nothing changes an answer on its way, and one daemon is there.
direct_operations = st.one_of(st.tuples(st.just("catch up"), st.none()), *happenings)


@given(
    preloaded=st.integers(0, 2 * RING),
    proxied=st.booleans(),
    age=st.sampled_from([0.0, 0.4, 5.0]),
    timeless=st.booleans(),
    script=st.lists(direct_operations, max_size=40),
    history=st.booleans(),
)
def test_both_ways_of_asking_yield_the_same(
    preloaded: int, proxied: bool, age: float, timeless: bool, script: list[tuple[str, Any]], history: bool
) -> None:
    """Where connections end in the daemon, believing them yields what asking twice does, and the same cursor."""
    found: list[list[Any]] = []
    for direct in (False, True):
        world = World(preloaded=preloaded, proxied=proxied, age=age, timeless=timeless)
        listener, begin = follow(world, history=history, direct=direct)
        play(world, listener, script)
        listener.settle()
        judge(world, begin, listener.seen, why=world.restarts < 2)
        items = [(item["id"], item["globalID"], item["type"]) for item in listener.seen]
        lost = [item["data"] for item in listener.seen if item["id"] is None]
        # They pause at different moments, so in each world the last process may have started in another second.
        followed = listener.continuity.epoch == Epoch(world.process.device, f"s{world.process.started}")
        found.append([items, lost, followed, listener.continuity.anchor])
    assert found[0] == found[1]


@pytest.mark.parametrize(("direct", "exchanges"), [(True, 1), (False, 2)])
def test_how_often_it_asks(direct: bool, exchanges: int) -> None:
    """A wake-up costs one exchange where connections end in the daemon, two otherwise; each new connection one more."""
    world = World(preloaded=3, proxied=False)
    listener, _ = follow(world, history=False, direct=direct)

    def cost() -> int:
        before = listener.exchanges
        seen = len(listener.seen)
        world.emit(1)
        while len(listener.seen) == seen:
            listener.step()
        return listener.exchanges - before

    assert [cost() for _ in range(3)] == [exchanges] * 3
    world.lose_connection()
    assert [cost() for _ in range(3)] == [2, exchanges, exchanges]
    world.use_another_connection()
    assert [cost() for _ in range(3)] == [2, exchanges, exchanges]
    world.use_another_connection()
    assert cost() == exchanges, "it was believed before"
    listener.continuity.interrupted()
    world.emit(1)
    listener.step()
    assert len(listener.seen) == 11, "what comes after an interruption comes with its proof"
    listener.continuity.expect_more()
    world.emit(2)
    listener.step()
    assert len(listener.seen) == 13, "so does what the listener expects"


# --- Single rules ---

A, B = "A", "B"


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def event(name: str) -> Any:
    """Return an event by its name: its ID, after another letter for another process, with ``/`` and its global ID."""
    number, _, global_id = name.lstrip("tuv").partition("/")
    process = name[0] if name[0].isalpha() else "t"
    return {"id": int(number), "globalID": int(global_id or number), "time": f"{process}{number}", "type": "Starting"}


def events(names: str) -> list[Any]:
    """Return events by their names; a dot stands for none."""
    return [event(name) for name in names.split() if name != "."]


def text(batch: Batch | None) -> str:
    """Return what a batch yields: IDs, and the reason and number of losses."""
    items = batch.items if batch else ()
    return " ".join(
        str(item["id"]) if item["id"] else ":".join(str(value) for value in item["data"].values() if value)
        for item in items
    )


BEGINNINGS: Final = {
    "new": "",
    "history": "IDENTITY 0 | A s 9\nHELD 0 |",
    "after 5": "IDENTITY 0 | A s 9\nNEWEST 0 | 5\nWAIT 5 |",
    "before 1": "IDENTITY 0 | A s 9\nNEWEST 0 | .\nWAIT 0 |",
    "cursor at 5": "",
    "cursor at 0": "",
}


def exchange(script: str) -> Continuity:
    """Run a script and return the listener's state.

    Its first line says how the listener begins. Each other line has the next question with its ``since``, the answer,
    and what that yields, possibly after the epoch. An answer is ``A s 9`` for the identity (device, start time,
    uptime), or events, possibly after another device than A, or ``-`` for no header; ``!`` interrupts. Events may be
    followed by ``@`` and the name of a connection that ends in the daemon.
    """
    beginning, *lines = script.splitlines()
    anchor = Anchor(5, 5, "t5") if beginning == "cursor at 5" else None
    epoch = Epoch(A, "s") if beginning.startswith("cursor") else None
    continuity = Continuity(epoch, anchor, history=beginning == "history")
    connections: dict[str, Connection | None] = defaultdict(Connection) | {"": None}
    for line in [*BEGINNINGS[beginning].splitlines(), *lines]:
        asked, answer, *expected = (part.strip() for part in line.split("|"))
        question, since = asked.split()
        assert (continuity.question.name, continuity.since) == (question, int(since)), line
        if answer == "!":
            continuity.interrupted()
        elif answer:
            if "IDENTITY" in question:
                device, started, uptime = answer.split()
                batch = continuity.identified(device, started, int(uptime))
            else:
                device, _, brought = answer.rpartition(":")
                names, _, connection = brought.partition("@")
                batch = continuity.answered(
                    events(names), None if device == "-" else device or A, connections[connection]
                )
            run, _, items = (expected[0] if expected else "").rpartition(": ")
            assert text(batch) == items, line
            assert not run or (batch and batch.epoch) == Epoch(*run.split()), line
    return continuity


SCENARIOS: Final = {
    "an uptime of 0 is believed after more than a second, and so is that of the next process": """new
        IDENTITY 0       | A s 0      |
        IDENTITY_LATER 0 | A s 0      |
        IDENTITY_LATER 0 | A s 0      |
        IDENTITY_LATER 0 | A s 0      |
        IDENTITY_LATER 0 | A s 0      |
        IDENTITY_LATER 0 | A s 0      |
        NEWEST 0         | 5          |
        WAIT 5           | 6          |
        OVERLAP 4        | .          |
        HELD 0           | .          |
        IDENTITY 5       | A s2 0     |
        IDENTITY_LATER 5 |""",
    "a poll only wakes up, with or without news: proof comes with the event before": """after 5
        WAIT 5           | 6          |
        OVERLAP 4        | 5 6        | 6
        WAIT 6           | .          |
        OVERLAP 5        | 6          |
        WAIT 6           |""",
    "while each answer brings more than expected, the next one brings proof and events at once": """after 5
        WAIT 5           | 6          |
        OVERLAP 4        | 5 6 7      | 6 7
        OVERLAP 6        | 7 8        | 8
        OVERLAP 7        | 8          |
        WAIT 8           |""",
    "when the anchor is no longer held, the start time proves how many are lost": """after 5
        WAIT 5           | 40         |
        OVERLAP 4        | 30 31      |
        HELD 0           | 30 31 32   |
        IDENTITY 5       | A s 99     | overflow:24 30 31 32
        WAIT 32          |""",
    "without that header, its identity does": """after 5
        WAIT 5           | -: 6       |
        OVERLAP 4        | -: .       |
        HELD 0           | -: u1      |
        IDENTITY 5       | B s 9      |
        HELD 0           | -: u1      | B s: replaced 1""",
    "before the beginning that is no loss": """new
        IDENTITY 0       | A s 9      |
        NEWEST 0         | B: 5       |
        IDENTITY_LATER 0 | B s 9      |
        NEWEST 0         | B: 5       |
        WAIT 5           |""",
    "when the anchor is there after all, another process has answered in between": """after 5
        WAIT 5           | 6          |
        OVERLAP 4        | -: .       |
        HELD 0           | -: u1      |
        IDENTITY 5       | B s 9      |
        HELD 0           | -: 4 5 6 8 | A s: 6 overflow:1 8
        WAIT 8           | .          |
        OVERLAP 7        | .          |
        HELD 0           | 8 9        | A s: 9""",
    "before the first event, the start time proves that the first ones follow": """before 1
        WAIT 0           | .          |
        HELD 0           | .          |
        IDENTITY 0       | A s 9      |
        WAIT 0           | 2          |
        HELD 0           | 1 2        |
        IDENTITY 0       | A s 9      | 1 2
        WAIT 2           |""",
    "after an interruption the next question is answered at once": """after 5
        WAIT 5           | !
        OVERLAP 4        | 5 6        | 6""",
    "a restart in the same second shows in a global ID that could not follow": """after 5
        WAIT 5           | 6          |
        OVERLAP 4        | u6/3       |
        HELD 0           | u6/3       |
        IDENTITY 5       | A s 3      |
        HELD 0           | u6/3       | A s: restart 6""",
    "two processes with the same identity differ by the last event seen": """after 5
        WAIT 5           | .          |
        OVERLAP 4        | .          |
        HELD 0           | u1         |
        IDENTITY 5       | A s2 9     |
        HELD 0           | u1         | A s2: restart 1
        WAIT 1           | .          |
        OVERLAP 0        | .          |
        HELD 0           | 4 5 6      | A s: restart 6""",
}


DIRECT_SCENARIOS: Final = {
    "a poll on a connection that has brought proof is believed, with or without news": """after 5
        WAIT 5           | 6 @a       |
        OVERLAP 4        | 5 6 @a     | 6
        WAIT 6           | 7 8 @a     | 7 8
        WAIT 8           | . @a       |
        WAIT 8           | 9 @a       | 9""",
    "its gaps and repetitions are judged like those of any answer": """after 5
        WAIT 5           | . @a       |
        OVERLAP 4        | 5 @a       |
        WAIT 5           | 8 9 9 @a   | overflow:2 8 9
        WAIT 9           | 9 11 @a    | overflow:1 11""",
    "on any other connection it only wakes up, and what brings the proof is believed as well": """after 5
        WAIT 5           | 6 @a       |
        OVERLAP 4        | 5 6 @a     | 6
        WAIT 6           | 7 @b       |
        OVERLAP 5        | 6 7 @b     | 7
        WAIT 7           | 8 @a       | 8
        WAIT 8           | 9 @b       | 9""",
    "if the proof has the event that came on another one, that is believed as well": """after 5
        WAIT 5           | 6 @b       |
        OVERLAP 4        | 5 6 7 @a   | 6 7
        WAIT 7           | 8 @b       | 8
        WAIT 8           | 9 @a       | 9""",
    "if it doesn't, that came from another process": """after 5
        WAIT 5           | u6 @b      |
        OVERLAP 4        | 5 6 @a     | 6
        WAIT 6           | 7 @b       |
        OVERLAP 5        |""",
    "the beginning is proof too, and the first ID is 1": """new
        IDENTITY 0       | A s 9      |
        NEWEST 0         | . @a       |
        WAIT 0           | 1 2 @a     | 1 2
        WAIT 2           |""",
    "history is proof as well": """history
        HELD 0           | 5 6 @a     | 5 6
        WAIT 6           | 7 @a       | 7""",
    "after an interruption no connection is believed": """after 5
        WAIT 5           | 6 @a       |
        OVERLAP 4        | 5 6 @a     | 6
        WAIT 6           | !
        OVERLAP 5        | 6 @b       |
        WAIT 6           | 7 @a       |
        OVERLAP 5        |""",
    "what answers after a restart is believed, and the process before it no longer": """after 5
        WAIT 5           | 6 @a       |
        OVERLAP 4        | 5 6 @a     | 6
        WAIT 6           | u7 @b      |
        OVERLAP 5        | u6 u7 @b   |
        HELD 0           | u6 u7 @b   |
        IDENTITY 6       | A s2 9     |
        HELD 0           | u6 u7 @b   | A s2: restart 6 7
        WAIT 7           | u8 @b      | A s2: 8
        WAIT 8           | 9 @a       |
        OVERLAP 7        |""",
    "if the start time is the proof, it counts for the connection that brought the events": """after 5
        WAIT 5           | 40 @a      |
        OVERLAP 4        | 30 31 @a   |
        HELD 0           | 30 31 @a   |
        IDENTITY 5       | A s 99     | overflow:24 30 31
        WAIT 31          | 32 @a      | 32""",
    "an answer that names another daemon is never believed": """after 5
        WAIT 5           | 6 @a       |
        OVERLAP 4        | 5 6 @a     | 6
        WAIT 6           | B: 7 @a    |
        IDENTITY 6       |""",
}


@pytest.mark.parametrize(
    "script", [*SCENARIOS.values(), *DIRECT_SCENARIOS.values()], ids=[*SCENARIOS, *DIRECT_SCENARIOS]
)
def test_rules(script: str) -> None:
    """Each question follows from the answers before it, and so does what they yield."""
    exchange(script)


def test_the_origin() -> None:
    """The starting position is known with the first answer about events, or from a cursor."""
    assert exchange("new\nIDENTITY 0 | A s 9\nNEWEST 0 |").origin is None
    for script in ("after 5", "cursor at 5"):
        assert exchange(script).origin == (Epoch(A, "s"), Anchor(5, 5, "t5"))
    for script in ("history\nHELD 0 | 5 | 5", "cursor at 0"):
        assert exchange(script).origin == (Epoch(A, "s"), None)


def test_the_order_of_questions() -> None:
    """Passing an answer about events before the first identity is a mistake of the caller."""
    with pytest.raises(RuntimeError, match="identity"):
        Continuity().answered(events("1"))


def test_a_marker() -> None:
    """A marker has the shape of an event, without IDs, and the current time."""
    fixed = {"id": None, "globalID": None, "time": "now", "type": "StreamUp", "data": None}
    assert marker("StreamUp", None, lambda: "now") == fixed
    assert parse_time(marker("StreamUp", None)["time"]) is not None


# --- Several daemons at one address ---


def test_taking_turns_at_the_beginning() -> None:
    """If identity and events never agree, that ends with an error, after pauses that grow."""
    continuity = Continuity()
    pauses: list[float] = []

    def go_on() -> None:
        while True:
            continuity.identified(A, "s", 9)
            continuity.answered(events("5"), B)
            assert continuity.question is Question.IDENTITY_LATER
            pauses.append(continuity.pause)

    with pytest.raises(MultipleDaemonsError, match=r"\(A and B\)") as caught:
        go_on()
    assert caught.value.device_ids == (A, B)
    assert pauses == sorted(pauses)
    assert sum(pauses) < 3


def test_taking_turns() -> None:
    """A listener that ignores the error gets it again after as many turns."""
    continuity = exchange("after 5")
    errors = []
    for number in range(14):
        try:
            if continuity.question in {Question.IDENTITY, Question.IDENTITY_LATER}:
                continuity.identified(A, "s", 9)
            else:
                continuity.answered(events("6"), B)
        except MultipleDaemonsError:
            continuity.interrupted()
            errors.append(number)
    assert errors == [5, 11]


def test_taking_turns_with_the_same_identity() -> None:
    """Then only the events show it."""
    continuity = exchange("after 5")

    def see(found: str) -> Any:
        continuity.answered([], A)
        continuity.answered([], A)
        return continuity.answered(events(found), A)

    see("u1")
    continuity.identified(A, "s2", 9)
    continuity.answered(events("u1"), A)
    for found in ["5", "u1"] * 2:
        assert text(see(found)) == "restart"
    with pytest.raises(MultipleDaemonsError, match="two processes with the same identity") as caught:
        see("5")
    assert caught.value.device_ids == (A,)


def moved(continuity: Continuity, device: str) -> str:
    """Answer as another daemon that holds one event; return what is yielded."""
    held = [{**event("1"), "time": device}]
    continuity.answered(held, device)
    continuity.identified(device, f"s{device}", 9)
    batch = continuity.answered(held, device)
    assert continuity.question is Question.WAIT
    return text(batch)


def test_a_daemon_that_is_moved() -> None:
    """A stack may be moved, moved back and moved again, or get a new identity each time."""
    continuity = Continuity(Epoch(A, "sA"), Anchor(1, 1, A), clock=Clock())
    assert [moved(continuity, device) for device in (B, A, B)] == ["replaced 1", "replaced", "replaced"]
    assert {moved(continuity, f"C{number}") for number in range(30)} == {"replaced 1"}


def test_a_pair_that_takes_over_from_each_other_now_and_then() -> None:
    """Changes that are rare are not taking turns."""
    clock = Clock()
    continuity = Continuity(Epoch(A, "sA"), Anchor(1, 1, A), clock=clock)
    moved(continuity, B)
    for device in (A, B) * 10:
        clock.now += 200
        assert moved(continuity, device) == "replaced"


# --- For a listener that trusts its polls ---


def test_recognizing_a_process() -> None:
    """Its last event is proof; after that its start time is."""
    recognition, last = Recognition(), Anchor(5, 5, "t5")
    assert not recognition.identified(A, "s", 9)
    assert recognition.overlapped(events("5 6"), last)
    assert recognition.identified(A, "s", 19)
    assert not recognition.identified(A, "s2", 1)
    assert not recognition.overlapped(events("u5"), last)
    assert not recognition.identified(B, "s", 9)
    assert not recognition.overlapped([], last)


@pytest.mark.parametrize("uptime", [0, -86400])
def test_recognizing_a_process_without_a_working_clock(uptime: int) -> None:
    """An uptime below 1 makes the start time no proof at all."""
    recognition, last = Recognition(), Anchor(5, 5, "t5")
    for _ in range(3):
        assert not recognition.identified(A, "s", uptime)
        assert recognition.overlapped(events("5"), last)
    assert not recognition.identified(A, "s", uptime)
    assert not recognition.overlapped(events("u1 u2"), last)
