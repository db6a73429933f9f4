"""The Pythons of this machine that can run the tests."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

# A Python counts when it says so itself: some shims and what is left of removed installations say nothing.
# Only finished releases of CPython with the interpreter lock count: for those, the packages that the tests
# need come ready built.
_QUESTION = """
import sys, sysconfig
if (
    sys.implementation.name == "cpython"
    and sys.version_info.releaselevel == "final"
    and sys.prefix == sys.base_prefix
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
):
    print("%d.%d" % sys.version_info[:2], sys.executable)
"""


def find_pythons(oldest: tuple[int, ...]) -> dict[str, Path]:
    """Return the path of one interpreter for each minor version, by version, the oldest version first.

    Args:
        oldest: The first version that counts.
    """
    found: dict[tuple[int, ...], Path] = {}
    for candidate in _candidates():
        version = tuple(map(int, candidate.name.removeprefix("python").split(".")))
        if version >= oldest and version not in found and (real := _real_path(candidate)):
            found[version] = real
    return {".".join(map(str, version)): found[version] for version in sorted(found)}


def _candidates() -> list[Path]:
    home = Path.home()
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += sorted(Path(os.environ.get("PYENV_ROOT") or home / ".pyenv").glob("versions/*/bin"), reverse=True)
    folders += sorted(Path(home, ".local/share/uv/python").glob("*/bin"), reverse=True)
    return [
        path
        for folder in folders
        for path in sorted(folder.glob("python3.*"))
        if re.fullmatch(r"python3\.\d+", path.name)
    ]


def _real_path(python: Path) -> Path | None:
    """Return where an interpreter truly is, or None when it is not what its name says or does not run."""
    try:
        done = subprocess.run([python, "-c", _QUESTION], check=False, capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    version, _, path = done.stdout.strip().partition(" ")
    return Path(path) if path and f"python{version}" == python.name else None
