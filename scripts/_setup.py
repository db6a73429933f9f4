"""Prepare .venv: create it if necessary, and install the package (editable) and the tools for the task.

A second run finds everything in place and does nothing. Concurrent runs wait for each other.

Usage: _setup.py package|dev
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from _apt import SetupError, codename, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARK = VENV / "ready"

# Installs everything else, for which pip would take half a minute of processor time.
UV = "uv>=0.8"

# The tools for each kind of task.
NEEDED = {
    "package": ["--editable", ".[cli]"],
    "dev": ["--editable", ".[top]", "--editable", "./pytest-syncthing", "--group", "dev"],
}


def prepare(kind: str) -> None:
    """Prepare .venv for a kind of task.

    Raises:
        SetupError: Something is missing or cannot be reached; the text says what.
    """
    # "dev" includes everything that "package" needs.
    good = [_digest(enough) for enough in NEEDED if enough in {kind, "dev"}]
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        alive = _works()
        if alive and MARK.exists() and MARK.read_text() in good:
            return
        print(f"preparing .venv ({kind}) ...", file=sys.stderr, flush=True)
        if not alive:
            _create()
        MARK.unlink(missing_ok=True)
        _run([PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON, *NEEDED[kind]])
        MARK.write_text(_digest(kind))


def _digest(kind: str) -> str:
    """Return a digest of what .venv depends on, including the path, since the editable installation refers to it."""
    parts = [
        kind.encode(),
        str(ROOT).encode(),
        (ROOT / "pyproject.toml").read_bytes(),
        (ROOT / "pytest-syncthing" / "pyproject.toml").read_bytes(),
        Path(__file__).read_bytes(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _works() -> bool:
    check = [str(PYTHON), "-c", "import sys, uv; sys.exit(sys.version_info < (3, 11))"]
    return PYTHON.exists() and subprocess.run(check, check=False, capture_output=True).returncode == 0


def _create() -> None:
    """Create .venv with uv in it, installed by this Python's own pip if there is one: making another takes seconds."""
    pip = ["-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    if importlib.util.find_spec("pip") is not None:
        venv.create(VENV, clear=True, symlinks=True)
        _run([sys.executable, *pip, "--python", PYTHON, "install", UV])
        return
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
        _run([PYTHON, *pip, "install", UV])
        return
    # Debian and Ubuntu keep ensurepip in python3-venv. The pip it would have used is a package too, and one
    # that need not be installed: so this asks for no root and leaves the machine as it was.
    with tempfile.TemporaryDirectory() as scratch:
        try:
            unpack("python3-pip-whl", codename(), Path(scratch))
        except SetupError as error:
            raise SetupError(f"this Python has no ensurepip: install python3-venv ({error})") from error
        wheel = next(Path(scratch).glob("usr/share/python-wheels/pip-*.whl"))
        venv.create(VENV, clear=True, symlinks=True)
        _run([PYTHON, *pip, "install", UV], {"PYTHONPATH": str(wheel)})


def _run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode == 0:
        return
    # pip reports a network that is down as a package that does not exist.
    if broken := re.findall(r"connection broken by (.*)", done.stdout):
        reason = re.sub(r"<[^>]*>: ", "", broken[-1])  # no addresses of objects
        raise SetupError(f"cannot reach the Python package index: {reason}")
    errors = re.findall(r"^error: (.*)|^ERROR: (.*)", done.stdout, re.MULTILINE)
    causes = re.findall(r"^ *cause: (.*)", done.stdout, re.MULTILINE)  # uv has each cause below what it caused
    raise SetupError(": ".join([*map("".join, errors[:1]), *causes[-1:]]) or done.stdout.strip())


def _main() -> int:
    try:
        prepare(sys.argv[1])
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
