"""Asking a person; only where one can answer."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from .errors import UsageError
from .process import interruptible
from .terminal import is_terminal
from .text import escape

if TYPE_CHECKING:
    from .output import Output


def can_ask() -> bool:
    """Return whether stdin and stderr are terminals."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def confirm(out: Output, question: str, *, yes: bool, option: str = "--yes") -> None:
    """Ask a question that has to be answered with yes.

    Args:
        out: Where the command writes.
        question: The question, without a question mark's brackets.
        yes: Whether the answer was given by an option.
        option: That option.

    Raises:
        UsageError: The answer is no, or there is no terminal.
    """
    if yes:
        return
    if not can_ask():
        raise UsageError(f"there is no terminal to ask on: {question}", hint=f"{option} answers yes")
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
        raise UsageError(f"there is no terminal to ask on: {question}", hint=f"use {option}")
    out.clear()
    with interruptible():
        secret = getpass.getpass(f"{question}: ").strip()
    if not secret:
        raise UsageError(f"{question}: nothing was given")
    return secret


def _ask(out: Output, question: str) -> str:
    out.flush()
    out.clear()
    with interruptible():  # before the question is seen, and answered by Ctrl-C
        sys.stderr.write(escape(question))
        sys.stderr.flush()
        return sys.stdin.readline()
