"""Findings as values: what makes two equal, their order, and their form for JSON."""

import json
import re
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from aiosyncthing.health import KINDS, Finding, Severity
from aiosyncthing.health.finding import ordered, sentence
from aiosyncthing.waiting import FailedItem

DOCS = Path(__file__).parents[2] / "docs" / "health.md"
UNSEEN = Finding("device_unseen", Severity.WARNING, device="ID", text="Unseen.", remedy="Look.", seconds=3.5)


def test_wording_and_figures_do_not_make_a_difference() -> None:
    """Findings are values: a device that is still away is the same one a day later. `str` returns their text."""
    later = replace(UNSEEN, text="Still unseen.", remedy="Look again.", seconds=9.0, count=2)
    assert {UNSEEN} == {later}
    for other in ({"severity": Severity.CRITICAL}, {"device": "ID2"}, {"folder": "docs"}, {"subject": "x"}):
        assert replace(UNSEEN, **other) != UNSEEN
    assert str(UNSEEN) == "Unseen."
    with pytest.raises(FrozenInstanceError):
        UNSEEN.text = ""  # type: ignore[misc] # that it is refused is the point


def test_a_finding_as_json() -> None:
    """`to_dict` has every field, the severity as a word and failed items as objects."""
    finding = replace(UNSEEN, items=(FailedItem("a", "b"),))
    assert json.loads(json.dumps(finding.to_dict())) == {
        "kind": "device_unseen",
        "severity": "warning",
        "folder": "",
        "device": "ID",
        "subject": "",
        "text": "Unseen.",
        "remedy": "Look.",
        "count": None,
        "seconds": 3.5,
        "items": [{"path": "a", "error": "b"}],
    }


def test_the_most_severe_come_first() -> None:
    """The order depends on nothing but the findings; severities are the exit codes of monitoring plugins."""
    findings = [
        Finding("folder_error", Severity.CRITICAL, "b"),
        Finding("gui_without_password", Severity.CRITICAL),
        Finding("failed_items", Severity.WARNING, "a"),
        Finding("device_unseen", Severity.WARNING, device="A"),
        Finding("device_unseen", Severity.WARNING, device="B"),
        Finding("system_error", Severity.WARNING, subject="1"),
        Finding("system_error", Severity.WARNING, subject="2"),
        Finding("folder_paused", Severity.INFO, "a"),
    ]
    assert ordered(reversed(findings)) == ordered(findings) == findings
    assert max(finding.severity for finding in findings) == 2
    assert [int(severity) for severity in Severity] == [0, 1, 2]
    assert sentence("no space. ") == sentence("no space") == "no space."


def test_every_kind_is_documented() -> None:
    """The table in the docs has every kind and no other, in the same order."""
    assert tuple(re.findall(r"^\| `(\w+)` \|", DOCS.read_text(), re.MULTILINE)) == KINDS
