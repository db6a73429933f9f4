"""What the tests of this folder share."""

import gc
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.imitations import imitation
from tests.support.processes import children, processes_with


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fail a test that leaves a child process."""
    yield
    gc.collect()
    assert children() == []


@pytest.fixture
def scratch(nothing_left: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of temporary homes; fail a test that leaves a process or a temporary home."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert processes_with(str(tmp_path)) == []
    assert list(folder.iterdir()) == []


@pytest.fixture
def imitate(tmp_path: Path) -> Callable[[str], Path]:
    """Write a program that imitates Syncthing, with a behaviour given as Python code."""
    return lambda behaviour: imitation(tmp_path, behaviour)
