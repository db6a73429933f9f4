"""The command line: ``aiosyncthing``, and ``python -m aiosyncthing``.

It needs the extra ``aiosyncthing[cli]``. `main` is the program; the JSON documents that it prints are described in
`aiosyncthing.cli.schemas`. Option names, JSON and exit statuses are stable; output for people is not.
"""

import gc
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line with the arguments of the process, and exit."""
    gc.disable()  # until a client is created: collecting while modules load finds nothing and takes a third longer
    from .output import streams  # noqa: PLC0415 - keeps `import aiosyncthing.cli` cheap

    streams.open_streams()
    streams.prepare_streams()
    try:
        from . import process  # noqa: PLC0415 - likewise
        from .app import main as run  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as error:
        from .extras import how_to_get  # noqa: PLC0415 - likewise

        if not (reason := how_to_get(error.name)):
            raise
        streams.write_or_drop(f"aiosyncthing: error: {reason}\n")
        sys.exit(2)

    try:
        status = run(sys.argv[1:])
    except process.Interrupted as interrupted:
        process.die(interrupted.signum)
        status = 128 + interrupted.signum  # if a signal can't end the process
    try:
        sys.stdout.flush()
    except OSError as error:
        streams.silence(sys.stdout)
        status = status or (141 if streams.is_broken_pipe(error) else 1)
    sys.exit(status)
