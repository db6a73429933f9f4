"""Running the command line in the process of the tests: what it writes, and the streams that it gets."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TextIO, get_args, get_type_hints, is_typeddict

from aiosyncthing.cli import schemas

from .shapes import problems

__all__ = ["Cli", "Result", "Screen", "by_schema", "checked"]


@cache
def by_schema() -> dict[str, Any]:
    """Return what the command line says of its documents and rows, by the name of the schema."""
    described = [each for each in vars(schemas).values() if is_typeddict(each)]
    return {name: each for each in described for name in get_args(get_type_hints(each).get("schema"))}


def checked(value: Any) -> Any:
    """Return a document or a row, which names its schema and fits it."""
    assert problems(value, by_schema()[value["schema"]]) == []
    return value


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
        """The document on stdout, which fits its schema."""
        return checked(json.loads(self.out))

    def lines(self) -> list[Any]:
        """The objects of a stream. Failures, the daemon's events and the end name no schema; other rows do."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        for line in lines:
            if "schema" in line:
                assert "type" not in checked(line) or next(iter(line)) == "type"
            elif line["type"] == "failure":
                assert problems({key: line[key] for key in line if key != "type"}, schemas.Failure) == []
            else:
                assert problems(line, schemas.End if line["type"] == "end" else schemas.Event) == []
        return lines

    def rows(self) -> list[Any]:
        """The rows of a stream to its end, of which nothing is said on stderr."""
        assert (self.status, self.err) == (0, "")
        return self.lines()

    def changes(self) -> list[str]:
        """What a document says was done, as in "paused folder docs"."""
        document = self.json()
        assert self.status == (9 if document["failures"] else 0)
        return [f"{row['action']} {row['kind']} {row['name'] or row['id']}" for row in document["changes"]]

    def error(self) -> Any:
        """The document on stderr, which fits its schema."""
        return checked(json.loads(self.err))


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
