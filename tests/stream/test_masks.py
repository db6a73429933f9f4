"""Which subscription serves which types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing import _routes, types as t
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.stream.masks import choose_mask

DISK = {"LocalChangeDetected", "RemoteChangeDetected"}
DEFAULT = set(t.EVENT_TYPES) - DISK
SOME = {"StateChanged", "ItemStarted"}
MIXED = {"StateChanged", "LocalChangeDetected"}


@pytest.mark.parametrize(
    ("types", "options", "name", "wanted"),
    [
        (None, {}, "default", None),
        (None, {"own": True}, "default", None),
        (None, {"disk": True}, "disk", None),
        ("StateChanged", {}, "default", {"StateChanged"}),
        (("StateChanged", "StateChanged"), {}, "default", {"StateChanged"}),
        (DEFAULT, {}, "default", None),
        (DISK, {}, "disk", None),
        (DISK, {"own": True}, "disk", None),
        (DISK, {"disk": True}, "disk", None),
        ("LocalChangeDetected", {}, "disk", {"LocalChangeDetected"}),
        ("LocalChangeDetected", {"disk": True}, "disk", {"LocalChangeDetected"}),
        (MIXED, {}, "all", MIXED),
        ({"ItemStarted", "RemoteChangeDetected"}, {}, "all", {"ItemStarted", "RemoteChangeDetected"}),
    ],
)
def test_few_subscriptions_serve_all(types: Any, options: Any, name: str, wanted: set[str] | None) -> None:
    """The daemon has two of its own; one more serves types of both. The client filters where not all are requested."""
    mask, found = choose_mask(types, **{"disk": False, "own": False} | options)
    assert (mask.name, found) == (name, wanted)
    assert mask.route is (_routes.DISK_EVENTS if name == "disk" else _routes.EVENTS)
    assert set((mask.events or "").split(",")) == (set(t.EVENT_TYPES) if name == "all" else {""})


def test_a_subscription_of_ones_own() -> None:
    """The daemon filters. The order of the names doesn't matter."""
    mask, wanted = choose_mask(["StateChanged", "ItemStarted"], disk=False, own=True)
    assert (mask, None) == choose_mask(["ItemStarted", "StateChanged"], disk=False, own=True)
    assert set(str(mask.events).split(",")) == SOME
    assert (mask.name, mask.route, wanted) == (mask.events, _routes.EVENTS, None)


@pytest.mark.parametrize("types", ["Nonsense", {"Nonsense", "StateChanged"}, [], "", {"statechanged"}])
@pytest.mark.parametrize("own", [True, False])
def test_unknown_types(types: Any, own: bool) -> None:
    """The daemon would accept them and never send an event."""
    with pytest.raises(BadRequestError):
        choose_mask(types, disk=False, own=own)


@pytest.mark.parametrize("own", [True, False])
def test_types_that_the_disk_subscription_lacks(own: bool) -> None:
    """The disk subscription has changes of files only, and the error names them."""
    with pytest.raises(BadRequestError, match="LocalChangeDetected and RemoteChangeDetected"):
        choose_mask(MIXED, disk=True, own=own)


@settings(max_examples=settings.default.max_examples // 4)
@given(st.sets(st.sampled_from(t.EVENT_TYPES), min_size=1))
def test_exactly_the_requested_types_come(types: set[str]) -> None:
    """Whatever is requested, it is one of three subscriptions, and the filter leaves just that."""
    mask, wanted = choose_mask(types, disk=False, own=False)
    served = {"default": DEFAULT, "disk": DISK, "all": set(t.EVENT_TYPES)}[mask.name]
    assert types == (served if wanted is None else wanted & served)
