"""Checks every request of the package during the contract tests."""

import functools
import inspect
from collections import defaultdict
from typing import Any, Final

import pytest

from aiosyncthing import API, Syncthing, types
from aiosyncthing._http.failures import translate
from aiosyncthing._rest.namespace import Namespace
from aiosyncthing._routes import DISK_EVENTS, EVENTS, ROUTES, Answer, Route, find_route
from tests.support.answers import ANSWERS
from tests.support.shapes import problems

__all__ = ["Observer", "public_methods"]

_NAMES: Final = {route: name for name, route in ROUTES.items()}
_SHAPES: Final[dict[Answer, Any]] = {Answer.EMPTY: None, Answer.OK: types.Ok | None}
_LISTS: Final = frozenset({"children", "files", "progress", "queued", "rest"})
_KINDS: Final = {Answer.TEXT: str, Answer.BYTES: bytes}


class Observer:
    """Checks each answer against the type of its route, and records what was used.

    Attributes:
        misfits: What did not fit, and where.
        answered: Names of the routes with a successful answer.
        refused: Kinds of errors, by name of the route.
        methods: The public methods, such as ``System.ping``; those that were replaced to observe them look different.
        called: The methods that were called.
        events: The types of the events that were received.
    """

    def __init__(self) -> None:
        self.misfits: list[str] = []
        self.answered: set[str] = set()
        self.refused: defaultdict[str, set[type[Exception]]] = defaultdict(set)
        self.methods: set[str] = set()
        self.called: set[str] = set()
        self.events: set[str] = set()
        self._checked: set[tuple[str | None, str, int]] = set()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Start observing."""
        patch.setattr(API, "raw_request", self._watch_request(API.raw_request))
        patch.setattr(API, "download", self._watch_download(API.download))
        for cls, name, method in public_methods():
            self.methods.add(f"{cls.__name__}.{name}")
            patch.setattr(cls, name, self._watch_call(f"{cls.__name__}.{name}", method))

    def take_misfits(self) -> list[str]:
        """Return what did not fit since the last call."""
        taken, self.misfits = self.misfits, []
        return taken

    def _watch_request(self, original: Any) -> Any:
        @functools.wraps(original)
        async def raw_request(api: API, uri: str, *args: Any, method: str = "GET", **options: Any) -> Any:
            route = find_route(method, uri.lstrip("/").partition("?")[0])
            try:
                answer = await original(api, uri, *args, method=method, **options)
            except Exception as error:
                if route is not None:
                    self.refused[_NAMES[route]].add(type(translate(error, method, uri)))
                raise
            if route is not None:
                self.answered.add(_NAMES[route])
                unknown = self._take_new(api, answer) if route in {EVENTS, DISK_EVENTS} else answer
                self.misfits += (
                    f"{method} {route.path} of {api.daemon_version}: {each}" for each in _check(route, unknown)
                )
            return answer

        return raw_request

    def _take_new(self, api: API, events: list[Any]) -> list[Any]:
        """Return the events that were not checked before: each request for the history returns the same ones."""
        known = {(api.daemon_id, event["time"], event["globalID"]): event for event in events}
        new = [known[key] for key in known.keys() - self._checked]
        self._checked |= known.keys()
        self.events.update(event["type"] for event in new)
        return new

    def _watch_download(self, original: Any) -> Any:
        @functools.wraps(original)
        async def download(api: API, route: Route[bytes], *args: Any, **options: Any) -> int:
            try:
                size: int = await original(api, route, *args, **options)
            except Exception as error:
                self.refused[_NAMES[route]].add(type(error))
                raise
            self.answered.add(_NAMES[route])
            return size

        return download

    def _watch_call(self, name: str, original: Any) -> Any:
        @functools.wraps(original)
        def call(*args: Any, **options: Any) -> Any:
            self.called.add(name)
            return original(*args, **options)

        return call


def public_methods() -> list[tuple[type, str, Any]]:
    """Return class, name and function of every method that makes requests."""
    classes = [Syncthing, *_subclasses(Namespace)]
    return [
        (cls, name, member)
        for cls in classes
        for name, member in vars(cls).items()
        if not name.startswith("_") and (inspect.iscoroutinefunction(member) or inspect.isasyncgenfunction(member))
    ]


def _subclasses(cls: type) -> list[type]:
    return [each for child in cls.__subclasses__() for each in (child, *_subclasses(child))]


def _check(route: Route[Any], answer: Any) -> list[str]:
    kind = _KINDS.get(route.answer)
    if kind is not None:
        return [] if isinstance(answer, kind) else [f"{type(answer).__name__} instead of {kind.__name__}"]
    if route.answer in _SHAPES:
        return problems(answer, _SHAPES[route.answer])
    shown = answer if route in {EVENTS, DISK_EVENTS} else _shortened(answer)
    return problems(shown, ANSWERS[route.method, route.path])


def _shortened(answer: Any) -> Any:
    """Return an answer without the middle of long lists of files, which are all alike and take long to check."""
    if isinstance(answer, list):
        return [_shortened(each) for each in (answer[:20] + answer[-20:] if len(answer) > 40 else answer)]
    if not isinstance(answer, dict):
        return answer
    return {key: _shortened(value) if key in _LISTS else value for key, value in answer.items()}
