"""``run`` and ``daemon``: a private daemon, as long as a command runs or until Ctrl-C."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import UsageError
from aiosyncthing.cli.parameters import DIRECTORY, FILE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from aiosyncthing import Daemon
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import PrivateDaemon

_ELSEWHERE: Final = frozenset({"AIOSYNCTHING_PROFILE", "AIOSYNCTHING_TLS", "STGUIADDRESS", "STGUIAPIKEY", "STCONFDIR"})
"""Variables that would make commands use another daemon."""


class _Private(NamedTuple):
    daemon: Daemon
    key_file: Path


@click.command("run", cls=Command, context_settings={"allow_interspersed_args": False})
@click.option("--keep", type=DIRECTORY, metavar="DIR", help="Use DIR as the daemon's home, and keep it.")
@click.option(
    "--binary", type=FILE, metavar="FILE", help="The program; by default SYNCTHING_BINARY, or syncthing on PATH."
)
@click.argument("command", nargs=-1, required=True, metavar="COMMAND...")
@click.pass_obj
def run(run: Run, keep: str | None, binary: str | None, command: tuple[str, ...]) -> int:
    """Run a command with its own private daemon.

    The daemon is off the network, and its home is removed at the end. COMMAND finds it by AIOSYNCTHING_URL and
    AIOSYNCTHING_API_KEY_FILE, which `aiosyncthing` uses as well; AIOSYNCTHING_DEVICE_ID, AIOSYNCTHING_SYNC_ADDRESS and
    STHOMEDIR are also set. The exit status is that of COMMAND.
    """
    from aiosyncthing.cli.programs.children import check_command, end_as, run_command  # noqa: PLC0415 - loads asyncio

    _no_target(run)
    check_command(command)
    ended = 0

    async def work() -> None:
        nonlocal ended
        async with _private(run, keep, binary) as private:
            ended = await run_command(command, _environment(run.environ, private))

    run.alone(work)
    return end_as(ended)


@click.command("daemon", cls=Command)
@click.option("--keep", type=DIRECTORY, metavar="DIR", help="Use DIR as the daemon's home, and keep it.")
@click.option(
    "--binary", type=FILE, metavar="FILE", help="The program; by default SYNCTHING_BINARY, or syncthing on PATH."
)
@click.pass_obj
def daemon(run: Run, keep: str | None, binary: str | None) -> int:
    """Run a private daemon until Ctrl-C.

    It prints the daemon's address, and the path of a file with its key. The daemon is off the network, and its home is
    removed at the end unless --keep is given.
    """
    _no_target(run)

    async def work() -> int:
        async with _private(run, keep, binary) as private:
            _show(run, private, str(private.key_file))
            run.out.flush()
            await private.daemon.wait()
        run.out.info("the daemon was shut down")
        return 0

    return run.alone(work)


@asynccontextmanager
async def _private(run: Run, keep: str | None, binary: str | None) -> AsyncGenerator[_Private]:
    """Start a daemon, and write its key to a file that only this user can read."""
    from aiosyncthing import Daemon  # noqa: PLC0415 - loads aiohttp

    with tempfile.TemporaryDirectory(prefix="aiosyncthing-") as folder:  # which only this user can enter
        async with Daemon(keep, binary) as private:
            file = _write_key(folder, private.api_key)
            run.out.note(f"Syncthing {private.version} at {private.url}, home {private.home}")
            yield _Private(private, file)


def _write_key(folder: str, key: str) -> Path:
    file = Path(folder, "api-key")
    file.touch(mode=0o600)
    file.write_text(key, encoding="utf-8")
    return file


def _environment(environ: Mapping[str, str], private: _Private) -> dict[str, str]:
    """Return the environment of a command, in which no variable leads to another daemon."""
    kept = {name: value for name, value in environ.items() if name not in _ELSEWHERE}
    return kept | {
        "AIOSYNCTHING_URL": private.daemon.url,
        "AIOSYNCTHING_API_KEY_FILE": str(private.key_file),
        "AIOSYNCTHING_DEVICE_ID": private.daemon.device_id,
        "AIOSYNCTHING_SYNC_ADDRESS": _sync_address(private.daemon) or "",
        "STHOMEDIR": str(private.daemon.home),
    }


def _show(run: Run, private: _Private, key_file: str) -> None:
    daemon = private.daemon
    document: PrivateDaemon = {
        "schema": "aiosyncthing/daemon/1",
        "url": daemon.url,
        "apiKeyFile": key_file,
        "id": daemon.device_id,
        "version": daemon.version,
        "home": str(daemon.home),
        "syncAddress": _sync_address(daemon),
    }
    if run.options.json:
        run.out.record(document)
        return
    run.out.line(f"Syncthing {daemon.version}, device {daemon.device_id}")
    for name, value in (("url", daemon.url), ("key", key_file), ("home", document["home"])):
        run.out.line(f"{name:<5} {value}")
    run.out.info("press Ctrl-C to stop it")


def _sync_address(daemon: Daemon) -> str | None:
    from aiosyncthing import DaemonError  # noqa: PLC0415 - loaded by now

    try:
        return daemon.sync_address
    except DaemonError:  # a home from an earlier run may have other listen addresses
        return None


def _no_target(run: Run) -> None:
    options = run.options
    if options.profiles or options.url or options.home or options.api_key_file or options.tls:
        raise UsageError("this command starts its own daemon: don't name another one")
