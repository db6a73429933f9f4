"""Which subscription serves which wish."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from aiosyncthing import _routes, types as t
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.stream.masks import choose_mask

DISK = {"LocalChangeDetected", "RemoteChangeDetected"}
DEFAULT = set(t.EVENT_TYPES) - DISK


def chosen(types: Any, *, disk: bool = False, own: bool = False) -> tuple[str, str | None, Any]:
    """Return name and ``events`` parameter of the mask, and what is let through."""
    mask, wanted = choose_mask(types, disk=disk, own=own)
    return mask.name, mask.events, wanted


def test_no_wish() -> None:
    """Without types it is one of the daemon's two own subscriptions, unfiltered."""
    assert chosen(None) == ("default", None, None)
    assert chosen(None, disk=True) == ("disk", None, None)
    assert chosen(None, own=True) == ("default", None, None)


@pytest.mark.parametrize("types", ["StateChanged", {"StateChanged"}, ("StateChanged", "StateChanged")])
def test_some_types(types: Any) -> None:
    """Types of the default subscription come from there, filtered here."""
    assert chosen(types) == ("default", None, {"StateChanged"})


def test_all_types_of_a_subscription() -> None:
    """All that it has, named one by one, need no filter."""
    assert chosen(DEFAULT) == ("default", None, None)
    assert chosen(DISK) == ("disk", None, None)
    assert chosen(DISK, own=True) == ("disk", None, None)
    assert chosen(DISK, disk=True) == ("disk", None, None)


def test_changes_of_files() -> None:
    """They have a subscription that is not the default one, with or without saying so."""
    assert chosen("LocalChangeDetected") == ("disk", None, {"LocalChangeDetected"})
    assert chosen("LocalChangeDetected", disk=True) == ("disk", None, {"LocalChangeDetected"})


def test_both_kinds() -> None:
    """A mixture comes from one further subscription for all mixtures."""
    types = {"StateChanged", "LocalChangeDetected"}
    name, events, wanted = chosen(types)
    assert (name, wanted) == ("all", types)
    assert events is not None
    assert set(events.split(",")) == set(t.EVENT_TYPES)
    assert chosen({"ItemStarted", "RemoteChangeDetected"})[:2] == (name, events)


def test_one_of_its_own() -> None:
    """The daemon filters; the order of the names does not matter."""
    assert chosen(["StateChanged", "ItemStarted"], own=True) == chosen(["ItemStarted", "StateChanged"], own=True)
    name, events, wanted = chosen(["StateChanged", "ItemStarted"], own=True)
    assert name == events
    assert events is not None
    assert set(events.split(",")) == {"StateChanged", "ItemStarted"}
    assert wanted is None


def test_the_route() -> None:
    """The disk subscription has one of its own, the others share one."""
    assert choose_mask(None, disk=True, own=False)[0].route is _routes.DISK_EVENTS
    for types in (None, "StateChanged", {"StateChanged", "LocalChangeDetected"}):
        assert choose_mask(types, disk=False, own=False)[0].route is _routes.EVENTS
    assert choose_mask("StateChanged", disk=False, own=True)[0].route is _routes.EVENTS


@pytest.mark.parametrize("types", ["Nonsense", {"Nonsense", "StateChanged"}, [], "", {"statechanged"}])
@pytest.mark.parametrize("own", [True, False])
def test_what_there_is_not(types: Any, own: bool) -> None:
    """The daemon would be silent for ever."""
    with pytest.raises(BadRequestError):
        choose_mask(types, disk=False, own=own)


@pytest.mark.parametrize("own", [True, False])
def test_what_the_disk_subscription_has_not(own: bool) -> None:
    """It has changes of files only."""
    with pytest.raises(BadRequestError, match="LocalChangeDetected and RemoteChangeDetected"):
        choose_mask({"LocalChangeDetected", "StateChanged"}, disk=True, own=own)


@given(st.sets(st.sampled_from(t.EVENT_TYPES), min_size=1))
def test_few_subscriptions(types: set[str]) -> None:
    """Whatever the wish, it is one of three, and what is let through is exactly what was wished for."""
    mask, wanted = choose_mask(types, disk=False, own=False)
    served = {"default": DEFAULT, "disk": DISK, "all": set(t.EVENT_TYPES)}[mask.name]
    assert types == (served if wanted is None else wanted & served)
