"""``rest/svc``: small services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes
from aiosyncthing.device_id import DeviceID
from pytest_syncthing.go.device_ids import problem
from pytest_syncthing.http.messages import as_json

from .common import answers
from .report import MAX_VERSION, report

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request, Response
    from pytest_syncthing.model.node import Node

_LENGTH: Final = 32
_LONGEST: Final = 1 << 20
# As lib/rand has it: nothing that could be taken for something else.
_LETTERS: Final = "2345679abcdefghijkmnopqrstuvwxyzACDEFGHJKLMNPQRTUVWXYZ"


@answers(_routes.SVC_DEVICE_ID)
def _device_id(_: Node, request: Request) -> Response:
    text = request.param("id")
    wrong = problem(text)
    return as_json({"id": DeviceID(text)} if wrong is None else {"error": wrong})


@answers(_routes.LANGUAGES)
def _languages(node: Node, request: Request) -> Response:
    parts = request.header("Accept-Language").split(",")
    if not node.facts.LANGUAGE_WEIGHTS:
        return as_json([part.partition(";")[0].strip().lower() for part in parts])
    weights: dict[str, float] = {}
    for part in parts:
        code, _, parameter = (each.strip().lower() for each in part.partition(";"))
        weights[code] = 1
        if parameter.startswith("q="):
            try:
                weights[code] = _weight(parameter.removeprefix("q="))
            except ValueError:
                del weights[code]
    return as_json(sorted(weights, key=lambda code: -weights[code]))


def _weight(text: str) -> float:
    if text[:1].isspace():  # which Python would overlook
        raise ValueError(text)
    return float(text)


@answers(_routes.RANDOM_STRING)
def _random_string(node: Node, request: Request) -> Response:
    length = request.number("length", _LENGTH)
    # The daemon breaks off where its memory doesn't suffice; all fakes share theirs.
    length = min(length, _LONGEST) if length > 0 else _LENGTH
    return as_json({"random": "".join(node.random.choices(_LETTERS, k=length))})


@answers(_routes.REPORT)
def _report(node: Node, request: Request) -> Response:
    version = request.number("version", MAX_VERSION)
    return as_json(report(node, version if version > 0 else MAX_VERSION))
