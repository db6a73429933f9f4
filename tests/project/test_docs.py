"""The pages in ``docs`` are what users follow: every Python snippet in them runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_syncthing import FakeSyncthing

DOCS = Path(__file__).parents[2] / "docs"
SNIPPETS = {
    f"{page.stem}-{number}": code
    for page in sorted(DOCS.glob("*.md"))
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL), 1)
}
# Some Pythons of pyenv and virtualenv need no more, and nothing of this run shall reach the snippets.
PASSED_ON = ("PATH", "SYNCTHING_BINARIES", "LD_LIBRARY_PATH")


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a user whose Syncthing has its home there."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "HOME": str(home), "STHOMEDIR": str(home)}


@pytest.mark.parametrize("name", [name for name, code in SNIPPETS.items() if "def test_" not in code])
def test_a_program(name: str, tmp_path: Path) -> None:
    """Each program runs as it stands, where there is a daemon, and says something on stdout only."""
    with FakeSyncthing(tls=True, home=tmp_path / "home") as fake:
        code = SNIPPETS[name].replace("your API key", fake.api_key).replace("https://127.0.0.1:8384", fake.url)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            env=environment(tmp_path / "home"),
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.daemon
@pytest.mark.parametrize("name", [name for name, code in SNIPPETS.items() if "def test_" in code])
def test_a_test(name: str, tmp_path: Path, syncthing_binary: Path) -> None:
    """Each test passes as it stands, and with warnings as errors."""
    (tmp_path / "test_it.py").write_text(SNIPPETS[name])
    plugins = ("cacheprovider", "asyncio", "anyio", "xdist")
    arguments = [f"--syncthing-binary={syncthing_binary}", "--syncthing-required", "-W", "error"]
    arguments += [argument for plugin in plugins for argument in ("-p", f"no:{plugin}")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_pages_are_linked() -> None:
    """README leads to each page."""
    readme = (DOCS.parent / "README.md").read_text()
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"(docs/{page.name})" not in readme] == []
