"""The types of answers, from the annotations of the route table."""

from __future__ import annotations

from typing import Any, Final, get_args

from aiosyncthing import _routes, types
from aiosyncthing._routes import ROUTES, find_route

__all__ = ["ANSWERS", "answer_type", "declared", "template"]

_NAMES: Final = {**vars(_routes), "t": types}  # the route table itself imports its types for checkers only


def declared(name: str) -> Any:
    """Return the type of a route's answer: the argument of ``Final[Route[...]]``.

    Raises:
        LookupError: There is no such type.
    """
    annotation = _routes.__annotations__[name]
    try:
        ((answer,),) = map(get_args, get_args(eval(annotation, _NAMES)))
    except (AttributeError, NameError) as error:
        raise LookupError(
            f"{name} in _routes.py: add its type to src/aiosyncthing/types/, and to __all__ there: {error}"
        ) from None
    return answer


ANSWERS: Final[dict[tuple[str, str], Any]] = {
    (route.method, route.path): declared(name)
    for name, route in ROUTES.items()
    if declared(name) not in {type(None), str, bytes}
}
"""The types of all JSON answers, by method and path; ``{}`` stands for an ID."""


def template(uri: str) -> str:
    """Return a path with ``{}`` instead of its ID, if it has one."""
    route = find_route("GET", uri)
    return uri if route is None else route.path


def answer_type(method: str, uri: str) -> Any:
    """Return the type of the JSON that answers a request.

    Raises:
        KeyError: The request has none.
    """
    return ANSWERS[method, template(uri)]
