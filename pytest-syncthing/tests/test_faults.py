"""Which requests a fault meets, and how often."""

from __future__ import annotations

import asyncio

from pytest_syncthing.http.faults import HOST_CHECK, Fault, Faults
from pytest_syncthing.http.messages import Request

PING = Request("GET", "/rest/system/ping?x=1")


def test_what_a_fault_meets() -> None:
    """Method and path have to fit; a star stands for anything, and the query doesn't matter."""
    assert Fault().meets(PING)
    assert Fault(path="rest/system/ping", method="GET").meets(PING)
    assert Fault(path="/rest/*/ping").meets(PING)
    assert Fault(path="rest/config/folders/a b").meets(Request("GET", "/rest/config/folders/a%20b"))
    assert not Fault(method="POST").meets(PING)
    assert not Fault(path="rest/system").meets(PING)


def test_how_often() -> None:
    """The first fault that fits is used up before the next one."""
    faults = Faults()
    once, twice, always = (faults.add(Fault(times=times)) for times in (1, 2, None))
    other = faults.add(Fault(method="POST"))
    assert [faults.take(PING) for _ in range(5)] == [once, twice, twice, always, always]
    assert [fault.hits for fault in (once, twice, always, other)] == [1, 2, 2, 0]
    faults.remove(always)
    faults.remove(always)
    assert faults.take(PING) is None
    assert faults.take(Request("POST", "/")) is other


async def test_letting_go() -> None:
    """What a fault holds goes on when it is released, removed, or all are cleared, also if it is used up."""
    faults = Faults()
    for end in (lambda fault: fault.release(), faults.remove, lambda _: faults.clear()):
        faults.clear()
        fault = faults.add(Fault(hold=True))
        assert faults.take(PING) is fault
        waiting = asyncio.create_task(fault.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        end(fault)
        await waiting
        await fault.wait()
    assert faults.take(PING) is None


def test_what_replaces() -> None:
    """Some faults put something else in place of the answer, others only change it."""
    assert Fault(response=HOST_CHECK).replaces
    assert Fault(raw=b"").replaces
    assert not Fault(delay=1, content_type="x", anonymous=True, cut_after=1).replaces
