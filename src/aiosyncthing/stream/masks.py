"""Which subscription of the daemon serves a wish for event types. Pure.

A subscription is a set of types, the *mask*. The daemon makes a buffer of 1000 events for each mask that it is ever
asked for, and keeps it until it restarts (lib/api/api.go, ``getEventSub``), so a few are used for everything and the
rest is filtered here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from aiosyncthing import types as t
from aiosyncthing._rest.checks import check_event_types
from aiosyncthing.exceptions import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiosyncthing._routes import Route

_DISK_TYPES: Final = frozenset({"LocalChangeDetected", "RemoteChangeDetected"})
_DEFAULT_TYPES: Final = frozenset(t.EVENT_TYPES) - _DISK_TYPES


@dataclass(frozen=True, slots=True)
class Mask:
    """One subscription.

    Attributes:
        name: Stable name, part of a cursor.
        route: The route that serves it.
        events: The ``events`` parameter, if it needs one.
    """

    name: str
    route: Route[Any]
    events: str | None = None


_DEFAULT: Final = Mask("default", _routes.EVENTS)
_DISK: Final = Mask("disk", _routes.DISK_EVENTS)
_ALL: Final = Mask("all", _routes.EVENTS, check_event_types(t.EVENT_TYPES))


def choose_mask(types: Iterable[str] | str | None, *, disk: bool, own: bool) -> tuple[Mask, frozenset[str] | None]:
    """Return the mask to ask for, and the types to let through of it (``None`` for all).

    Args:
        types: The types that are wished for; ``None`` for all of the default or the disk subscription.
        disk: Whether the disk subscription is meant.
        own: Whether to use a subscription for just these types.

    Raises:
        BadRequestError: There is no such type, or the disk subscription has no such type.
    """
    if types is None:
        return (_DISK if disk else _DEFAULT), None
    names = check_event_types(types)
    wanted = frozenset(names.split(","))
    if disk and not wanted <= _DISK_TYPES:
        raise BadRequestError(f"the disk subscription has only {' and '.join(sorted(_DISK_TYPES))}")
    if wanted == _DISK_TYPES:
        return _DISK, None
    if own:
        return Mask(names, _routes.EVENTS, names), None
    for mask, known in ((_DEFAULT, _DEFAULT_TYPES), (_DISK, _DISK_TYPES)):
        if wanted <= known:
            return mask, None if wanted == known else wanted
    return _ALL, wanted
