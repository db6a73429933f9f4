"""What folders and devices of a mirror say about themselves, and snapshots of them."""

from __future__ import annotations

import json
import pickle
from typing import Any

import orjson
import pytest

from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import CONFIG, CONNECTIONS, FOLDER_STATS, Question
from aiosyncthing.live.snapshots import Snapshots
from tests.support.server import DAEMON_ID
from tests.support.values import OTHER, completion, connection, device, folder, summary

SUMMARY, COMPLETION = Question("summary", "docs"), Question("completion", "docs", OTHER)
NEVER = "0001-01-01T00:00:00Z"
STATS = {"lastScan": "2026-03-01T13:00:00+01:00", "lastFile": {"at": NEVER, "filename": "", "deleted": False}}


def mirrored(*, connected: bool = True, device_paused: bool = False, **fields: Any) -> Mirror:
    """Return a mirror of a daemon with one folder and one remote device, whose figures it has."""
    mirror = Mirror()
    mirror.identify(DAEMON_ID, "v1.29.5")
    devices = [device(DAEMON_ID, name="own"), device(OTHER, name="other", paused=device_paused)]
    config = {"devices": devices, "folders": [folder("docs", OTHER, label="Docs", **fields)]}
    total = {"inBytesTotal": 1, "outBytesTotal": 2}
    for question, answer in (
        (CONFIG, config),
        (CONNECTIONS, {"connections": {OTHER: connection(connected=connected)}, "total": total}),
        (FOLDER_STATS, {"docs": STATS}),
        (SUMMARY, summary()),
        (COMPLETION, completion()),
    ):
        mirror.load(question, answer, 0)
    return mirror


@pytest.mark.parametrize(
    ("fields", "here", "missing"),
    [
        ({}, (100.0, 0, 0), ""),
        ({"needFiles": 1, "needBytes": 25}, (75.0, 25, 1), "folder docs: 1 item (25 B) still missing"),
        ({"state": "scanning"}, (99.9, 0, 0), "folder docs: scanning"),
    ],
)
def test_how_far_a_folder_is(fields: Any, here: tuple[float, int, int], missing: str) -> None:
    """A folder says how much of it is there, what is needed, and why it is not in sync."""
    mirror = mirrored()
    mirror.load(SUMMARY, summary(**fields), 0)
    docs = mirror.folders["docs"]
    assert (docs.percent, docs.needed_bytes, docs.needed_items) == here
    assert ("" if docs.missing is None else str(docs.missing)) == missing
    assert docs.in_sync is (not missing)


def test_no_secrets_in_a_log() -> None:
    """What is shown of a folder contains no encryption passwords, nor does that of a device its addresses."""
    mirror = mirrored(devices=[{"deviceID": OTHER, "encryptionPassword": "hunter2"}])
    assert mirror.folders["docs"].config["devices"][0]["encryptionPassword"] == "hunter2"
    assert "hunter2" not in repr(mirror.folders)
    assert "addresses" not in repr(mirror.devices)


def test_a_folder_that_does_not_run_has_no_figures() -> None:
    """What is not known is neither zero nor complete, and the daemon's zeros for a paused folder mean nothing."""
    paused, unknown = mirrored(paused=True), Mirror()
    paused.load(SUMMARY, summary(state="", globalBytes=0), 0)
    paused.load(COMPLETION, None, 0)
    unknown.load(CONFIG, {"devices": [], "folders": [folder("docs", OTHER)]}, 0)
    for mirror, reason in ((paused, "paused"), (unknown, "nothing known yet")):
        docs = mirror.folders["docs"]
        assert (docs.percent, docs.needed_bytes, docs.needed_items, docs.in_sync) == (None, None, None, False)
        assert (str(docs.missing), docs.remotes) == (f"folder docs: {reason}", {})
        (taken,) = Snapshots().take(mirror).folders
        assert (taken.state, taken.missing, taken.in_sync) == (docs.state, reason, False)
        figures = (taken.percent, taken.needed_bytes, taken.needed_items, taken.total_bytes, taken.failed_items)
        assert figures == (None,) * 5


@pytest.mark.parametrize(
    ("connected", "paused", "fields", "percent", "reason"),
    [
        (True, False, {}, 100.0, None),
        (False, False, {}, 99.9, "it is not connected"),
        (False, True, {}, 99.9, "the device is paused"),
    ],
)
def test_how_far_a_folder_is_elsewhere(
    *, connected: bool, paused: bool, fields: Any, percent: float, reason: str | None
) -> None:
    """A device that is away is not in sync, whatever is known of it."""
    mirror = mirrored(connected=connected, device_paused=paused)
    mirror.load(COMPLETION, completion(**fields), 0)
    (there,) = mirror.folders["docs"].remotes.values()
    assert there.percent == percent
    assert [each.reason for each in there.missing] == ([reason] if reason else [])


def test_a_snapshot() -> None:
    """A snapshot is a value: equal if nothing has changed, hashable, picklable, and JSON without further ado."""
    mirror, snapshots = mirrored(), Snapshots()
    snapshot = snapshots.take(mirror)
    assert snapshot == Snapshots().take(mirrored())
    assert hash(snapshot) == hash(snapshots.take(mirror))
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot
    with pytest.raises(AttributeError):
        snapshot.version = "v2"  # type: ignore[misc]
    assert orjson.loads(orjson.dumps(snapshot)) == json.loads(json.dumps(snapshot.to_dict())) == snapshot.to_dict()
    found = snapshot.to_dict()
    (docs,), (own, other) = found.pop("folders"), found.pop("devices")
    assert found == {
        "own_id": DAEMON_ID,
        "version": "v1.29.5",
        "connected": False,
        "totals": {"in_bytes": 1, "out_bytes": 2, "in_rate": None, "out_rate": None},
        "pending_devices": [],
        "pending_folders": [],
    }
    assert docs == {
        "id": "docs",
        "label": "Docs",
        "state": "idle",
        "error": "",
        "in_sync": True,
        "missing": "",
        "percent": 100.0,
        "needed_bytes": 0,
        "needed_items": 0,
        "total_bytes": 100,
        "failed_items": 0,
        "last_scan": "2026-03-01T13:00:00+01:00",
        "last_file": "",
        "last_file_at": None,
        "remotes": [{"device_id": OTHER, "percent": 100.0, "needed_bytes": 0, "needed_items": 0, "missing": ""}],
    }
    assert (own["id"], own["own"], own["connected"]) == (DAEMON_ID, True, False)
    assert other == {
        "id": OTHER,
        "name": "other",
        "own": False,
        "connected": True,
        "paused": False,
        "address": "192.0.2.1:22000",
        "client_version": "v1.29.5",
        "last_seen": None,
        "in_rate": None,
        "out_rate": None,
    }


def test_what_is_pending_in_a_snapshot() -> None:
    """A folder that several devices offer comes once for each."""
    mirror = mirrored()
    mirror.load(Question("pending_devices"), {"D": {"name": "new", "address": "a"}}, 0)
    offer = {"label": "Pics", "receiveEncrypted": True}
    mirror.load(Question("pending_folders"), {"pics": {"offeredBy": {"D": offer, "E": {}}}}, 0)
    found = Snapshots().take(mirror).to_dict()
    assert found["pending_devices"] == [{"id": "D", "name": "new", "address": "a"}]
    assert found["pending_folders"] == [
        {"id": "pics", "device_id": "D", "label": "Pics", "receive_encrypted": True},
        {"id": "pics", "device_id": "E", "label": "", "receive_encrypted": False},
    ]


def test_snapshots_share_what_has_not_changed() -> None:
    """Only what has changed is made again, which includes a folder when a device that shares it comes or goes."""
    mirror, snapshots = mirrored(), Snapshots()
    mirror.take_changes()
    first = snapshots.take(mirror)
    mirror.load(SUMMARY, summary(needFiles=1), 0)
    snapshots.forget(mirror.take_changes())
    second = snapshots.take(mirror)
    assert second.devices[1] is first.devices[1]
    assert second.folders[0].needed_items == 1
    total = {"inBytesTotal": 1, "outBytesTotal": 2}
    mirror.load(CONNECTIONS, {"connections": {OTHER: connection(connected=False)}, "total": total}, 0)
    snapshots.forget(mirror.take_changes())
    third = snapshots.take(mirror)
    assert third.devices[0] is first.devices[0]
    assert not third.devices[1].connected
    assert third.folders[0].remotes[0].missing == "it is not connected"
    mirror.load(CONFIG, {"devices": [], "folders": []}, 0)
    snapshots.forget(mirror.take_changes())
    assert (snapshots.take(mirror).folders, snapshots.take(mirror).devices) == ((), ())
