"""``raw``: send any request."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, UsageError
from aiosyncthing.cli.parameters import FILE

if TYPE_CHECKING:
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session

_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


@click.command("raw", cls=Command)
@click.argument("words", nargs=-1, required=True, metavar="[METHOD] PATH")
@click.option("-q", "query", multiple=True, metavar="K=V", help="Add a query parameter.")
@click.option("-f", "texts", multiple=True, metavar="K=V", help="Add a text to the JSON body.")
@click.option("-F", "values", multiple=True, metavar="K=JSON", help="Add a JSON value to the JSON body.")
@click.option("--input", "source", type=FILE, metavar="FILE|-", help="Read the body from a file, or from stdin.")
@click.option("-i", "--include", is_flag=True, help="Print the status and the headers, too.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write the answer to a file.")
@click.pass_obj
def raw(
    run: Run,
    words: tuple[str, ...],
    query: tuple[str, ...],
    texts: tuple[str, ...],
    values: tuple[str, ...],
    source: str | None,
    include: bool,  # noqa: FBT001 - click passes it by name
    output: str | None,
) -> int:
    """Send any request, and print the raw answer.

    METHOD is GET by default, or POST if there is a body. PATH is relative to /rest/: `system/status`,
    `config/folders/docs`. On a terminal, answers other than JSON are escaped.
    """
    method, path = _target(words, has_body=bool(texts or values or source))
    params = dict(_pair(each, "-q") for each in query)
    body = _body(texts, values, source)

    async def work(session: Session) -> None:
        head: list[str] = []

        def observe(response: Any) -> None:
            head.append(f"HTTP/1.1 {response.status} {response.reason}")
            head.extend(f"{name}: {value}" for name, value in response.headers.items())

        answer: bytes = await session.client.api.request(
            path, params or None, body, method, observe=observe, decode=False
        )
        if include:
            for line in (*head, ""):
                run.out.line(line)
        if output is not None:
            _write(output, answer)
        elif run.out.terminal.interactive and not _is_json(answer):
            for line in answer.decode(errors="backslashreplace").splitlines():
                run.out.line(line)
        else:
            run.out.raw(answer)

    return run.one(work)


def _target(words: tuple[str, ...], *, has_body: bool) -> tuple[str, str]:
    *methods, path = words
    if len(methods) > 1:
        raise UsageError("expected [METHOD] PATH")
    method = methods[0].upper() if methods else "POST" if has_body else "GET"
    if method not in _METHODS:
        raise UsageError(f"{methods[0]!r} is not a method: {', '.join(sorted(_METHODS))}")
    if "?" in path or "#" in path:
        raise UsageError("the query is not part of the path: use -q name=value")
    path = path.lstrip("/")
    return method, path if path.startswith(("rest/", "metrics", "qr/")) else f"rest/{path}"


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"{option} {text}: it must look like name=value")
    return name, value


def _body(texts: tuple[str, ...], values: tuple[str, ...], source: str | None) -> object:
    if source is not None:
        if texts or values:
            raise UsageError("--input and -f or -F contradict each other: each is the body")
        return _read(source)
    fields: dict[str, Any] = dict(_pair(text, "-f") for text in texts)
    for text in values:
        name, value = _pair(text, "-F")
        try:
            fields[name] = json.loads(value)
        except ValueError as error:
            raise UsageError(f"-F {name}: this is not JSON: {error}") from None
    return fields or None


def _read(source: str) -> bytes:
    if source == "-":
        buffer = getattr(sys.stdin, "buffer", None)
        return sys.stdin.read().encode() if buffer is None else buffer.read()
    try:
        return Path(source).expanduser().read_bytes()
    except OSError as error:
        raise CommandError(f"can't read {source}: {error.strerror or error}") from error


def _write(output: str, answer: bytes) -> None:
    """Write a file that only this user can read, since the answer may contain secrets."""
    try:
        descriptor = os.open(Path(output).expanduser(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(answer)
    except OSError as error:
        raise CommandError(f"can't write {output}: {error.strerror or error}") from error


def _is_json(answer: bytes) -> bool:
    """Return whether an answer is JSON without characters that control a terminal."""
    try:
        json.loads(answer)
    except ValueError:
        return False
    return answer.isascii()
