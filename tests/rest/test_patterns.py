"""Ignore patterns that the daemon would read as other ones."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing._rest.patterns import check_patterns, find_misread
from aiosyncthing.exceptions import BadRequestError


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("Icon\r", "Icon?"),
        ("\rIcon\r\r", "?Icon??"),
        ("a\nb", "a?b"),
        ("a\n", "a?"),
        ("\n", "?"),
        ("a\r\nb", "a\r?b"),
        ("e\x0b", "e?"),
        ("\x0ce", "?e"),
        (" e\x85\t", "e?"),
        ("n\xa0", "n?"),
        ("u\u2028", "u?"),
        ("\u3000u", "?u"),
        ("e \r", "e??"),
    ],
)
def test_what_would_become_another_pattern(line: str, instead: str, *, stored: bool) -> None:
    """Line breaks anywhere, and white space at the ends except blanks and tabs; the text says what to write."""
    with pytest.raises(BadRequestError) as refused:
        check_patterns(["*.tmp", line], stored=stored)
    assert repr(line) in str(refused.value)
    assert repr(instead) in str(refused.value)
    assert not find_misread(instead, stored=stored)


@pytest.mark.parametrize("line", ["x\x01y", "\x00", "n\x1f", "\ufffe", "a\x0bb", "a\uffff"])
def test_what_only_a_file_can_hold(line: str) -> None:
    """Other control characters are part of the pattern in a folder, but the daemon's configuration loses them."""
    assert check_patterns([line]) == [line]
    with pytest.raises(BadRequestError, match="configuration can't store"):
        check_patterns([line], stored=True)


@pytest.mark.parametrize(
    "line", ["", " ", "\t", "  // comment ", "(?d)foo\t", "m\rm", "a\tb", "sp[ ]", "Icon[\r]", "ü", "\x7f", "a\u2028b"]
)
def test_what_stays_as_it_is(line: str) -> None:
    """Blanks around a pattern mean nothing, and inside one everything is itself."""
    assert check_patterns(iter([line]), stored=True) == [line]


@pytest.mark.parametrize("lines", ["*.tmp", b"*.tmp", [5], None, 5])
def test_patterns_are_a_list(lines: Any) -> None:
    """A text would become a pattern a character."""
    with pytest.raises(BadRequestError, match="list of strings"):
        check_patterns(lines)
