"""Provide the real Syncthing daemons for the tests and the demo.

Prints the path of each binary. They are the packages of the machine's own release and of the one next to it,
unpacked under .cache/syncthing and never installed; the second run finds them there and needs no network.
The environment variable SYNCTHING_BINARIES (paths, separated as in PATH) overrides them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _apt import SetupError, codename, unpack

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "syncthing"

# The two releases that a machine gets its daemons from: its own and a neighbouring one, the oldest first.
RELEASES = {
    "bookworm": ("bookworm", "trixie"),  # 1.19.2 and 1.29.5
    "trixie": ("bookworm", "trixie"),
    "jammy": ("noble", "resolute"),  # its own is 1.18, older than what the library supports
    "noble": ("noble", "resolute"),  # 1.27.2 and 1.29.5
    "resolute": ("noble", "resolute"),
}


def binaries() -> list[Path]:
    """Return every daemon to test with, the oldest first.

    Raises:
        SetupError: One of them is not available; the text says why.
    """
    if given := os.environ.get("SYNCTHING_BINARIES"):
        paths = [Path(path) for path in given.split(os.pathsep) if path]
        for path in paths:
            _version(path)
        return paths
    return [_release(release) for release in _releases()]


def any_binary() -> Path:
    """Return one daemon, preferably one that is already here.

    Raises:
        SetupError: There is none, and none is available; the text says why.
    """
    if os.environ.get("SYNCTHING_BINARIES"):
        return binaries()[-1]
    if installed := shutil.which("syncthing"):
        return Path(installed)
    own = codename()
    return _release(own if own in _releases() else _releases()[0])


def _releases() -> tuple[str, ...]:
    own = codename()
    if own not in RELEASES:
        raise SetupError(
            f"no daemons are known for this system ({own or 'it has no release name'}): "
            "name those to use in SYNCTHING_BINARIES"
        )
    return RELEASES[own]


def _release(release: str) -> Path:
    """Return the binary of a release, from the cache if it is there.

    Layout: .cache/syncthing/1.19.2/syncthing, and a link bookworm -> 1.19.2.
    """
    link = CACHE / release
    binary = link / "syncthing"
    if binary.exists():
        return binary.resolve()
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"fetching the syncthing package of {release} ...", file=sys.stderr)
    # Each result comes by a rename: an interrupted run leaves no half of it, and two runs do not disturb
    # each other.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".new-") as scratch:
        unpack("syncthing", release, Path(scratch))
        unpacked = Path(scratch, "usr", "bin", "syncthing")
        version = _version(unpacked)
        (CACHE / version).mkdir(exist_ok=True)
        unpacked.replace(CACHE / version / "syncthing")
        new_link = Path(scratch, "link")
        new_link.symlink_to(version)
        with contextlib.suppress(FileExistsError):
            new_link.replace(link)
    return binary.resolve()


def _version(binary: Path) -> str:
    try:
        said = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{binary} does not run: {error}") from error
    match = re.match(r"syncthing v(\d+\.\d+\.\d+)", said)
    if not match:
        raise SetupError(f"{binary} is not Syncthing: --version says {said[:80]!r}")
    return match[1]


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--any",
        action="store_true",
        help="print only one: the syncthing on PATH, or else the package of the machine's own release",
    )
    options = parser.parse_args()
    try:
        found = [any_binary()] if options.any else binaries()
    except SetupError as error:
        print(f"fetch_syncthing: {error}", file=sys.stderr)
        return 1
    for path in found:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
