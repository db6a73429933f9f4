"""The Pythons of this machine that can run the tests."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

# Those that fetch_python.py provides.
FETCHED = Path(__file__).resolve().parent.parent / ".cache" / "python"

# Each candidate is asked, since some are shims or remains of removed installations.
# Only final releases of CPython with the GIL count: for those, the packages that the tests
# need are available as wheels.
_QUESTION = """
import sys, sysconfig
if (
    sys.implementation.name == "cpython"
    and sys.version_info.releaselevel == "final"
    and sys.prefix == sys.base_prefix
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
):
    print("%d.%d.%d" % sys.version_info[:3], sys.executable)
"""


def find_pythons(oldest: tuple[int, ...]) -> dict[str, Path]:
    """Return the path of one interpreter for each minor version, by version, the oldest version first.

    Of the oldest version it is the oldest patch release, since users have that one too: it is what distributions
    keep for years. Of the others it is the first on PATH, or else the first in the folders of pyenv, uv and our own.

    Args:
        oldest: The first version that counts.
    """
    found: dict[tuple[int, ...], tuple[tuple[int, ...], Path]] = {}
    for candidate in _candidates():
        minor = _numbers(candidate.name.removeprefix("python"))
        if minor < oldest or (minor in found and minor > oldest):
            continue
        if (real := _real_version(candidate)) and real[0][:2] == minor:
            found[minor] = min(found.get(minor, real), real, key=lambda version_and_path: version_and_path[0])
    return {".".join(map(str, minor)): found[minor][1] for minor in sorted(found)}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _candidates() -> list[Path]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() fails where there is none
    folders = [Path(folder) for folder in os.get_exec_path()]
    for parent in (Path(os.environ.get("PYENV_ROOT") or home / ".pyenv", "versions"), home / ".local/share/uv/python"):
        folders += [version / "bin" for version in reversed(_inside(parent))]
    folders += [version / "usr/bin" for version in _inside(FETCHED)]
    return [path for folder in folders for path in _inside(folder) if re.fullmatch(r"python3\.\d+", path.name)]


def _inside(folder: Path) -> list[Path]:
    """Return the contents of a folder; empty if it can't be read or isn't a folder."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _real_version(python: Path) -> tuple[tuple[int, ...], Path] | None:
    """Return the version and the real path of an interpreter, or None if it does not run."""
    try:
        done = subprocess.run(
            [python, "-c", _QUESTION], check=False, capture_output=True, text=True, errors="replace", timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.fullmatch(r"(\d+\.\d+\.\d+) (/.*)", done.stdout.strip())
    return (_numbers(match[1]), Path(match[2])) if match else None
