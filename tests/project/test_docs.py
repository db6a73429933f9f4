"""README and docs are what users follow: their programs run as they stand, and their tables and links are right."""

import asyncio
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from aiosyncthing import Syncthing, exceptions
from pytest_syncthing import RealSyncthing, RealSyncthingPair
from tests.support.binaries import NONE_FOUND, newest_binary

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md")), ROOT / "pytest-syncthing" / "README.md"]
PROJECT = "https://github.com/zhulik/aiosyncthing"
# Some Pythons of pyenv and virtualenv need no more, and nothing of this run shall reach the snippets.
PASSED_ON = ("PATH", "SYNCTHING_BINARIES", "LD_LIBRARY_PATH")


class Snippet(NamedTuple):
    """A block of Python, and the output that the page shows right below it, if any."""

    code: str
    output: str


SNIPPETS = {
    f"{page.relative_to(ROOT).with_suffix('')}-{number}": Snippet(*found)
    for page in PAGES
    for number, found in enumerate(
        re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", page.read_text(), re.DOTALL), 1
    )
}
TESTS = {name: snippet for name, snippet in SNIPPETS.items() if "def test_" in snippet.code}
PROGRAMS = {name: snippet for name, snippet in SNIPPETS.items() if name not in TESTS}


@pytest.fixture(scope="module")
def binary() -> Path:
    """The newest of the real daemons."""
    return newest_binary() or pytest.fail(NONE_FOUND)


@pytest.fixture(scope="module")
def pair(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSyncthingPair]:
    """The reader's Syncthing: it shares the folder docs, with a file in it, with a phone that has everything."""

    async def share(mine: RealSyncthing, phone: RealSyncthing) -> None:
        async with mine.client() as client, phone.client() as other:
            await client.config.patch_device(phone.device_id, name="phone")
            for each, device in ((client, phone), (other, mine)):
                folder = tmp_path_factory.mktemp("docs")
                await each.config.set_folder(
                    {
                        "id": "docs",
                        "label": "Documents",
                        "path": str(folder),
                        "devices": [{"deviceID": device.device_id}],
                        "versioning": {"type": "simple", "params": {"keep": "5"}},
                    }
                )
                if each is client:
                    (folder / "readme.txt").write_bytes(bytes(20_000))
            await client.wait_in_sync("docs", rescan=True, timeout=60)

    with RealSyncthingPair(binary) as pair:
        asyncio.run(share(*pair))
        yield pair


@pytest.fixture
def daemon(pair: RealSyncthingPair) -> RealSyncthing:
    """The reader's Syncthing."""
    return pair.one


@pytest.fixture
def offers(name: str, pair: RealSyncthingPair, tmp_path: Path) -> Iterator[None]:
    """Let the phone offer the folder that a program accepts, and take it back afterwards, since others have none."""

    async def offer() -> None:
        async with pair.other.client() as phone:
            devices = [pair.one.device_id]
            await phone.config.add_folder("photos", str(tmp_path / "offered"), label="Photos", devices=devices)

    async def withdraw() -> None:
        for each in pair:
            async with each.client() as client:
                await client.config.remove_folder("photos", missing_ok=True)

    if "accept_folder" not in PROGRAMS[name].code:
        yield
        return
    asyncio.run(offer())
    yield
    asyncio.run(withdraw())


@pytest.fixture
def without_patterns(daemon: RealSyncthing) -> Iterator[None]:
    """Take away the ignore patterns that a program leaves, since others begin without any."""

    async def clear() -> None:
        async with daemon.client() as client:
            if (await client.database.ignores("docs"))["ignore"]:
                await client.database.set_ignores("docs", [])

    yield
    asyncio.run(clear())


def run(*arguments: str, home: Path, folder: Path, binary: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as a user whose Syncthing has its home there."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={**kept, "HOME": str(folder), "STHOMEDIR": str(home), "SYNCTHING_BINARY": str(binary)},
        capture_output=True,
        text=True,
        check=False,
    )


def without_numbers(text: str) -> str:
    """Return a text with each number, version, date and address replaced by the same sign."""
    return re.sub(r"\d[\w.,:~+-]*", "#", text)


@pytest.mark.daemon
@pytest.mark.usefixtures("without_patterns", "offers")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs(name: str, daemon: RealSyncthing, binary: Path, tmp_path: Path) -> None:
    """Each program runs as it stands, says nothing on stderr, and prints what the page shows but for the numbers."""
    address = daemon.url.removeprefix("http://")
    code = PROGRAMS[name].code.replace("your API key", daemon.api_key).replace("127.0.0.1:8384", address)
    done = run("-c", code, home=daemon.home, folder=tmp_path, binary=binary)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if shown := PROGRAMS[name].output:
        assert without_numbers(done.stdout) == without_numbers(shown)


@pytest.mark.daemon
def test_the_tests_pass(binary: Path, tmp_path: Path) -> None:
    """Each snippet with tests passes as it stands, without the plugins that our own tests need."""
    files = {f"test_{re.sub(r'[^a-z0-9]', '_', name)}.py": snippet.code for name, snippet in TESTS.items()}
    for file, code in files.items():
        (tmp_path / file).write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # or pytest would look for a configuration further up
    options = ["-W", "error", "--import-mode=importlib", "--basetemp=temporary", "--syncthing-required"]
    for plugin in ("cacheprovider", "asyncio", "anyio", "xdist"):
        options += ["-p", f"no:{plugin}"]
    done = run("-m", "pytest", *options, home=tmp_path, folder=tmp_path, binary=binary)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [file for file in files if file not in done.stdout] == []


def test_the_readme_is_short() -> None:
    """README is a page that one reads at a sitting; what doesn't fit there belongs into docs."""
    assert len(README.read_text().splitlines()) <= 90


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A page links to files that there are, and to headings in them. What PyPI shows has no relative links."""
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        path, _, heading = (
            link.removeprefix(f"{PROJECT}/blob/main/").removeprefix(f"{PROJECT}/tree/main/").partition("#")
        )
        if path.startswith("https://"):
            continue
        assert page.parent == DOCS or link.startswith(PROJECT), f"{link} would be broken on PyPI"
        target = (ROOT if link.startswith(PROJECT) else page.parent) / path if path else page
        assert target.exists(), f"{link} leads nowhere"
        if heading:
            headings = re.findall(r"^#+ (.*)", target.read_text(), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings]


def test_each_page_is_linked() -> None:
    """README leads to each page."""
    assert [page.name for page in DOCS.glob("*.md") if f"/docs/{page.name})" not in README.read_text()] == []


def test_table_of_namespaces_is_complete() -> None:
    """The table names every public method, and no other."""
    rows = dict(
        re.findall(r"^\| `(client[.\w]*)` \|.*\| `([\w ]+)`", (DOCS / "namespaces.md").read_text(), re.MULTILINE)
    )
    client = Syncthing("key")
    for place, methods in rows.items():
        target = client
        for name in place.split(".")[1:]:
            target = getattr(target, name)
        public = {name for name, _ in inspect.getmembers(type(target)) if not name.startswith("_")}
        documented = set(methods.split())
        if place == "client":
            own = {name for name, _ in inspect.getmembers(type(target), inspect.isfunction)} & public
            assert own <= documented <= public, f"name {own - documented or 'only what is there'} in docs/namespaces.md"
        elif place == "client.api":
            assert documented <= public, place
        else:
            differing = sorted(documented ^ public)
            assert not differing, f"name exactly the methods of {place} in the table of docs/namespaces.md"
    assert len(rows) == 12


def test_table_of_errors_is_complete() -> None:
    """Every error class is explained."""
    explained = set(re.findall(r"`(\w+Error)`", (DOCS / "errors.md").read_text()))
    assert set(exceptions.__all__) <= explained
