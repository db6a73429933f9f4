"""What the library says to programs, and the command line to people."""

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import aiosyncthing
from aiosyncthing import exceptions
from aiosyncthing.cli import errors
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

ID = "my.docs $(touch pwned)"
LIBRARY = Path(aiosyncthing.__file__).parent

PYTHON = re.compile(r"\w=|\w\(\w*\)|\bawait\b|\bclient\.|\b[a-z]+_[a-z_]+\b")
"""What a message has that speaks of Python: an argument, a call, a method."""

NOT_MET = {
    "_http/access.py": "the command line reads keys itself, and strips them",
    "_http/connectors.py": "it passes no session",
    "_loops.py": "it has one event loop",
    "api.py": "it sets no limit of the size",
    "blocking/": "it is asynchronous",
    "config/edits/config_edit.py": "it uses each edit once",
    "daemon/home.py": "it passes a daemon no arguments",
    "daemon/supervision.py": "it supervises no daemon",
    "database/scans.py": "it always names the folder",
    "folder/history.py": "it passes times with a zone",
    "health/checking.py": "it reads durations itself",
    "ignores/reading.py": "these are the words of the daemon",
    "ignores/patterns.py": "it reads what patterns include, or asks the daemon",
    "live/live.py": "it enters a mirror once",
    "pausing/pause.py": "it uses a pause once",
    "tls/trust.py": "it passes one kind of trust",
    "waiting/waiting.py": "it reads durations itself",
}


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Return each error and finding that the library makes, and in which file; the generated twin has none."""
    found: list[tuple[str, ast.Call]] = []
    for file in sorted(LIBRARY.rglob("*.py")):
        name = file.relative_to(LIBRARY).as_posix()
        if not name.startswith(("cli/", "blocking/generated/")):
            text = file.read_text(encoding="utf-8")
            if "Error(" in text or "Finding(" in text:  # most others take longer to parse than to search
                nodes = ast.walk(ast.parse(text))
                found += [(name, node) for node in nodes if isinstance(node, ast.Call) and is_made(node)]
    return found


def is_made(node: ast.Call) -> bool:
    """Return whether a call makes an error or a finding."""
    return isinstance(node.func, ast.Name) and node.func.id.endswith(("Error", "Finding"))


def texts(node: ast.AST) -> str:
    """Return the texts in an expression, without what is formatted into them."""
    if isinstance(node, ast.FormattedValue):
        return ""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(texts(each) for each in ast.iter_child_nodes(node))


def remedies() -> set[str]:
    """Return what the library advises programs to do."""
    return {
        each.value
        for _, call in calls()
        if not ast.unparse(call.func).endswith("Finding")
        for keyword in call.keywords
        if keyword.arg == "remedy"
        for each in ast.walk(keyword.value)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
    }


def test_remedies() -> None:
    """For each remedy of the library that names something of Python, there is one of the command line."""
    assert remedies() == errors.REMEDIES.keys()
    error = exceptions.BadRequestError("the path is taken", remedy="pass allow_nested=True to allow it")
    assert str(error) == "the path is taken: pass allow_nested=True to allow it"
    assert (errors.message_of(error), errors.hint_of(error)) == ("the path is taken", "--allow-nested allows it")
    assert not [hint for hint in errors.REMEDIES.values() if PYTHON.search(hint)]


def test_messages() -> None:
    """No other message that the command line may show speaks of arguments, calls or methods of Python."""
    found: list[str] = []
    for name, call in calls():
        words = [each.value for each in call.keywords if each.arg in {"text", "remedy"}]
        shown = words if ast.unparse(call.func).endswith("Finding") else call.args[:1]
        text = " ".join(map(texts, shown))
        if PYTHON.search(text) and not name.startswith(tuple(NOT_MET)):
            found.append(f"{name}:{call.lineno}: {text}")
    assert found == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("versions", ID), ["config", "set", f'folders."{ID}".versioning.type', "simple"]),
        (("ls", f"{ID}:nope"), ["ls", ID]),
        (("changes", ID), ["need", ID]),
        (("reset", ID, "--yes"), ["pause", ID]),
    ],
)
def test_hints_can_be_pasted(arguments: tuple[str, ...], expected: list[str], here: FakeSyncthing, cli: Cli) -> None:
    """A command in a hint does what it says, and nothing that the name of a folder says."""
    here.add_folder(ID, label="$(touch pwned)")
    hint = cli(*arguments).err.partition("hint: `aiosyncthing ")[2]
    assert shlex.split(hint.rpartition("` ")[0]) == expected


@pytest.fixture
def two(here: FakeSyncthing, profiles: Callable[..., None]) -> Iterator[FakeSyncthing]:
    """The daemon of the profile `two`; that of the profile `one` is `here`. Both have a folder without versions."""
    with FakeSyncthing(name="two") as fake:
        profiles({"one": here, "two": fake})
        for each in (here, fake):
            each.add_folder("docs")
        yield fake


@pytest.mark.parametrize("way", ["-p", "--url", "--home", "AIOSYNCTHING_PROFILE"])
def test_hints_use_the_same_daemon(
    way: str, two: FakeSyncthing, here: FakeSyncthing, cli: Cli, by_address: Any
) -> None:
    """A command in a hint, pasted into the same shell, changes the daemon that the hint is about, and no other one."""
    meant, options, env = {
        "-p": ("two", ["-p", "two"], {"AIOSYNCTHING_PROFILE": "one"}),
        "--url": ("two", by_address(two.url, two.api_key), {"AIOSYNCTHING_PROFILE": "one"}),
        "--home": ("one", ["--home", str(here.home)], {"AIOSYNCTHING_PROFILE": "two"}),
        "AIOSYNCTHING_PROFILE": ("two", [], {"AIOSYNCTHING_PROFILE": "two"}),
    }[way]
    done = cli("versions", "docs", *options, env=env)
    assert (done.status, two.api_key in done.err) == (6, False)
    hint = done.err.partition("hint: `aiosyncthing ")[2].rpartition("` ")[0]
    assert shlex.split(hint) == [*options, "config", "set", "folders.docs.versioning.type", "simple"]
    assert cli(*shlex.split(hint), env=env).status == 0
    changed = {name: cli("-p", name, "config", "get", "folders.docs.versioning.type").out for name in ("one", "two")}
    assert changed == {"one": "\n", "two": "\n", meant: "simple\n"}


def test_other_hints_use_the_same_daemon(two: FakeSyncthing, cli: Cli) -> None:
    """Hints of a kind of error name the daemon, except for commands that need none; so does each remedy of a check."""
    two.set_folder("docs", paused=True)
    assert "hint: `aiosyncthing -p two resume FOLDER` starts" in cli("-p", "two", "need", "docs").err
    assert errors.hint_of(exceptions.TLSError("x")).endswith("or `aiosyncthing profile add`")
    report = ("raw", "POST", "system/error", "--input", "-")
    for profile in ("one", "two"):
        assert cli("-p", profile, *report, stdin="the disk is bad").status == 0
    for options, expected in ((("-p", "two"), ["two"]), (("-p", "all"), ["one", "two"])):
        found = re.findall(r"`aiosyncthing -p (\w+) raw POST system/error/clear`", cli("check", *options).out)
        assert sorted(found) == expected
