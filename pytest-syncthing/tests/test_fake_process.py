"""The fake's process: what it reports when it starts and saves, and how its listener closes and reopens."""

import pytest
from tests.support.asking import ask, happened, send

from aiosyncthing import DeviceID
from pytest_syncthing import VERSIONS, FakeFolder, FakeSyncthing


@pytest.fixture
def syncthing_version() -> str:
    """The version, where it makes no difference."""
    return "1.29.5"


def listens(fake: FakeSyncthing) -> bool:
    """Return whether the API can be reached."""
    try:
        return send(fake, "GET", "rest/system/ping").status == 200
    except ConnectionError:
        return False


def change(fake: FakeSyncthing, theme: str = "dark") -> None:
    """Change a setting of the API."""
    assert send(fake, "PATCH", "rest/config/gui", {"theme": theme}).status == 200


each_version = pytest.mark.parametrize("syncthing_version", VERSIONS)

# --- Starting and ending ---


@each_version
def test_a_folder_that_starts(fake: FakeSyncthing, syncthing_version: str) -> None:
    """A folder is scanned and ends up idle; version 2.1 reports that it is starting."""
    fake.add_folder("docs", files={"x": "1", "gone": "1"}, scanProgressIntervalS=-1)
    fake.restart()
    fake.wait_until(lambda: fake.states() == {"docs": "idle"})
    assert not happened(fake, 0, "FolderScanProgress", "LocalIndexUpdated")
    states = [event["to"] for event in happened(fake, 0, "StateChanged")]
    begin = ["starting", "idle"] if syncthing_version == "2.1.3" else []
    assert states == [*begin, "scan-waiting", "scanning", "idle"]


@each_version
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


@each_version
def test_when_summaries_are_sent(fake: FakeSyncthing, docs: FakeFolder, syncthing_version: str) -> None:
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
    """Changes are saved at once, and again by the saver for all later ones; a paused device only by the saver."""
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


@each_version
def test_changes_while_the_daemon_is_down(fake: FakeSyncthing) -> None:
    """Such changes take effect when the daemon is started again."""
    fake.add_folder("gone")
    docs = fake.add_folder("docs", files={"x": "1"})
    fake.stop_daemon()
    assert docs.state == ""
    fake.remove_folder("gone")
    fake.set_gui(theme="dark")
    fake.start_daemon()
    fake.wait_until(lambda: fake.states() == {"docs": "idle"})
    assert ask(fake, "rest/db/status?folder=docs")["localFiles"] == 1


def test_a_restart_is_required(fake: FakeSyncthing) -> None:
    """Until a required restart the configuration is not in use, whichever of the two paths is asked."""
    send(fake, "PATCH", "rest/config/options", {"maxSendKbps": 3})
    assert ask(fake, "rest/config/restart-required") == {"requiresRestart": False}
    send(fake, "PATCH", "rest/config/options", {"databaseTuning": "large"})
    assert ask(fake, "rest/config/insync") == ask(fake, "rest/system/config/insync") == {"configInSync": False}


# --- The listener ---


def test_many_changes_of_the_listener(fake: FakeSyncthing) -> None:
    """After more than five changes in a row the API is unreachable for 15 seconds, or until the daemon is restarted."""

    def change_often() -> None:
        for number in range(6):
            assert listens(fake)
            fake.set_gui(theme=f"{number}")
        assert not listens(fake)

    fake.freeze()
    for _ in range(2):  # counting starts over
        change_often()
        fake.set_gui(theme="dark")  # changes nothing while it is away
        fake.advance(14)
        assert not listens(fake)
        fake.advance(1)
    change_often()
    fake.restart()
    for number in range(10):  # not so often: nothing happens
        assert listens(fake)
        fake.advance(30)
        fake.set_gui(theme=f"{number}")


@pytest.mark.parametrize("syncthing_version", VERSIONS[1:])
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
