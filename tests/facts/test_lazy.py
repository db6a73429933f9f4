"""Packages whose names load on first use."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aiosyncthing._lazy import load_all

FILES = {
    "__init__.py": (
        "from aiosyncthing._lazy import lazy\n"
        "__all__, __getattr__, __dir__ = lazy(__name__, {'one': ['One', 'zone'], 'room': ['Inner']}, public=True)\n"
    ),
    "one.py": "from datetime import timezone as zone\nclass One: ...\n",
    "room/__init__.py": (
        "from aiosyncthing._lazy import lazy\n"
        "__all__, __getattr__, __dir__ = lazy(__name__, {'inside': ['Inner', 'zone']})\n"
    ),
    "room/inside.py": "from datetime import timezone as zone\nclass Inner: ...\nclass Hidden: ...\n",
    "whole/__init__.py": (
        "from aiosyncthing._lazy import lazy_star\n__getattr__, __dir__ = lazy_star(__name__, 'everything')\n"
    ),
    "whole/everything.py": "from .part import *\n",
    "whole/part.py": "__all__ = ['Part', 'PARTS']\nclass Part: ...\nPARTS = 1\nOTHER = 2\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Make a package whose names are lazy, and import it."""
    folder = tmp_path / "lazy_names_of_a_test"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(folder.name)
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def loaded(package: ModuleType) -> set[str]:
    """Return the modules of the package that are loaded."""
    return {
        name.removeprefix(f"{package.__name__}.") for name in sys.modules if name.startswith(f"{package.__name__}.")
    }


def test_names_load_one_by_one(package: ModuleType) -> None:
    """A name loads its own module only, and is an ordinary attribute from then on."""
    assert not loaded(package)
    assert package.One is vars(package)["One"] is sys.modules[f"{package.__name__}.one"].One
    assert loaded(package) == {"one"}
    assert "zone" not in vars(package)


def test_modules_are_attributes_where_they_are_public(package: ModuleType) -> None:
    """Those of the package are there without an import of their own; those inside a room are not."""
    assert package.room.__name__ == f"{package.__name__}.room"
    with pytest.raises(AttributeError, match=r"^module 'lazy_names_of_a_test.room' has no attribute 'inside'$"):
        _ = package.room.inside


def test_a_room_loads_at_once(package: ModuleType) -> None:
    """Where the modules of a package are not public, one name loads all."""
    assert package.room.zone
    assert {"Inner", "zone"} <= vars(package.room).keys()


def test_what_is_there_stays(package: ModuleType) -> None:
    """What a test has put in the place of a name is not replaced when the others load."""
    package.room.zone = "of a test"
    assert package.room.Inner
    assert package.room.zone == "of a test"


def test_a_class_is_at_home_in_a_public_module(package: ModuleType) -> None:
    """A class that lies inside a room is given the room as its module; nothing else is changed."""
    assert package.One.__module__ == f"{package.__name__}.one"
    assert package.Inner.__module__ == f"{package.__name__}.room"
    assert package.room.zone.__module__ == "datetime"
    hidden: Any = importlib.import_module(f"{package.__name__}.room.inside").Hidden
    assert hidden.__module__ == f"{package.__name__}.room.inside"


def test_lists(package: ModuleType) -> None:
    """`__all__` has the public names, `dir` the modules besides, but no helpers; neither loads anything."""
    assert package.__all__ == ["Inner", "One", "zone"]
    assert {"Inner", "One", "zone", "one", "room", "__name__"} <= {*dir(package)}
    assert "lazy" in vars(package)
    assert "lazy" not in dir(package)
    assert not loaded(package)


def test_other_names(package: ModuleType) -> None:
    """A name that is not there is reported as Python does."""
    for name in ("THREE", "__path", "whole_"):
        with pytest.raises(AttributeError, match=rf"^module 'lazy_names_of_a_test' has no attribute '{name}'$"):
            getattr(package, name)


def test_names_that_load_at_once(package: ModuleType) -> None:
    """The first name, or the list of them, loads all; a look for something else that Python may have does not."""
    whole: Any = importlib.import_module(f"{package.__name__}.whole")
    assert not hasattr(whole, "__wrapped__")
    assert loaded(package) == {"whole"}
    assert whole.Part.__module__ == whole.__name__
    assert {"Part", "PARTS", "__all__"} <= vars(whole).keys()
    assert whole.__all__ == ["PARTS", "Part"]
    assert {"PARTS", "Part", "__name__"} <= {*dir(whole)}
    with pytest.raises(AttributeError, match=r"^module 'lazy_names_of_a_test.whole' has no attribute 'OTHER'$"):
        _ = whole.OTHER


def test_a_star_loads_all(package: ModuleType) -> None:
    """`from ... import *` gives the public names, however they load."""
    found: dict[str, Any] = {}
    exec(f"from {package.__name__} import *\nfrom {package.__name__}.whole import *", found)
    assert found.keys() - {"__builtins__"} == {"Inner", "One", "zone", "PARTS", "Part"}


def test_everything_can_be_loaded(package: ModuleType) -> None:
    """All names of the package and of its rooms."""
    load_all(package.__name__)
    assert {"Inner", "One", "zone"} <= vars(package).keys()
    assert {"Inner", "zone"} <= vars(package.room).keys()
