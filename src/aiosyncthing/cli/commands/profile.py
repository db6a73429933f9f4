"""``profile``: named daemons, with their keys and certificates."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli.command import Command, Group, table_options
from aiosyncthing.cli.errors import UsageError
from aiosyncthing.cli.output.tables import Column, chosen
from aiosyncthing.cli.parameters import PROFILE
from aiosyncthing.cli.prompts import ask_secret, can_ask, confirm
from aiosyncthing.cli.target.keys import read_secret
from aiosyncthing.cli.target.profiles import Profile, Profiles, config_file
from aiosyncthing.cli.target.target import check_url, of_profile, trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import ChangeRow, ProfileRow

_COLUMNS: Final[Sequence[Column[ProfileRow]]] = (
    Column("PROFILE", lambda row: row["name"], least=8),
    Column("KEY", lambda row: row["key"], rank=2),
    Column("TLS", lambda row: row["tls"], least=10, rank=1),
    Column("ADDRESS", lambda row: row["url"] or row["home"], least=12),
)


@click.group("profile", cls=Group)
def profile() -> None:
    """Manage profiles: named daemons with an address and a key."""


@profile.command("list", cls=Command)
@table_options
@click.pass_obj
def list_profiles(run: Run) -> int | None:
    """List the profiles, without their keys."""
    profiles = _profiles(run)
    rows = [_row(each) for each in profiles.all()]
    if run.options.json:
        run.out.document({"schema": "aiosyncthing/profiles/1", "file": str(profiles.file), "profiles": rows})
    elif rows:
        shown = chosen(_COLUMNS, names=run.options.columns, long=run.options.long)
        run.out.table(shown, rows, header=run.options.header)
    else:
        run.out.info(f"there are no profiles in {profiles.file}")
    return None


@profile.command("add", cls=Command)
@click.argument("name")
@click.option("--api-key-command", metavar="COMMAND", help="A command that prints the key: 'pass syncthing/nas'.")
@click.option("--no-test", is_flag=True, help="Don't connect to the daemon first.")
@click.option("--yes", is_flag=True, help="Trust the daemon's current certificate without asking.")
@click.pass_obj
def add(run: Run, name: str, api_key_command: str | None, no_test: bool, yes: bool) -> int:  # noqa: FBT001 - click
    """Add a profile: with --url and a key, or with --home.

    The key is in a file (--api-key-file), or printed by a command; otherwise it is asked for, and kept in the
    configuration file, which only you can read. A certificate that is not signed by a CA is shown, and pinned if you
    trust it.
    """
    profiles = _profiles(run)
    options = run.options
    if options.profiles:
        raise UsageError("--profile names another profile: use --url or --home")
    table: dict[str, str | list[str]] = {}
    if options.home is not None:
        if options.url or options.api_key_file or api_key_command:
            hint = "leave out --home, or --url, --api-key-file and --api-key-command"
            raise UsageError("--home finds the address and the key by itself", hint=hint)
        table["home"] = str(Path(options.home).expanduser().absolute())
    elif options.url is not None:
        check_url(options.url)
        table["url"] = options.url
        table.update(_key(run, api_key_command))
    else:
        raise UsageError("specify the daemon: --url URL, or --home DIR")
    if options.tls is not None:
        trust(options.tls)
        table["tls"] = options.tls

    async def work() -> None:
        if options.tls is None and str(table.get("url", "")).startswith(("https:", "unixs:")) and not no_test:
            pin = await _pin(run, str(table["url"]), yes=yes)
            table.update({"tls": pin} if pin else {})
        if not no_test:
            await _test(run, profiles.make(name, table))
        profiles.add(name, table)
        _changed(run, name, "added")

    return run.alone(work)


@profile.command("remove", cls=Command)
@click.argument("name", type=PROFILE)
@click.pass_obj
def remove(run: Run, name: str) -> None:
    """Remove a profile, but neither its daemon nor its key file."""
    _profiles(run).remove(name)
    _changed(run, name, "removed")


@profile.command("test", cls=Command)
@click.argument("name", type=PROFILE)
@click.pass_obj
def test(run: Run, name: str) -> int:
    """Connect to the daemon of a profile."""
    profiles = _profiles(run)

    async def work() -> None:
        await _test(run, profiles.get(name))

    return run.alone(work)


def _profiles(run: Run) -> Profiles:
    return Profiles(config_file(run.environ), run.environ)


def _row(each: Profile) -> ProfileRow:
    kind: Any = "home" if each.key is None else each.key.kind
    return {"name": each.name, "url": each.url, "home": each.home, "key": kind, "tls": each.tls}


def _key(run: Run, command: str | None) -> dict[str, str | list[str]]:
    file = run.options.api_key_file
    if file is not None and command is not None:
        raise UsageError("--api-key-file and --api-key-command contradict each other")
    if command is not None:
        return {"api-key-command": shlex.split(command)}
    if file == "-":
        return {"api-key": read_secret("-", run.out.warn).strip()}
    if file is not None:
        return {"api-key-file": str(Path(file).expanduser().absolute())}
    return {"api-key": ask_secret(run.out, "API key", option="--api-key-file or --api-key-command")}


async def _pin(run: Run, url: str, *, yes: bool) -> str:
    """Return the certificate to pin; empty if a CA has signed it."""
    from aiosyncthing import Syncthing, fetch_fingerprint  # noqa: PLC0415 - load aiohttp
    from aiosyncthing.exceptions import NotFoundError, TLSError  # noqa: PLC0415 - likewise

    async with Syncthing("none", url) as client:
        try:
            await client.noauth.health()  # which sends no key
        except TLSError:
            pin = str(await fetch_fingerprint(url))
        except NotFoundError:  # the daemon is too old for this request, but its certificate was accepted
            return ""
        else:
            return ""
    run.out.info(f"the certificate of {url} is {pin}")
    run.out.info("compare it on the daemon's computer: openssl x509 -in https-cert.pem -noout -fingerprint -sha256")
    if not yes and not can_ask():
        raise UsageError("this certificate is not trusted: use --tls with its fingerprint, or --yes")
    confirm(run.out, "Trust this certificate from now on?", yes=yes)
    return pin


async def _test(run: Run, each: Profile) -> None:
    """Connect, and print the daemon's version and device ID."""
    import asyncio  # noqa: PLC0415 - loaded by now

    target = of_profile(each, "profile")
    client = await asyncio.to_thread(target.client, 10.0, run.out.warn)
    async with client:
        status = await client.system.status()
        version = await client.system.version()
    if not run.options.json:
        run.out.info(f"{each.name}: Syncthing {version['version']}, device {status['myID']}")


def _changed(run: Run, name: str, action: str) -> None:
    row: ChangeRow = {"kind": "profile", "id": name, "name": name, "action": action}
    if run.options.json:
        run.out.document({"schema": "aiosyncthing/change/1", "daemon": None, "failures": [], "changes": [row]})
    elif not run.options.quiet:
        run.out.line(f"{action}: profile {name}")
