"""The daemon's messages about invalid device IDs."""

from __future__ import annotations

import pytest

from pytest_syncthing.go.device_ids import problem

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
RIGHT = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"


@pytest.mark.parametrize(
    "text", [RIGHT, RIGHT.lower(), RIGHT.replace("-", " "), "1" * 52, "\u0131" * 52, RIGHT + "==", "A" * 56]
)
def test_right_ones(text: str) -> None:
    """Each notation of an ID is accepted."""
    assert problem(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", '"a": device ID invalid: incorrect length'),
        ("ü", '"ü": device ID invalid: incorrect length'),
        ('"x"\n', '"\\"x\\"\\n": device ID invalid: incorrect length'),
        (RIGHT.lower() + "a===", f'"{RIGHT.lower()}a===": device ID invalid: incorrect length'),
        (RIGHT[:-1] + "3", f'"{RIGHT[:-1].replace("-", "")}3": check digit incorrect'),
        ("A" * 27 + "9" + "A" * 28, f'"{"A" * 27}9{"A" * 28}": check digit incorrect'),
        ("A" * 13 + "B" + "9" * 42, f'"{"A" * 13}B{"9" * 42}": check digit incorrect'),
        ("9" * 56, f"digit '9' not valid in alphabet \"{ALPHABET}\""),
        ("ü" * 28, f"digit 'Ã' not valid in alphabet \"{ALPHABET}\""),
        ("9" * 52, "illegal base32 data at input byte 0"),
        ("A" * 51 + "9", "illegal base32 data at input byte 51"),
        ("A" * 26 + "\n" + "A" * 25, "illegal base32 data at input byte 55"),
        ("A" * 26 + "\n9" + "A" * 24, "illegal base32 data at input byte 26"),
        ("'" * 56, f"digit '\\'' not valid in alphabet \"{ALPHABET}\""),
        ("ß" * 26, "illegal base32 data at input byte 0"),
        ("\ud800", '"\\ud800": device ID invalid: incorrect length'),
    ],
)
def test_the_words(text: str, words: str) -> None:
    """The message is that of a real daemon."""
    assert problem(text) == words
