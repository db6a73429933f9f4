"""The twin is the same: names, signatures, docstrings, types, answers and errors of the asynchronous classes."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, get_overloads

import pytest

import aiosyncthing
from aiosyncthing import blocking
from tests.support.calls import CALLS, check
from tests.support.twins import twin_client

ROOT: Final = Path(__file__).parents[2]
SCRIPTS: Final = ROOT / "scripts"

PAIRS: Final = {
    name: (getattr(aiosyncthing, name), getattr(blocking, name))
    for name in blocking.__all__
    if name not in {"BlockingContext", "BlockingIterator"}
}

# Public names that only one side has, and why.
ONLY_ASYNCHRONOUS: Final = {
    "API.DEFAULT_TIMEOUT": "the defaults stand in the signatures",
    "API.DEFAULT_MAX_RESPONSE_SIZE": "likewise",
    "API.raw_request": "it raises errors of aiohttp",
    "API.exchange": "likewise",
    "API.call": "it takes a route, which is not public",
    "API.download": "likewise",
    "EventStream.aclose": "it is `close`",
}
ONLY_BLOCKING: Final = {
    "EventStream.close": "it is `aclose`",
    "EventStream.next": "asyncio has `asyncio.timeout` for that",
}
# Arguments, likewise.
OTHER_ARGUMENTS: Final = {
    "loop": "accepted for programs for version 0 of the asynchronous client",
    "session": "a session of aiohttp belongs to an event loop",
    "in_loop": "only a blocking call can block a loop",
}
# Docstrings that say something else.
OTHER_WORDS: Final = {"Live.folders", "Live.devices", "Live.remotes", "Syncthing.close"}
ROOMS: Final = r"\b[a-z]+\.(?=[A-Z])"  # the modules in annotations
SYNCHRONOUS: Final = {"pausing.Save": "Callable[[t.PauseState], object]", "Awaitable[object] | ": ""}


def names(found: type) -> set[str]:
    """Return the public names of a class."""
    return {name for name in dir(found) if not name.startswith("_")}


MEMBERS: Final = {name: sorted(names(one) & names(other)) for name, (one, other) in PAIRS.items()}


def signature(function: Any) -> tuple[list[inspect.Parameter], str]:
    """Return the parameters, and what is returned, in the words of the blocking side."""
    found = inspect.signature(inspect.unwrap(function))
    parameters = [
        parameter.replace(annotation=plain(str(parameter.annotation)))
        for parameter in found.parameters.values()
        if parameter.name not in OTHER_ARGUMENTS
    ]
    returned = re.sub(r"\bAsyncGenerator\[(.*)\]$", r"BlockingIterator[\1]", str(found.return_annotation))
    return parameters, plain(returned)


def plain(annotation: str) -> str:
    """Return an annotation without what the two sides write differently."""
    for asynchronous, synchronous in SYNCHRONOUS.items():
        annotation = annotation.replace(asynchronous, synchronous)
    return re.sub(ROOMS, "", annotation)


def words(text: str | None) -> list[str]:
    """Return the words of a docstring that both sides have in common."""
    without = re.sub(r"\n +EventLoopError: .*(?:\n {5,}.*)*", "", inspect.cleandoc(text or ""))
    return re.sub(r"\bawait |\basync |\ba(?=closing\b)", "", without).split()


def test_the_names_are_the_same() -> None:
    """Each public class has a twin with the same public names, but for those that are listed with a reason."""
    asynchronous = {name for name in aiosyncthing.__all__ if isinstance(getattr(aiosyncthing, name), type)}
    assert PAIRS.keys() <= asynchronous
    found = {
        f"{name}.{each}": side
        for name, (one, other) in PAIRS.items()
        for side, only in (("asynchronous", names(one) - names(other)), ("blocking", names(other) - names(one)))
        for each in only
    }
    listed = {**dict.fromkeys(ONLY_ASYNCHRONOUS, "asynchronous"), **dict.fromkeys(ONLY_BLOCKING, "blocking")}
    differing = sorted(found.items() ^ listed.items())
    assert not differing, (
        "run .venv/bin/nox -s blocking; a name that only one side has on purpose belongs in ONLY_ASYNCHRONOUS or "
        "ONLY_BLOCKING here, with the reason"
    )


@pytest.mark.parametrize("name", PAIRS)
def test_signatures_are_the_same(name: str) -> None:
    """Each method has the parameters, defaults, annotations and overloads of its twin, and nothing to await."""
    for member in MEMBERS[name]:
        one, other = (inspect.getattr_static(side, member) for side in PAIRS[name])
        if isinstance(one, property):
            assert isinstance(other, property), member
            one, other = one.fget, other.fget
        one, other = (getattr(each, "__func__", each) for each in (one, other))
        assert not inspect.iscoroutinefunction(other), member
        parameters, returned = signature(one)
        assert signature(other)[0] == parameters, member
        if "BlockingContext" not in str(inspect.signature(other).return_annotation):
            assert signature(other)[1] == returned, member
        overloads = [signature(each) for each in get_overloads(one)]
        assert [signature(each) for each in get_overloads(other)] == overloads, member


@pytest.mark.parametrize("name", PAIRS)
def test_docstrings_are_nearly_the_same(name: str) -> None:
    """A docstring says the same, in words that hold where nothing is asynchronous."""
    for member in MEMBERS[name]:
        if f"{name}.{member}" in OTHER_WORDS:
            continue
        one, other = (inspect.getattr_static(side, member).__doc__ for side in PAIRS[name])
        theirs = words(other)
        assert theirs, member
        assert not re.search(r"\basync|\bawait|event loop", " ".join(theirs)), member
        missing = [word for word in words(one) if word not in theirs]
        assert len(missing) <= max(3, len(theirs) // 4), (member, missing)


@pytest.mark.parametrize("constructed", ["Syncthing", "Daemon"])
def test_constructors_are_the_same(constructed: str) -> None:
    """They take the same arguments with the same meaning, but for those that are listed with a reason."""
    one, other = PAIRS[constructed]
    assert signature(other.__init__)[0] == signature(one.__init__)[0]

    def arguments(found: type) -> dict[str, str]:
        section = inspect.getdoc(found).partition("Args:\n")[2].partition("\n\n")[0]  # type: ignore[union-attr]
        entries = re.findall(r"^    (\w+): ((?:.|\n {8})*)", section, re.MULTILINE)
        return {name: " ".join(text.split()) for name, text in entries if name not in OTHER_ARGUMENTS}

    mine, theirs = arguments(one), arguments(other)
    assert list(mine) == list(theirs)
    differing = {name for name in mine if mine[name] != theirs[name]}
    assert differing <= {"direct", "crash_handler"}  # which mention `session`, and the event loop


def statements(source: str) -> tuple[set[tuple[str | None, str]], list[str]]:
    """Return the imports of a module, and its other statements, whatever their format."""
    body = ast.parse(source).body
    imports = {
        (each.module, ast.dump(alias)) for each in body if isinstance(each, ast.ImportFrom) for alias in each.names
    }
    return imports, [ast.dump(each) for each in body if not isinstance(each, (ast.Import, ast.ImportFrom))]


def test_what_is_generated_is_what_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`nox -s blocking` would change nothing; `nox -s lint` also compares the format."""
    monkeypatch.syspath_prepend(SCRIPTS)
    make_blocking = importlib.import_module("make_blocking")
    generated = ROOT / "src" / "aiosyncthing" / "blocking" / "generated"
    outdated = [
        name
        for name, source in make_blocking.make().items()
        if not (generated / name).exists() or statements((generated / name).read_text()) != statements(source)
    ]
    assert not outdated, "run .venv/bin/nox -s blocking, which generates these modules again"


def run(code: str) -> str:
    """Run a program in a Python of its own, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_is_loaded_when() -> None:
    """The first client loads aiohttp, and the package alone loads nothing of the twin."""
    loaded = "[name for name in ('aiohttp', 'aiosyncthing.blocking') if name in sys.modules]"
    printed = run(
        "import sys\n"
        "import aiosyncthing; dir(aiosyncthing)\n"
        f"print({loaded})\n"
        "from aiosyncthing.blocking import Syncthing, Daemon, Config, Live\n"
        f"print({loaded})\n"
        "Syncthing('key')\n"
        f"print({loaded})"
    )
    assert printed.splitlines() == ["[]", "['aiosyncthing.blocking']", "['aiohttp', 'aiosyncthing.blocking']"]


@pytest.mark.parametrize("namespace", sorted({call.name.partition(".")[0] for call in CALLS}))
async def test_requests_and_results_are_the_same(namespace: str) -> None:
    """Each method sends the requests that its twin sends, and returns the same."""
    for call in CALLS:
        if call.name.partition(".")[0] == namespace:
            try:
                await check(call, client=twin_client)
            except BaseException as error:
                error.add_note(f"in {call.name}: {call.request}")
                raise
