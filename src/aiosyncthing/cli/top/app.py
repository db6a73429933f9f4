"""The application `top`: draws the state of a mirror, and handles keys."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.widgets import Input, OptionList, Static

from aiosyncthing.cli import overview, values
from aiosyncthing.cli.errors import is_expected, message_of
from aiosyncthing.cli.output.output import spans
from aiosyncthing.cli.output.tables import Span
from aiosyncthing.exceptions import SyncthingError

from .page import Page, Subject, details, name_of, page
from .widgets import SCROLLBAR, Listing, Paper, Question, drawn

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from types import FrameType

    from textual import events
    from textual.timer import Timer

    from aiosyncthing import Live, Syncthing
    from aiosyncthing.cli.output.tables import Line

_KEYS: Final = {
    "up, down": "select a line; page up, page down, home and end, too",
    "enter": "show everything about a folder or device; escape goes back",
    "p": "pause or resume it, after asking",
    "s": "scan a folder",
    "/": "filter by name; escape shows all again",
    "?": "this page",
    "q": "quit",
}
_FOOT: Final = "q quit  enter details  p pause  s scan  / filter  ? help"
_MESSAGE_FOR: Final = 5.0  # seconds


class Top(App[None]):
    """Shows a daemon until the user quits.

    Args:
        client: The daemon, for the actions of keys.
        live: Its mirror.
        color: Whether to use colours.

    Attributes:
        failure: Why it has ended; ``None`` if the user has quit.
        frames: How many times it was drawn.
    """

    CSS: ClassVar[str] = """
    #head, #foot { height: 1; }
    #filter { height: 1; border: none; padding: 0; display: none; background: ansi_default; }
    #filter:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit"),
        Binding("ctrl+c", "quit", priority=True),
        Binding("ctrl+z", "suspend_process"),
        Binding("p", "pause"),
        Binding("s", "scan"),
        Binding("slash", "filter"),
        Binding("question_mark", "keys"),
        Binding("escape", "show_all"),
    ]
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, client: Syncthing, live: Live, *, color: bool) -> None:
        super().__init__()
        self.theme = "ansi-dark"  # the terminal's own colours, whatever they are
        self.failure: Exception | None = None
        self.frames: int = 0
        self._client = client
        self._live = live
        self._color = color
        self._page: Page | None = None
        self._details: tuple[Paper, Subject] | None = None
        self._head = Static(id="head", markup=False)
        self._listing = Listing()
        self._filter = Input(id="filter", placeholder="part of a name", compact=True)
        self._foot = Static(_FOOT, id="foot", markup=False)
        self._message: Timer | None = None  # until the message at the bottom disappears
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors: list[str] = []

    def compose(self) -> ComposeResult:
        """Create the widgets."""
        yield self._head
        yield self._listing
        yield self._filter
        yield self._foot

    def on_mount(self) -> None:
        """Start following the mirror."""
        self._listing.focus()
        self._notice_stops()
        self._begin(self._follow())
        self._begin(self._look())

    async def on_unmount(self) -> None:
        """Cancel the running tasks."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @on(Driver.SignalResume)
    def draw_again(self) -> None:
        """Redraw everything after a suspension, during which other programs have used the terminal."""
        self.refresh(layout=True)

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for another width."""
        self._draw(event.size.width)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show everything about the selected folder or device."""
        event.stop()
        if subject := self._listing.subject:
            paper = Paper(self._lines(subject, self.size.width - SCROLLBAR), color=self._color)
            self._details = paper, subject
            self.push_screen(paper, self._forget_details)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only matching names."""
        event.stop()
        self._draw(self.size.width)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go back to the filtered list."""
        event.stop()
        self._leave_filter()

    def action_filter(self) -> None:
        """Ask for the filter."""
        self._filter.display = True
        self._foot.display = False
        self._filter.focus()

    def action_show_all(self) -> None:
        """Show all names again."""
        self._filter.value = ""
        self._leave_filter()

    def action_keys(self) -> None:
        """Show the keys."""
        wide = max(map(len, _KEYS))
        lines = [spans(Span(key.ljust(wide), "head"), f"  {text}") for key, text in _KEYS.items()]
        self.push_screen(Paper(lines, color=self._color))

    def action_pause(self) -> None:
        """Pause or resume the selected folder or device."""
        subject = self._listing.subject
        things = None if subject is None else (self._live.folders if subject.kind == "folder" else self._live.devices)
        thing = None if subject is None or things is None else things.get(subject.id)
        if subject is None or thing is None:
            self.say("select a folder or a device first")
            return
        paused, name = not thing.paused, name_of(self._live, subject)

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - textual passes it
            if yes:
                self._begin(self._set_paused(subject, name, paused=paused))

        self.push_screen(Question(f"{'Pause' if paused else 'Resume'} {name}?"), answered)

    def action_scan(self) -> None:
        """Scan the selected folder."""
        subject = self._listing.subject
        if subject is None or subject.kind != "folder":
            self.say("select a folder to scan first")
        else:
            self._begin(self._scan(subject))

    def _notice_stops(self) -> None:
        """Make textual resume only after it has suspended.

        It can't notice SIGSTOP, so on the following SIGCONT it would start a second time, and never stop.
        """
        if not hasattr(signal, "SIGCONT"):  # Windows
            return
        suspend, resume = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
        if not callable(suspend) or not callable(resume):  # there is no terminal
            return
        suspended = False

        def stop(signum: int, frame: FrameType | None) -> None:
            nonlocal suspended
            suspended = True
            suspend(signum, frame)

        def go_on(signum: int, frame: FrameType | None) -> None:
            nonlocal suspended
            if suspended:
                suspended = False
                resume(signum, frame)
            else:
                self.call_later(self._take_terminal)

        signal.signal(signal.SIGTSTP, stop)
        signal.signal(signal.SIGCONT, go_on)

    def _take_terminal(self) -> None:
        """Set up the terminal again after the shell has used it."""
        with self.suspend():
            pass

    async def _follow(self) -> None:
        """Draw after each change, at a limited rate."""
        while True:
            if self._draw(self.size.width):
                await asyncio.sleep(overview.FRAME)
            else:
                await overview.next_change(self._live)

    async def _look(self) -> None:
        """Ask for the errors that the mirror doesn't have."""

        def show(errors: list[str]) -> None:
            self._errors = errors
            self._draw(self.size.width)

        with suppress(SyncthingError):
            show(await overview.reported_by(self._client))
        await overview.follow_reported(self._client, show)

    def _draw(self, width: int) -> bool:
        """Draw changes, and return whether there were any."""
        if not width:  # it is not known yet
            return False
        width -= SCROLLBAR
        if self._details is not None:
            paper, subject = self._details
            paper.show_lines(self._lines(subject, width))
        view, now = overview.mirrored(self._live, self._errors), values.now()
        new = page(self._live, view, url=self._client.url, now=now, width=width, wanted=self._filter.value)
        if new == self._page:
            return False
        self._page = new
        self._head.update(drawn(new.head, color=self._color))
        self._listing.show_rows(new.rows, color=self._color)
        self.frames += 1
        return True

    def _lines(self, subject: Subject, width: int) -> list[Line]:
        return details(self._live, overview.mirrored(self._live), subject, now=values.now(), width=width)

    def _forget_details(self, _: None) -> None:
        self._details = None

    def _leave_filter(self) -> None:
        self._filter.display = False
        self._foot.display = True
        self._show_foot()
        self._listing.focus()

    def _show_foot(self) -> None:
        """Show the keys, or the filter."""
        wanted = self._filter.value
        line = spans("names with ", Span(wanted, "head"), "  escape shows all") if wanted else spans(_FOOT)
        self._foot.update(drawn(line, color=self._color))

    async def _set_paused(self, subject: Subject, name: str, *, paused: bool) -> None:
        config = self._client.config
        with self._reported():
            if subject.kind == "folder":
                await config.patch_folder(subject.id, paused=paused)
            else:
                await config.patch_device(subject.id, paused=paused)
            self.say(f"{name} is {'paused' if paused else 'resumed'}")

    async def _scan(self, subject: Subject) -> None:
        with self._reported():
            await self._client.database.scan(subject.id, wait=False)
            self.say(f"scanning {name_of(self._live, subject)}")

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._handle_exception(error)

    @contextmanager
    def _reported(self) -> Generator[None]:
        """Show why the action of a key failed."""
        try:
            yield
        except Exception as error:
            if not is_expected(error):
                raise
            self.say(message_of(error))

    def say(self, text: str) -> None:
        """Show a message instead of the keys for some seconds."""
        self._foot.update(drawn(spans(Span(text, "warn")), color=self._color))
        if self._message is not None:
            self._message.stop()
        self._message = self.set_timer(_MESSAGE_FOR, self._show_foot)

    def _handle_exception(self, error: Exception) -> None:
        """Exit with an error, which the caller raises."""
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Exit without printing: textual would show the values of variables, including the key."""
        self._close_messages_no_wait()


class _Messages(logging.Handler):
    """Shows warnings of the library at the bottom; on stderr, they would appear in the middle of the screen."""

    def __init__(self, app: Top) -> None:
        super().__init__(logging.WARNING)
        self._app = app

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        self._app.call_later(self._app.say, record.getMessage())


async def show(client: Syncthing, live: Live, *, color: bool) -> None:
    """Show a daemon until the user quits; the arguments are those of `Top`.

    Raises:
        Exception: An error that ends the view, for example because the key is now refused.
    """
    app = Top(client, live, color=color)
    with log_shown(app):
        await app.run_async()
    task = asyncio.current_task()
    if task is not None and task.cancelling():  # textual takes this as the end of the application
        raise asyncio.CancelledError
    if app.failure is not None:
        raise app.failure


@contextmanager
def log_shown(app: Top) -> Generator[None]:
    """Show warnings of the library at the bottom for the duration of a block, instead of writing them to stderr."""
    logger = logging.getLogger("aiosyncthing")
    before = logger.handlers[:]
    logger.handlers[:] = [_Messages(app)]
    try:
        yield
    finally:
        logger.handlers[:] = before
