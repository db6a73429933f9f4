"""Serve a fake Syncthing to clients in any language, until Ctrl-C: ``python -m pytest_syncthing --port 8384``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Final

from aiosyncthing.exceptions import BadRequestError

from .facts import VERSIONS
from .fake import FakeSyncthing

_ENDS: Final = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a fake, and return the exit code when a signal ends it.

    Args:
        arguments: The command line; by default that of the process.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # Set here also because a shell has its background jobs ignore SIGINT.
    ends: SimpleQueue[int] = SimpleQueue()
    for number in _ENDS:
        signal.signal(number, lambda received, _: ends.put(received))
    try:
        with FakeSyncthing(
            options.version,
            name=options.name,
            api_key=options.api_key,
            port=options.port,
            home=options.home,
            tls=options.tls,
            files_on_disk=options.files_on_disk,
        ) as fake:
            if not options.empty:
                _fill(fake)
            sys.stdout.write(f"A fake Syncthing {fake.version}. Ctrl-C ends it.\n")
            sys.stdout.write(f"URL: {fake.url}\nAPI key: {fake.api_key}\n")
            sys.stdout.flush()  # at once, also into a pipe
            ends.get()
    except BadRequestError as error:
        parser.error(str(error))
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pytest_syncthing",
        description="Serve a fake Syncthing on this computer's loopback interface, for clients in any language.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: any free one)")
    played = ", ".join(VERSIONS)
    parser.add_argument(
        "--version", default="1.29", help=f"the version to play, or how it begins: {played} (default: 1.29)"
    )
    parser.add_argument(
        "--name", default="fake", help="the name of its device, from which its ID is derived (default: fake)"
    )
    parser.add_argument("--api-key", help="its API key (default: one derived from the name)")
    parser.add_argument("--home", help="a directory to write config.xml and the certificates to (default: none)")
    parser.add_argument("--tls", action="store_true", help="redirect plain requests to HTTPS")
    parser.add_argument(
        "--files-on-disk", action="store_true", help="keep files in a temporary directory, not in memory"
    )
    parser.add_argument("--empty", action="store_true", help="begin without the sample folder")
    return parser


def _fill(fake: FakeSyncthing) -> None:
    """Add a folder that another device shares, and that lacks a file which that device has."""
    phone = fake.add_device("phone")
    sample = fake.add_folder(
        "sample",
        label="Sample",
        files={"readme.txt": "A sample folder.\n", "notes/ideas.txt": "One.\n"},
        devices=[phone],
    )
    fake.connect(phone)
    sample.finish_sync()
    sample.remote_write(phone, {"photos/sea.jpg": b"\xff\xd8" + bytes(100_000)})


if __name__ == "__main__":
    raise SystemExit(main())
