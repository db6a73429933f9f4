"""Changes that two sides have made to the same configuration."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from aiosyncthing import diff
from aiosyncthing.config.changes import apply, equal, shown
from aiosyncthing.config.edits.merging import merge, undone, unshared
from tests.support.calls import DEVICE
from tests.support.configs import CONFIGS, OTHER, config


@settings(max_examples=40)
@given(CONFIGS, CONFIGS)
def test_one_side_alone(before: Any, after: Any) -> None:
    """If one side has changed nothing, or the same as the other, the result is that of the other."""
    changes = diff(before, after)
    for mine, theirs in (((), after), (changes, before), (changes, after)):
        merged = merge(before, mine, theirs)
        assert equal((), merged.config, after)
        assert merged.conflicts == ()
    assert merge(before, changes, before).left == changes
    assert merge(before, changes, after).left == ()


@settings(max_examples=40)
@given(CONFIGS, CONFIGS, CONFIGS)
def test_both_sides(before: Any, one: Any, other: Any) -> None:
    """Without a conflict, the result is the same whoever comes first, and it has the changes of both."""
    mine, theirs = diff(before, one), diff(before, other)
    merged, opposite = merge(before, mine, other), merge(before, theirs, one)
    assert bool(merged.conflicts) == bool(opposite.conflicts)
    if not merged.conflicts:
        assert equal((), merged.config, opposite.config)
        assert merge(before, mine, merged.config).left == ()
        assert merge(before, theirs, merged.config).left == ()


@settings(max_examples=40)
@given(CONFIGS, CONFIGS)
def test_undone_changes(before: Any, after: Any) -> None:
    """A change is undone where everything is as it was before."""
    changes = diff(before, after)
    assert undone(changes, before) == changes
    assert undone(changes, after) == ()
    assert undone(changes[1:], apply(before, changes[:1])) == changes[1:]


def conflicts(before: Any, one: Any, other: Any) -> list[str]:
    """Return the fields in which two changes contradict each other."""
    return [shown(each.place) for each in merge(before, diff(before, one), other).conflicts]


def test_what_is_one_value() -> None:
    """Two changes of the same object in a field are a conflict; changes of two fields, or two elements, are none."""
    keep = {"type": "simple", "params": {"keep": "5"}}
    before = config(versioning=keep)
    one = config(versioning={**keep, "params": {"keep": "9"}})
    other = config(versioning={"type": "trashcan", "params": {"keep": "5"}})
    assert conflicts(before, one, other) == ["folders['a'].versioning.params.keep"]
    assert conflicts(before, one, config(versioning=keep, label="x")) == []
    share, password = [{"deviceID": DEVICE}], [{"deviceID": OTHER, "encryptionPassword": "x"}]
    assert conflicts(config(), config(devices=share), config(devices=password)) == []
    assert conflicts(config(devices=share), config(devices=[]), config(devices=[{**share[0], "x": 1}])) == [
        f"folders['a'].devices['{DEVICE}']"
    ]


def test_removed_by_one_and_changed_by_the_other() -> None:
    """Changing and removing the same object is a conflict, whichever side does which."""
    before, changed, removed = config(), config(label="x"), {**config(), "folders": []}
    assert conflicts(before, changed, removed) == ["folders['a'].label"]
    assert conflicts(before, removed, changed) == ["folders['a']"]
    assert conflicts(before, removed, removed) == []


def test_a_device_that_one_removes_and_the_other_shares_with() -> None:
    """That is a conflict, since removing it would undo the other change."""
    before, shared, removed = config(), config(devices=[{"deviceID": DEVICE}]), {**config(), "devices": []}
    assert conflicts(before, shared, removed) == [f"folders['a'].devices['{DEVICE}']"]
    assert conflicts(before, removed, shared) == [f"devices['{DEVICE}']"]


def test_unsharing() -> None:
    """A device is taken out of all folders, and of the defaults of new ones."""
    shared = config(devices=[{"deviceID": DEVICE}, {"deviceID": OTHER}])
    shared["defaults"] = {"folder": {"devices": [{"deviceID": DEVICE}]}}
    without = apply(shared, unshared(shared, DEVICE))
    assert [each["deviceID"] for each in without["folders"][0]["devices"]] == [OTHER]
    assert without["defaults"]["folder"]["devices"] == []
    assert unshared({}, DEVICE) == ()
