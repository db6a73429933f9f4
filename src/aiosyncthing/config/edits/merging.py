"""Merge the changes that two sides have made to the same configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from aiosyncthing.config.changes import (
    IDENTITIES,
    MISSING,
    Change,
    Changes,
    Place,
    apply,
    compare,
    diff,
    equal,
    fields_of,
    value_at,
)

_IN_AN_OBJECT: Final = 3  # steps to a field of a folder, a device or their defaults; it may be a list of objects itself

# The number of steps to a field. Any other top-level key, such as a section of a newer daemon, is one value.
_DEPTHS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("options", "gui", "ldap", "remoteIgnoredDevices"), 2),
    **dict.fromkeys(("folders", "devices", "defaults"), _IN_AN_OBJECT),
}


class Merged(NamedTuple):
    """The result of a merge.

    Attributes:
        config: The configuration with the changes of both.
        left: Our changes that the other side has not made as well.
        conflicts: Our changes that contradict one of theirs. ``config`` has ours.
    """

    config: dict[str, Any]
    left: Changes
    conflicts: Changes


def merge(before: Mapping[str, Any], mine: Iterable[Change], theirs: Mapping[str, Any]) -> Merged:
    """Return a configuration with the changes of both sides.

    A field that both have changed to different values is a conflict. An object in a field, such as ``versioning``, is
    one value, since a mixture of both sides would make no sense.

    Args:
        before: The configuration that both sides started from.
        mine: The changes of one side.
        theirs: The configuration of the other side.
    """
    own = Changes(mine)
    made, others = apply(before, own), diff(before, theirs)
    conflicts = Changes(each for each in own if _contradicts(each, others, made, theirs))
    left = Changes(each for each in own if not equal(each.place, value_at(theirs, each.place), _after(each)))
    return Merged(apply(theirs, left), left, conflicts)


def undone(changes: Iterable[Change], config: Mapping[str, Any]) -> Changes:
    """Return the changes that are no longer in a configuration, which has the values from before them again."""
    return Changes(each for each in changes if equal(each.place, value_at(config, each.place), _before(each)))


def unshared(config: Mapping[str, Any], device_id: str) -> Changes:
    """Return the changes that unshare every folder, and the default folder, from a device."""
    folders = fields_of(("folders",), config.get("folders")) or {}
    places: list[Place] = [*(("folders", name, "devices", device_id) for name in folders)]
    places.append(("defaults", "folder", "devices", device_id))
    return Changes(each for place in places for each in compare(place, value_at(config, place), MISSING))


def _contradicts(change: Change, others: Changes, made: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    own = _whole(change.place)
    for each in others:
        unit = min(own, _whole(each.place), key=len)
        if own[: len(unit)] == each.place[: len(unit)] and not equal(
            unit, value_at(made, unit), value_at(theirs, unit)
        ):
            return True
        for one, by_other, there in ((change, each, theirs), (each, change, made)):
            if _is_sharing_with(by_other, one) and value_at(there, one.place) is not MISSING:
                return True
    return False


def _is_sharing_with(change: Change, removal: Change) -> bool:
    """Return whether a change shares a folder with a device that another change removes."""
    return (
        (change.kind, removal.kind, removal.place[0]) == ("added", "removed", "devices")
        and change.place[-len(removal.place) :] == removal.place
        and len(change.place) > len(removal.place)
    )


def _whole(place: Place) -> Place:
    """Return the path of the field, or of the element of a list, that a path is in."""
    depth = _DEPTHS.get(place[0], 1)
    if len(place) > depth == _IN_AN_OBJECT and place[depth - 1] in IDENTITIES:
        depth += 2
    return place[:depth]


def _before(change: Change) -> Any:
    return MISSING if change.kind == "added" else change.before


def _after(change: Change) -> Any:
    return MISSING if change.kind == "removed" else change.after
