"""Findings about a folder, from answers alone."""

from typing import Any

import pytest

from aiosyncthing.health import Finding, Severity
from aiosyncthing.health.answers import FolderAnswers
from aiosyncthing.health.folders import folder_findings
from tests.support.values import OTHER, THIRD, device, folder, summary

SETTINGS: dict[str, Any] = {
    "type": "sendreceive",
    "ignoreDelete": False,
    "disableFsync": False,
    "maxConflicts": 10,
    "minDiskFree": {"value": 1, "unit": "%"},
}
NEEDED: dict[str, Any] = {"needFiles": 2, "needBytes": 5000}
UNAVAILABLE = {"path": "a.txt", "error": "syncing: no connected device has the required version of this file\n"}


def answers(
    *,
    fields: dict[str, Any] | None = None,
    failed: list[Any] | None = None,
    devices: tuple[str, ...] = (),
    **status: Any,
) -> FolderAnswers:
    """Return the answers about a folder named Documents; ``fields`` change its configuration."""
    config: Any = folder("docs", *devices, **{**SETTINGS, "label": "Documents", **(fields or {})})
    known: Any = summary(**status)
    sharers: Any = [device(name) for name in devices]
    return FolderAnswers(config, sharers, known, failed or [])


def found(about: FolderAnswers, *connected: str) -> list[Finding]:
    """Return the findings."""
    return list(folder_findings(about, frozenset(connected)))


@pytest.mark.parametrize("state", ["idle", "scanning", "syncing"])
def test_nothing_to_find(state: str) -> None:
    """A folder that scans or syncs has no findings, nor does one without an answer."""
    about = answers(state=state)
    assert found(about) == []
    about.summary = None
    assert found(about) == []


@pytest.mark.parametrize(
    ("fields", "status", "kind", "severity", "text"),
    [
        ({"paused": True}, {"state": ""}, "folder_paused", Severity.INFO, "Folder Documents is paused."),
        (
            {"label": ""},
            {"state": "error", "error": "folder path missing"},
            "folder_error",
            Severity.CRITICAL,
            "Folder docs has stopped: folder path missing.",
        ),
        (
            {},
            {"watchError": "too many files"},
            "watch_error",
            Severity.WARNING,
            "Folder Documents isn't watched for changes: too many files.",
        ),
        (
            {"type": "sendonly"},
            {"needFiles": 1},
            "remote_changes",
            Severity.INFO,
            "Folder Documents is send-only, but other devices have changed 1 item.",
        ),
        (
            {"type": "receiveonly"},
            {"receiveOnlyTotalItems": 2},
            "local_changes",
            Severity.INFO,
            "Folder Documents is receive-only, but 2 items changed on this device.",
        ),
        ({"ignoreDelete": True}, {}, "deletions_ignored", Severity.WARNING, ""),
        ({"maxConflicts": 0}, {}, "conflicts_discarded", Severity.WARNING, ""),
        ({"disableFsync": True}, {}, "fsync_disabled", Severity.WARNING, ""),
        ({"minDiskFree": {"value": 0, "unit": ""}}, {}, "free_space_unchecked", Severity.INFO, ""),
    ],
)
def test_one_finding(fields: dict[str, Any], status: dict[str, Any], kind: Any, severity: Severity, text: str) -> None:
    """Each state and each setting that needs attention is one finding, with a text and a remedy."""
    (finding,) = found(answers(fields=fields, **status))
    assert finding == Finding(kind, severity, "docs")
    assert text in finding.text
    assert finding.text.endswith(".")
    assert finding.remedy.endswith(".")


def test_failed_items_are_named() -> None:
    """The first few failed items are in the sentence, more of them in the data."""
    failed = [{"path": f"f{number}", "error": "permission denied"} for number in range(11)]
    (finding,) = found(answers(errors=12, failed=failed))
    assert (finding.kind, finding.severity, finding.count, len(finding.items)) == ("failed_items", 1, 12, 10)
    assert finding.text == (
        "Folder Documents has 12 failed items, such as f0 (permission denied); f1 (permission denied); "
        "f2 (permission denied)."
    )
    (finding,) = found(answers(errors=1))  # which they are is not known
    assert finding.text == "Folder Documents has 1 failed item."


def test_what_does_not_matter() -> None:
    """Of a folder that has stopped, only the error and settings count, and of a send-only one none about writing."""
    about = answers(fields={"ignoreDelete": True}, state="error", error="x", watchError="y", errors=3, **NEEDED)
    assert [finding.kind for finding in found(about)] == ["deletions_ignored", "folder_error"]
    fields = {"type": "sendonly", "ignoreDelete": True, "maxConflicts": 0, "disableFsync": True}
    assert found(answers(fields=fields)) == []


@pytest.mark.parametrize(
    ("devices", "connected", "reason"),
    [
        ((), (), "is shared with no other device"),
        ((OTHER,), (), "no device that shares it is connected"),
        ((OTHER,), (THIRD,), "no device that shares it is connected"),
        ((OTHER, THIRD), (THIRD,), ""),
    ],
)
def test_where_to_get_the_rest(devices: tuple[str, ...], connected: tuple[str, ...], reason: str) -> None:
    """A folder with missing items is reported if no device that shares it is connected."""
    findings = found(answers(devices=devices, **NEEDED), *connected)
    assert findings == [Finding("no_source", Severity.WARNING, "docs")] * bool(reason)
    for finding in findings:
        assert finding.count == 2
        assert finding.text == f"Folder Documents lacks 2 items (4.9 KiB), and {reason}."


@pytest.mark.parametrize(("connected", "place"), [((OTHER,), "no connected device has a.txt."), ((), "is connected.")])
def test_items_that_no_device_has(connected: tuple[str, ...], place: str) -> None:
    """Items that no connected device has need a device, not a repair, so they don't count as failed items."""
    failed = [UNAVAILABLE, {"path": "b.txt", "error": "permission denied"}]
    about = answers(devices=(OTHER,), errors=2, failed=failed, **NEEDED)
    other, finding = found(about, *connected)
    assert (other.kind, other.count, [item.path for item in other.items]) == ("failed_items", 1, ["b.txt"])
    assert finding.text.endswith(place)
    assert [item.path for item in finding.items] == ["a.txt"]
    for errors in (1, 1000):  # only some of them are asked for
        about = answers(devices=(OTHER,), errors=errors, failed=[UNAVAILABLE], **NEEDED)
        assert [finding.kind for finding in found(about, *connected)] == ["no_source"]


@pytest.mark.parametrize(
    ("copies", "text"), [(1, "1 conflict copy, such as c0."), (5, "5 conflict copies, such as c0; c1; c2.")]
)
def test_conflict_copies(copies: int, text: str) -> None:
    """Conflict copies are one finding for the folder, with the first few named."""
    about = answers()
    about.conflicts = [f"c{number}" for number in range(copies)]
    (finding,) = found(about)
    assert finding == Finding("conflict_copies", Severity.WARNING, "docs")
    assert (finding.count, finding.text) == (copies, f"Folder Documents has {text}")
