"""The command ``aiosyncthing``: parses the arguments, runs a command, and returns an exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import click

from . import errors, process
from .command import LazyGroup
from .commands import COMMANDS
from .errors import Exit
from .extras import how_to_get
from .output import streams
from .output.terminal import is_terminal
from .run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAM: Final = "aiosyncthing"
_DEBUG: Final = "AIOSYNCTHING_DEBUG"
_COMPLETE: Final = "_AIOSYNCTHING_COMPLETE"


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value and not ctx.resilient_parsing:
        from aiosyncthing import __version__  # noqa: PLC0415 - only where it is needed

        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


@click.command(
    PROGRAM,
    cls=LazyGroup,
    sections=COMMANDS,
    invoke_without_command=True,
    epilog="`aiosyncthing COMMAND --help` shows more. Exit status 0 is success, anything else a failure.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def group(ctx: click.Context) -> int | None:
    """Inspect and control Syncthing, on this computer and elsewhere."""
    if ctx.invoked_subcommand is None:
        if not is_terminal(sys.stdout):
            raise click.UsageError("name a command", ctx)
        from .commands.status import status  # noqa: PLC0415 - only where no other command is named

        with status.make_context("status", [], parent=ctx) as inner:
            result: int | None = status.invoke(inner)
            return result
    return None


def main(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: Its arguments.
        environ: The environment; by default that of the process.

    Returns:
        The exit status.

    Raises:
        Interrupted: A signal has interrupted it.
    """
    run = Run(os.environ if environ is None else environ)
    if _COMPLETE in run.environ:
        from .completion import answering  # noqa: PLC0415 - only where a shell asks

        return answering.serve(group, run)
    try:
        return _run(run, arguments)
    except (KeyboardInterrupt, click.Abort, process.Interrupted) as error:
        run.out.clear()
        raise process.Interrupted(process.interrupted(error)) from None
    except Exception as error:  # noqa: BLE001 - reported, with or without a traceback
        if isinstance(error, OSError) and streams.is_broken_pipe(error):
            streams.silence(sys.stdout)
            return Exit.READER_GONE if run.failure is None else run.failure
        return _report(run, error, any(each.partition("=")[0] == "--json" for each in arguments))


def _run(run: Run, arguments: Sequence[str]) -> int:
    try:
        with group.make_context(PROGRAM, list(arguments), obj=run) as ctx:
            status: int | None = group.invoke(ctx)
    except click.exceptions.Exit as ended:  # after --help and --version
        status = ended.exit_code
    with streams.writing_stdout():
        sys.stdout.flush()
    return status or Exit.DONE


def _report(run: Run, error: Exception, json: bool) -> int:  # noqa: FBT001 - called once
    status = errors.status_of(error)
    if run.failure is not None:
        status = run.failure
    if run.environ.get(_DEBUG):
        import traceback  # noqa: PLC0415 - only here

        traceback.print_exception(error)
    elif isinstance(error, ModuleNotFoundError) and (missing := how_to_get(error.name)):
        status = run.failure or Exit.USAGE
        error = errors.UsageError(missing)
    elif not errors.is_expected(error):
        hint = f"this is a bug in aiosyncthing; {_DEBUG}=1 shows where"
        error = errors.CommandError(f"{type(error).__name__}: {error}", hint=hint, kind=type(error).__name__)
    run.options.json = run.options.json or json
    run.out.json = run.options.json
    if run.report is not None and not run.out.json:
        try:
            run.report(run.out, error)
            run.out.flush()
        except errors.CommandError as failure:  # stdout can't be written
            error = failure
        except OSError:  # its reader is gone
            streams.silence(sys.stdout)
            return status
        else:
            return status
    run.out.error(error, status)
    return status
