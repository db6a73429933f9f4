"""What "in sync" means."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.exceptions import CannotSyncError, FolderNotRunningError, NotFoundError
from aiosyncthing.waiting.progress import Amount
from aiosyncthing.waiting.sync import (
    check_device,
    check_folder,
    check_shared,
    is_encrypted,
    local_amount,
    mark,
    nothing_received,
    progress_here,
    progress_there,
    remote_amount,
    restarts,
    shares_of,
)
from tests.support import values
from tests.support.server import DAEMON_ID
from tests.support.values import OTHER, THIRD, completion, summary

NEVER = "0001-01-01T00:00:00Z"


def folder(*devices: str, **fields: Any) -> Any:
    """Return a folder's configuration."""
    return values.folder("docs", *devices, **fields)


def device(device_id: str = OTHER, **fields: Any) -> Any:
    """Return a device's configuration."""
    return values.device(device_id, **fields)


def _text(amount: Amount) -> str:
    """Return what is missing, for people."""
    return "" if amount.missing is None else str(amount.missing)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, ""),
        ({"state": ""}, "folder docs: not started yet"),
        ({"stateChanged": NEVER}, "folder docs: not scanned yet"),
        ({"state": "scanning", "stateChanged": NEVER}, "folder docs: scanning"),
        ({"state": "sync-waiting"}, "folder docs: sync-waiting"),
        ({"state": "starting"}, "folder docs: starting"),
        ({"errors": 1}, "folder docs: 1 item failed: a (no space left)"),
        ({"errors": 2}, "folder docs: 2 items failed: a (no space left)"),
        ({"needDeletes": 1}, "folder docs: 1 item (0 B) still missing"),
        ({"needDirectories": 1, "needSymlinks": 1}, "folder docs: 2 items (0 B) still missing"),
        ({"needFiles": 3, "needBytes": 5}, "folder docs: 3 items (5 B) still missing"),
        (
            {"needFiles": 3, "needBytes": 5, "errors": 1},
            "folder docs: 3 items (5 B) still missing, 1 failed: a (no space left)",
        ),
        ({"state": "syncing", "needFiles": 1, "needBytes": 5}, "folder docs: 1 item (5 B) still missing"),
        ({"receiveOnlyChangedFiles": 1, "receiveOnlyTotalItems": 1}, ""),
    ],
)
def test_local_amount(fields: Any, missing: str) -> None:
    """In sync: it needs nothing, has no errors, is idle, and was scanned. Local changes of its own don't count."""
    found: Any = summary(**fields)
    amount = local_amount(folder(), found, [{"path": "a", "error": "no space left"}])
    assert _text(amount) == missing
    needed = ("needFiles", "needDirectories", "needSymlinks", "needDeletes")
    assert amount.needed_items == (sum(found[name] for name in needed) if found["state"] else 0)


@pytest.mark.parametrize(
    ("fields", "connected", "missing"),
    [
        ({}, True, ""),
        ({}, False, "it is not connected"),
        ({"remoteState": "unknown"}, True, "it has not announced its folders yet"),
        ({"remoteState": "paused"}, True, "it has paused the folder"),
        ({"remoteState": "notSharing"}, True, "it has not accepted the folder"),
        ({"remoteState": "sulking"}, True, "it reports sulking"),
        ({"needDeletes": 2, "completion": 95}, True, "2 items (0 B) still missing"),
        ({"needItems": 1, "completion": 100}, True, "1 item (0 B) still missing"),
        ({"needItems": 1, "needBytes": 8, "needDeletes": 1}, True, "2 items (8 B) still missing"),
        ({"needBytes": 8}, True, "0 items (8 B) still missing"),
        ({"sequence": 0}, True, "it has not announced its files; it may not have accepted the folder"),
        ({"sequence": 0, "globalItems": 0}, True, ""),
    ],
)
@pytest.mark.parametrize("recent", [True, False])
def test_remote_amount(fields: Any, connected: bool, missing: str, recent: bool) -> None:
    """A device is connected, has accepted the folder, and needs nothing, whatever the percentage. 1.19 has no state."""
    figures: Any = completion(**fields)
    if not recent:
        if "remoteState" in fields:
            return
        del figures["remoteState"]
    amount = remote_amount(folder(), device(name="laptop"), figures, connected=connected)
    assert _text(amount) == (f"folder docs, device laptop: {missing}" if missing else "")
    assert amount.needed_bytes == figures["needBytes"]
    assert amount.total_bytes == figures["globalBytes"]


@pytest.mark.parametrize("recent", [True, False])
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_device_that_gets_encrypted_data(*, encrypted: bool, recent: bool) -> None:
    """Even if it has accepted the folder, the daemon says it has not, until the device reconnects."""
    figures: Any = completion(remoteState="notSharing", sequence=0)
    if not recent:
        del figures["remoteState"]
    shared = folder()
    shared["devices"] = [{"deviceID": OTHER, "encryptionPassword": "secret" if encrypted else ""}]
    text = _text(remote_amount(shared, device(), figures, connected=True))
    assert "accepted the folder" in text
    assert text.endswith("so that it reconnects, which an encrypted folder needs once") == encrypted


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
def test_folders_that_waiting_does_not_help(config: Any, found: Any, error: type[Exception], text: str) -> None:
    """The error names them, with the daemon's reason."""
    with pytest.raises(error, match=f"^{text}$") as caught:
        check_folder(folder(**config), None if found is None else summary(**found))
    if isinstance(caught.value, CannotSyncError):
        assert (caught.value.folder_id, caught.value.device_id) == ("docs", None)
        assert caught.value.reason in text


@pytest.mark.parametrize("found", [None, summary(), summary(state="scanning"), summary(state="")])
def test_folders_to_wait_for(found: Any) -> None:
    """They raise nothing. Version 1.19 leaves the error out if there is none."""
    check_folder(folder(), found)
    if found is not None:
        old = dict(found)
        del old["error"]
        check_folder(folder(), old)  # type: ignore[arg-type]


def test_paused_devices() -> None:
    """The error names them."""
    check_device("docs", device())
    with pytest.raises(CannotSyncError, match="folder docs: device laptop is paused") as caught:
        check_device("docs", device(paused=True, name="laptop"))
    assert (caught.value.folder_id, caught.value.device_id) == ("docs", OTHER)
    assert caught.value.reason == "the device is paused"


def test_devices_that_share_nothing() -> None:
    """A named device has to share every named folder, or any folder if none was named."""
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


def test_who_shares_what() -> None:
    """Each folder comes with each of the devices that share it, both in the order given."""
    both, one, none = folder(OTHER, THIRD), folder(THIRD), values.folder("own")
    other, third = device(OTHER), device(THIRD)
    assert shares_of([both, one, none], [third, other]) == [(both, third), (both, other), (one, third)]
    assert shares_of([both], [device(DAEMON_ID)]) == [(both, device(DAEMON_ID))]
    assert shares_of([], [other]) == shares_of([both], []) == []


@pytest.mark.parametrize("count", [10, 1000])
def test_who_shares_what_takes_steps_that_do_not_multiply(count: int) -> None:
    """However many folders and devices there are, each is read once, not each for each of the others."""
    reads = 0

    class Counted(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            nonlocal reads
            reads += 1
            return super().__getitem__(key)

    devices: Any = [Counted(deviceID=str(number)) for number in range(count)]
    folders: Any = [Counted(id=str(number), devices=[Counted(deviceID=str(number))]) for number in range(count)]
    assert len(shares_of(folders, devices)) == count
    assert reads == 3 * count


def test_marks_change_with_the_folder() -> None:
    """They do so in version 1.19, too, whose sequence includes all devices."""
    first: Any = summary()
    assert mark(first) == mark({**first, "stateChanged": NEVER})
    assert mark(first) != mark({**first, "sequence": 8})
    assert mark(first) != mark({**first, "remoteSequence": {OTHER: 1}})
    old: Any = {"sequence": 7}
    assert mark(old) != mark({**old, "sequence": 8})


@pytest.mark.parametrize(
    ("sequences", "waits"),
    [([], False), ([0], True), ([0, 0], True), ([0, 3], False), ([None], True), ([None, 1], False)],
)
def test_an_encrypted_folder_that_has_received_nothing(sequences: list[int | None], waits: bool) -> None:
    """Such a folder looks complete. One that isn't shared needs nothing."""
    assert is_encrypted(folder(type="receiveencrypted"))
    assert not is_encrypted(folder(type="receiveonly"))
    assert not is_encrypted(folder())
    figures: list[Any] = [None if number is None else completion(sequence=number) for number in sequences]
    found = nothing_received(folder(), figures)
    assert (found is not None) == waits
    if found is not None:
        assert "folder docs: nothing received yet; if that doesn't change, pause and resume the device" in str(found)


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, False), ({"label": "x"}, False), ({"group": "x"}, False), ({"order": "random"}, True)]
)
def test_restarts(fields: Any, expected: Any) -> None:
    """A change of anything but names makes the daemon restart a folder."""
    before: Any = folder()
    assert restarts(before, {**before, **fields}) is expected


@pytest.mark.parametrize(
    ("config", "fields", "percent", "reason"),
    [
        ({}, {}, 100.0, ""),
        ({}, {"state": "scanning"}, 99.9, "scanning"),
        ({}, {"state": "error", "error": "lost", "needFiles": 1, "needBytes": 25}, 75.0, "lost"),
        ({}, {"state": "error"}, 99.9, "it has an error"),
        ({"type": "receiveencrypted"}, {}, 99.9, "nothing received yet"),
        ({}, {"errors": 1}, 99.9, "1 item failed"),
    ],
)
def test_progress_here(config: Any, fields: Any, percent: float, reason: str) -> None:
    """Progress is what a wait would report, also where a wait would be refused."""
    found = progress_here(folder(OTHER, **config), summary(**fields), [], [completion(sequence=0)])  # type: ignore[arg-type, list-item]
    assert found.percent == percent
    assert [each.reason.partition(";")[0] for each in found.missing] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("paused", "connected", "fields", "percent", "reason"),
    [
        (False, True, {}, 100.0, ""),
        (False, True, {"needBytes": 50, "needItems": 1}, 50.0, "1 item (50 B) still missing"),
        (False, False, {}, 99.9, "it is not connected"),
        (True, False, {"needBytes": 50, "needItems": 1}, 50.0, "the device is paused"),
        (False, True, {"remoteState": "paused"}, 99.9, "it has paused the folder"),
    ],
)
def test_progress_there(*, paused: bool, connected: bool, fields: Any, percent: float, reason: str) -> None:
    """Progress is what a wait would report, also where a wait would be refused."""
    found = progress_there(folder(), device(paused=paused), completion(**fields), connected=connected)  # type: ignore[arg-type]
    assert found.percent == percent
    assert [each.reason for each in found.missing] == ([reason] if reason else [])
