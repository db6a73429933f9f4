"""`IgnorePatterns` means what a daemon makes of the same lines, and keeps them as they are."""

import json
import unicodedata
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest

from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.ignores import IgnorePatterns, is_internal


@cache
def table() -> dict[str, Any]:
    """Return what daemons 1.19.2 and 1.29.5 made of patterns, as the kit's test of the same name describes it."""
    path = Path(__file__).parents[1] / "data" / "ignore_patterns.json"
    answered: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answered


def read_include(lines: list[str], name: str) -> str:
    """Return the text of an included file that those daemons had."""
    texts = {**table()["includes"], ".stignore": "".join(f"{line}\n" for line in lines)}
    if name not in texts:
        raise FileNotFoundError(2, "no such file", f"/folder/{name}")
    text: str = texts[name]
    return text


def matched(lines: list[str], *paths: str, **options: Any) -> list[str]:
    """Return the paths that lines match."""
    patterns = IgnorePatterns(lines, **options)
    return [path for path in paths if patterns.match(path)]


@pytest.mark.parametrize("version", ["v1.19.2-ds1", "v1.29.5"])
def test_lines_mean_what_the_daemons_make_of_them(version: str) -> None:
    """They expand to the same patterns, with the same errors, and match the files that the daemons left out."""
    wrong: list[Any] = []
    for row in table()["patterns"]:
        expected = {**row, **row.get(version[1:7].rstrip("-"), {})}
        lines = row["lines"]
        patterns = IgnorePatterns(
            lines, version=version, read_include=lambda name, lines=lines: read_include(lines, name)
        )
        if (error := patterns.error) != expected.get("error"):
            wrong.append((lines, error))
        if error is not None:
            continue
        kept = [name for name in table()["files"] if not patterns.match(name)]
        ignored = expected.get("ignored", [])
        left = expected.get("kept", [name for name in table()["files"] if name not in ignored])
        if [str(pattern) for pattern in patterns.expanded] != expected["expanded"]:
            wrong.append((lines, patterns.expanded))
        wrong += [(lines, name) for name in {*kept} ^ ({*left} & {*table()["files"]} - {*table()["never_kept"]})]
    assert len(table()["patterns"]) > 200
    assert wrong == []


def test_odd_patterns() -> None:
    """Non-ASCII characters in brackets and wildcards in braces match, although the daemons fail; two slashes don't."""
    assert matched(["[ü]nï"], "ünï") == ["ünï"]
    assert matched(["{*.tmp,ab?}"], "sub/a.tmp", "abc") == ["sub/a.tmp", "abc"]
    assert matched(["**//b"], "b", "b/c", "a/b") == []
    assert matched(["**//"], "b", "b/c") == []
    assert matched(["/b", "/a//b"], "b", "a/b") == ["b"]


def test_what_syncthing_keeps_for_itself() -> None:
    """Its own files, and what is in them, are ignored whatever the patterns say."""
    own = [".stfolder", ".stfolder/x", ".stignore", ".stversions/a/b", "a/.syncthing.x.tmp", "~syncthing~x/y"]
    assert matched(["!*"], *own, "a/.stfolder", ".stfolders", "x.syncthing.") == own
    assert [path for path in own if not is_internal(path)] == ["~syncthing~x/y"]


def test_the_deciding_pattern() -> None:
    """The first pattern that matches decides, and says which line it comes from."""
    patterns = IgnorePatterns(["!(?i)KEEP.tmp", " (?d)*.tmp ", "/dir/"])
    assert patterns.find("x") is None
    kept, dropped, inside = (patterns.find(path) for path in ("Keep.tmp", "sub/a.tmp", "dir/x"))
    assert kept is not None
    assert (kept.line, kept.text, kept.ignores, kept.folds_case) == ("!(?i)KEEP.tmp", "keep.tmp", False, True)
    assert dropped is not None
    assert (dropped.line, dropped.text, dropped.ignores, dropped.deletable) == ("(?d)*.tmp", "**/*.tmp", True, True)
    assert inside is not None
    assert str(inside) == "/dir/**"


def test_directories_that_a_scan_skips() -> None:
    """What is in a skipped directory is ignored, even if an exception matches it; deeper exceptions prevent that."""
    paths = ("foo", "foo/x", "bar", "x/y/z", "x/y/other")
    assert matched(["!/foo/**", "*"], *paths, version="1.29.5") == [*paths]
    assert matched(["!/foo/**", "*"], *paths, version="1.19.2") == ["foo", "bar", "x/y/z", "x/y/other"]
    assert matched(["!/foo", "*"], *paths) == ["bar", "x/y/z", "x/y/other"]
    assert matched(["!/x/y/z", "*"], *paths) == ["foo", "foo/x", "bar", "x/y/other"]
    assert matched(["!/x/y/z", "*"], *paths, version="1.19.2") == ["foo", "foo/x", "bar", "x/y/other"]
    assert matched(["!/**", "*"], *paths) == []


def test_case() -> None:
    """To Windows and macOS, upper and lower case are the same; each character has one in lower case, as in Go."""
    for os in ("windows", "darwin", "ios"):
        assert matched(["A/b"], "a/B", "c", os=os) == ["a/B"]
        assert str(IgnorePatterns(["A"], os=os).expanded[0]) == "(?i)a"
    assert matched(["A/b"], "a/B", os="freebsd") == []
    end, inside = "\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}"
    assert matched([f"(?i)a{inside.upper()}"], f"a{end}", f"a{inside}") == [f"a{inside}"]
    assert matched(["(?i)İ"], "i") == ["i"]


def test_backslashes_on_windows() -> None:
    r"""Syncthing 1 on Windows has no escapes, and takes ``\`` for ``/``; Syncthing 2 has ``|`` in its place."""
    assert matched([r"c\d"], "c/d", r"c\d", os="windows", version="1.29.5") == ["c/d", r"c\d"]
    assert matched([r"c\d"], "c/d", os="windows") == ["c/d"]
    assert matched(["a|[b"], "a[b", os="windows") == ["a[b"]
    assert matched(["a||b"], "a|b", os="windows") == ["a|b"]
    assert matched(["a|[b]"], "a[b]", os="windows", version="1.29.5") == []
    assert matched([r"c\d"], "c/d", "cd") == ["cd"]


def test_other_escapes() -> None:
    """``#escape=X`` makes X the character that takes the meaning from the next one, in its file, since Syncthing 2."""
    files = {"more": "b^*\n"}
    options = {"read_include": files.__getitem__}
    assert matched(["#escape = ^", "a^*", "c^^", r"d\e"], "a*", "ab", "c^", "de", r"d\e") == ["a*", "c^", "de"]
    assert matched(["// comment", "#escape=^", "#include more", "a^*"], "a*", "a^", "b^c", **options) == ["a*", "b^c"]
    assert matched(["#include more", "#escape=^", "a^*"], "a*", "b^c", **options) == ["a*", "b^c"]
    assert matched(["#escape=\\", r"a\*"], "a*", "a/x", os="windows") == ["a*"]
    assert matched(["#escape=^"], "#escape=^", version="1.29.5") == ["#escape=^"]


def test_wrong_escapes() -> None:
    """An ``#escape`` that Syncthing 2 can't use makes all patterns unusable, with its words."""
    assert IgnorePatterns(["#escape=^", "#escape=^"]).error == "mutiple #escape= lines found in ignore file"
    assert IgnorePatterns(["a", "#escape=^"]).error == "#escape= line found after patterns in ignore file"
    for line in ("#escape=^^", "#escape=", "#escape ^", "#escape x=^"):
        assert IgnorePatterns([line]).error == f'failed to parse #escape= line in ignore file: "{line}"'


def test_forms_of_unicode() -> None:
    """Names have composed characters, or on macOS decomposed ones; since 1.28 patterns are made the same."""
    whole, parts = (unicodedata.normalize(form, "ü") for form in ("NFC", "NFD"))
    for os in ("linux", "darwin"):
        assert matched([parts], whole, parts, os=os) == matched([whole], whole, parts, os=os) == [whole, parts]
    assert matched([parts], whole, version="1.27.12") == []


def test_lines_are_kept() -> None:
    """A text is split as Syncthing does it, and put together again as it was."""
    text = "// comment\n\n  *.tmp \n!x\u2028y\n"
    patterns = IgnorePatterns(text)
    assert patterns.lines == ["// comment", "", "  *.tmp ", "!x\u2028y"]
    assert str(patterns) == text
    assert repr(patterns) == f"IgnorePatterns({patterns.lines!r})"
    assert IgnorePatterns("a\r\nb").lines == ["a", "b"]
    assert IgnorePatterns("").lines == IgnorePatterns().lines == []
    assert IgnorePatterns(iter("ab")).lines == ["a", "b"]


def test_adding_and_removing() -> None:
    """A pattern is added once, at the end or before all others but the escape, or removed wherever it is."""
    patterns = IgnorePatterns(["a", "// a", " b ", "b"])
    assert patterns.remove("b")
    assert not patterns.remove("b")
    assert patterns.lines == ["a", "// a"]
    patterns = IgnorePatterns(["// c", "#escape=^", "*.tmp"])
    assert patterns.add("*.log")
    assert not patterns.add(" *.log", first=True)
    assert patterns.add("!keep^*.log", first=True)
    assert patterns.lines == ["// c", "#escape=^", "!keep^*.log", "*.tmp", "*.log"]
    assert patterns.match("a.log")
    assert not patterns.match("keep*.log")
    assert " *.tmp" in patterns
    assert "*.bak" not in patterns
    assert 5 not in patterns
    escaped = IgnorePatterns(["*.tmp"])
    assert escaped.add("#escape=^")
    assert (escaped.lines, escaped.error) == (["#escape=^", "*.tmp"], None)
    older = IgnorePatterns(["#escape=^"], version="1.29.5")
    older.add("a", first=True)
    assert older.lines == ["a", "#escape=^"]


@pytest.mark.parametrize("pattern", ["[", "(?d)", "a\nb", "Icon\r", "#include", "ab{", "#escape=^"])
def test_refused_patterns(pattern: str) -> None:
    """What has no meaning, would be read as something else, or makes the daemon crash is not added."""
    patterns = IgnorePatterns(["#escape=|", "a"])
    with pytest.raises(BadRequestError):
        patterns.add(pattern)
    assert patterns.lines == ["#escape=|", "a"]


def test_other_lines_for_the_same_daemon() -> None:
    """They are read by the same rules, and the former lines stay."""
    patterns = IgnorePatterns(["a"], os="windows")
    assert patterns.match("A")
    assert patterns.with_lines(["b"]).match("B")
    assert patterns.lines == ["a"]
    assert not patterns.match("b")


@pytest.mark.parametrize(
    "path", ["sub/a.tmp", "./sub/a.tmp", "sub/a.tmp/", PurePosixPath("sub/a.tmp"), PureWindowsPath("sub\\a.tmp")]
)
def test_paths(path: Any) -> None:
    """A path may have any notation."""
    assert IgnorePatterns(["/sub/*.tmp"]).match(path)


@pytest.mark.parametrize("path", ["", "/", "/home/me/a", "../a", "a//b", PurePosixPath("/a")])
def test_paths_outside(path: Any) -> None:
    """What is no path within a folder is refused, since nothing would match it."""
    with pytest.raises(BadRequestError, match="not a path within a folder"):
        IgnorePatterns(["*"]).match(path)
    with pytest.raises(BadRequestError, match="not a path within a folder"):
        IgnorePatterns().find(path)


def test_unusable_patterns() -> None:
    """What a daemon can't use has no meaning, and says why; changed lines are read again."""
    patterns = IgnorePatterns(["a", "["])
    assert patterns.error == 'invalid pattern "[" in ignore file: parse error: unexpected end of input'
    with pytest.raises(BadRequestError, match="unexpected end of input"):
        patterns.match("a")
    patterns.remove("[")
    assert patterns.error is None
    assert patterns.match("a")
    # Where included files can't be read, lines may be changed, but what they match is unknown.
    patterns = IgnorePatterns(["#include sub/more"])
    assert patterns.add("*.tmp")
    assert patterns.error is None
    for use in (lambda: patterns.match("a.tmp"), lambda: patterns.find("a.tmp"), lambda: patterns.expanded):
        with pytest.raises(BadRequestError, match="include sub/more: set read_include"):
            use()
