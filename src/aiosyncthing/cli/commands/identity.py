"""``id``, ``fingerprint`` and ``qr``: device IDs and certificates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aiosyncthing.cli.command import Command
from aiosyncthing.cli.errors import CommandError, Exit, UsageError
from aiosyncthing.cli.parameters import DEVICE
from aiosyncthing.cli.target.target import check_url
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import InvalidDeviceIDError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing.cli.run import Run
    from aiosyncthing.cli.session import Session

_STDIN: Final = "-"
_CERTIFICATE: Final = "cert.pem"
_GUI_CERTIFICATE: Final = "https-cert.pem"
_BORDER: Final = 4  # modules, as the standard wants it
_BLOCKS: Final = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


@click.command("id", cls=Command)
@click.argument("text", required=False, metavar="[TEXT|CERT]")
@click.pass_obj
def device_id(run: Run, text: str | None) -> int | None:
    """Print a device ID: the daemon's own, or that of a certificate.

    TEXT is a device ID in any notation, which is checked and printed in canonical form. CERT is the cert.pem of a
    device, the folder that contains it, or - for stdin. Neither needs a daemon.
    """
    if text is not None:
        _print_id(run, _parse(run, text))
        return None

    async def work(session: Session) -> None:
        _print_id(run, DeviceID(await session.own_id()))

    return run.one(work)


@click.command("fingerprint", cls=Command)
@click.argument("url")
@click.pass_obj
def fingerprint(run: Run, url: str) -> int:
    """Print the fingerprint of a daemon's certificate, for --tls.

    This doesn't prove that the server is the right one: compare it with the output of `openssl x509 -in https-cert.pem
    -noout -fingerprint -sha256` on the daemon's computer. No key is sent.
    """
    check_url(url)

    async def work() -> None:
        from aiosyncthing.tls import fetch_fingerprint  # noqa: PLC0415 - not for help

        found = await fetch_fingerprint(url, timeout=run.options.timeout or 10.0)
        if run.out.json:
            run.out.document({"schema": "aiosyncthing/fingerprint/1", "url": url, "fingerprint": str(found)})
        else:
            run.out.line(str(found))

    return run.alone(work)


@click.command("qr", cls=Command)
@click.argument("device", required=False, type=DEVICE)
@click.option("--invert", is_flag=True, help="For dark text on a light background, without colours.")
@click.pass_obj
def qr(run: Run, device: str | None, *, invert: bool) -> int | None:
    """Show a device ID as a QR code, for Syncthing on a phone.

    The default is the daemon's own. DEVICE is the name of a device, or any device ID, which needs no daemon.
    """
    known = None if device is None else _id_or_none(device)
    if known is not None:
        _print_code(run, known, invert=invert)
        return None

    async def work(session: Session) -> None:
        text = await session.own_id() if device is None else (await session.device(device))["deviceID"]
        _print_code(run, text, invert=invert)

    return run.one(work)


def modules(text: str) -> list[list[bool]]:
    """Return the modules of a QR code, without a border: True is dark."""
    import segno  # noqa: PLC0415 - only where it is needed

    return [[bool(module) for module in row] for row in segno.make_qr(text, error="l").matrix]


def half_blocks(rows: Sequence[Sequence[bool]], *, invert: bool = False) -> list[str]:
    """Return a QR code with its border as lines of text, each of which shows two rows of modules.

    Args:
        rows: The modules: True is dark.
        invert: Draw the dark modules; otherwise the light ones, since most terminals have a dark background.
    """
    wide = len(rows) + 2 * _BORDER
    empty = [[False] * wide] * _BORDER
    side = [False] * _BORDER
    framed = [*empty, *([*side, *row, *side] for row in rows), *empty]
    if len(framed) % 2:
        framed.append([False] * wide)
    pairs = zip(framed[::2], framed[1::2], strict=True)
    return [
        "".join(_BLOCKS[upper ^ invert, lower ^ invert] for upper, lower in zip(*pair, strict=True)) for pair in pairs
    ]


def _print_id(run: Run, found: DeviceID) -> None:
    if run.out.json:
        run.out.document({"schema": "aiosyncthing/id/1", "id": str(found), "short": found.short})
    else:
        run.out.line(found)


def _print_code(run: Run, text: str, *, invert: bool) -> None:
    rows = modules(text)
    if run.out.json:
        digits = ["".join("1" if module else "0" for module in row) for row in rows]
        run.out.document({"schema": "aiosyncthing/qr/1", "id": text, "rows": digits})
        return
    color = run.out.terminal.color
    for line in half_blocks(rows, invert=invert and not color):
        run.out.line(line, "qr")
    run.out.line(text)


def _parse(run: Run, text: str) -> DeviceID:
    """Parse an ID, or read it from a certificate file.

    Raises:
        UsageError: It is neither.
        CommandError: There is no such file.
    """
    if not text:
        raise UsageError("the device ID must not be empty")
    if text == _STDIN:
        return DeviceID.from_certificate(sys.stdin.read())
    path = Path(text).expanduser()
    if path.is_dir():
        path /= _CERTIFICATE
    if path.is_file():
        if path.name == _GUI_CERTIFICATE:
            run.out.warn(f"{path} is the certificate of the web interface; that of the device is {_CERTIFICATE}")
        return DeviceID.from_certificate(path.read_bytes())
    if path.suffix or len(path.parts) > 1:
        raise CommandError(f"there is no file {path}", Exit.UNKNOWN, kind="FileNotFoundError")
    found = DeviceID(text)
    if not found:
        raise UsageError("the device ID must not be empty")
    return found


def _id_or_none(text: str) -> DeviceID | None:
    try:
        return DeviceID(text) or None
    except InvalidDeviceIDError:
        return None
