"""The tasks of this project; `scripts/test` prepares .venv and runs the default ones.

    nox                       everything that has to hold, two sessions at a time
    nox -s lint typing        some of it
    nox -s tests-3.12 -- -k x arguments for pytest come after the two dashes
    nox --list                all there is

nox itself and the tools of `lint`, `typing` and `wheel` are those of .venv (`.venv/bin/nox`). The tests run
in environments of their own, on the wheel: what users install, not the source tree.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import sys
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import nox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "scripts"))
from _lanes import Lanes  # noqa: E402 -- a folder of commands, not a package
from _pythons import find_pythons  # noqa: E402 -- likewise

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv"  # with pip, each of the six environments takes seconds
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
OLDEST = PYPROJECT["project"]["requires-python"].removeprefix(">=")
PYTHONS = find_pythons(oldest=tuple(map(int, OLDEST.split("."))))
FIRST, *OTHERS = PYTHONS
# Sessions name their Python by its path: for a version, nox would take its own interpreter if that is of this version,
# whatever patch release it is, or else what PATH has, where a name may be a shim that runs nothing.
FIRST_PATH = str(PYTHONS[FIRST])

# Many tests wait, for daemons and for time to pass, so several processes share them (how: tests/support/sharing.py).
# With two processors, and two sessions at a time, four in each took a tenth less time than three.
SHARED = ["--numprocesses=4"]
FEW_SHARED = ["--numprocesses=2"]  # for sessions that are so short that starting more processes takes longer

# What runs where: the oldest Python runs what drives real daemons, which takes longest, and what depends on the Python.
# The newest runs all that needs no daemon. What those between run depends on the Python most: asyncio, TLS, types.
DEPENDENT = ["-m", "daemon or not once"]
WITHOUT_DAEMONS = ["-m", "not (daemon or chaos)"]
BETWEEN = [
    *("tests/seed", "tests/stream", "tests/tls"),
    *(f"tests/facts/test_{name}.py" for name in ("lazy", "loops", "timing", "types")),
    *(f"tests/http/test_{name}.py" for name in ("api", "cancellation", "connectors", "sessions")),
]

# The first Python that notes by itself which lines and branches were reached, so that measuring costs least there.
MEASURING = "3.14"
MEASURED = ["-m", "not chaos and (measured or not daemon)", "--require-coverage=95"]

# Everything that has to hold, in the order in which it begins: first what is quick to fail. The output of the last one
# comes last, so that is always a long run of tests.
EVERYTHING = [
    *("lint", "wheel", "aioresponses", "typing"),
    *(["coverage"] if MEASURING in PYTHONS else []),
    *(f"tests-{python}" for python in PYTHONS if python != MEASURING or python == FIRST),
]
nox.options.sessions = ["everything"]

# Where invented examples find the same mistakes on each Python, a part of them does for the others.
FEWER_EXAMPLES = ["--hypothesis-profile=fewer"]

# The plugins of pytest that the tests need, for the run in which they don't load by themselves.
PLUGINS = [
    "_hypothesis_pytestplugin",
    "anyio.pytest_plugin",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "xdist.plugin",
]

# Compiled tests are kept: several processes load them in each session, and compiling takes longer than collecting.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# One run, also when it consists of several processes of nox: they share the wheel that the first of them builds.
RUN = os.environ.setdefault("AIOSYNCTHING_NOX_RUN", uuid.uuid4().hex)


@nox.session(venv_backend="none")
def everything(session: nox.Session) -> None:
    """Run all that has to hold."""
    if MEASURING not in PYTHONS:
        session.warn(f"coverage is not measured: that needs Python {MEASURING}")
    command = [sys.executable, "-m", "nox", "--session"]
    if failed := Lanes([[*command, name] for name in EVERYTHING], lanes=2).run():
        session.error(f"failed: {' '.join(failed)}")
    _end_quietly()


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check style and formatting, and that what is generated is up to date."""
    _module(session, "ruff", "check")
    _module(session, "ruff", "format", "--check")
    session.run(sys.executable, "scripts/make_blocking.py", "--check", external=True)


@nox.session(venv_backend="none")
def blocking(session: nox.Session) -> None:
    """Generate the blocking twin of the asynchronous classes again, after a change of these."""
    session.run(sys.executable, "scripts/make_blocking.py", external=True)


@nox.session(venv_backend="none")
def pictures(session: nox.Session) -> None:
    """Make the pictures of the command line again, after a change of what they show."""
    session.run(sys.executable, "scripts/make_pictures.py", external=True)


@nox.session(venv_backend="none")
def typing(session: nox.Session) -> None:
    """Check the types: our own, those the public API promises, and how both look to users."""
    packages = PYPROJECT["tool"]["mypy"]["files"]
    programs = [ROOT / "noxfile.py", *ROOT.glob("scripts/*.py"), *ROOT.glob("benchmarks/*.py")]
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md"), ROOT / "pytest-syncthing" / "README.md"]
    snippets = _snippets(pages, Path(session.create_tmp()))
    _module(session, "mypy", *packages, *map(str, [*programs, *snippets]), env={"MYPYPATH": "scripts"})
    # Without a word on newer versions, for which pyright would ask the network. It looks for the packages in the
    # environment of the python on PATH; its option for that has no effect on --verifytypes.
    session.env["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    session.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    _module(session, "pyright")
    _module(session, "pyright", "--verifytypes", "aiosyncthing", "--ignoreexternal")


@nox.session(reuse_venv=False)  # what an earlier run has installed must not be there
def wheel(session: nox.Session) -> None:
    """Build the source archives and from them the wheels, look inside, and import them with nothing else there."""
    library, kit = _wheels(session)
    _check_contents(session, library, ROOT / "src")
    _check_contents(session, kit, ROOT / "pytest-syncthing" / "src")
    folder = session.create_tmp()
    session.install(str(library))
    with session.chdir(folder):
        session.run("python", "-W", "error", "-c", "from aiosyncthing import *")
        session.run("aiosyncthing", "--version", success_codes=[2])  # says that the extra is missing
    session.install(str(kit), str(library))
    with session.chdir(folder):
        session.run("python", "-W", "error", "-c", "from pytest_syncthing import *")
    session.install(f"{library}[cli]")
    with session.chdir(folder):
        session.run("aiosyncthing", "--help", silent=True)


def _tests_on(python: str) -> Callable[[nox.Session], None]:
    def tests(session: nox.Session) -> None:
        """Test the wheels on one Python; what runs where is said at the top."""
        _install(session)
        _pytest(session, session.posargs or _chosen(python))
        _end_quietly()

    return tests


for version, path in PYTHONS.items():
    nox.session(name=f"tests-{version}", python=str(path))(_tests_on(version))


if MEASURING in PYTHONS:

    @nox.session(python=str(PYTHONS[MEASURING]))
    def coverage(session: nox.Session) -> None:
        """Test the wheels with what needs no daemon; each room must be covered by the tests of its own folder."""
        _install(session)
        chosen = session.posargs or [*SHARED, *MEASURED]
        plugins = {"PYTEST_PLUGINS": ",".join(["room_coverage", *PLUGINS]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        _pytest(session, chosen, {**plugins, "PYTHONPATH": "scripts"})


@nox.session(python=FIRST_PATH)
def lowest(session: nox.Session) -> None:
    """Test with the oldest versions of the dependencies that the package admits to."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    needed = [*PYPROJECT["project"]["dependencies"], *extras["cli"], *extras["top"]]
    lower_bounds = [line.split(",")[0] for line in needed if ">=" in line]
    _install(session, *(bound.replace(">=", "==") + ".*" for bound in lower_bounds))
    _pytest(session, session.posargs or [*SHARED, "-m", "not chaos"])


@nox.session(python=FIRST_PATH)
def aioresponses(session: nox.Session) -> None:
    """Test that programs can test themselves with aioresponses, which needs an aiohttp that it knows."""
    _install(session, "aiohttp==3.13.*", "aioresponses>=0.7.8")
    session.run("python", "-m", "pytest", *(session.posargs or ["tests/seed/with_aioresponses.py"]))
    _end_quietly()


@nox.session(python=FIRST_PATH)
def notebook(session: nox.Session) -> None:
    """Test blocking clients in a real notebook kernel, and in threads of trio."""
    _install(session, "ipykernel>=6", "nbclient>=0.10", "trio>=0.27")
    session.run("python", "-m", "pytest", *(session.posargs or ["tests/blocking/with_notebook.py"]))


@nox.session(python=FIRST_PATH)
def benchmark(session: nox.Session) -> None:
    """Measure; figures are compared by people, so nothing fails."""
    _install(session)
    for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        session.run("python", str(script), *session.posargs)


def _chosen(python: str) -> list[str]:
    """Return what pytest is to run on one Python."""
    if python == FIRST:
        return [*SHARED, *FEWER_EXAMPLES, *DEPENDENT] if MEASURING in PYTHONS else SHARED
    if python == OTHERS[-1]:
        return [*SHARED, *FEWER_EXAMPLES, *WITHOUT_DAEMONS]
    return [*FEW_SHARED, *FEWER_EXAMPLES, *WITHOUT_DAEMONS, *BETWEEN]


def _pytest(session: nox.Session, arguments: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Run tests; where many processes share them, one compiles all modules first, or each would do it for itself."""
    if SHARED[0] in arguments:
        session.run("python", "-m", "pytest", "--collect-only", "-qq", silent=True)
    session.run("python", "-m", "pytest", *arguments, env=env)


def _module(session: nox.Session, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run a tool of the environment that nox itself is in."""
    session.run(sys.executable, "-m", name, *arguments, env=env, external=True)


def _snippets(pages: list[Path], folder: Path) -> list[Path]:
    """Write each Python program of some pages to a file of its own, named after the page and the line it begins at."""
    files = []
    for page in pages:
        text = page.read_text()
        for match in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
            line = text.count("\n", 0, match.start(1)) + 1
            files.append(folder / f"{'_'.join(page.relative_to(ROOT).with_suffix('').parts)}_{line}.py")
            files[-1].write_text(match[1])
    return files


def _end_quietly() -> None:
    """Add nothing but failures: whoever reads the end of the output looks for pytest's closing line."""
    logging.getLogger("nox").setLevel(logging.ERROR)


def _check_contents(session: nox.Session, wheel: Path, source: Path) -> None:
    """Make sure that a wheel holds what lies under a folder, and nothing else."""
    shipped = {".py", ".typed", ".json", ".pem", ".bash", ".zsh", ".fish"}
    expected = {str(file.relative_to(source)) for file in source.rglob("*") if file.suffix in shipped}
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name and ".data/" not in name}
    if found != expected:
        session.error(f"{wheel.name} lacks {sorted(expected - found)} and has too much: {sorted(found - expected)}")


def _wheels(session: nox.Session) -> list[Path]:
    """Return the wheels of the library and the kit, built once in each run, by way of the source archives."""
    folder = ROOT / "dist"
    mark = folder / ".run"
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "wheel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != RUN:
            shutil.rmtree(folder, ignore_errors=True)
            for project in (".", "pytest-syncthing"):  # the backend is there; four environments for it take 20 seconds
                _module(session, "build", "--no-isolation", "--outdir", str(folder), project)
            mark.write_text(RUN)
    return [next(folder.glob(f"{name}-*.whl")) for name in ("aiosyncthing", "pytest_syncthing")]


def _install(session: nox.Session, *versions: str) -> None:
    """Install the wheels and what the tests need."""
    library, kit = map(str, _wheels(session))
    tools = nox.project.dependency_groups(PYPROJECT, "test")
    # Without this, wheels of an earlier run would stay: the version numbers are the same.
    again = [word for name in ("aiosyncthing", "pytest-syncthing") for word in ("--reinstall-package", name)]
    session.install(*again, *tools, f"{library}[top]", kit, *versions)
