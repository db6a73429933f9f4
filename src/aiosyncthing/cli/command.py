"""Commands and groups for click: with the global options, and imported when they are called."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from .options import GlobalOption, global_options, take
from .output.streams import writing_stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .context import Context
    from .output.output import Output

    F = TypeVar("F", bound=Callable[..., Any])

_JSON: Final = "--json"
_VERSION: Final = 1  # of all documents so far
_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


class _WithGlobalOptions(click.Command):
    """A command with the global options."""

    @cached_property
    def _global_options(self) -> list[click.Option]:
        return global_options({flag for param in self.params for flag in param.opts})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments, including ``--json=1``: click's flags take no value, and its options require one."""
        given = [*args]  # which click empties
        try:
            with writing_stdout():  # help and the version
                return super().parse_args(ctx, args)
        except click.BadOptionUsage as error:
            if error.option_name != _JSON:
                raise
        place = next(place for place, each in enumerate(given) if each.startswith(f"{_JSON}="))
        if given[place] != f"{_JSON}={_VERSION}":
            raise click.UsageError(f"{given[place]}: only version {_VERSION} of the documents exists", ctx)
        return self.parse_args(ctx, [*given[:place], _JSON, *given[place + 1 :]])

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and the global options."""
        return [*super().get_params(ctx), *self._global_options]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, and then the global ones."""
        # Arguments are in the usage line, and described in the text.
        options = (param for param in super().get_params(ctx) if isinstance(param, click.Option))
        own = [record for param in options if (record := param.get_help_record(ctx))]
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        with formatter.section("Global options, before or after the command"):
            formatter.write_dl([record for each in self._global_options if (record := each.get_help_record(ctx))])


class Command(_WithGlobalOptions):
    """A command of this program.

    Args:
        failure: The exit status of every failure, including usage errors, if a protocol requires it.
        report: Shows these failures to people; without it, they get a message on stderr.
        rest: Whether the arguments after ``--`` are another command, which goes to `Context.rest`.
        **settings: As for `click.Command`.
    """

    def __init__(
        self,
        *args: Any,
        failure: int | None = None,
        report: Callable[[Output, Exception], object] | None = None,
        rest: bool = False,
        **settings: Any,
    ) -> None:
        settings.setdefault("context_settings", {}).update(_SETTINGS)
        super().__init__(*args, **settings)
        self.failure = failure
        self.report = report
        self.rest = rest

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments, after setting what happens on failures, which applies to usage errors, too."""
        run: Context = ctx.obj
        self.set_failure(run)
        if self.rest and "--" in args:
            place = args.index("--")
            args, run.rest = args[:place], args[place + 1 :]
            if not run.rest:
                raise click.UsageError("a command is missing after '--'", ctx)
        return super().parse_args(ctx, args)

    def set_failure(self, run: Context) -> None:
        """Set the exit status of failures, and how they are shown."""
        run.failure, run.report = self.failure, self.report


class Group(_WithGlobalOptions, click.Group):
    """A command with commands in it, such as ``profile``."""

    command_class: type[click.Command] | None = Command

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings.setdefault("context_settings", {}).update(_SETTINGS)
        super().__init__(*args, **settings)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, and then the options."""
        self.format_commands(ctx, formatter)
        _WithGlobalOptions.format_options(self, ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command by its exact name; the error suggests a similar one."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only where it is needed

            near = get_close_matches(name, self.list_commands(ctx), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"there is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group whose commands are imported when they are called.

    Args:
        sections: The commands under each heading of the help, with their modules and one-line help.
        **settings: As for `click.Group`.
    """

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, tuple[str, str]]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.sections = sections
        self._places = {name: place for section in sections.values() for name, (place, _) in section.items()}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments; if options before the command are wrong, they are still one of its failures."""
        given = [*args]  # which click empties
        try:
            return super().parse_args(ctx, args)
        except click.UsageError:
            command = self._meant(ctx, given)
            if isinstance(command, Command):
                command.set_failure(ctx.obj)
            raise

    def _meant(self, ctx: click.Context, args: list[str]) -> click.Command | None:
        """Return the first command among arguments, some of which are wrong, skipping values of options."""
        lenient = click.Context(self, allow_interspersed_args=True, ignore_unknown_options=True, resilient_parsing=True)
        _, rest, _ = self.make_parser(lenient).parse_args(args)
        return next((found for each in rest if (found := self.get_command(ctx, each)) is not None), None)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """Import a command."""
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"aiosyncthing.cli.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """Write the help of all commands without importing them."""
        longest = max(len(name) for name in self._places)
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(longest), text) for name, (_, text) in commands.items()])


def table_options(function: F) -> F:
    """Add the options of commands that show tables; `answers.Answer` uses them."""
    for flags, settings in (
        (("--no-header",), {"is_flag": True, "help": "Omit the headings."}),
        (("--columns",), {"metavar": "A,B", "help": "Show these columns."}),
        (("-l", "--long"), {"is_flag": True, "help": "Show more columns."}),
    ):
        function = click.option(*flags, cls=GlobalOption, expose_value=False, callback=take, **settings)(function)
    return function
