"""Names that load on first use."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing._lazy import LazyNames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Make a package with two modules, and return what its names are kept in."""
    folder = tmp_path / "lazy_names_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("from datetime import timezone as ONE\nTWO = ONE.utc\n")
    (folder / "other.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield vars(importlib.import_module(folder.name))
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def make(package: dict[str, Any]) -> LazyNames:
    """Return the package's names."""
    return LazyNames(package, {"ONE": "one", "TWO": "one"}, ("one", "other"))


def test_what_was_loaded_is_stored(package: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is loaded once, and only that one."""
    monkeypatch.delitem(sys.modules, "aiohttp", raising=False)
    names = make(package)
    assert "ONE" not in package
    assert names.load("ONE") is package["ONE"]
    assert "TWO" not in package
    assert names.load("other") is package["other"]


def test_with_aiohttp_everything_loads(package: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where aiohttp is loaded, or comes with a name, the rest is loaded too; what is there already stays."""
    monkeypatch.delitem(sys.modules, "aiohttp", raising=False)
    names = make(package)
    names.load_rest()
    assert not {"ONE", "TWO", "one", "other"} & package.keys()
    package["TWO"] = "of a test"
    monkeypatch.setitem(sys.modules, "aiohttp", sys)
    names.load("ONE")
    assert {"ONE", "TWO", "one", "other"} <= package.keys()
    assert package["TWO"] == "of a test"
    names.load_rest()


def test_other_names(package: dict[str, Any]) -> None:
    """Names that are not there are reported as Python does; those that are can be listed."""
    names = make(package)
    with pytest.raises(AttributeError, match=r"^module 'lazy_names_of_a_test' has no attribute 'THREE'$"):
        names.load("THREE")
    assert {"ONE", "TWO", "one", "other", "__name__"} <= {*names.names()}
