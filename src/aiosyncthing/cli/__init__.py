"""The command line: ``aiosyncthing``, and ``python -m aiosyncthing``.

It needs the extra ``aiosyncthing[cli]``. `main` is the program; the JSON documents that it prints are described in
`aiosyncthing.cli.schemas`. What scripts see is a promise: option names, JSON and exit statuses. What people see is not.
"""

import sys

__all__ = ["main"]

_NEEDED = ("click", "rich", "platformdirs", "segno")


def main() -> None:
    """Run the command line with the arguments of the process, and end the process."""
    from importlib.util import find_spec  # noqa: PLC0415 - `import aiosyncthing.cli` costs nothing

    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        sys.stderr.write(
            f'aiosyncthing: error: {", ".join(missing)} missing: install with `uv tool install "aiosyncthing[cli]"` '
            'or `pip install "aiosyncthing[cli]"`\n'
        )
        sys.exit(2)

    from . import process  # noqa: PLC0415 - likewise
    from .app import main as run  # noqa: PLC0415 - likewise

    process.prepare_streams()
    try:
        status = run(sys.argv[1:])
    except process.Interrupted as interrupted:
        process.die(interrupted.signum)
        status = 128 + interrupted.signum  # where a signal can't end the process
    try:
        sys.stdout.flush()
    except OSError:
        process.silence()
        status = 141
    sys.exit(status)
