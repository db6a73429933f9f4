"""Ignore patterns: `IgnorePatterns` finds what a daemon ignores, and edits of them."""

import unicodedata
from contextlib import aclosing
from random import Random
from typing import Final

import pytest

from aiosyncthing import Daemon
from aiosyncthing.exceptions import BadRequestError, EditConflictError, UnknownFolderError
from aiosyncthing.ignores import IgnorePatterns
from aiosyncthing.ignores.lines import find_fault

from .faked import FakeDaemon
from .folders import Folder, Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

FILES: Final = (
    *("a", "b.x", "ab", "A.X", "d/a", "d/b.x", "d/e/a", "d/e/ab.x", "d/e/f/a", "e/a", "e/d/a", "e/f.x/a", "ab.d/b.x"),
    *("a*b", "a?", "[a]", "{a,b}", "a\\b", "d/!a", "#a", "ü", "d/üb", "a b", "(a)", "a.b.x", "-a", "x-y/a", "^a"),
)
ATOMS: Final = (
    *("a", "b", "d", "e", "f", ".x", "ab", "A", "*", "*", "**", "?", "/", "/", "[ab]", "[!a]", "[a-e]", "[!a-b]"),
    *("{a,b}", "{d/,}", "{ab,{e,f}}", "\\a", "\\*", "\\?", "\\[", "\\{", "\\\\", "[", "{", "}", "]", ",", "-", "^"),
    *("(", ")", ".", " ", "[a", "[\\]a]", "[-a]", "[^a]", "ü", "ÜB", "!", "#"),
)
PREFIXES: Final = ("", "", "", "", "", "!", "!", "(?i)", "(?d)", "(?d)(?i)", "(?i)!", "!!", "(?i)(?i)", "// ", "(?d)!")
ENDS: Final = ("", "", "", "", "/", "/**", "/*", "/b.x", "/**/a")
STARTS: Final = ("", "", "", "/", "/", "**/", "/d/", "d/")
LISTS: Final = 50
LISTS_OF_THE_FAKE: Final = 15  # it uses the same code


def odd_lines(dice: Random) -> list[str]:
    """Return one to three patterns."""
    return [
        "".join([dice.choice(PREFIXES), dice.choice(STARTS), *dice.choices(ATOMS, k=dice.randint(1, 3)), end])
        for end in dice.choices(ENDS, k=dice.randint(1, 3))
    ] + ["*"] * (not dice.randint(0, 3))


def is_broken(line: str) -> bool:
    """Return whether the daemon's own wildcards have a bug there: one that `IgnorePatterns` hasn't, or a crash."""
    in_braces = line.partition("{")[2]
    return bool(find_fault(line) or set("*?[") & set(in_braces) or (not line.isascii() and set("?[") & set(line)))


async def kept(folder: Folder) -> set[str]:
    """Return the files that the daemon has found."""
    async with aclosing(folder.client.database.walk(folder.id)) as entries:
        return {path async for path, entry in entries if entry["type"] != "FILE_INFO_TYPE_DIRECTORY"}


async def test_what_is_ignored(lone: Daemon, folders: Folders) -> None:
    """Of many odd patterns, a daemon makes the same ones or the same error, and leaves out the same files."""
    folder = await folders.add(lone, files=FILES)
    dice = Random(3)
    wrong: list[object] = []
    for _ in range(LISTS_OF_THE_FAKE if isinstance(lone, FakeDaemon) else LISTS):
        lines = [line for line in odd_lines(dice) if not is_broken(line)]
        answer = await lone.client.database.set_ignores(folder.id, lines)
        patterns = IgnorePatterns(lines, version=lone.version)
        if patterns.error != answer["error"]:
            wrong.append((lines, patterns.error, answer["error"]))
        if patterns.error or answer["error"]:
            continue
        if (mine := [str(pattern) for pattern in patterns.expanded]) != (answer["expanded"] or []):
            wrong.append((lines, mine, answer["expanded"]))
        await folder.scan()
        ignored = {name for name in FILES if patterns.match(name)}
        if differing := ignored ^ (set(FILES) - await kept(folder)):
            wrong.append((lines, differing))
    assert wrong == []


async def test_forms_of_unicode(lone: Daemon, folders: Folders) -> None:
    """A pattern with combining characters matches since 1.28, where names with them are made whole."""
    folder = await folders.add(lone, files=["ü"])
    line = unicodedata.normalize("NFD", "ü")
    await lone.client.database.set_ignores(folder.id, [line])
    await folder.scan()
    assert IgnorePatterns([line], version=lone.version).match("ü") == ("ü" not in await kept(folder))


async def test_an_edit(lone: Daemon, folders: Folders) -> None:
    """An edit keeps comments, order, and what someone else has changed meanwhile; the folder is scanned."""
    folder = await folders.add(lone, files=["a.tmp", "keep.tmp", "b.log"])
    database = lone.client.database
    async with database.edit_ignores(folder.id) as patterns:
        assert patterns.lines == []
        assert patterns.add("// temporary files")
        assert patterns.add("*.tmp")
    assert patterns.lines == (await database.ignores(folder.id))["ignore"] == ["// temporary files", "*.tmp"]

    async with database.edit_ignores(folder.id) as patterns:
        assert patterns.add("!keep.tmp", first=True)
        assert patterns.match("a.tmp")
        await database.set_ignores(folder.id, ["// temporary files", "*.tmp", "*.log"])
    expected = ["!keep.tmp", "// temporary files", "*.tmp", "*.log"]
    assert patterns.lines == (await database.ignores(folder.id))["ignore"] == expected
    await folder.scan()
    assert await kept(folder) == {"keep.tmp"}

    async with database.edit_ignores(folder.id) as patterns:
        patterns.lines.clear()
    assert (await database.ignores(folder.id))["ignore"] is None


async def test_a_receive_encrypted_folder(lone: Daemon, folders: Folders) -> None:
    """Its patterns are refused: the daemon says that there are none, whatever is in its directory."""
    folder = await folders.add(lone, type="receiveencrypted")
    await lone.client.database.set_ignores(folder.id, ["a"])
    assert (await lone.client.database.ignores(folder.id))["ignore"] is None
    with pytest.raises(BadRequestError, match="it is receive-encrypted"):
        await lone.client.database.edit_ignores(folder.id).__aenter__()


async def test_edits_that_change_nothing(lone: Daemon, folders: Folders) -> None:
    """An edit that fails, that someone else's change contradicts, or that the daemon can't use, changes nothing."""
    folder = await folders.add(lone)
    database = lone.client.database

    async def replace(line: str, *, meanwhile: str = "b", fail: bool = False) -> None:
        async with database.edit_ignores(folder.id) as patterns:
            patterns.lines[1] = line
            if meanwhile != "b":
                await database.set_ignores(folder.id, ["a", meanwhile])
            if fail:
                raise ZeroDivisionError

    await database.set_ignores(folder.id, ["a", "b"])
    with pytest.raises(ZeroDivisionError):
        await replace("c", fail=True)
    with pytest.raises(BadRequestError, match="unexpected end of input"):
        await replace("[")
    with pytest.raises(BadRequestError, match=r"the former ones were written back: .*nowhere"):
        await replace("#include nowhere")
    assert (await database.ignores(folder.id))["ignore"] == ["a", "b"]
    with pytest.raises(EditConflictError, match="'b', 'B', 'c'") as caught:
        await replace("B", meanwhile="c")
    assert caught.value.fields == ("b", "B", "c")
    assert (await database.ignores(folder.id))["ignore"] == ["a", "c"]
    await folder.scan()
    with pytest.raises(UnknownFolderError):
        await database.edit_ignores("nope").__aenter__()
