"""Which of the daemon's subscriptions to use for which event types. Pure.

A subscription is defined by a set of types, the *mask*. The daemon creates a buffer of 1000 events for each mask it is
ever asked for, and keeps it until it restarts (lib/api/api.go, ``getEventSub``). So a few subscriptions serve
everything, and the client filters the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiosyncthing import _routes
from aiosyncthing._rest.checks import check_event_types
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.types.enumerations import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiosyncthing._routes import Route

_DISK_TYPES: Final = frozenset({"LocalChangeDetected", "RemoteChangeDetected"})
_DEFAULT_TYPES: Final = frozenset(EVENT_TYPES) - _DISK_TYPES


class Mask(NamedTuple):
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
_ALL: Final = Mask("all", _routes.EVENTS, check_event_types(EVENT_TYPES))


def choose_mask(types: Iterable[str] | str | None, *, disk: bool, own: bool) -> tuple[Mask, frozenset[str] | None]:
    """Return the mask to request, and which of its types to yield (``None`` for all).

    Args:
        types: The requested types; ``None`` for all of the default or the disk subscription.
        disk: Whether to use the disk subscription.
        own: Whether to use a subscription for exactly these types.

    Raises:
        BadRequestError: There is no such type, or not in the disk subscription.
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
