"""Ignore patterns that the daemon would read as other ones, or crash on."""

import pytest

from aiosyncthing._rest.checks import check_patterns
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.ignores.lines import find_fault


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
def test_misread_patterns(line: str, instead: str, *, stored: bool) -> None:
    """Line breaks, and white space at the ends except blanks and tabs, are refused; the message suggests a pattern."""
    with pytest.raises(BadRequestError) as refused:
        check_patterns(["*.tmp", line], stored=stored)
    assert repr(line) in str(refused.value)
    assert repr(instead) in str(refused.value)
    assert not find_fault(instead, stored=stored)


@pytest.mark.parametrize("line", ["x\x01y", "\x00", "n\x1f", "\ufffe", "a\x0bb", "a\uffff"])
def test_patterns_that_only_a_file_can_store(line: str) -> None:
    """Other control characters are part of a folder's pattern, but the daemon's configuration can't store them."""
    assert check_patterns([line]) == [line]
    with pytest.raises(BadRequestError, match="configuration can't store"):
        check_patterns([line], stored=True)


@pytest.mark.parametrize("line", ["ab{", "/ab{}", "?{,}", "a{{", "a{b,{}}", "(?d)[a]{", "a\\\\{}"])
def test_patterns_that_crash_the_daemon(line: str) -> None:
    """Braces with nothing in them are refused."""
    with pytest.raises(BadRequestError, match="crash"):
        check_patterns([line])


@pytest.mark.parametrize(
    "line",
    [
        *("a\\{", "[{}]", "{a,}", "{{a}}", "a{,b}c", "// {}", "}{a", "a{ }"),
        *("", " ", "\t", "  // comment ", "(?d)foo\t", "m\rm", "a\tb", "sp[ ]", "Icon[\r]", "ü", "\x7f", "a\u2028b"),
    ],
)
def test_other_patterns(line: str) -> None:
    """Blanks around a pattern, and braces with something in them, are not refused, nor are other characters."""
    assert check_patterns(iter([line]), stored=True) == [line]
