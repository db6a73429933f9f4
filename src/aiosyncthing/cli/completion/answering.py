"""Answer shells: compute the candidates, and format them for each shell.

Shells call the program with ``_AIOSYNCTHING_COMPLETE`` in its environment. Whatever fails then, only candidates are
printed: no errors and no prompts, and no command for a key is run.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click
from click.shell_completion import ShellComplete

from aiosyncthing.cli.output.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiosyncthing.cli.context import Context

VARIABLE: Final = "_AIOSYNCTHING_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")

_BREAKS: Final = ":="
_PLAIN: Final = re.compile(r"[\w@%+=:,./-]", re.ASCII)


class Candidate(NamedTuple):
    """A word to offer, and its description."""

    word: str
    help: str = ""


class Words(NamedTuple):
    """A command line that is being typed.

    Attributes:
        before: The words before the one to complete, without the program, as the program would get them.
        word: The word to complete, likewise.
        quote: The open quotation mark in it.
        typed: The same word as it was typed.
    """

    before: list[str]
    word: str
    quote: str
    typed: str


def serve(group: click.Command, run: Context) -> int:
    """Answer a shell, and return the exit status, which is always 0."""
    shell = run.environ.get(VARIABLE, "").removesuffix("_complete")
    words = split(run.environ.get("COMP_LINE", ""))
    try:
        with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):  # noqa: PTH123 - the name is no path of ours
            answers = list(complete(group, run, words))
    except Exception:  # noqa: BLE001 - a shell in which a person types is no place for errors
        answers = []
    lines = formatted(shell, words, answers, run.environ.get("COMP_CUR", words.typed))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def complete(group: click.Command, run: Context, words: Words) -> Iterator[Candidate]:
    """Return the words that complete a command line."""
    option, equals, value = words.word.partition("=")
    prefix, word = (f"{option}=", value) if equals and option.startswith("--") else ("", words.word)
    found = ShellComplete(group, {"obj": run}, "aiosyncthing", VARIABLE).get_completions(words.before, words.word)
    for item in found:
        if item.type in {"file", "dir"}:
            answers = _files(word, folders_only=item.type == "dir")
        else:
            answers = (Candidate(each, item.help or "") for each in (item.value,) if each == escape(each))
        yield from (Candidate(f"{prefix}{each.word}", each.help) for each in answers)


def split(line: str) -> Words:
    """Split a command line up to the cursor as a shell does."""
    found: list[str] = []
    word, start, quote, inside = "", 0, "", False
    place = 0
    while place < len(line):
        character = line[place]
        if character == "\\" and quote != "'" and place + 1 < len(line):
            place += 1
            word, inside = word + line[place], True
        elif quote:
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in {"'", '"'}:
            quote, inside = character, True
        elif character.isspace():
            if inside:
                found.append(word)
            word, inside, start = "", False, place + 1
        else:
            word, inside = word + character, True
        place += 1
    return Words(found[1:], word, quote, line[start:])


def formatted(shell: str, words: Words, answers: Sequence[Candidate], current: str) -> list[str]:
    """Return lines for a shell.

    Args:
        shell: Its name.
        words: The command line.
        answers: The words to offer.
        current: The part of the word that the shell replaces; bash starts a new part after ``:`` and ``=``.
    """
    if shell == "bash":
        # Right behind such a character, bash names the character itself, but replaces nothing.
        replaced = "" if not current.strip(_BREAKS) else split(current).word
        skipped = max(0, len(words.word) - len(replaced))
        return [quoted(word[skipped:], words.quote) for word, _ in answers]
    separator = "\t" if shell == "fish" else "\n"
    unknown = "" if shell == "fish" else "_"
    return [separator.join([each.word, escape(each.help) or unknown]) for each in answers]


def quoted(word: str, quote: str) -> str:
    """Return a word quoted for bash, after an open quotation mark, if any."""
    if quote == "'":
        return word.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'([\\$"`!])', r"\\\1", word)
    return "".join(each if _PLAIN.match(each) or not each.isascii() else f"\\{each}" for each in word)


def _files(incomplete: str, *, folders_only: bool) -> Iterator[Candidate]:
    """Return the files with a prefix."""
    head, _, tail = incomplete.rpartition("/")
    folder = f"{head}/" if head or incomplete.startswith("/") else ""
    with os.scandir(os.path.expanduser(folder) or ".") as entries:  # noqa: PTH111 - the text is kept as it was typed
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.startswith(tail) and entry.name == escape(entry.name):
                if entry.is_dir():
                    yield Candidate(f"{folder}{entry.name}/")
                elif not folders_only:
                    yield Candidate(f"{folder}{entry.name}")


def script(shell: str) -> str:
    """Return the completion script of a shell, which the wheel also installs where shells look for it."""
    return (Path(__file__).parent / "shells" / f"aiosyncthing.{shell}").read_text(encoding="utf-8")
