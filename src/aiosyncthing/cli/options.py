"""The options that every command has, before and after its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import click

from .parameters import DIRECTORY, FILE, LIMIT, PROFILE


@dataclass
class Options:
    """The given options. An option after the command overrides one before it; profiles accumulate."""

    profiles: list[str] = field(default_factory=list[str])
    url: str | None = None
    home: str | None = None
    api_key_file: str | None = None
    tls: str | None = None
    timeout: float | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    color: str = "auto"
    columns: str = ""
    long: bool = False
    no_header: bool = False

    @property
    def header(self) -> bool:
        """Whether tables have headings."""
        return not self.no_header


class GlobalOption(click.Option):
    """An option whose value goes to `Options`."""


def take(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store the value of an option."""
    options: Options = ctx.obj.options
    if value is None or value is False or value in ((), 0):
        return
    name = str(param.name)
    if name == "profile":
        options.profiles += value
    else:
        setattr(options, name, value)


def global_options(taken: set[str]) -> list[click.Option]:
    """Return the global options for a command.

    Args:
        taken: The flags that the command itself uses, which take precedence.
    """
    found: list[click.Option] = []

    def add(*flags: str, **settings: Any) -> None:
        free = [flag for flag in flags if flag not in taken]
        if any(flag.startswith("--") for flag in free):
            found.append(GlobalOption(free, expose_value=False, callback=take, **settings))

    add(
        "-p",
        "--profile",
        multiple=True,
        metavar="NAME",
        type=PROFILE,
        help="Use this profile; several, or 'all', to read.",
    )
    add("--url", metavar="URL", help="The daemon's address.")
    add("--home", type=DIRECTORY, metavar="DIR", help="The home directory of a daemon on this computer.")
    add("--api-key-file", type=FILE, metavar="FILE|-", help="The file with the API key.")
    add("--tls", metavar="PIN|FILE", help="Trust sha256:..., the certificate in FILE, ca:FILE, or 'insecure'.")
    add("--timeout", type=LIMIT, help="Give up after this time: 90, 10m, 2h30m.")
    add("--json", is_flag=True, help="Print JSON, which is stable across versions.")
    add("-q", "--quiet", is_flag=True, help="Print only what was asked for.")
    add("-v", "--verbose", count=True, help="Show where the daemon was found; -vv logs requests.")
    add("--color", type=click.Choice(["auto", "always", "never"]), help="When to use colours.")
    return found
