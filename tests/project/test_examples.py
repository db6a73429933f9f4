"""The examples: each has tests of its own, which pass, and runs as its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_syncthing import FakeSyncthing

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/pyproject.toml"))
# Of ours only what leads to the programs and packages of this environment: nothing that says how pytest is to run.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}


def test_there_are_some() -> None:
    """The examples were found."""
    assert [example.name for example in EXAMPLES] == ["sync-badge"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_its_own_tests(example: Path) -> None:
    """Its tests pass as its README says, in this environment with all the plugins that are installed here."""
    assert "\npytest " in (example / "README.md").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=example,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_badge_is_drawn(tmp_path: Path) -> None:
    """The badge program finds the Syncthing of this computer and keeps its file up to date."""
    badge = tmp_path / "badge.svg"
    program = Path("examples/sync-badge/sync_badge.py")
    with FakeSyncthing(home=tmp_path / "home") as fake:
        fake.add_folder("docs", label="My docs")
        with subprocess.Popen(
            [sys.executable, EXAMPLES[0].parent.parent / program, "docs", badge],
            env={**ENVIRONMENT, "STHOMEDIR": str(tmp_path / "home")},
        ) as running:
            try:
                fake.wait_until(lambda: badge.exists() and "in sync" in badge.read_text(), timeout=60)
                fake.folder("docs").pause()
                fake.wait_until(lambda: "paused" in badge.read_text(), timeout=60)
            finally:
                running.terminate()
    assert "My docs" in badge.read_text()
