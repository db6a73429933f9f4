"""Provide the newest Python that the tests run on, if the machine doesn't have it.

It is the package of a newer release of the machine's own distribution, unpacked under .cache/python with everything it
depends on, the C library included, and never installed; the second run finds it there and needs no network.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _apt import SetupError, codename, unpack
from _pythons import FETCHED, find_pythons

VERSION = "3.14"

# The release that has it, for those that don't.
RELEASES = {"bookworm": "forky", "trixie": "forky", "jammy": "resolute", "noble": "resolute"}

# A program finds libraries of another release only through the loader of that release. The name it was called by is
# passed on, since Python looks from there for its environment.
LAUNCHER = """\
#!/bin/sh
exec {loader} --library-path {libraries} --argv0 "$0" {program} "$@"
"""


def fetch() -> None:
    """Fetch it, unless it is there already.

    Raises:
        SetupError: It is not available; the text says why.
    """
    if VERSION in find_pythons(tuple(map(int, VERSION.split(".")))):
        return
    release = RELEASES.get(codename())
    if release is None:
        raise SetupError(f"no release with a package of Python {VERSION} is known for this system")
    print(f"fetching the python{VERSION} package of {release} ...", file=sys.stderr)
    FETCHED.mkdir(parents=True, exist_ok=True)
    # Renamed into place, so that an interrupted run leaves nothing incomplete, and two runs do not disturb each other.
    with tempfile.TemporaryDirectory(dir=FETCHED, prefix=".new-") as scratch:
        unpacked, place = Path(scratch, VERSION), FETCHED / VERSION
        unpacked.mkdir()
        unpack(f"python{VERSION}", release, unpacked, dependencies=True)
        _make_launcher(unpacked, place)
        if place.exists():  # it was not found, so it does not run
            place.rename(Path(scratch, "old"))
        with contextlib.suppress(OSError):  # another run was faster
            unpacked.rename(place)
    if VERSION not in find_pythons(tuple(map(int, VERSION.split(".")))):
        raise SetupError(f"the python{VERSION} package of {release} does not run here")


def _make_launcher(unpacked: Path, place: Path) -> None:
    """Replace the interpreter with a script that starts it with its own loader, at its final path."""
    program = unpacked / "usr" / "bin" / f"python{VERSION}"
    for other in set(program.parent.iterdir()) - {program}:  # nothing else of it should be found on PATH
        other.unlink()
    real = program.rename(program.with_name(f"{program.name}.real"))
    (loader,) = unpacked.glob("usr/lib/*/ld-linux*.so.*")
    paths = {"loader": loader, "libraries": loader.parent, "program": real}
    program.write_text(
        LAUNCHER.format_map(
            {name: shlex.quote(str(place / path.relative_to(unpacked))) for name, path in paths.items()}
        )
    )
    program.chmod(0o755)


def _main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        fetch()
    except (SetupError, OSError, subprocess.SubprocessError) as error:
        print(f"fetch_python: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
