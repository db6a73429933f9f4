"""Differences between configurations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from aiosyncthing import diff
from aiosyncthing.config import Changes
from aiosyncthing.config.changes import MISSING, apply, equal, value_at
from aiosyncthing.exceptions import BadRequestError
from tests.support.calls import DEVICE
from tests.support.configs import CONFIGS, OTHER, config, nested


@settings(max_examples=40)
@given(CONFIGS, CONFIGS)
def test_changes_lead_from_one_to_the_other(one: Any, other: Any) -> None:
    """Applied to the first configuration, they give the second; the first stays as it was."""
    before = json.dumps(one)
    changes = diff(one, other)
    assert equal((), apply(one, changes), other)
    assert json.dumps(one) == before
    assert bool(changes) != equal((), one, other)
    assert diff(one, one) == ()


@settings(max_examples=40)
@given(CONFIGS, CONFIGS)
def test_each_change_is_where_it_says(one: Any, other: Any) -> None:
    """A change has a path and the values before and after; each path has one change, and everything is JSON."""
    changes = diff(one, other)
    for each in changes:
        assert equal(each.place, value_at(one, each.place), MISSING if each.kind == "added" else each.before)
        assert equal(each.place, value_at(other, each.place), MISSING if each.kind == "removed" else each.after)
        assert (each.object, each.field) == (each.data["object"], each.data["field"])
    assert len({each.place for each in changes}) == len(changes)
    assert len(str(changes).splitlines()) == max(len(changes), 1)
    assert json.loads(json.dumps(changes.data)) == changes.data


def test_words() -> None:
    """A change is a line: what differs, and from what to what."""
    one = config(label="Docs", versioning={"type": "simple", "params": {"keep": "5"}}, devices=[])
    other = config(
        label="Documents", versioning={"type": "simple", "params": {"maxAge": "7"}}, devices=[{"deviceID": DEVICE}]
    )
    other["options"]["listenAddresses"] = ["tcp://user:pass@relay.example:22000/?token=1234", "x" * 99]
    changes = diff(one, other)
    assert str(changes).splitlines() == [
        'folders[\'a\'].label: "Docs" -> "Documents"',
        f"folders['a'].devices['{DEVICE}']: added",
        "folders['a'].versioning.params.keep: removed \"5\"",
        "folders['a'].versioning.params.maxAge: added \"7\"",
        f'options.listenAddresses: [] -> ["tcp://relay.example:22000/", "{"x" * 48}...',
    ]
    assert [(each.object, each.field) for each in changes][1::3] == [
        ("folders['a']", f"devices['{DEVICE}']"),
        ("options", "listenAddresses"),
    ]
    assert repr(changes[0]) == "Change(place=('folders', 'a', 'label'), kind='changed')"
    assert repr(changes[:1]) == repr((changes[0],))
    assert str(diff(one, one)) == "no changes"
    assert repr(Changes()) == "<Changes: none>"
    assert repr(Changes(changes[:1])) == '<Changes: folders[\'a\'].label: "Docs" -> "Documents">'


def test_no_secrets() -> None:
    """Neither text nor JSON shows passwords and keys; the change itself has them."""
    secret = {"deviceID": DEVICE, "encryptionPassword": "hunter2"}
    one, other = config(devices=[]), config(devices=[secret])
    for each in (one, other):
        each["gui"] |= {"apiKey": f"hunter2 {each is one}", "password": f"hunter2 {each is one}"}
    other["options"]["newToken"] = other["options"]["new"] = "hunter2"
    changed = config(devices=[secret | {"encryptionPassword": "hunter2b"}])
    for changes in (diff(one, other), diff(other, one), diff(other, changed)):
        assert len(changes) >= 1
        assert "hunter2" not in f"{changes} {changes!r} {list(changes)} {json.dumps(changes.data)}"
    assert diff(one, other)[0].after == secret
    assert str(diff(other, changed)[0]).endswith(".encryptionPassword: <redacted> -> <redacted>")


def test_parts() -> None:
    """Parts of configurations can be compared, too."""
    one = {"label": "x", "devices": [{"deviceID": DEVICE}, {"deviceID": OTHER}]}
    other = {"label": "y", "devices": [{"deviceID": OTHER.lower()}]}
    assert [str(each) for each in diff(one, other)] == ['label: "x" -> "y"', f"devices['{DEVICE}']: removed"]


@pytest.mark.parametrize(
    "value",
    [None, "x", [1], [{"id": 7}], [{"id": "a"}, {"id": "a"}], {"a": 1}],
)
def test_lists_without_identities(value: Any) -> None:
    """A malformed list of objects is compared as a whole."""
    one, other = config(), {**config(), "folders": value}
    (change,) = diff(one, other)
    assert (change.place, change.kind, change.after) == (("folders",), "changed", value)
    assert apply(one, [change]) == other
    assert apply(other, diff(other, one)) == one
    assert diff(other, other) == ()


def test_places_that_are_not_there() -> None:
    """A change of a missing value is skipped."""
    (change,) = diff(config(label="x"), config(label="y"))
    assert apply({"folders": []}, [change]) == {"folders": []}
    assert apply({"folders": None}, [change]) == {"folders": None}
    assert value_at({"folders": 5}, change.place) is MISSING


@pytest.mark.parametrize("value", [None, 5, "x", [], [{"id": "docs"}]])
def test_other_things_than_configurations(value: Any) -> None:
    """A configuration that is not an object is refused, as either argument."""
    with pytest.raises(BadRequestError, match="a configuration must be an object"):
        diff(value, {})
    with pytest.raises(BadRequestError, match="a configuration must be an object"):
        diff({}, value)


def test_what_is_not_json() -> None:
    """Values and keys that no daemon sends are compared, but not shown."""
    one: Any = {1: "hunter1", "label": b"hunter1", "x": {"hunter1"}}
    other: Any = {1: "hunter2", "label": b"hunter2", "x": {"hunter2"}}
    assert str(diff(one, other)) == "\n".join(f"{key}: <redacted> -> <redacted>" for key in ("1", "label", "x"))
    assert "hunter" not in json.dumps(diff(one, other).data)


def test_too_deep() -> None:
    """A configuration that is nested too deeply for Python is refused."""
    with pytest.raises(BadRequestError, match="too deeply"):
        diff(nested(0), nested(1))
