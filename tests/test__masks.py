"""Which subscription serves which types: few of them, and the rest is filtered here."""

from __future__ import annotations

import pytest

from aiosyncthing import types as t
from aiosyncthing._masks import choose_mask
from aiosyncthing.exceptions import BadRequestError

DISK = {"LocalChangeDetected", "RemoteChangeDetected"}


@pytest.mark.parametrize(
    ("types", "disk", "name", "wanted"),
    [
        (None, False, "default", None),
        (None, True, "disk", None),
        ("StateChanged", False, "default", {"StateChanged"}),
        (["StateChanged", "ItemFinished", "StateChanged"], False, "default", {"StateChanged", "ItemFinished"}),
        (set(t.EVENT_TYPES) - DISK, False, "default", None),
        (DISK, False, "disk", None),
        (DISK, True, "disk", None),
        ("LocalChangeDetected", False, "disk", {"LocalChangeDetected"}),
        ("LocalChangeDetected", True, "disk", {"LocalChangeDetected"}),
        (["LocalChangeDetected", "StateChanged"], False, "all", {"LocalChangeDetected", "StateChanged"}),
    ],
)
def test_sharing(types: object, disk: bool, name: str, wanted: set[str] | None) -> None:
    """Three subscriptions serve all wishes; what they have too much is filtered."""
    mask, through = choose_mask(types, disk=disk, own=False)  # type: ignore[arg-type]
    assert (mask.name, through) == (name, wanted)
    assert (mask.events is None) is (name != "all")
    assert mask.route.path == ("rest/events/disk" if name == "disk" else "rest/events")


def test_the_mask_of_all_has_all() -> None:
    """The subscription for mixed wishes is one and the same: every known type."""
    mask, _ = choose_mask(["LocalChangeDetected", "StateChanged"], disk=False, own=False)
    assert mask.events is not None
    assert set(mask.events.split(",")) == set(t.EVENT_TYPES)


def test_own() -> None:
    """A subscription of one's own has just these types, in the same order whatever was said, and needs no filter."""
    one, through = choose_mask(["ItemFinished", "StateChanged"], disk=False, own=True)
    other, _ = choose_mask(["StateChanged", "ItemFinished"], disk=False, own=True)
    assert one == other
    assert through is None
    assert one.name == one.events
    assert set(one.name.split(",")) == {"ItemFinished", "StateChanged"}
    assert choose_mask(DISK, disk=False, own=True)[0].name == "disk"


@pytest.mark.parametrize(("types", "disk"), [("StateChange", False), ([], False), ("StateChanged", True)])
def test_refusals(types: object, disk: bool) -> None:
    """A type that doesn't exist, none at all, or one that the disk subscription hasn't, is refused."""
    with pytest.raises(BadRequestError):
        choose_mask(types, disk=disk, own=False)  # type: ignore[arg-type]
