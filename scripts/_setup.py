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

sys.path.insert(0, str(Path(__file__).parent))
from _apt import SetupError, codename, unpack

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARK = VENV / "ready"

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
        _pip("--upgrade", "pip>=25.1")  # the first with dependency groups
        _pip(*NEEDED[kind])
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
    check = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    return PYTHON.exists() and subprocess.run(check, check=False, capture_output=True).returncode == 0


def _create() -> None:
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
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
        _pip("--upgrade", "pip", environment={"PYTHONPATH": str(wheel)})


def _pip(*arguments: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", *arguments],
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
    errors = re.findall(r"^ERROR: (.*)", done.stdout, re.MULTILINE) or done.stdout.split("\n")[-2:]
    raise SetupError(f"pip failed: {errors[0]}")


def _main() -> int:
    try:
        prepare(sys.argv[1])
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
