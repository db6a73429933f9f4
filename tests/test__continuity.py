"""The pure part of the event stream: no silent loss, no event twice, in the right order."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aiosyncthing._continuity import Anchor, Continuity, Epoch

from .support.model import RING, Listener, World, judge

operations = st.one_of(
    st.tuples(st.just("step"), st.booleans()),
    st.tuples(st.just("step"), st.booleans()),
    st.tuples(st.just("emit"), st.integers(1, 2 * RING)),
    st.tuples(st.just("emit"), st.integers(1, 2)),
    st.tuples(st.just("drop"), st.none()),
    st.tuples(st.just("pause"), st.sampled_from([0.1, 0.3, 5.0])),
    st.tuples(st.just("dark"), st.integers(1, 3)),
    st.tuples(st.just("cut"), st.none()),
    st.tuples(st.just("restart"), st.tuples(st.floats(0.5, 3.0), st.integers(0, 2 * RING))),
    st.tuples(st.just("stalled restart"), st.tuples(st.floats(0.5, 3.0), st.integers(0, 2 * RING))),
    st.tuples(st.just("restart in flight"), st.tuples(st.floats(0.5, 3.0), st.integers(0, 2 * RING))),
    st.tuples(st.just("replace"), st.tuples(st.floats(0.5, 3.0), st.integers(0, 2 * RING))),
)


def play(world: World, listener: Listener, script: list[tuple[str, Any]]) -> None:
    """Let things happen."""
    for name, value in script:
        match name:
            case "step":
                listener.step(hidden=value)
            case "emit":
                world.emit(value)
            case "drop":
                world.drop()
            case "pause":
                world.now += value
            case "dark":
                world.dark = value
            case "cut":
                world.connection = None
                listener.continuity.doubt(broken=True)
            case "restart":
                world.restart(pause=value[0], events=value[1])
            case "stalled restart":
                world.restart(pause=value[0], events=value[1])
                if not world.proxied:  # the last answer lay in the kernel's buffer, and was read only now
                    listener.ended = world.now
            case "restart in flight":
                world.in_flight = functools.partial(world.restart, pause=value[0], events=value[1])
            case "replace":
                world.restart(pause=value[0], device="B" if world.process.device == "A" else "A", events=value[1])


@settings(max_examples=1500, deadline=None)
@given(
    script=st.lists(operations, max_size=40),
    preloaded=st.integers(0, 2 * RING),
    proxied=st.booleans(),
    history=st.booleans(),
    age=st.sampled_from([0.0, 5.0]),
)
def test_nothing_is_lost_silently(
    script: list[tuple[str, Any]], preloaded: int, proxied: bool, history: bool, age: float
) -> None:
    """Whatever happens, each event comes once and in order, or lies under an EventsLost."""
    world = World(preloaded=preloaded, proxied=proxied, age=age)
    listener = Listener(world, Continuity(history=history))
    while not listener.continuity.origin:
        listener.step()
    begin = len(world.truth) - (len(listener.seen) if history else 0)
    play(world, listener, script)
    listener.settle()
    judge(world.truth[begin:], listener.seen)


@settings(max_examples=1000, deadline=None)
@given(
    first=st.lists(operations, max_size=15),
    between=st.lists(operations.filter(lambda op: op[0] != "step"), max_size=8),
    second=st.lists(operations, max_size=15),
    preloaded=st.integers(0, 2 * RING),
    taken=st.integers(0, 30),
    proxied=st.booleans(),
    age=st.sampled_from([0.0, 5.0]),
)
def test_a_cursor_goes_on_exactly_there(
    first: list[tuple[str, Any]],
    between: list[tuple[str, Any]],
    second: list[tuple[str, Any]],
    preloaded: int,
    taken: int,
    proxied: bool,
    age: float,
) -> None:
    """A listener that begins with the position of any event that another was given continues after that event."""
    world = World(preloaded=preloaded, proxied=proxied, age=age)
    listener = Listener(world, Continuity())
    while not listener.continuity.origin:
        listener.step()
    begin = len(world.truth)
    origin = listener.continuity.epoch, listener.continuity.anchor
    positions: list[tuple[Epoch | None, Anchor | None]] = [origin]
    places = [0]
    for operation in first:
        before = len(listener.seen)
        play(world, listener, [operation])
        for number, item in enumerate(listener.seen[before:], before + 1):
            if item["id"] is not None:
                positions.append((listener.continuity.epoch, Anchor.of(item)))  # type: ignore[arg-type]
                places.append(number)
    choice = taken % len(positions)
    epoch, anchor = positions[choice]
    play(world, listener, between)
    listener.continuity = Continuity(epoch, anchor)
    listener.seen = listener.seen[: places[choice]]
    listener.ended = float("-inf")
    play(world, listener, second)
    listener.settle()
    judge(world.truth[begin:], listener.seen)
