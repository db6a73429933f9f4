"""The widgets of `top`: a list of lines, a page of text, and a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from aiosyncthing.cli.output.output import spans

SCROLLBAR: Final = 1
"""The columns that are always reserved for it, so that the width of lines doesn't change."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from aiosyncthing.cli.output.tables import Line

    from .page import Row, Subject

_STYLES: Final = {"head": "bold", "good": "green", "bad": "bold red", "warn": "yellow", "busy": "cyan", "dim": "dim"}
"""The names that textual uses for the styles of `terminal.STYLES`."""


def drawn(line: Line, *, color: bool) -> Text:
    """Return a line as text that textual draws without interpreting markup."""
    parts = [(text, _STYLES.get(style, "") if color else "") for text, style in line]
    return Text.assemble(*parts, no_wrap=True, overflow="crop")


class Listing(OptionList):
    """A list of lines; those with a subject can be selected."""

    DEFAULT_CSS: ClassVar[str] = """
    Listing { height: 1fr; max-height: 100%; border: none; padding: 0; background: ansi_default; }
    Listing { scrollbar-size-vertical: 1; scrollbar-gutter: stable; text-wrap: nowrap; text-overflow: clip; }
    Listing:focus { border: none; background-tint: ansi_default 0%; }
    Listing > .option-list--option { padding: 0; text-wrap: nowrap; text-overflow: clip; }
    Listing > .option-list--option-disabled { color: ansi_default; }
    Listing > .option-list--option-hover { background: ansi_default; }
    Listing > .option-list--option-highlighted, Listing:focus > .option-list--option-highlighted {
        color: ansi_default; background: ansi_default; text-style: reverse;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._rows: Sequence[Row] = ()

    @property
    def subject(self) -> Subject | None:
        """The subject of the selected line."""
        return None if self.highlighted is None else self._rows[self.highlighted].subject

    def show_rows(self, rows: Sequence[Row], *, color: bool) -> None:
        """Show other lines; the selection stays on its subject, or else on its position."""
        before, chosen, place = self._rows, self.subject, self.highlighted
        self._rows = rows
        if [row.subject for row in before] == [row.subject for row in rows]:
            for index, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old.line != new.line:
                    self.replace_option_prompt_at_index(index, drawn(new.line, color=color))
            return
        self.set_options(Option(drawn(row.line, color=color), disabled=row.subject is None) for row in rows)
        possible = [index for index, row in enumerate(rows) if row.subject is not None]
        if not possible:
            return
        same = (index for index in possible if chosen is not None and rows[index].subject == chosen)
        self.highlighted = next(same, min(possible, key=lambda index: abs(index - (place or 0))))


class Paper(Screen[None]):
    """A page of text.

    Args:
        lines: The text.
        color: Whether to use colours.
    """

    DEFAULT_CSS: ClassVar[str] = """
    Paper { background: ansi_default; }
    Paper VerticalScroll { height: 1fr; background: ansi_default; }
    Paper VerticalScroll { scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    Paper #text { text-wrap: nowrap; }
    Paper #back { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,question_mark", "dismiss(None)")]

    def __init__(self, lines: Sequence[Line], *, color: bool) -> None:
        super().__init__()
        self._lines = lines
        self._color = color

    def compose(self) -> ComposeResult:
        """Make what is on the screen."""
        with VerticalScroll():
            yield Static(self._text(), id="text", markup=False)
        yield Static("escape back", id="back", markup=False)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show another text."""
        if lines != self._lines:
            self._lines = lines
            self.query_one("#text", Static).update(self._text())

    def _text(self) -> Text:
        text = Text("\n", no_wrap=True, overflow="crop").join(drawn(line, color=self._color) for line in self._lines)
        text.no_wrap, text.overflow = True, "crop"
        return text


class Question(ModalScreen[bool]):
    """A question at the bottom; any key but ``y`` means no.

    Args:
        text: The question.
    """

    DEFAULT_CSS: ClassVar[str] = """
    Question { background: ansi_default 0%; align: left bottom; }
    Question Static { height: 1; text-style: bold; background: ansi_default; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Make what is on the screen."""
        yield Static(drawn(spans(f"{self._text} [y/N]"), color=False), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Dismiss the question with the answer."""
        event.stop()
        event.prevent_default()
        self.dismiss(event.key.lower() == "y")
