"""The fake's process: what it reports when it starts and saves, and how its listener closes and reopens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.support.asking import ask, happened, send

from pytest_syncthing import VERSIONS, FakeSyncthing

if TYPE_CHECKING:
    from aiosyncthing import DeviceID
    from pytest_syncthing import FakeFolder


@pytest.fixture(params=VERSIONS)
def syncthing_version(request: pytest.FixtureRequest) -> str:
    """Each version."""
    version: str = request.param
    return version


def listens(fake: FakeSyncthing) -> bool:
    """Return whether the API can be reached."""
    try:
        return send(fake, "GET", "rest/system/ping").status == 200
    except ConnectionError:
        return False


def change(fake: FakeSyncthing, theme: str = "dark") -> None:
    """Change a setting of the API."""
    assert send(fake, "PATCH", "rest/config/gui", {"theme": theme}).status == 200


# --- Starting and ending ---


def test_a_start(fake: FakeSyncthing) -> None:
    """It reports its addresses and that it is up; no two processes start in the same second."""
    fake.freeze()
    starts = set()
    for _ in range(3):
        kinds = [event["kind"] for event in happened(fake, 0)]
        assert kinds == ["Starting", "ListenAddressesChanged", "StartupComplete"]
        starts.add(ask(fake, "rest/system/status")["startTime"])
        fake.restart()
    assert len(starts) == 3


def test_a_folder_that_starts(fake: FakeSyncthing, syncthing_version: str) -> None:
    """It is scanned and ends up idle; version 2.1 reports that it is starting."""
    fake.add_folder("docs", files={"x": "1", "gone": "1"}, scanProgressIntervalS=-1)
    fake.restart()
    fake.wait_until(lambda: fake.states() == {"docs": "idle"})
    assert not happened(fake, 0, "FolderScanProgress", "LocalIndexUpdated")
    states = [event["to"] for event in happened(fake, 0, "StateChanged")]
    begin = ["starting", "idle"] if syncthing_version == "2.1.3" else []
    assert states == [*begin, "scan-waiting", "scanning", "idle"]


def test_what_a_scan_tells(fake: FakeSyncthing, docs: FakeFolder, syncthing_version: str) -> None:
    """A scan reports the bytes read (since 1.20), the new items of the index, each change, and deletions separately."""
    ask(fake, "rest/events/disk?timeout=0")
    disk = ask(fake, "rest/events/disk?limit=1&timeout=0")[0]["id"]
    since = fake.newest_event
    docs.write({"new": "22"}, scan=False)
    docs.delete("a.txt")
    progress = happened(fake, since, "FolderScanProgress")
    assert [event["total"] for event in progress] == ([] if syncthing_version == "1.19.2" else [3])
    updated = happened(fake, since, "LocalIndexUpdated")
    assert [(event["filenames"], event["items"]) for event in updated] == [(["new"], 1), (["a.txt"], 1)]
    changed = [event["data"] for event in ask(fake, f"rest/events/disk?since={disk}&timeout=0")]
    assert [(each["path"], each["action"]) for each in changed] == [("new", "modified"), ("a.txt", "deleted")]
    assert {each["modifiedBy"] for each in changed} == {fake.device_id.short}


def test_when_sums_are_told(fake: FakeSyncthing, docs: FakeFolder, syncthing_version: str) -> None:
    """Many changes cause one summary event; before 1.27.4 only if a client has polled for it within the last minute."""
    mask = "rest/events?events=FolderSummary&timeout=0"
    fake.freeze()
    ask(fake, mask)
    for pause in (59, 61):
        fake.advance(pause)
        docs.write({f"{pause} {name}": "1" for name in "abc"})
    events = ask(fake, mask)
    assert len(events) == (1 if syncthing_version == "1.19.2" else 2)
    assert events[0]["data"]["summary"]["localFiles"] == 4


def test_a_panic() -> None:
    """1.19 crashes if the type of versioning doesn't exist, before it has saved the configuration."""
    with FakeSyncthing("1.19") as fake:
        folder = {"id": "x", "path": "/x", "versioning": {"type": "nonsense"}}
        send(fake, "POST", "rest/config/folders", folder)
        fake.wait_until(lambda: not fake.running)
        assert (fake.returncode, fake.config["folders"]) == (2, [])


# --- Settings ---


def test_when_settings_are_saved(fake: FakeSyncthing, phone: DeviceID) -> None:
    """They are saved at once, and again by the saver for all later changes; a paused device only by the saver."""
    fake.freeze()

    def saved(since: int) -> int:
        return len(happened(fake, since, "ConfigSaved"))

    fake.advance(60)
    since = fake.newest_event
    fake.set_options(maxSendKbps=7)
    fake.set_options(maxSendKbps=8)
    assert saved(since) == 2
    fake.advance(4.9)
    assert saved(since) == 2
    fake.advance(0.1)
    assert saved(since) == 3
    fake.set_options(maxSendKbps=8)  # which changes nothing
    fake.advance(60)
    assert saved(since) == 4
    send(fake, "POST", f"rest/system/pause?device={phone}")
    assert saved(since) == 4
    fake.advance(5)
    assert saved(since) == 5
    send(fake, "POST", f"rest/system/resume?device={phone}")
    fake.restart()
    fake.advance(60)
    assert saved(0) == 0


def test_what_becomes_of_folders(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """A new label is only saved; other changes restart the folder; pausing and resuming are reported."""
    since = fake.newest_event
    fake.set_folder("docs", label="Another")
    assert [event["kind"] for event in happened(fake, since)] == ["ConfigSaved"]
    fake.set_folder("docs", order="alphabetic")
    fake.wait_until(lambda: "idle" in [event["to"] for event in happened(fake, since, "StateChanged")])
    docs.pause()
    docs.resume()
    events = happened(fake, since, "FolderPaused", "FolderResumed")
    assert [(event["kind"], event["label"]) for event in events] == [
        ("FolderPaused", "Another"),
        ("FolderResumed", "Another"),
    ]


def test_changes_while_the_daemon_is_down(fake: FakeSyncthing) -> None:
    """They take effect when it is started again."""
    fake.add_folder("gone")
    docs = fake.add_folder("docs", files={"x": "1"})
    fake.stop_daemon()
    assert docs.state == ""
    fake.remove_folder("gone")
    fake.set_gui(theme="dark")
    fake.start_daemon()
    fake.wait_until(lambda: fake.states() == {"docs": "idle"})
    assert ask(fake, "rest/db/status?folder=docs")["localFiles"] == 1


def test_new_addresses_to_listen_on(fake: FakeSyncthing) -> None:
    """They are reported."""
    since = fake.newest_event
    fake.set_options(listenAddresses=[fake.sync_address, "tcp://127.0.0.1:1"])
    (event,) = happened(fake, since, "ListenAddressesChanged")
    assert (event["address"]["Scheme"], event["address"]["Host"]) == ("tcp", "127.0.0.1:1")


def test_a_restart_is_required(fake: FakeSyncthing, syncthing_version: str) -> None:
    """A few settings require a restart, and still do after they are set back."""
    is_new = syncthing_version == "2.1.3"
    key, values = ("auditEnabled", (True, False)) if is_new else ("databaseTuning", ("large", "auto"))
    send(fake, "PATCH", "rest/config/options", {"maxSendKbps": 3})
    assert ask(fake, "rest/config/restart-required") == {"requiresRestart": False}
    for value in values:
        send(fake, "PATCH", "rest/config/options", {key: value})
        assert ask(fake, "rest/config/restart-required") == {"requiresRestart": True}
    assert ask(fake, "rest/config/insync") == ask(fake, "rest/system/config/insync") == {"configInSync": False}
    fake.restart()
    assert ask(fake, "rest/config/restart-required") == {"requiresRestart": False}


# --- The listener ---


async def test_a_change_of_the_listener(fake: FakeSyncthing) -> None:
    """The request that changes it is answered, other connections break, and the process goes on."""
    async with fake.client() as client:
        poll = asyncio.create_task(client.events.poll(fake.newest_event))
        await fake.until(lambda: fake.polls_waiting)
        await asyncio.to_thread(change, fake)
        await asyncio.wait([poll])
        assert poll.exception() is not None
    assert listens(fake)
    assert fake.starts == 1


def test_many_changes_of_the_listener(fake: FakeSyncthing) -> None:
    """After more than five changes in a row the API is unreachable for 15 seconds; then counting starts over."""
    fake.freeze()
    for _ in range(2):
        for number in range(6):
            assert listens(fake)
            fake.set_gui(theme=f"{number}")
        assert not listens(fake)
        fake.set_gui(theme="dark")  # changes nothing while it is away
        fake.advance(14)
        assert not listens(fake)
        fake.advance(1)
    for number in range(10):  # not so often: nothing happens
        fake.advance(30)
        fake.set_gui(theme=f"{number}")
        assert listens(fake)


def test_a_start_ends_the_wait(fake: FakeSyncthing) -> None:
    """A daemon whose listener is closed answers as soon as it is started again."""
    for number in range(6):
        fake.set_gui(theme=f"{number}")
    assert not listens(fake)
    fake.restart()
    assert listens(fake)


def test_two_changes_of_the_listener_at_once(syncthing_version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2 then doesn't listen until it is started again, however much time passes on its clock."""
    monkeypatch.setattr("pytest_syncthing.model.running._ENDING", 600)
    with FakeSyncthing(syncthing_version) as fake:
        for theme in ("dark", "light"):
            change(fake, theme)
        gets_stuck = syncthing_version == "2.1.3"
        assert listens(fake) is not gets_stuck
        fake.advance(60)
        assert (listens(fake), fake.running) == (not gets_stuck, True)
        fake.restart()
        assert listens(fake)
