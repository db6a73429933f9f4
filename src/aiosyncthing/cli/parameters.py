"""Types of arguments and options: durations, sizes, times, and names with completion."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import click

from . import values

if TYPE_CHECKING:
    from collections.abc import Callable

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # not generic in all versions

T = TypeVar("T")


class Parsed(ParamType, Generic[T]):
    """A type whose values are parsed by a function that raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], T], kind: type[T]) -> None:
        self.name = name
        self._read = read
        self._kind = kind

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """Parse a value."""
        if isinstance(value, self._kind):
            return value
        try:
            return self._read(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Name(ParamType):
    """The name of a folder, a device or a profile.

    Args:
        name: Its name in the help.
        kinds: The kinds of names that completion offers: ``folder``, ``device``, ``profile``.
    """

    def __init__(self, name: str, *kinds: str) -> None:
        self.name = name
        self.kinds = kinds

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse an empty name, which the daemon would take as all."""
        if not value:
            self.fail("the name must not be empty; to mean all, leave it out or use --all", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:  # noqa: ARG002 - click's
        """Return matching names."""
        return ctx.obj.candidates(self.kinds, incomplete)


class Setting(Name):
    """The path of a setting."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse an empty path; the command checks the rest, since that needs the configuration."""
        if not value:
            self.fail("the path must not be empty; to mean all settings, leave it out", param, ctx)
        return value


DURATION: Final = Parsed("duration", values.parse_duration, float)
LIMIT: Final = Parsed("duration", values.parse_limit, float)
TIME: Final = Parsed("time", lambda text: values.parse_moment(text, values.now()), datetime)
FOLDER: Final = Name("folder", "folder")
DEVICE: Final = Name("device", "device")
EITHER: Final = Name("name", "folder", "device")
PROFILE: Final = Name("name", "profile")
SETTING: Final = Setting("path", "setting")
FILE: Final = click.Path()
DIRECTORY: Final = click.Path(file_okay=False)
