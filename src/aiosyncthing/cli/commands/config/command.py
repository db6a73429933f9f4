"""``config``: read, change, compare and export settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from aiosyncthing.cli.command import Command, Group
from aiosyncthing.cli.errors import CommandError, Exit, UsageError, reason_of
from aiosyncthing.cli.files import replace_file
from aiosyncthing.cli.output.tables import Column
from aiosyncthing.cli.parameters import SETTING
from aiosyncthing.cli.prompts import ask_secret, can_ask, confirm
from aiosyncthing.cli.target.keys import read_secret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from aiosyncthing.cli.asking.answers import Answer
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import Setting, SettingChange
    from aiosyncthing.cli.session import Session
    from aiosyncthing.config import Change, Place

_STYLES: Final = {"+": "good", "-": "bad", "~": ""}


@click.group("config", cls=Group)
def config() -> None:
    """Read, change, compare and export settings.

    A PATH looks like folders.docs.rescanIntervalS, devices.nas.paused, options.maxSendKbps, gui.theme or
    defaults.folder.versioning.type. Folders and devices have the same names as in other commands; quote a name that
    contains dots.
    """


@config.command("get", cls=Command)
@click.argument("path", nargs=-1, type=SETTING)
@click.option("--show-secrets", is_flag=True, help="Show passwords and keys.")
@click.pass_obj
def get(run: Run, path: tuple[str, ...], show_secrets: bool) -> int:  # noqa: FBT001 - click's signature
    """Show settings.

    A single value is printed as it is; an object, or everything without a PATH, as one line per setting. Several
    profiles (-p) can be queried at once.
    """

    async def ask(session: Session) -> dict[str, list[Setting]]:
        from aiosyncthing.config import hide_secrets  # noqa: PLC0415 - loads the library

        from . import changes, paths  # noqa: PLC0415 - likewise

        whole = await session.config()
        rows: list[Setting] = []
        for each in path or ("",):
            place = paths.resolve(each, whole)
            value = changes.current_of(whole, place)
            shown = value if show_secrets else hide_secrets(place, value)
            if shown != value and not isinstance(value, Mapping | list):
                run.out.info(f"{each} is a secret: --show-secrets shows it")
            rows.append({"daemon": session.name, "path": paths.written(place), "value": shown})
        return {"settings": rows}

    def draw(answer: Answer) -> None:
        from .values import shown  # noqa: PLC0415 - loads the library

        rows = answer.sections["settings"]
        if not answer.many and len(rows) == 1 and not isinstance(value := rows[0]["value"], Mapping | list):
            run.out.line(value if isinstance(value, str) else shown(value))
            return
        lines = [line for row in rows for line in _lines(row)]
        if answer.many:
            answer.sections = {"settings": lines}
            answer.table_with_failures("settings", _COLUMNS)
            return
        for line in lines:
            run.out.line(f"{line['path']}: {shown(line['value'])}")

    return run.read("config/1", ("settings",), ask, draw)


@config.command("set", cls=Command, context_settings={"ignore_unknown_options": True})
@click.argument("path", type=SETTING)
@click.argument("value", nargs=-1, required=True)
@click.option("--allow-lockout", is_flag=True, help="Allow changes of the GUI's key, address or TLS.")
@click.option("--allow-nested", is_flag=True, help="Allow a path inside or around another folder.")
@click.pass_obj
def set_value(
    run: Run,
    path: str,
    value: tuple[str, ...],
    allow_lockout: bool,  # noqa: FBT001 - click's signature
    allow_nested: bool,  # noqa: FBT001 - likewise
) -> int:
    """Change a setting.

    VALUE is a number, true or false, a word or a text; for a list of texts, its elements or JSON; for an object, JSON
    with the fields to change. @FILE reads the value from a file, and - from stdin; for a password, - prompts on a
    terminal. Passwords and keys can't be arguments, which everyone on this computer can see.
    """
    from . import changes, paths, values  # noqa: PLC0415 - load the library

    steps = tuple(paths.parse(path))
    secret = values.is_secret(steps)
    given = [_value_text(run, each, path, secret=secret) for each in value]

    def change(whole: Mapping[str, Any]) -> Iterable[Change]:
        place = paths.resolve(path, whole)
        changes.check_settable(place)
        old = changes.current_of(whole, place)
        new = values.read_value(given, place, old)
        if values.holds_secret(new) and value == tuple(given):
            raise UsageError(
                f"{path}: the value contains a password or a key, which can't be an argument: use @FILE or -"
            )
        return changes.changes_to(place, whole, new)

    async def ask(session: Session) -> dict[str, Any]:
        return await _edited(session, change, allow_lockout=allow_lockout, allow_nested=allow_nested)

    return run.single("config-change/1", ask, lambda content: _draw_changes(run, content))


@config.command("unset", cls=Command)
@click.argument("path", type=SETTING)
@click.pass_obj
def unset(run: Run, path: str) -> int:
    """Reset a setting to its default.

    Settings of folders and devices get the value in defaults.folder or defaults.device, all others the daemon's own
    default. Parameters of versioning and elements of lists are removed: without folders.docs.devices.nas, the folder is
    no longer shared with that device.
    """

    async def ask(session: Session) -> dict[str, Any]:
        from aiosyncthing.config import diff  # noqa: PLC0415 - loads the library

        from . import changes, paths  # noqa: PLC0415 - load the library

        whole = await session.config()
        place = paths.resolve(path, whole)
        changes.check_settable(place)
        if not changes.is_of_the_daemon(place):
            return await _edited(session, lambda now: changes.changes_to_default(place, now))
        await _put_without(session, place, whole)
        found = diff(whole, await session.client.config.config())
        return _document([each for each in found if each.place[: len(place)] == place])

    return run.single("config-change/1", ask, lambda content: _draw_changes(run, content))


@config.command("edit", cls=Command)
@click.argument("path", required=False, type=SETTING)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--allow-lockout", is_flag=True, help="Allow changes of the GUI's key, address or TLS.")
@click.option("--allow-nested", is_flag=True, help="Allow a path inside or around another folder.")
@click.pass_obj
def edit(
    run: Run,
    path: str | None,
    yes: bool,  # noqa: FBT001 - click's signature
    allow_lockout: bool,  # noqa: FBT001 - likewise
    allow_nested: bool,  # noqa: FBT001 - likewise
) -> int:
    """Change settings in your editor.

    $VISUAL or $EDITOR opens JSON: all settings, or those at PATH. If it is invalid, the editor opens again.
    The changes are shown before they are sent. If someone else has changed the same settings meanwhile, nothing is
    sent.
    """
    if not (yes or can_ask()):
        raise UsageError("an editor needs a terminal; with --yes, $EDITOR may be any program")

    async def work(session: Session) -> None:
        from . import editor  # noqa: PLC0415 - loads the library

        about = await session.about()
        editing = session.client.config.edit(allow_nested=allow_nested)
        draft = None
        try:
            async with editing as whole:
                now = cast("dict[str, Any]", whole)
                settings = editor.SettingsDraft(now, path or "", run.environ)
                draft = settings.draft
                made = await settings.changes(editing, again=can_ask())
                _check_lockout(made, allowed=allow_lockout)
                if made and not yes:
                    _preview(run, made)
                    confirm(run.out, "Change this?", yes=yes)
        except BaseException:
            if draft is not None and draft.touched:
                run.out.info(f"your text is in {draft.file}")
            elif draft is not None:
                draft.remove()
            raise
        draft.remove()
        content = _document(editing.changes, editing.ignored, editing.reconnect)
        if run.options.json:
            head: dict[str, Any] = {"schema": "aiosyncthing/config-change/1", "daemon": about, "failures": []}
            run.out.document({**head, **content})
        else:
            _draw_changes(run, content)

    return run.one(work, limited=False)


@config.command("export", cls=Command)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, which only you can read.")
@click.option("--show-secrets", is_flag=True, help="Hide nothing, not even passwords and keys.")
@click.option("--backup", is_flag=True, help="Add the ignore patterns and the device ID.")
@click.option("--names", is_flag=True, help="Also hide names and labels.")
@click.option("--paths", is_flag=True, help="Also hide paths.")
@click.option("--device-ids", is_flag=True, help="Also replace device IDs with numbers.")
@click.pass_obj
def export(
    run: Run,
    output: str | None,
    show_secrets: bool,  # noqa: FBT001
    backup: bool,  # noqa: FBT001
    names: bool,  # noqa: FBT001
    paths: bool,  # noqa: FBT001
    device_ids: bool,  # noqa: FBT001
) -> int:
    """Print all settings as JSON, without secrets.

    Passwords, keys, accounts, addresses and the user's name are hidden, so that the output can go into a bug report;
    also names and paths on request. To set up a daemon again, use --backup --show-secrets, and keep the file as safe as
    a password.
    """
    if show_secrets and (names or paths or device_ids):
        raise UsageError("--show-secrets can't be combined with --names, --paths or --device-ids, which hide more")

    async def work(session: Session) -> None:
        from aiosyncthing.config import redact  # noqa: PLC0415 - loads the library

        from . import exports  # noqa: PLC0415 - loads the library

        content: Any = await (session.client.config.backup() if backup else session.config())
        if not show_secrets:
            content = redact(content, names=names, paths=paths, device_ids=device_ids)
        if run.options.json:
            head: dict[str, Any] = {"schema": "aiosyncthing/config/1", "daemon": await session.about(), "failures": []}
            content = {**head, "settings": [{"daemon": session.name, "path": "", "value": content}]}
        if output is not None:
            replace_file(output, exports.encoded(content))  # which only this user can read
            run.out.info(f"written to {output}")
        elif run.options.json or run.out.terminal.interactive:
            run.out.document(content)
        else:
            run.out.raw(exports.encoded(content))

    return run.one(work)


@config.command("diff", cls=Command)
@click.argument("other", metavar="FILE|PROFILE")
@click.option("--exit-code", is_flag=True, help="Exit with status 8 if something differs.")
@click.pass_obj
def diff_command(run: Run, other: str, exit_code: bool) -> int:  # noqa: FBT001 - click's signature
    """Compare the settings with an export, or with another daemon.

    + is only in this daemon, - only in the other one, ~ differs. FILE is an export or a backup,
    and - is stdin; settings that are hidden in an export are not compared.
    """

    async def work(session: Session) -> int:
        from aiosyncthing.config import diff  # noqa: PLC0415 - loads the library

        from . import exports  # noqa: PLC0415 - loads the library

        there = await exports.other_configuration(run, other)
        here = exports.redacted_alike(await session.config(), there)
        rows = _document(diff(there, here))["changes"]
        if run.options.json:
            head: dict[str, Any] = {
                "schema": "aiosyncthing/config-diff/1",
                "daemon": await session.about(),
                "failures": [],
            }
            run.out.document({**head, "other": other, "changes": rows})
        else:
            for row in rows:
                _draw_change(run, row, marked=True)
            if not rows:
                run.out.info("no differences")
        return Exit.FOUND if rows and exit_code else Exit.DONE

    return run.one(work)


async def _edited(
    session: Session,
    change: Callable[[Mapping[str, Any]], Iterable[Change]],
    *,
    allow_lockout: bool = False,
    allow_nested: bool = False,
) -> dict[str, Any]:
    """Change the configuration, and return the changes as part of a document."""
    from . import changes  # noqa: PLC0415 - loads the library

    editing = session.client.config.edit(allow_nested=allow_nested)
    async with editing as whole:
        now = cast("dict[str, Any]", whole)
        made = list(change(now))
        _check_lockout(made, allowed=allow_lockout)
        changes.replace(now, now, made)
    return _document(editing.changes, editing.ignored, editing.reconnect)


async def _put_without(session: Session, place: Place, whole: Mapping[str, Any]) -> None:
    """Replace an object with one that lacks a field, so that the daemon fills in its default.

    The object was read just before: changes by others in between are lost, since the daemon has no other request
    for this.
    """
    from .changes import current_of, without  # noqa: PLC0415 - load the library

    namespace = session.client.config
    depth = 2 if place[0] == "defaults" else 1
    body: Any = without(current_of(whole, place[:depth]), place[depth:])
    puts: dict[Place, Callable[[Any], Awaitable[None]]] = {
        ("options",): namespace.set_options,
        ("ldap",): namespace.set_ldap,
        ("defaults", "folder"): namespace.set_default_folder,
        ("defaults", "device"): namespace.set_default_device,
    }
    await puts[place[:depth]](body)


def _lines(row: Setting) -> list[Setting]:
    """Return a row for each setting in an object or a list."""
    from .paths import leaves, parse, written  # noqa: PLC0415 - load the library

    found = leaves(tuple(parse(row["path"])), row["value"])
    return [{"daemon": row["daemon"], "path": written(place), "value": value} for place, value in found]


def _cell(row: Setting) -> str:
    from .values import shown  # noqa: PLC0415 - loads the library

    return shown(row["value"])


_COLUMNS: Final[Sequence[Column[Setting]]] = (
    Column("PATH", lambda row: row["path"], least=20),
    Column("VALUE", _cell, least=12),
)


def _check_lockout(changes: Iterable[Change], *, allowed: bool) -> None:
    from .changes import locks_out  # noqa: PLC0415 - loads the library
    from .paths import written  # noqa: PLC0415 - likewise

    found = [written(each.place) for each in changes if locks_out(each)]
    if found and not allowed:
        hint = "--allow-lockout allows it"
        raise UsageError(f"a change of {', '.join(found)} may lock out this and other clients", hint=hint)


def _value_text(run: Run, text: str, path: str, *, secret: bool) -> str:
    """Return the value: the text itself, or the content of a file or of stdin."""
    if text == "-":
        if run.options.api_key_file == "-":
            raise UsageError("stdin can't be both the key and the value")
        if secret:
            return ask_secret(run.out, path, option="@FILE") if can_ask() else read_secret("-", run.out.warn)
        return sys.stdin.read().removesuffix("\n")
    if text.startswith("@"):
        if secret:
            return read_secret(text[1:], run.out.warn)
        try:
            return Path(text[1:]).expanduser().read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, UnicodeError) as error:
            raise CommandError(f"can't read {text[1:]}: {reason_of(error)}") from error
    if secret:
        hint = "- asks for it or reads stdin, and @FILE reads a file"
        raise UsageError(f"{path} is a secret, and everyone on this computer can see arguments", hint=hint)
    if text.startswith("-") and not text[1:].replace(".", "", 1).isdecimal():
        raise UsageError(f"there is no option {text}", hint="use @FILE, or - for stdin, for a text that begins with -")
    return text


def _document(changes: Iterable[Change], ignored: Sequence[str] = (), reconnect: Sequence[str] = ()) -> dict[str, Any]:
    from .changes import change_row  # noqa: PLC0415 - loads the library

    rows = [change_row(each) for each in changes]
    return {"changes": rows, "ignored": list(ignored), "reconnect": list(reconnect)}


def _draw_changes(run: Run, content: Mapping[str, Any]) -> None:
    for row in content["changes"] if not run.out.quiet else ():
        _draw_change(run, row, marked=row["kind"] != "changed")
    for each in content["ignored"]:
        run.out.warn(f"this version of Syncthing has no setting {each}: it was not sent")
    if not content["changes"]:
        run.out.info("nothing to change")
    if content["reconnect"]:
        what = ", ".join(f"gui.{each}" for each in content["reconnect"])
        run.out.warn(f"clients and profiles need the new {what} from now on")


def _preview(run: Run, changes: Iterable[Change]) -> None:
    """Show what would be changed; on stderr if stdout gets JSON."""
    from .changes import change_line  # noqa: PLC0415 - loads the library

    for row in _document(changes)["changes"]:
        if run.options.json:
            run.out.info(" ".join(change_line(row)))
        else:
            _draw_change(run, row, marked=True)


def _draw_change(run: Run, row: SettingChange, *, marked: bool) -> None:
    from .changes import change_line  # noqa: PLC0415 - loads the library

    mark, text = change_line(row)
    run.out.line(f"{mark} {text}" if marked else text, _STYLES[mark])
