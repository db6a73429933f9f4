"""`top`: what it shows, and what its keys do."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from aiosyncthing import DeviceID
from aiosyncthing.cli import overview, values
from aiosyncthing.cli.top import app as top_app
from aiosyncthing.cli.top.app import Top
from aiosyncthing.cli.top.page import Subject, details, name_of
from aiosyncthing.exceptions import UnauthorizedError
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli
from tests.support.pictures import lines_of

PATIENCE = 20  # seconds
HOSTILE = "[red]pi[/red]\x1b]0;x\x07\u202e"
SHOWN = r"[red]pi[/red]\x1b]0;x\x07\u202e"


@pytest.fixture
def pi(nas: FakeSyncthing) -> DeviceID:
    """A connected device that shares folders: one in sync, one that receives, and one that has an error."""
    pi = nas.add_device("pi")
    nas.connect(pi)
    nas.add_folder("docs", label="Papers", files={"a": b"x" * 2048}, devices=[pi]).finish_sync()
    nas.add_folder("music").set_error("folder path missing")
    nas.add_folder("photos", devices=[pi]).remote_write(pi, {"2026/a.raw": b"x" * 1_000_000})
    return pi


class Shown:
    """The application, and what is on its screen.

    Attributes:
        app: The application.
        pilot: What presses its keys.
    """

    def __init__(self, app: Top, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    def lines(self) -> list[str]:
        """The text on the screen, without what is empty."""
        return lines_of(self.app.export_screenshot())

    async def until(self, condition: Callable[[list[str]], object]) -> list[str]:
        """Wait until the screen shows something, and return its lines."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not (lines := self.lines()) or not condition(lines):
            if asyncio.get_running_loop().time() > end:
                pytest.fail("\n".join(["this is on the screen:", *lines]))
            await asyncio.sleep(0.05)  # looking takes longer
        return lines

    async def until_said(self, text: str) -> None:
        """Wait until the line at the bottom is this."""
        await self.until(lambda lines: lines[-1] == text)

    async def until_shown(self, pattern: str) -> None:
        """Wait until a line begins like this."""
        await self.until(lambda lines: any(re.match(pattern, line) for line in lines))

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)


@asynccontextmanager
async def shown(fake: FakeSyncthing, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Shown]:
    """Show a daemon on a screen of some size."""
    async with fake.client() as client, client.watch() as live:
        app = Top(client, live, color=True)
        async with app.run_test(size=size) as pilot:
            screen = Shown(app, pilot)
            await screen.until(lambda lines: lines[0].startswith("nas "))
            yield screen


async def test_what_it_shows(nas: FakeSyncthing, pi: DeviceID) -> None:
    """Daemon, folders, devices, what is being received and problems; a line at the bottom says what keys do.

    What the library logs is shown there, too. If the daemon goes away, what was known stays, with a remark.
    """
    async with shown(nas) as screen:
        nas.folder("photos").start_pull("2026/a.raw", 0.62)
        lines = await screen.until(lambda lines: any(line.startswith("2026/a.raw") for line in lines))
        assert lines[0].startswith(f"nas  v1.29.5  {nas.url}  ")
        assert lines[0].endswith("  1 problem")
        places = [line.split()[0] for line in lines]
        assert places == [
            *("nas", "FOLDER", "music", "Papers", "photos", "DEVICE", "pi", "RECEIVING", "2026/a.raw"),
            *("PROBLEM", "music:", "q"),
        ]
        assert re.match(r"Papers +in sync +2.0 KiB +1 +- +pi 100 %$", lines[3])
        assert re.match(r"pi +connected .*192\.0\.2\.1:22000$", lines[6])
        assert re.match(r"2026/a.raw +\d+ % +976.6 KiB +photos$", lines[8])
        with top_app.log_shown(screen.app):
            logging.getLogger("aiosyncthing.live").warning("[b]look\x1b")
            await screen.until_said(r"[b]look\x1b")
        nas.stop_daemon()
        lines = await screen.until(lambda lines: "can't be reached" in lines[0])
        assert any(line.startswith("Papers") for line in lines)
        nas.start_daemon()
        await screen.until(lambda lines: "can't be reached" not in lines[0])


async def test_only_changes_are_drawn(nas: FakeSyncthing, pi: DeviceID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many changes at a time are one frame, and without any there is none."""
    monkeypatch.setattr(overview, "FRAME", 0.1)
    nas.freeze()
    async with shown(nas) as screen:
        before = screen.app.frames
        for number in range(40):
            nas.set_folder("docs", label=f"label {number}")
        await screen.until_shown("label 39")
        assert before < screen.app.frames < before + 30
        quiet = screen.app.frames
        await screen.pilot.pause(0.3)
        assert screen.app.frames == quiet


async def test_details(nas: FakeSyncthing, pi: DeviceID) -> None:
    """Enter shows the details of the selected item, and keeps them current; escape goes back."""
    async with shown(nas) as screen:
        await screen.press("down", "enter")
        lines = await screen.until(lambda lines: lines[0].startswith("folder "))
        assert lines[0].split() == ["folder", "Papers"]
        assert any(re.match(r"state +in sync", line) for line in lines)
        assert any(re.match(r"pi +100 %", line) for line in lines)
        nas.set_folder("docs", paused=True)
        await screen.until_shown(r"state +paused")
        await screen.press("escape")
        await screen.until(lambda lines: lines[0].startswith("nas "))
        await screen.press("down", "down", "enter")
        lines = await screen.until(lambda lines: lines[0].startswith("device "))
        assert any(re.match(r"photos +\S+ %", line) for line in lines)


async def test_pausing_and_scanning(nas: FakeSyncthing, pi: DeviceID) -> None:
    """P asks, and pauses or resumes the selected item; any answer but y means no. S scans the selected folder."""
    async with shown(nas) as screen:
        await screen.press("down", "p")
        await screen.until_said("Pause Papers? [y/N]")
        await screen.press("enter")
        await screen.until(lambda lines: lines[-1].startswith("q quit"))
        assert not nas.folder("docs").config["paused"]
        nas.folder("docs").write({"new": b"x"}, scan=False)
        await screen.press("s")
        await screen.until_said("scanning Papers")
        await screen.until_shown(r"Papers +in sync +\S+ KiB +2 ")
        await screen.press("p", "y")
        await screen.until_said("Papers is paused")
        await screen.until_shown(r"Papers +paused")
        assert nas.folder("docs").config["paused"]
        await screen.press("s")
        await screen.until(lambda lines: "paused" in lines[-1] and "Papers is" not in lines[-1])
        await screen.press("p")
        await screen.until_said("Resume Papers? [y/N]")
        await screen.press("y")
        await screen.until_said("Papers is resumed")
        await screen.press("down", "down", "s")
        await screen.until_said("select a folder to scan first")
        await screen.press("p", "y")
        await screen.until_said("pi is paused")


async def test_filter_and_help(nas: FakeSyncthing, pi: DeviceID) -> None:
    """/ shows only what has a text in its name, and escape all; ? explains the keys; Q ends it, except from there.

    Ctrl-C does so everywhere, even while a filter is typed.
    """
    async with shown(nas) as screen:
        await screen.press("slash", *"PAP")
        lines = await screen.until(lambda lines: not any(line.startswith("photos") for line in lines))
        assert [line.split()[0] for line in lines] == ["nas", "FOLDER", "Papers", "PAP"]
        await screen.press("enter")
        await screen.until_said("names with PAP  escape shows all")
        await screen.press("slash", *"x")
        await screen.until(lambda lines: len(lines) == 2)
        await screen.press("enter", "p")
        await screen.until_said("select a folder or a device first")
        await screen.press("escape")
        await screen.until_shown("photos")
        await screen.press("question_mark")
        await screen.until(lambda lines: lines[0].startswith("up, down  select a line"))
        await screen.press("q")
        await screen.until(lambda lines: lines[0].startswith("nas "))
        await screen.press("q")
        assert not screen.app.is_running
        assert screen.app.failure is None
    async with shown(nas) as screen:
        await screen.press("slash", "ctrl+c")
        assert not screen.app.is_running


async def test_hostile_names(nas: FakeSyncthing, pi: DeviceID) -> None:
    """Names are neither markup nor anything that the terminal would obey, wherever they stand."""
    bad = nas.add_device(HOSTILE)
    nas.add_folder("bad", label=HOSTILE, devices=[bad, pi]).remote_write(pi, {HOSTILE: b"x" * 1_000_000})
    async with shown(nas, size=(160, 40)) as screen:
        nas.folder("bad").start_pull(HOSTILE, 0.5)
        lines = await screen.until(lambda lines: sum(line.startswith(SHOWN) for line in lines) == 3)
        assert f"{SHOWN} offline" in " ".join(lines)
        await screen.press("enter")
        await screen.until(lambda lines: lines[0] == f"folder        {SHOWN}")
        await screen.press("escape", "p")
        await screen.until_said(f"Pause {SHOWN}? [y/N]")
        await screen.press("y")
        await screen.until_said(f"{SHOWN} is paused")


async def test_a_tiny_terminal(nas: FakeSyncthing, pi: DeviceID) -> None:
    """With 20 columns and 5 rows it shows what fits; the chosen line is always among it."""
    async with shown(nas) as screen:
        await screen.pilot.resize_terminal(20, 5)
        lines = await screen.until(lambda lines: lines[0] == "nas  v1.29.5  http…")
        assert [line[:19].rstrip() for line in lines[1:3]] == ["FOLDER  STATE", "music   error"]
        assert max(map(len, lines)) <= 20
        await screen.press("end")
        await screen.until(lambda lines: lines[-2].startswith("music: folder path"))


async def test_errors_of_the_daemon(nas: FakeSyncthing) -> None:
    """What the daemon reports of itself is a problem, too, and no line to choose."""
    async with nas.client() as client:
        await client.system.post_error("the disk\x1b is bad")
    async with shown(nas) as screen:
        await screen.until(lambda lines: lines[-2].startswith(r"Syncthing: the disk\x1b is bad"))
        await screen.press("end", "enter")
        assert len(screen.app.screen_stack) == 1


async def test_what_is_gone(nas: FakeSyncthing, pi: DeviceID) -> None:
    """Of folders and devices that were removed while they are shown, that is said."""
    async with nas.client() as client, client.watch() as live:
        view, now = overview.mirrored(live), values.now()
        for kind in ("folder", "device"):
            subject = Subject(f"{kind}s", kind, "gone")
            assert details(live, view, subject, now=now, width=80) == [[(f"this {kind} was removed", "")]]
            assert name_of(live, subject) == "gone"


async def test_a_key_that_is_refused(nas: FakeSyncthing) -> None:
    """What ends the mirror ends it, too, with that error."""

    async def look() -> None:
        async with shown(nas) as screen:
            nas.change_key()
            await screen.until(lambda _: not screen.app.is_running)

    with pytest.raises(UnauthorizedError):
        await look()


def test_no_terminal(cli: Cli) -> None:
    """Without a terminal, the error suggests another command."""
    for done in (cli("top"), cli("top", "--json", columns=80), cli("top", columns=80, env={"TERM": "dumb"})):
        assert (done.status, done.out) == (2, "")
        assert "use `aiosyncthing status --watch --json`" in done.err
