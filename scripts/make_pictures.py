"""Generate the pictures of the command line in docs/pictures: ``make_pictures.py``.

They show a fake daemon with a frozen clock, so that they only change when the output does.
`tests/cli/test_docs.py` fails when they are out of date. README and docs/cli.md show the same output as text.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "pytest-syncthing" / "src"))

from rich.console import Console
from rich.text import Text

from aiosyncthing import Syncthing
from aiosyncthing.cli import app, values
from aiosyncthing.cli.output.output import Output
from aiosyncthing.cli.top.app import Top
from pytest_syncthing import FakeSyncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
COLUMNS = 80
URL = "http://127.0.0.1:8384"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS = 12
NOW = datetime(2026, 3, 13, 12, tzinfo=UTC)
MEGABYTE = 1 << 20
DAY = 86400
CLEAR = "\r\x1b[K"  # the beginning of a progress line


class _Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@contextmanager
def sample() -> Iterator[FakeSyncthing]:
    """Run a fake with folders, devices and problems as the daemon of this computer, at the time `NOW`."""
    with (
        tempfile.TemporaryDirectory() as home,
        FakeSyncthing(name="nas", home=home, start=START) as fake,
        mock.patch.dict(os.environ, {"HOME": home, "STHOMEDIR": home, "COLUMNS": str(COLUMNS), "TERM": "xterm"}),
        mock.patch.object(values, "now", return_value=NOW),
    ):
        for name in [each for each in os.environ if each.startswith(("AIOSYNC", "ST", "XDG", "NO_COLOR", "CLICOLOR"))]:
            if name != "STHOMEDIR":
                del os.environ[name]
        fake.freeze()
        phone, pi = fake.add_device("phone"), fake.add_device("pi")
        files = {f"chapter {number:02}.odt": b"x" * 140_000 for number in range(60)}
        fake.add_folder("docs", files=files, devices=[phone, pi]).finish_sync()
        photos = fake.add_folder("photos", devices=[phone, pi])
        fake.advance((DAYS - 4) * DAY)
        fake.connect(phone)
        fake.disconnect(phone)
        fake.advance(4 * DAY - 60)
        fake.connect(pi)
        fake.finish_sync()
        fake.add_folder("music", devices=[pi]).set_error("folder path missing")
        pictures = [f"2026-03/{number}.raw" for number in range(8)]
        photos.remote_write(pi, {name: name.encode() * (MEGABYTE // len(name)) for name in pictures})
        photos.pull(*pictures[:4])
        receive(fake, 0.3)
        fake.advance(60)
        yield fake


def receive(fake: FakeSyncthing, done: float) -> None:
    """Make the daemon report the progress of files that it is receiving."""
    for number in (4, 5):
        fake.folder("photos").start_pull(f"2026-03/{number}.raw", done / (number - 3))


def run(*arguments: str) -> str:
    """Return what a command writes to a terminal, colours included."""
    out = _Screen()
    with mock.patch.object(sys, "stdout", out), mock.patch.object(sys, "stderr", out):
        app.main(arguments)
    return out.getvalue()


def status() -> str:
    """Return what ``aiosyncthing status`` writes."""
    with sample() as fake:
        return run("status").replace(fake.url, URL)


def wait() -> str:
    """Return what ``aiosyncthing wait`` writes: its progress and its last line."""
    lines: list[str] = []
    redraw: Callable[[Output, str], None] = Output.redraw

    with sample() as fake:

        def arrive(out: Output, text: str) -> None:
            redraw(out, text)
            lines.append(text)
            fake.folder("photos").finish_sync()
            fake.advance(60)

        with mock.patch.object(Output, "redraw", arrive):
            written = run("wait", "docs", "photos", "--device", "pi")
    return f"{lines[0]}\n{written.rpartition(CLEAR)[2]}"


async def top() -> str:
    """Return the picture of ``aiosyncthing top``."""
    with sample() as fake:
        async with fake.client() as client, client.watch() as live:
            receive(fake, 0.9)
            await live.until(lambda live: len(live.folders["photos"].progress) > 1, 10)
            shown = Top(client, live, color=True)
            with mock.patch.object(Syncthing, "url", URL):
                async with shown.run_test(size=(COLUMNS, 16)) as pilot:
                    await pilot.pause()
                    return shown.export_screenshot(title="aiosyncthing top")


def picture(command: str, text: str) -> str:
    """Return a picture of a terminal with a command and what it writes, colours included."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {command}", "bold"), Text.from_ansi(text.rstrip("\n")), sep="\n")
    return console.export_svg(title=command)


def pictures() -> dict[str, str]:
    """Return all pictures by name. They use the viewer's fonts, so that nothing has to be downloaded."""
    made = {
        "status": picture("aiosyncthing status", status()),
        "wait": picture("aiosyncthing wait docs photos --device pi", wait()),
        "top": asyncio.run(top()),
    }
    return {name: re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL) for name, svg in made.items()}


def plain(text: str) -> str:
    """Return a text without colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, svg in pictures().items():
        (FOLDER / f"{name}.svg").write_text(svg)
