"""What the handlers have in common: the table of them, and what several of them read of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.go.device_ids import problem
from pytest_syncthing.http.messages import Refusal, Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing._routes import Route
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.folder import Folder
    from pytest_syncthing.model.node import Node

Handler: TypeAlias = Callable[..., Response | Awaitable[Response]]
"""Answers a request: given the node, the request, and the IDs in its path."""

T = TypeVar("T")
H = TypeVar("H", bound=Handler)

_LARGEST_PAGE: Final = 65536

HANDLERS: Final[dict[Route[Any], Handler]] = {}
"""What answers which route; complete once `pytest_syncthing.rest` is imported."""


def answers(*routes: Route[Any]) -> Callable[[H], H]:
    """Make a function the handler of these routes."""

    def add(handler: H) -> H:
        HANDLERS.update(dict.fromkeys(routes, handler))
        return handler

    return add


def device_id(text: str, status: int) -> str:
    """Return a device ID in its usual form; the empty one for nothing.

    Args:
        text: What the request has.
        status: Status of the refusal if it is none.

    Raises:
        Refusal: It is none.
    """
    if wrong := problem(text):
        raise Refusal(status, wrong)
    return str(DeviceID(text))


def running_folder(node: Node, request: Request, status: int, *, tells_paused: bool = False) -> Folder:
    """Return the folder that a request is about.

    Args:
        node: The daemon.
        request: The request.
        status: Status of the refusal if there is none, or if it does not run.
        tells_paused: Whether the daemon says of a paused one that it is paused, instead of denying it.

    Raises:
        Refusal: There is none, or it does not run.
    """
    folder = node.cluster.folders.get(request.param("folder"))
    if folder is not None and folder.running:
        return folder
    raise Refusal(status, "folder is paused" if folder is not None and tells_paused else "no such folder")


class Page:
    """A part of a list.

    Attributes:
        number: Which one, from 1.
        size: How many elements one has.
    """

    def __init__(self, request: Request) -> None:
        self.number = request.number("page", 1)
        self.size = request.number("perpage", _LARGEST_PAGE)
        self.number = max(self.number, 1)
        self.size = self.size if self.size >= 1 else _LARGEST_PAGE

    def of(self, elements: Sequence[T]) -> list[T]:
        """Return that part of a list."""
        start = (self.number - 1) * self.size
        return list(elements[start : start + self.size])

    def to_json(self) -> dict[str, Any]:
        """Return its keys in an answer."""
        return {"page": self.number, "perpage": self.size}
