"""The pictures in docs show what the command line shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.support.pictures import lines_of

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "make_pictures.py"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    """The script that makes them."""
    return runpy.run_path(str(SCRIPT))


def test_the_pictures_are_current(script: dict[str, Any]) -> None:
    """Each picture has the text that it would have if it were made now, and fetches nothing."""
    made = script["pictures"]()
    files = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [file.stem for file in files] == sorted(made)
    for file in files:
        text = file.read_text()
        assert lines_of(text) == lines_of(made[file.stem]), f"`nox -s pictures` makes {file.name}"
        assert re.search(r"url\(.?http|href", text) is None


@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_the_text_is_current(page: str, script: dict[str, Any]) -> None:
    """What README and docs show of the status is what the command writes about the same daemon."""
    assert script["plain"](script["status"]()) in (ROOT / page).read_text()
