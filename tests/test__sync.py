"""What "in sync" means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiosyncthing._sync import (
    Amount,
    Rate,
    SyncProgress,
    age,
    check_device,
    check_folder,
    check_shared,
    device_name,
    local_amount,
    mark,
    remote_amount,
    shares,
)
from aiosyncthing.exceptions import CannotSyncError, FolderNotRunningError, NotFoundError

from .support import values
from .support.server import DAEMON_ID
from .support.values import OTHER, THIRD, completion, connection, summary

NEVER = "0001-01-01T00:00:00Z"


def folder(*devices: str, **fields: Any) -> Any:
    """Return a folder's configuration."""
    return values.folder("docs", *devices, **fields)


def device(device_id: str = OTHER, **fields: Any) -> Any:
    """Return a device's configuration."""
    return values.device(device_id, **fields)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, ""),
        ({"state": ""}, "folder docs: not started yet"),
        ({"stateChanged": NEVER}, "folder docs: not scanned yet"),
        ({"state": "scanning", "stateChanged": NEVER}, "folder docs: scanning"),
        ({"state": "sync-waiting"}, "folder docs: sync-waiting"),
        ({"state": "starting"}, "folder docs: starting"),
        ({"errors": 2}, "folder docs: 2 items failed"),
        ({"needDeletes": 1}, "folder docs: 1 items (0 bytes) are needed here"),
        ({"needDirectories": 1, "needSymlinks": 1}, "folder docs: 2 items (0 bytes) are needed here"),
        ({"needFiles": 3, "needBytes": 5}, "folder docs: 3 items (5 bytes) are needed here"),
        ({"needFiles": 3, "needBytes": 5, "errors": 1}, "folder docs: 3 items (5 bytes) are needed here, and 1 failed"),
        ({"state": "syncing", "needFiles": 1, "needBytes": 5}, "folder docs: 1 items (5 bytes) are needed here"),
        ({"receiveOnlyChangedFiles": 1, "receiveOnlyTotalItems": 1}, ""),
    ],
)
def test_local_amount(fields: Any, missing: str) -> None:
    """Nothing needed, nothing failed, idle, and scanned since the folder was started; changes of one's own are none."""
    found: Any = summary(**fields)
    amount = local_amount(folder(), found)
    assert amount.missing == missing
    needed = ("needFiles", "needDirectories", "needSymlinks", "needDeletes")
    assert amount.needed_items == (sum(found[name] for name in needed) if found["state"] else 0)


def test_a_folder_that_does_not_answer_has_not_started() -> None:
    """It answers 404 for some milliseconds."""
    assert local_amount(folder(), None).missing == "folder docs: not started yet"


@pytest.mark.parametrize(
    ("fields", "connected", "missing"),
    [
        ({}, True, ""),
        ({}, False, "it is not connected"),
        ({"remoteState": "unknown"}, True, "it is not connected"),
        ({"remoteState": "paused"}, True, "it has paused the folder"),
        ({"remoteState": "notSharing"}, True, "it has not accepted the folder"),
        ({"remoteState": "sulking"}, True, "it reports sulking"),
        ({"needDeletes": 2, "completion": 95}, True, "2 items (0 bytes) are needed there"),
        ({"needItems": 1, "completion": 100}, True, "1 items (0 bytes) are needed there"),
        ({"needItems": 1, "needBytes": 8, "needDeletes": 1}, True, "2 items (8 bytes) are needed there"),
        ({"needBytes": 8}, True, "0 items (8 bytes) are needed there"),
        ({"sequence": 0}, True, "it has not told what it has, perhaps it has not accepted the folder"),
        ({"sequence": 0, "globalItems": 0}, True, ""),
    ],
)
@pytest.mark.parametrize("recent", [True, False])
def test_remote_amount(fields: Any, connected: bool, missing: str, recent: bool) -> None:
    """Connected, accepted, and nothing needed; the percentage plays no part. Version 1.19 tells no state."""
    figures: Any = completion(**fields)
    if not recent:
        if "remoteState" in fields:
            return
        del figures["remoteState"]
    amount = remote_amount("docs", device(name="laptop"), figures, connected=connected)
    assert amount.missing == (f"folder docs, device laptop: {missing}" if missing else "")
    assert amount.needed_bytes == figures["needBytes"]
    assert amount.total_bytes == figures["globalBytes"]


def test_a_folder_that_is_not_running_says_nothing_of_others() -> None:
    """Its questions about devices answer 404."""
    amount = remote_amount("docs", device(), None, connected=True)
    assert amount == Amount(missing="folder docs, device MFZWI3D: not known yet")


@pytest.mark.parametrize(
    ("config", "found", "error", "text"),
    [
        ({"paused": True}, None, FolderNotRunningError, "folder docs is paused"),
        ({"paused": True}, {}, NotFoundError, "folder docs is paused"),
        ({}, {"error": "folder path missing", "state": "error"}, CannotSyncError, "folder docs: folder path missing"),
        ({}, {"error": "folder path missing"}, CannotSyncError, "folder docs: folder path missing"),
        ({}, {"state": "error"}, CannotSyncError, "folder docs: it has an error"),
    ],
)
def test_folders_that_waiting_does_not_heal(config: Any, found: Any, error: type[Exception], text: str) -> None:
    """They are named, with the daemon's reason."""
    with pytest.raises(error, match=f"^{text}$") as caught:
        check_folder(folder(**config), None if found is None else summary(**found))
    if isinstance(caught.value, CannotSyncError):
        assert (caught.value.folder_id, caught.value.device_id) == ("docs", None)
        assert caught.value.reason in text


@pytest.mark.parametrize("found", [None, summary(), summary(state="scanning"), summary(state="")])
def test_folders_that_may_come_about(found: Any) -> None:
    """Those are waited for; version 1.19 leaves the error out if there is none."""
    check_folder(folder(), found)
    if found is not None:
        old = dict(found)
        del old["error"]
        check_folder(folder(), old)  # type: ignore[arg-type]


def test_paused_devices() -> None:
    """They are named, and raise at once."""
    check_device("docs", device())
    with pytest.raises(CannotSyncError, match="folder docs: device laptop is paused") as caught:
        check_device("docs", device(paused=True, name="laptop"))
    assert (caught.value.folder_id, caught.value.device_id) == ("docs", OTHER)
    assert caught.value.reason == "the device is paused"


def test_devices_that_share_nothing() -> None:
    """A device that was named has to share every folder that was named, or any if none was."""
    one, other = folder(OTHER), values.folder("pics")
    folders: Any = [one, other]
    check_shared(folders, [device()], every=False)
    check_shared(folders[:1], [device()], every=True)
    check_shared(folders, [], every=True)
    with pytest.raises(CannotSyncError, match="folder pics: not shared with device laptop") as caught:
        check_shared(folders, [device(name="laptop")], every=True)
    assert (caught.value.folder_id, caught.value.device_id) == ("pics", OTHER)
    for these in (folders, []):
        with pytest.raises(CannotSyncError, match="device AAAQEAY: shares no folder") as caught:
            check_shared(these, [device(THIRD)], every=False)
        assert (caught.value.folder_id, caught.value.device_id) == ("", THIRD)


def test_names() -> None:
    """A device without a name goes by the beginning of its ID."""
    assert device_name(device(name="laptop")) == "laptop"
    assert device_name(device()) == "MFZWI3D"
    assert shares(folder(OTHER), device(OTHER))
    assert shares(folder(OTHER), device(DAEMON_ID))
    assert not shares(folder(OTHER), device(THIRD))


def test_marks_change_with_the_folder() -> None:
    """Also in version 1.19, which adds all devices up."""
    first: Any = summary()
    assert mark(first) == mark({**first, "stateChanged": NEVER})
    assert mark(first) != mark({**first, "sequence": 8})
    assert mark(first) != mark({**first, "remoteSequence": {OTHER: 1}})
    old: Any = {"sequence": 7}
    assert mark(old) != mark({**old, "sequence": 8})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 3600),
        ({"at": "2026-03-01T13:00:00.5+01:00", "startedAt": "2026-03-01T12:00:00Z"}, 0.5),
        ({"connected": False}, None),
        ({"startedAt": NEVER}, None),
        ({"at": NEVER}, None),
    ],
)
def test_age(fields: Any, expected: float | None) -> None:
    """It is told by the daemon's clock alone."""
    figures: Any = {**connection(), **fields}
    assert age(figures) == expected


def test_nothing_at_all_is_in_sync() -> None:
    """No folders, no bytes: that is all there is to have."""
    assert SyncProgress.of([], None) == SyncProgress(0, 0, 0, 100.0, None, 0.0, ())
    assert SyncProgress.of([Amount()], 5.0).percent == 100


@pytest.mark.parametrize(
    ("amounts", "rate", "percent", "left"),
    [
        ([Amount(25, 1, 100, "x")], 5.0, 75, 5),
        ([Amount(25, 1, 100, "x"), Amount(0, 0, 100)], None, 87.5, None),
        ([Amount(25, 1, 100, "x")], 0.0, 75, None),
        ([Amount(0, 3, 100, "x")], 5.0, 99.9, None),  # items without content
        ([Amount(0, 3, 0, "x")], None, 0, None),
        ([Amount(1, 1, 10**9, "x")], 1.0, 99.9, 1),
        ([Amount(200, 1, 100, "x")], 100.0, 0, 2),  # what is needed may be larger than what there is
        ([Amount(0, 0, 100)], 3.0, 100, 0),
    ],
)
def test_progress(amounts: list[Amount], rate: float | None, percent: float, left: float | None) -> None:
    """100 percent is reached when nothing is missing, and only then; time is told only where something arrives."""
    progress = SyncProgress.of(amounts, rate)
    assert (progress.percent, progress.seconds_left, progress.rate) == (percent, left, rate)


_AMOUNTS = st.builds(
    Amount, st.integers(0, 2**62), st.integers(0, 9), st.integers(0, 2**62), st.sampled_from(["", "a", "b"])
)


@given(st.lists(_AMOUNTS), st.none() | st.floats(0, 1e12))
def test_progress_is_sane(amounts: list[Amount], rate: float | None) -> None:
    """Whatever comes in, the figures can be shown to people."""
    progress = SyncProgress.of(amounts, rate)
    assert 0 <= progress.percent <= 100
    assert (progress.percent == 100) == (not progress.missing)
    assert progress.seconds_left is None or progress.seconds_left >= 0
    later = progress.interrupted("gone")
    assert later.percent < 100
    assert later.missing == ("gone",)
    assert later.seconds_left is None
    assert later.rate is None
    assert later.needed_bytes == progress.needed_bytes


def test_the_rate_follows_what_arrives() -> None:
    """It settles at the true value, and forgets it when nothing more comes."""
    rate = Rate()
    assert rate.add(0, 100_000) is None
    assert rate.add(1, 99_000) == 1000
    for second in range(2, 40):
        value = rate.add(second, 100_000 - 1000 * second)
        assert value == pytest.approx(1000)
    for second in range(40, 60):
        value = rate.add(second, 61_000 - 2000 * (second - 39))
    assert value == pytest.approx(2000, rel=0.1)
    for second in range(60, 200):
        value = rate.add(second, 21_000)
    assert value == 0


def test_new_work_says_nothing_of_the_rate() -> None:
    """More that is needed is not a negative rate; nor is a second look at the same moment anything."""
    rate = Rate()
    rate.add(0, 1000)
    assert rate.add(1, 900) == 100
    assert rate.add(2, 5000) == 100
    assert rate.add(2, 4000) == 100
    assert rate.add(12, 4000) == pytest.approx(100)
    assert rate.add(22, 4000) == pytest.approx(25)
