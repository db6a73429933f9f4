"""The mirror, whose objects change in another thread."""

import threading

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.blocking import Live, Syncthing
from aiosyncthing.exceptions import SyncthingError, WaitTimeoutError
from pytest_syncthing import FakeSyncthing
from tests.support.waiting import wait_until


def test_what_it_shows(client: Syncthing, fake: FakeSyncthing, phone: DeviceID) -> None:
    """It returns copies, which don't change afterwards."""
    fake.add_folder("docs", devices=[phone])
    with client.watch() as live:
        live.until(lambda live: live.settled, 10)
        docs, device = live.folders["docs"], live.devices[phone]
        assert (docs.state, docs.label, device.name, device.connected) == ("idle", "docs", "phone", False)
        fake.connect(phone)
        live.until(lambda live: live.devices[phone].connected, 10)
        assert not device.connected
        assert live.devices[phone] is not device
        completion = dict(docs.completion)
        fake.set_folder("docs", paused=True)
        live.until(lambda live: live.folders["docs"].paused, 10)
        assert (docs.state, docs.completion) == ("idle", completion)
        assert live.connected
        fake.offer_device("stranger")
        live.until(lambda live: live.pending_devices, 10)
        assert not live.pending_folders


def test_without_a_block(client: Syncthing, fake: FakeSyncthing, phone: DeviceID) -> None:
    """It is started and stopped, and what a copy of a folder says of other devices stays as it was."""
    fake.add_folder("docs", devices=[phone])
    live = client.watch()
    live.stop()
    assert live.start() is live
    live.until(lambda live: live.settled, 10)
    assert (live.own_id, live.version, {*live.remotes}) == (fake.device_id, fake.version, {phone})
    assert live.totals is not None
    docs, before = live.folders["docs"], live.snapshot()
    assert docs.remotes[phone].missing
    fake.connect(phone)
    live.until(lambda live: not live.folders["docs"].remotes[phone].missing, 10)
    assert docs.remotes[phone].missing
    assert live.snapshot() != before
    live.stop()
    live.stop()
    with pytest.raises(SyncthingError, match="the mirror has ended"):
        live.until(lambda _: False)


def test_conditions(client: Syncthing) -> None:
    """Conditions are evaluated in the caller's thread; their errors and time limits end the wait."""
    threads: list[threading.Thread] = []

    def look(_: object) -> bool:
        threads.append(threading.current_thread())
        return False

    with client.watch() as live:
        with pytest.raises(WaitTimeoutError, match="the condition is still false"):
            live.until(look, 0.05)
        assert {*threads} == {threading.current_thread()}
        with pytest.raises(KeyError):
            live.until(lambda live: live.folders["nope"].paused)
    with pytest.raises(SyncthingError, match="the mirror has ended"):
        live.until(look)


def test_one_moment(client: Syncthing, fake: FakeSyncthing) -> None:
    """During one call of a condition, folders and devices stay as they are, whatever happens meanwhile."""
    fake.add_folder("docs")
    seen: list[bool] = []
    with client.watch() as live:

        def look(now: Live) -> bool:
            seen.append(now.folders["docs"].paused)
            if not seen[-1]:
                fake.set_folder("docs", paused=True)
                wait_until(lambda: live.folders["docs"].paused)
            assert now.folders["docs"].paused == seen[-1]
            return seen[-1]

        live.until(look, 10)
        assert {*live.remotes} == {*live.devices} - {live.own_id}
    assert {*seen} == {False, True}


def test_one_that_is_forgotten(client: Syncthing, fake: FakeSyncthing) -> None:
    """When nothing refers to it any longer, it is stopped in the background, with a warning: once."""
    live = client.watch().start()
    with pytest.warns(ResourceWarning, match="entered and never left") as caught:
        del live
    assert len(caught) == 1
    wait_until(lambda: fake.polls_waiting == 0)


def test_changes(client: Syncthing, fake: FakeSyncthing) -> None:
    """Changes are collected from the call on, even before the first is taken, until the mirror ends."""
    with client.watch() as live:
        changes = live.changes()
        fake.add_folder("docs")
        change = next(changes)
        while change.id != "docs":
            change = next(changes)
        assert "added" in change.fields
        assert live.folders["docs"].id == "docs"
    assert all(change.kind in {"folder", "device", "daemon"} for change in changes)
