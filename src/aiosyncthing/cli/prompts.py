"""Ask a person, if there is a terminal."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from .errors import UsageError
from .output.terminal import is_terminal
from .output.text import escape
from .process import interruptible

if TYPE_CHECKING:
    from .output.output import Output


def can_ask() -> bool:
    """Return whether stdin and stderr are terminals."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def confirm(out: Output, question: str, *, yes: bool, option: str = "--yes") -> None:
    """Ask a question that must be answered with yes.

    Args:
        out: Where the command writes.
        question: The question; ``[y/N]`` is added to it.
        yes: Whether an option has already answered yes.
        option: That option.

    Raises:
        UsageError: The answer is no, or there is no terminal.
    """
    if yes:
        return
    if not can_ask():
        raise UsageError(f"can't ask without a terminal: {question}", hint=f"{option} answers yes")
    if _ask(out, f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise UsageError("nothing was changed")


def ask_secret(out: Output, question: str, *, option: str) -> str:
    """Ask for a secret, which is not shown.

    Args:
        out: Where the command writes.
        question: What to ask for.
        option: The option that gives it without a terminal.

    Raises:
        UsageError: There is no terminal, or the answer is empty.
    """
    if not can_ask():
        raise UsageError(f"can't ask without a terminal: {question}", hint=f"use {option}")
    out.clear()
    with interruptible():
        secret = getpass.getpass(f"{question}: ").strip()
    if not secret:
        raise UsageError(f"{question}: the answer is empty")
    return secret


def _ask(out: Output, question: str) -> str:
    out.flush()
    out.clear()
    with interruptible():  # before the question is shown, since the answer may be Ctrl-C
        sys.stderr.write(escape(question))
        sys.stderr.flush()
        return sys.stdin.readline()
