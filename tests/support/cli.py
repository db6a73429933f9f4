"""Running the command line in the process of the tests: what it writes, and the streams that it gets."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

__all__ = ["Cli", "Result", "Screen"]


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@dataclass
class Result:
    """What a run has left."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """The objects of a stream."""
        return [json.loads(line) for line in self.out.splitlines()]

    def error(self) -> Any:
        """The document on stderr."""
        return json.loads(self.err)


class Cli(Protocol):
    """Runs the command line."""

    def __call__(
        self,
        *arguments: str,
        columns: int = 0,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        stdout: TextIO | None = None,
    ) -> Result:
        """Run it, on a terminal with so many columns; 0 for none."""
        ...
