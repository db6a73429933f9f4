"""``ignores``: ignore patterns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aiosyncthing.cli import prompts
from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, Exit, UsageError, reason_of
from aiosyncthing.cli.names import expanded, inside, is_path
from aiosyncthing.cli.parameters import FOLDER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.asking.changed import Changed
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import IgnoreList
    from aiosyncthing.cli.session import Session
    from aiosyncthing.ignores import IgnorePatterns

    Edit = Callable[[IgnorePatterns, Changed], Awaitable[None]]

_ACTIONS: Final = ("show", "add", "remove", "test", "edit", "set")
_NEEDS: Final = {"add": "PATTERN", "remove": "PATTERN", "test": "PATH"}
_TAKES: Final = {*_NEEDS, "set"}


@click.command("ignores", cls=Command)
@click.argument("folder", type=FOLDER)
@click.argument("action", type=click.Choice(_ACTIONS), default="show", metavar="[ACTION]")
@click.argument("item", nargs=-1, metavar="[PATTERN|PATH]...")
@click.option("--first", is_flag=True, help="With add: put them first, as exceptions require.")
@click.option("--file", metavar="FILE|-", help="With set: read the lines from this file.")
@click.option("--exit-code", is_flag=True, help="With test: exit with status 8 if a path is ignored.")
@click.option("--yes", is_flag=True, help="With set: don't ask before removing all lines.")
@click.pass_obj
def ignores(
    run: Run,
    folder: str,
    action: str,
    item: tuple[str, ...],
    *,
    first: bool,
    file: str | None,
    exit_code: bool,
    yes: bool,
) -> int:
    """Show, change or test ignore patterns.

    \b
    ignores docs                  show the lines
    ignores docs add '*.tmp'      add patterns that are not there yet
    ignores docs remove '*.tmp'   remove them
    ignores docs test a/b.tmp     show which line decides
    ignores docs edit             open the lines in $VISUAL or $EDITOR
    ignores docs set --file F     replace all lines

    The first pattern that matches decides. Put patterns that begin with - after --. Changes that others make
    meanwhile are kept.
    """  # noqa: D301 - \b is click's mark of a paragraph that is not wrapped
    for option, given, whose in (
        ("--first", first, "add"),
        ("--file", file is not None, "set"),
        ("--exit-code", exit_code, "test"),
        ("--yes", yes, "set"),
    ):
        if given and action != whose:
            raise UsageError(f"{option} is an option of {whose}")
    if action in _NEEDS and not item:
        raise UsageError(f"{action} needs a {_NEEDS[action]}")
    if not all(each.strip() for each in item):
        raise UsageError(f"{action}: a {_NEEDS.get(action, 'PATTERN')} must not be empty")
    if item and action not in _TAKES:
        raise UsageError(f"{action} takes no arguments")
    match action:
        case "add":
            return _change(run, folder, _adding(item, first=first))
        case "remove":
            return _change(run, folder, _removing(run, item))
        case "set":
            return _change(run, folder, _setting(run, folder, _new_lines(item, file), yes=yes))
        case "edit":
            return _edit(run, folder)
        case _:
            return _look(run, folder, item, exit_code=exit_code)


def _look(run: Run, name: str, paths: Sequence[str], *, exit_code: bool) -> int:
    """Show the lines, or test paths."""
    found = False

    async def ask(session: Session) -> dict[str, list[Any]]:
        from aiosyncthing.cli.contents.patterns import decide  # noqa: PLC0415 - not needed for help

        nonlocal found
        folder = await session.folder(name)
        known = await session.client.database.ignores(folder["id"])
        if not paths:
            row: IgnoreList = {
                "daemon": session.name,
                "folder": folder["id"],
                "label": folder["label"],
                "lines": known.get("ignore") or [],
                "expanded": known.get("expanded") or [],
                "error": known.get("error") or None,
            }
            return {"ignores": [row], "tests": []}
        patterns = await _patterns(session, folder, known)
        inner = [await _inside(session, folder, path) for path in paths]
        lines = known.get("ignore") or []
        tests = [decide(session.name, folder["id"], path, patterns, lines) for path in inner]
        found = found or any(row["ignored"] for row in tests)
        return {"ignores": [], "tests": tests}

    def draw(answer: Answer) -> None:
        from aiosyncthing.cli.contents.patterns import sentence  # noqa: PLC0415 - not needed for help

        for row in answer.sections["ignores"]:
            if answer.many:
                run.out.line(f"{row['daemon']}:", "head")
            for line in row["lines"]:
                run.out.line(line)
            if row["error"]:
                run.out.warn(f"the daemon can't use these patterns: {row['error']}")
        for row in answer.sections["tests"]:
            run.out.line((f"{row['daemon']}: " if answer.many else "") + sentence(row))
        for failure in answer.failures:
            run.out.warn(f"{failure['daemon']}: {failure['message']}")

    status = run.read("ignores/1", ("ignores", "tests"), ask, draw)
    return Exit.FOUND if exit_code and found and status == Exit.DONE else status


async def _patterns(session: Session, folder: t.FolderConfiguration, known: t.Ignores) -> IgnorePatterns:
    """Return the patterns of a folder with those of included files.

    These files are read if they are on this computer. Otherwise, the daemon's expanded patterns are used instead of
    the lines.
    """
    from aiosyncthing.ignores import IgnorePatterns  # noqa: PLC0415 - not needed for help

    if known.get("error"):
        raise CommandError(f"the daemon can't use the ignore patterns: {known.get('error')}", Exit.IMPOSSIBLE)
    version, status = await session.version(), await session.status()
    root = Path(expanded(folder["path"], status["tilde"]))

    def read(name: str) -> str:
        if ".." in name.split("/"):
            raise FileNotFoundError(name)
        return (root / name).read_text(errors="surrogateescape")

    def having(lines: Sequence[str], read_include: Callable[[str], str] | None = None) -> IgnorePatterns:
        return IgnorePatterns(lines, os=version["os"], version=version["version"], read_include=read_include)

    lines = known.get("ignore") or []
    patterns = having(lines, read if session.target.local else None)
    if not any(line.strip().startswith("#include") for line in lines):
        return patterns
    return patterns if session.target.local and patterns.error is None else having(known.get("expanded") or [])


async def _inside(session: Session, folder: t.FolderConfiguration, text: str) -> str:
    """Return a path relative to a folder, from such a path or from a path of this computer."""
    if not is_path(text):
        if path := inside(text):
            return path
        raise UsageError("the path must not be empty")
    place = await session.place(text)
    if place.folder["id"] != folder["id"] or not place.path:
        raise UsageError(f"{text} is not a path in the folder {folder['id']}")
    return place.path


def _change(run: Run, name: str, edit: Edit) -> int:
    return run.change(lambda session, changed: _apply(session, changed, name, edit))


async def _apply(session: Session, changed: Changed, name: str, edit: Edit) -> None:
    """Change the lines, and record the changes."""
    from aiosyncthing.cli.contents.patterns import differences  # noqa: PLC0415 - not needed for help

    folder = await session.folder(name)
    async with session.client.database.edit_ignores(folder["id"]) as patterns:
        before = list(patterns.lines)
        await edit(patterns, changed)
        after = list(patterns.lines)
    for row in differences(folder, before, after):
        changed.add(row)


def _adding(wanted: Sequence[str], *, first: bool) -> Edit:
    async def edit(patterns: IgnorePatterns, _: Changed) -> None:
        for pattern in reversed(wanted) if first else wanted:
            patterns.add(pattern, first=first)

    return edit


def _removing(run: Run, wanted: Sequence[str]) -> Edit:
    async def edit(patterns: IgnorePatterns, _: Changed) -> None:
        from difflib import get_close_matches  # noqa: PLC0415 - only where it is needed

        for pattern in dict.fromkeys(wanted):
            near = get_close_matches(pattern, patterns.lines, 1)
            if not patterns.remove(pattern):
                hint = f"; did you mean {near[0]!r}?" if near else ""
                run.out.warn(f"there is no line {pattern!r}{hint}")

    return edit


def _new_lines(given: Sequence[str], file: str | None) -> list[str]:
    """Return the lines of a file, of the standard input, or of the command line."""
    from aiosyncthing.ignores import IgnorePatterns  # noqa: PLC0415 - not needed for help

    if file is None:
        if not given:
            raise UsageError("set needs a PATTERN or --file FILE")
        return list(given)
    if given:
        raise UsageError("use either patterns or --file FILE")
    try:
        text = sys.stdin.read() if file == "-" else Path(file).expanduser().read_text()
    except (OSError, UnicodeError) as error:
        raise CommandError(f"can't read {file}: {reason_of(error)}") from error
    return IgnorePatterns(text).lines


def _setting(run: Run, name: str, lines: Sequence[str], *, yes: bool) -> Edit:
    async def edit(patterns: IgnorePatterns, _: Changed) -> None:
        if patterns.lines and not any(line.strip() for line in lines):
            prompts.confirm(run.out, f"Remove all ignore patterns of {name}?", yes=yes)
        patterns.lines[:] = lines

    return edit


def _edit(run: Run, name: str) -> int:
    """Change the lines in an editor; the text is kept in a file if it can't be sent."""

    async def work(session: Session, changed: Changed) -> None:
        from aiosyncthing.cli.programs.editors import Draft  # noqa: PLC0415 - loads what help doesn't need

        draft = Draft(run.environ, ".stignore")

        async def edit(patterns: IgnorePatterns, _: Changed) -> None:
            was_usable = patterns.error is None
            text = str(patterns)
            while True:
                text = await draft.edit(text)
                if not draft.touched:
                    return
                lines = type(patterns)(text).lines
                error = patterns.with_lines(lines).error if was_usable else None
                if error is None:
                    patterns.lines[:] = lines
                    return
                run.out.warn(f"the daemon could not use these patterns: {error}")
                if not prompts.can_ask():
                    raise UsageError("nothing was changed")
                prompts.confirm(run.out, "Edit them again?", yes=False)

        try:
            await _apply(session, changed, name, edit)
        except BaseException:
            if draft.touched:
                run.out.warn(f"your text is in {draft.file}")
            else:
                draft.remove()
            raise
        draft.remove()

    return run.change(work)
