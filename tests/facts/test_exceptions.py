"""The tree of errors, and what each of them holds."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from aiosyncthing import exceptions
from aiosyncthing.exceptions import SyncthingError

KINDS = [getattr(exceptions, name) for name in exceptions.__all__]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
# The names of version 0.
SEED = ["SyncthingError", "PingError", "UnauthorizedError", "NotFoundError", "UnknownFolderError", "UnknownDeviceError"]


def drawn() -> dict[str, tuple[str, str]]:
    """Return the tree in the module's docstring: for each name its parent and its builtin class."""
    assert exceptions.__doc__
    tree: dict[str, tuple[str, str]] = {}
    branch: list[str] = []
    for line in exceptions.__doc__.splitlines():
        match = re.match(r"    ([│├└─ ]*)([A-Z]\w+Error)\s*(?:\((\w+)\))?", line)
        if match:
            depth = len(match[1]) // 4
            branch = [*branch[:depth], match[2]]
            tree[match[2]] = (branch[depth - 1] if depth else "", match[3] or "")
    return tree


def test_the_docstring_draws_the_tree() -> None:
    """Each error is in the drawing, in its place, with its builtin class."""
    actual = {}
    for kind in KINDS:
        ours = [base.__name__ for base in kind.__bases__ if issubclass(base, SyncthingError)]
        builtins = [base.__name__ for base in kind.__bases__ if not issubclass(base, SyncthingError)]
        actual[kind.__name__] = ("".join(ours), "".join(builtins).removesuffix("Exception"))
    assert drawn() == actual


def test_all_errors_are_exported() -> None:
    """`__all__` has every error of the module, sorted."""
    found = {name: value for name, value in vars(exceptions).items() if isinstance(value, type)}
    defined = {name for name, value in found.items() if issubclass(value, Exception)}
    assert exceptions.__all__ == sorted(defined)
    assert defined >= set(SEED)


def test_only_invalid_requests_are_value_errors() -> None:
    """Programs catch `ValueError` for their own mistakes."""
    mistakes = {kind for kind in KINDS if issubclass(kind, ValueError)}
    assert mistakes == {exceptions.BadRequestError, exceptions.InvalidDeviceIDError}


@every_kind
def test_all_arguments_are_optional(kind: type[SyncthingError]) -> None:
    """Mocks raise the bare class, or one with only a message."""
    bare = kind()
    assert (bare.method, bare.path, bare.status, bare.body) == (None,) * 4
    assert (str(bare), bare.args) == (kind.__name__, ())
    assert (str(kind("what")), kind("what").args) == ("what", ("what",))
    assert kind.__doc__


@every_kind
@pytest.mark.parametrize("how", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_errors_survive_a_copy(kind: type[SyncthingError], how: object) -> None:
    """Copied or pickled, for another process, an error keeps its text and attributes."""
    details = {
        parameter.name: 500 if parameter.name == "status" else f"some {parameter.name}"
        for parameter in inspect.signature(kind).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert details
    for error in (kind(), kind("what", **details)):
        assert callable(how)
        again = how(error)
        assert type(again) is kind
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SyncthingError("what"), "what"),
        (SyncthingError("what", method="GET", path="rest/x"), "what (GET rest/x)"),
        (SyncthingError("what", method="GET"), "what"),
        (SyncthingError("what", path="rest/x"), "what"),
        (SyncthingError("what", status=404), "what (status 404)"),
        (SyncthingError("what", body="why\nso"), "what ('why\\nso')"),
        (SyncthingError("what: why", body="why"), "what: why"),
        (SyncthingError("what", body=""), "what"),
        (
            SyncthingError("what", method="PUT", path="rest/x", status=500, body="why"),
            "what (PUT rest/x, status 500, 'why')",
        ),
        (SyncthingError(status=500), "SyncthingError (status 500)"),
    ],
)
def test_the_text_says_what_happened(error: SyncthingError, text: str) -> None:
    """The text has what happened, the request, the status and the daemon's text, once."""
    assert str(error) == text
