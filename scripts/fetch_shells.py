"""Provide the shells whose completion is tested: zsh and fish, if the machine doesn't have them; bash always exists.

They are packages of the machine's own release, unpacked under .cache/shells and never installed; the second run finds
them there and needs no network.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _apt import SetupError, codename, unpack

CACHE = Path(__file__).resolve().parent.parent / ".cache"

# Each with the dependencies that few machines have.
PACKAGES = {"zsh": ("zsh", "zsh-common"), "fish": ("fish", "fish-common", "libpcre2-32-0")}


def fetch() -> None:
    """Make the shells available.

    Raises:
        SetupError: They are not available; the text says why.
    """
    missing = [shell for shell in PACKAGES if not shutil.which(shell)]
    folder = CACHE / "shells"
    if not missing or folder.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"fetching {' and '.join(missing)} ...", file=sys.stderr)
    # Renamed into place, so that an interrupted run leaves nothing incomplete, and two runs don't disturb each other.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".new-") as scratch:
        unpacked = Path(scratch, "unpacked")
        unpacked.mkdir()
        first, *more = (package for shell in missing for package in PACKAGES[shell])
        unpack(first, codename(), unpacked, *more)
        with contextlib.suppress(OSError):
            unpacked.rename(folder)  # which fails where another run was quicker


def _main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        fetch()
    except SetupError as error:
        print(f"fetch_shells: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
