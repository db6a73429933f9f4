"""Changes of two sides to the same lines are both made, or are a conflict."""

from itertools import product

import pytest

from aiosyncthing.ignores import Conflict, merge


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("abc", "abc", "abc"),
        ("abcd", "abc", "abcd"),
        ("abc", "xabc", "xabc"),
        ("xabc", "abcy", "xabcy"),
        ("bc", "ab", "b"),
        ("ac", "ac", "ac"),
        ("a", "ab", "a"),
        ("Xbc", "abZ", "XbZ"),
        ("aXc", "aXc", "aXc"),
        ("abcd", "abce", "abced"),
        ("abcde", "abce", "abced"),
        ("aXbc", "aYbc", "aYXbc"),
        ("abXc", "ac", "aXc"),
        ("", "", ""),
    ],
)
def test_both_changes_are_made(mine: str, theirs: str, expected: str) -> None:
    """What only one side has changed is as that side has it; lines that both add at one place are there once."""
    assert merge("abc", mine, theirs) == (list(expected), [])


@pytest.mark.parametrize(
    ("mine", "theirs", "conflict"),
    [
        ("aXc", "aYc", Conflict(["b"], ["X"], ["Y"])),
        ("aXc", "ac", Conflict(["b"], ["X"], [])),
        ("ac", "aYc", Conflict(["b"], [], ["Y"])),
        ("X", "abYc", Conflict(["a", "b", "c"], ["X"], ["Y"])),
    ],
)
def test_contradictions(mine: str, theirs: str, conflict: Conflict) -> None:
    """Lines that both sides have changed in different ways are a conflict."""
    assert merge("abc", mine, theirs)[1] == [conflict]


@pytest.mark.parametrize("special", ["!b", "(?d)b", "#include b"])
def test_an_order_that_matters(special: str) -> None:
    """Which of two patterns comes first matters unless both just ignore something."""
    for mine, theirs in ((["a", special], ["a", "c"]), (["a", "c"], ["a", special])):
        assert merge(["a"], mine, theirs)[1]
    assert merge(["a"], ["a", special], ["a", special]) == (["a", special], [])
    assert not merge(["a"], [special, "a"], ["a", "c"])[1]


def test_nothing_is_lost() -> None:
    """Without a conflict, a line that a side has added is there, and one that it has removed is not."""
    sides = ["".join(chosen) for chosen in product(("a", "", "aX"), ("b", "", "B"), ("c", "", "Yc"))]
    for mine, theirs in product(sides, sides):
        merged, conflicts = merge("abc", mine, theirs)
        if not conflicts:
            assert set(mine) - set("abc") <= set(merged)
            assert set(theirs) - set("abc") <= set(merged)
            assert {line for line in "abc" if line in mine and line in theirs} == set(merged) & set("abc")
