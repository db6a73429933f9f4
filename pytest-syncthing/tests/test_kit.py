"""The public names of the testing kit, and that it costs nothing before it is used."""

from __future__ import annotations

import inspect
from typing import Final, get_type_hints

import pytest
from tests.support.introspection import about, functions, public

import pytest_syncthing as testing

PUBLIC: Final = public("pytest_syncthing")
FUNCTIONS: Final = dict(found for path, value in PUBLIC.items() for found in functions(path, value))
CLASSES: Final = {path: value for path, value in PUBLIC.items() if isinstance(value, type)}


def test_every_name_loads() -> None:
    """Each public name exists, and is in ``dir``."""
    for name in testing.__all__:
        assert getattr(testing, name) is not None, name
        assert name in dir(testing)


def test_everything_public_is_looked_at() -> None:
    """Classes and their methods are among what is tested."""
    assert "pytest_syncthing.FakeSyncthing" in CLASSES
    assert "pytest_syncthing.FakeSyncthing.add_folder" in FUNCTIONS


def test_the_annotations_of_every_function_can_be_resolved() -> None:
    """`get_type_hints` and `inspect.signature` find all names in the module of the function."""
    for path, function in FUNCTIONS.items():
        with about(path):
            assert get_type_hints(function).keys() == inspect.get_annotations(function).keys()
            inspect.signature(function, eval_str=True)


def test_what_classes_say_of_themselves() -> None:
    """The annotations of classes can be resolved, and ``__module__`` is where users import them from."""
    for path, cls in CLASSES.items():
        with about(path):
            assert get_type_hints(cls).keys() >= inspect.get_annotations(cls).keys()
            assert cls.__module__ == "pytest_syncthing"


def test_an_unknown_name() -> None:
    """An unknown name raises AttributeError, as in any module."""
    with pytest.raises(AttributeError, match=r"module 'pytest_syncthing' has no attribute 'nope'"):
        testing.nope  # noqa: B018 - it raises
