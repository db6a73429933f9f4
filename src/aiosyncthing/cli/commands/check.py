"""``check``: for monitoring systems."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import click

from aiosyncthing.cli import errors
from aiosyncthing.cli.command import Command
from aiosyncthing.cli.files import READABLE, replace_file
from aiosyncthing.cli.monitoring import checks, prometheus
from aiosyncthing.cli.monitoring.checks import SEVERITIES, STALE, Bounds, Checked, Status
from aiosyncthing.cli.monitoring.gauges import gauges_of, merged
from aiosyncthing.cli.parameters import DEVICE, FOLDER, ParamType, Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.asking.answers import Outcome
    from aiosyncthing.cli.monitoring.prometheus import Gauge
    from aiosyncthing.cli.output.output import Output
    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.schemas import CheckFinding
    from aiosyncthing.cli.session import Session

_DAY: Final = 24 * 60 * 60
_STYLES: Final = {Status.OK: "good", Status.WARNING: "warn", Status.CRITICAL: "bad", Status.UNKNOWN: "bad"}
_BOUNDS: Final = Parsed("warn:crit", checks.parse_bounds, Bounds)


class _Kinds(ParamType):
    """Kinds of findings, separated by commas."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the kinds."""
        known = _kinds()
        names = tuple(name.strip() for name in value.split(","))
        for name in names:
            if name not in known:
                near = get_close_matches(name.lower(), known, 1)
                right = f"did you mean {near[0]}?" if near else f"choose from {', '.join(sorted(known))}"
                self.fail(f"there is no kind {name!r}: {right}", param, ctx)
        return names


def _unknown(out: Output, error: Exception) -> None:
    """Show an error on stdout, since monitoring systems don't show stderr."""
    out.line(checks.first_line(Status.UNKNOWN, " ".join(errors.message_of(error).split("\n"))), _STYLES[Status.UNKNOWN])
    if not out.quiet and (hint := errors.hint_of(error)):
        out.line(checks.one_field(f"hint: {hint}"))


@click.command("check", cls=Command, failure=Status.UNKNOWN, report=_unknown)
@click.option("--folder", "folders", multiple=True, type=FOLDER, metavar="FOLDER", help="Only this folder.")
@click.option("--device", "devices", multiple=True, type=DEVICE, metavar="DEVICE", help="Only this device.")
@click.option(
    "--unseen",
    type=_BOUNDS,
    default="1d:7d",
    metavar="WARN:CRIT",
    help="How long devices may be disconnected; default 1d:7d.",
)
@click.option("--stale", type=_BOUNDS, metavar="WARN:CRIT", help="How long ago the last scan of a folder may be.")
@click.option("--only", multiple=True, type=_Kinds(), metavar="KIND", help="Only findings of this kind.")
@click.option("--ignore", multiple=True, type=_Kinds(), metavar="KIND", help="No findings of this kind.")
@click.option("--restart-required", is_flag=True, help="Warn if settings need a restart to take effect.")
@click.option("--prometheus", "file", metavar="FILE.prom", help="Write gauges for node_exporter's textfile collector.")
@click.pass_obj
def check(
    run: Run,
    *,
    folders: tuple[str, ...],
    devices: tuple[str, ...],
    unseen: Bounds,
    stale: Bounds | None,
    only: tuple[tuple[str, ...], ...],
    ignore: tuple[tuple[str, ...], ...],
    restart_required: bool,
    file: str | None,
) -> int:
    """Check for problems, as a Nagios plugin.

    The first line is a summary with performance data, and a line for each finding follows. -q prints only the first
    line, and nothing with --prometheus. --folder and --device limit the check to these, and the daemon itself.

    Conflict copies are only looked for with --prometheus or `--only conflict_copies`, since that takes a request per
    directory; newer versions only with `--only upgrade_available`.

    Exit status: 0 ok, 1 warning, 2 critical, 3 anything else.
    """
    silent = file is not None and run.options.quiet
    if silent:
        run.report = None
    if file is not None and not file.endswith(".prom"):
        raise click.UsageError("--prometheus: the collector reads only files whose names end in .prom")
    named = frozenset(kind for kinds in only for kind in kinds)
    kinds = (named or _kinds()) - {kind for kinds in ignore for kind in kinds}
    conflicts = "conflict_copies" in kinds and (file is not None or "conflict_copies" in named)

    async def ask(session: Session) -> Checked:
        from aiosyncthing._loops import together  # noqa: PLC0415 - loads aiohttp
        from aiosyncthing.cli import overview, rows  # noqa: PLC0415 - likewise
        from aiosyncthing.health import KINDS  # noqa: PLC0415 - likewise

        narrowed = bool(folders or devices)
        some = await session.chosen_folders(folders) if folders else () if narrowed else None
        few = [await session.device(each) for each in devices] if narrowed else None
        found, view, about, config = await together(
            session.client.check(
                None if some is None else [each["id"] for each in some],
                None if few is None else [each["deviceID"] for each in few],
                ignore=[kind for kind in KINDS if kind not in kinds],
                unseen_days=(unseen.least or 0) / _DAY,
                upgrade="upgrade_available" in named & kinds,
                conflicts=conflicts,
            ),
            overview.look(session, some, elsewhere=file is not None),
            session.about(),
            session.config(),
        )
        folder_rows = [rows.folder_row(session.name, view, each) for each in (view.folders if some is None else some)]
        device_rows = [rows.device_row(session.name, view, each) for each in (view.remotes if few is None else few)]
        names = _names(config)
        findings = [
            checks.finding_row(session.name, each, names, unseen=unseen, restart=restart_required) for each in found
        ]
        if stale is not None and STALE in kinds:
            findings += checks.stale_rows(session.name, view, folder_rows, stale)
        copies = {each.folder: each.count or 0 for each in found if each.kind == "conflict_copies"}
        return Checked(
            about,
            names.get(view.own, ""),
            sorted(findings, key=lambda each: -SEVERITIES.index(each["severity"])),
            folder_rows,
            device_rows,
            checks.unseen_seconds(view, device_rows),
            copies if conflicts else None,
        )

    def conclude(outcomes: Sequence[Outcome[Checked]]) -> int:
        if file is not None:
            _write(file, [gauges_of(each.target.name, each.answer) for each in outcomes])
        return _report(run, outcomes, unseen, silent=silent)

    try:
        return run.survey(ask, conclude)
    except Exception:
        if file is not None:
            _write(file, [gauges_of(name, None) for name in _asked(run)])
        raise


def _report(run: Run, outcomes: Sequence[Outcome[Checked]], unseen: Bounds, *, silent: bool) -> int:
    """Print the findings, and return the exit status."""
    out, many = run.out, len(outcomes) > 1
    checked = [each.answer for each in outcomes if each.answer is not None]
    failed = [(each.target.name, each.error) for each in outcomes if each.error is not None]
    status = checks.worst([*(each.status for each in checked), *([Status.UNKNOWN] if failed else [])])
    findings = [row for each in checked for row in each.findings]
    if out.json:
        out.document(
            {
                "schema": "aiosyncthing/check/1",
                "daemon": None if many or not checked else checked[0].daemon,
                "failures": [errors.failure(name, error) for name, error in failed],
                "status": checks.status_word(status),
                "daemons": [each.row for each in checked],
                "findings": findings,
            }
        )
        return status
    if silent:
        return status
    failures = [f"{name}: {errors.message_of(error)}" if many else errors.message_of(error) for name, error in failed]
    findings.sort(key=lambda each: -SEVERITIES.index(each["severity"]))
    texts = [_text(row, many=many) for row in findings if row["severity"] != "info"]
    problems = [*failures, *(text.rstrip(".") for text in texts)]
    out.line(checks.summary(status, problems, checked, unseen, many=many), _STYLES[status])
    if out.quiet:
        return status
    for name, error in failed:
        if hint := errors.hint_of(error):
            out.line(checks.one_field(f"{name}: {hint}" if many else f"hint: {hint}"))
    for row in findings:
        out.line(checks.one_field(f"{row['severity']}: {row['kind']}: {_text(row, many=many)} {row['remedy']}"))
        for item in row["items"]:
            out.line(checks.one_field(f"    {item['path']}: {item['error']}"))
    return status


def _text(row: CheckFinding, *, many: bool) -> str:
    return f"{row['daemon']}: {row['text']}" if many else row["text"]


def _write(file: str, found: Sequence[Sequence[Gauge]]) -> None:
    text = prometheus.exposition(merged(each for gauges in found for each in gauges))
    replace_file(file, text, READABLE, durable=True)  # the collector may run as another user


def _asked(run: Run) -> list[str]:
    """Return names for the daemons, even if the options that name them are wrong."""
    try:
        return [target.name for target in run.targets()]
    except errors.UsageError:
        return run.options.profiles or ["local"]


def _names(config: t.Configuration) -> dict[str, str]:
    devices = {each["deviceID"]: each["name"] for each in config["devices"]}
    return devices | {each["id"]: each["label"] or each["id"] for each in config["folders"]}


def _kinds() -> frozenset[str]:
    from aiosyncthing.health import KINDS  # noqa: PLC0415 - not for help

    return frozenset((*KINDS, STALE))
