"""``versions`` and ``restore``: old versions of files."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from aiosyncthing.cli import prompts, values
from aiosyncthing.cli.command import Command, table_options
from aiosyncthing.cli.contents import items
from aiosyncthing.cli.contents.places import check_named, check_versioned, known_file, no_such_file
from aiosyncthing.cli.errors import Exit, UnknownNameError, UsageError, command
from aiosyncthing.cli.names import Place, inside
from aiosyncthing.cli.output.tables import Column, Size, Styled, chosen
from aiosyncthing.cli.parameters import FOLDER, TIME
from aiosyncthing.times import parse_time

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from datetime import datetime

    from aiosyncthing import types as t
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import ArchivedVersion, Restored
    from aiosyncthing.cli.session import Session

_OUTCOMES: Final[Mapping[t.RestoreOutcome, str]] = {
    "restored": "good",
    "unknown": "warn",
    "failed": "bad",
    "unchanged": "dim",
}


def _word(row: Restored) -> str:
    return "to restore" if row["dryRun"] and row["outcome"] == "restored" else row["outcome"]


_COLUMNS: Final[Sequence[Column[Restored]]] = (
    Column("OUTCOME", lambda row: Styled(_word(row), _OUTCOMES[row["outcome"]])),
    Column("ARCHIVED", lambda row: items.when(row["archived"]), rank=2),
    Column("SIZE", lambda row: Size(row["size"]), right=True, rank=3),
    Column("PATH", lambda row: row["path"], least=12),
    Column("REASON", lambda row: row["reason"], least=12, rank=1),
)


@click.command("versions", cls=Command)
@click.argument("place", metavar="FOLDER[:PATH]", type=FOLDER)
@click.option("--at", type=TIME, help="Only the version of each file at this time, as far as is known.")
@table_options
@click.pass_obj
def versions(run: Run, place: str, at: datetime | None) -> int:
    """List old versions of files, the newest of each file first.

    These are the versions that this device has kept of files that other devices replaced or deleted. PATH is a
    directory or file in the folder. Times: 2026-05-01T18:00, 18:00, 'yesterday 18:00', 'monday 9:00', '2h ago'.
    """

    async def ask(session: Session) -> AsyncGenerator[ArchivedVersion]:
        there = await session.place(place)
        check_versioned(there.folder)
        if at is not None:
            check_named(there.folder)
            _mention_future(run, at)
            report = await session.client.folder.restore_at(there.folder["id"], at, under=there.path, dry_run=True)
            for each in report["files"]:
                if (version := each["version"]) is not None:
                    yield _version(session.name, there, each["path"], version, certain=each["outcome"] == "restored")
            return
        kept = await session.client.folder.versions(there.folder["id"])
        paths = sorted(path for path in kept if f"{path}/".startswith(f"{there.path}/" if there.path else ""))
        if there.path and not paths and await known_file(session, there) is None:
            raise no_such_file(there)
        for path in paths:
            rows = [_version(session.name, there, path, each, certain=None) for each in kept[path]]
            for row in sorted(rows, key=lambda row: row["archived"] or "", reverse=True):
                yield row

    columns: list[Column[ArchivedVersion]] = [
        # Not relative, since `restore --version` takes it.
        Column("ARCHIVED", lambda row: row["archived"], streamed=20),
        Column("MODIFIED", lambda row: items.when(row["modified"]), rank=3, streamed=20),
        Column("SIZE", lambda row: Size(row["size"]), right=True, rank=2, streamed=10),
    ]
    if at is not None:
        columns.append(Column("CERTAIN", lambda row: "yes" if row["certain"] else "no"))
    return run.stream(ask, [*columns, Column("PATH", lambda row: row["path"], least=16)], empty="no old versions")


@click.command("restore", cls=Command)
@click.argument("place", metavar="FOLDER[:UNDER]", type=FOLDER)
@click.option("--at", type=TIME, help="Restore files as they were at this time.")
@click.option("--file", metavar="PATH", help="Restore only this file, with --version.")
@click.option("--version", type=TIME, help="The version archived at this time, as listed by `versions`.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@table_options
@click.pass_obj
def restore(
    run: Run,
    place: str,
    *,
    at: datetime | None,
    file: str | None,
    version: datetime | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Restore files as they were at a given time, or one version.

    UNDER is a directory or file in the folder. Nothing is deleted: newer files stay, and a file that is replaced
    becomes a version itself. A file is "unknown", and left alone, if its earlier state can't be known. Files that have
    not changed are only counted, unless -l is given.

    Times: 2026-05-01T18:00, 18:00, 'yesterday 18:00', 'monday 9:00', '2h ago'.
    """
    if at is not None and version is None and file is None:
        restoring = partial(_at, at=at)
    elif version is not None and at is None:
        restoring = partial(_one, version=version)
    else:
        raise UsageError("use --at TIME, or --version TIME with FOLDER:PATH or --file PATH")

    async def work(session: Session) -> int:
        there = await session.place(place)
        if file is not None and there.path:
            raise UsageError(f"{place} has a path already: leave out --file")
        check_versioned(there.folder)
        if not (dry_run or yes or prompts.can_ask()):
            prompts.confirm(run.out, "Replace files with old versions?", yes=False)
        if file is not None:
            there = Place(there.folder, inside(file))
        found = await restoring(run, session, there, dry_run=dry_run, yes=yes)
        return _show(run, found, everything=at is None or run.options.long)

    return run.one(work, following=run.options.json)


async def _at(
    run: Run, session: Session, there: Place, *, at: datetime, dry_run: bool, yes: bool
) -> Sequence[Restored]:
    """Restore files as they were at a given time, after showing how many there are."""
    check_named(there.folder)
    _mention_future(run, at)
    folder_id = there.folder["id"]
    then = at.replace(microsecond=0)  # as precise as the daemon is

    async def report(*, dry_run: bool) -> Sequence[Restored]:
        found = await session.client.folder.restore_at(folder_id, then, under=there.path, dry_run=dry_run)
        return [_restored(session.name, folder_id, each, dry_run=dry_run) for each in found["files"]]

    if dry_run:
        return await report(dry_run=True)
    if not yes:
        seen = await report(dry_run=True)
        count = sum(row["outcome"] == "restored" for row in seen)
        if not count:
            return [{**row, "dryRun": False} for row in seen]
        files = f"{values.count_text(count)} file{'' if count == 1 else 's'}"
        moment = f"{then.astimezone():%Y-%m-%d %H:%M:%S}"
        where = f"{there.folder['label'] or folder_id}{':' if there.path else ''}{there.path}"
        prompts.confirm(run.out, f"Restore {files} of {where} as of {moment}?", yes=False)
    return await report(dry_run=False)


def _mention_future(run: Run, at: datetime) -> None:
    """Warn about a time in the future, such as 18:00 in the morning: every file counts as unchanged since then."""
    if at > values.now():
        run.out.warn(f"{at.astimezone():%Y-%m-%d %H:%M} is in the future: files are taken as they are now")


async def _one(
    run: Run, session: Session, there: Place, *, version: datetime, dry_run: bool, yes: bool
) -> Sequence[Restored]:
    """Restore one version of a file."""
    import asyncio  # noqa: PLC0415 - not needed for help

    from aiosyncthing.folder import pause_before  # noqa: PLC0415 - likewise

    folder_id, path = there.folder["id"], there.path
    if not path:
        raise UsageError("name the file: --file PATH, or FOLDER:PATH")
    kept = (await session.client.folder.versions(folder_id)).get(path, [])
    found = next((each for each in kept if parse_time(each["versionTime"]) == version), None)
    if found is None:
        what = "such version" if kept else "old version"
        hint = f"{command('versions', f'{folder_id}:{path}')} lists them"
        raise UnknownNameError(f"there is no {what} of {path!r}", hint=hint, kind="NotFoundError")
    done: t.RestoredFile = {"path": path, "outcome": "restored", "reason": "", "version": found}
    if not dry_run:
        prompts.confirm(run.out, f"Replace {path} with its version of {found['versionTime']}?", yes=yes)
        now = parse_time((await session.client.system.connections())["total"]["at"])
        await asyncio.sleep(0 if now is None else pause_before(now, {path: kept}))
        failures = await session.client.folder.restore(folder_id, {path: found["versionTime"]})
        if path in failures:
            done = {**done, "outcome": "failed", "reason": failures[path]}
    return [_restored(session.name, folder_id, done, dry_run=dry_run)]


def _show(run: Run, rows: Sequence[Restored], *, everything: bool) -> int:
    """Print the results, and return the exit status."""
    outcomes = [row["outcome"] for row in rows]
    if run.options.json:
        for row in rows:
            run.out.record(row)
    else:
        # Nearly all files are as they were.
        shown = [row for row in rows if everything or row["outcome"] != "unchanged"]
        if shown:
            run.out.table(
                chosen(_COLUMNS, names=run.options.columns, long=run.options.long), shown, header=run.options.header
            )
        counts = Counter(map(_word, rows))
        texts = [f"{values.count_text(counts[word])} {word}" for word in ("to restore", *_OUTCOMES) if counts[word]]
        run.out.info(", ".join(texts) or "no files")
    if "failed" not in outcomes:
        return Exit.DONE
    return Exit.PARTLY if "restored" in outcomes else Exit.FAILED


def _version(daemon: str, place: Place, path: str, version: t.FileVersion, *, certain: bool | None) -> ArchivedVersion:
    archived, modified = items.utc(version["versionTime"]), items.utc(version["modTime"])
    trash = place.folder["versioning"]["type"] == "trashcan"
    return {
        "type": "version",
        "schema": "aiosyncthing/file-version/1",
        "daemon": daemon,
        "folder": place.folder["id"],
        "path": path,
        "archived": archived,
        "modified": None if trash and modified == archived else modified,
        "size": version["size"],
        "versionTime": version["versionTime"],
        "certain": certain,
    }


def _restored(daemon: str, folder_id: str, done: t.RestoredFile, *, dry_run: bool) -> Restored:
    version = done["version"]
    return {
        "type": "restored",
        "schema": "aiosyncthing/restored/1",
        "daemon": daemon,
        "folder": folder_id,
        "path": done["path"],
        "outcome": done["outcome"],
        "reason": done["reason"] or None,
        "archived": version and items.utc(version["versionTime"]),
        "modified": version and items.utc(version["modTime"]),
        "size": version and version["size"],
        "versionTime": version and version["versionTime"],
        "dryRun": dry_run,
    }
