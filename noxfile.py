"""The tasks of this project; `scripts/test` prepares .venv and runs the default ones.

    nox                       everything that has to hold
    nox -s lint typing        some of it
    nox -s tests-3.12 -- -k x arguments for pytest come after the two dashes
    nox --list                all there is

nox itself and the tools of `lint`, `typing` and `wheel` are those of .venv (`.venv/bin/nox`). The tests run
in environments of their own, on the wheel: what users install, not the source tree.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "scripts"))
from _pythons import find_pythons  # noqa: E402 -- a folder of commands, not a package

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "virtualenv"  # unlike venv, it also works for Pythons that have no ensurepip
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
OLDEST = PYPROJECT["project"]["requires-python"].removeprefix(">=")
PYTHONS = find_pythons(oldest=tuple(map(int, OLDEST.split("."))))
FIRST, *OTHERS = PYTHONS
# nox looks for interpreters on PATH, where a name may be a shim that runs nothing.
os.environ["PATH"] = os.pathsep.join([*(str(path.parent) for path in PYTHONS.values()), os.environ["PATH"]])

# What runs where: the first Python runs all there is, with coverage. The others leave out what drives real daemons: it
# takes longest, and depends on Python the least.
LEFT_OUT = dict.fromkeys(OTHERS, "daemon or chaos")
nox.options.sessions = [
    "lint",
    "typing",
    "wheel",
    *(f"tests-{python}" for python in OTHERS),
    "aioresponses",
    "coverage",
]

# The tests mostly wait: for daemons, for time to pass. So several processes share them (how: tests/support/sharing.py).
SHARED = ["--numprocesses=3"]

# The plugins of pytest that the tests need, for the run in which they don't load by themselves.
PLUGINS = [
    "_hypothesis_pytestplugin",
    "anyio.pytest_plugin",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "xdist.plugin",
]

# The wheel, once this run of nox has built it.
_built: list[Path] = []


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    _module(session, "ruff", "check")
    _module(session, "ruff", "format", "--check")


@nox.session(venv_backend="none")
def typing(session: nox.Session) -> None:
    """Check the types: our own, those the public API promises, and how both look to users."""
    _module(session, "mypy")
    programs = [ROOT / "noxfile.py", *ROOT.glob("scripts/*.py"), *ROOT.glob("benchmarks/*.py")]
    _module(session, "mypy", *map(str, programs), env={"MYPYPATH": "scripts"})
    _module(session, "mypy", *map(str, _snippets(ROOT / "docs" / "typing.md", Path(session.create_tmp()))))
    # Without a word on newer versions, for which pyright would ask the network. It looks for the packages in the
    # environment of the python on PATH; its option for that has no effect on --verifytypes.
    session.env["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    session.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    _module(session, "pyright")
    _module(session, "pyright", "--verifytypes", "aiosyncthing", "--ignoreexternal")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the source archive and from it the wheel, look inside, and import it with nothing else there."""
    path = _wheel(session)
    source = ROOT / "src"
    shipped = {".py", ".typed", ".json", ".pem"}
    expected = {str(file.relative_to(source)) for file in source.rglob("*") if file.suffix in shipped}
    found = {name for name in zipfile.ZipFile(path).namelist() if ".dist-info/" not in name}
    if found != expected:
        session.error(f"the wheel lacks {sorted(expected - found)} and has too much: {sorted(found - expected)}")
    session.install("--force-reinstall", str(path))
    session.chdir(session.create_tmp())
    session.run("python", "-W", "error", "-c", "from aiosyncthing import *")


@nox.session(python=list(PYTHONS))
def tests(session: nox.Session) -> None:
    """Test the wheel on one Python."""
    _install(session)
    chosen = session.posargs or [*SHARED, *_without(LEFT_OUT.get(str(session.python)))]
    session.run("python", "-m", "pytest", *chosen)


@nox.session(python=FIRST)
def coverage(session: nox.Session) -> None:
    """Test the wheel with everything there is; each module must be covered by its own test file."""
    _install(session)
    chosen = session.posargs or [*SHARED, "--require-coverage=95"]
    plugins = {"PYTEST_PLUGINS": ",".join(["module_coverage", *PLUGINS]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    session.run("python", "-m", "pytest", *chosen, env={**plugins, "PYTHONPATH": "scripts"})
    # Whoever reads the end of the output looks for pytest's closing line: nox shall only add what failed.
    logging.getLogger("nox").setLevel(logging.ERROR)


@nox.session(python=FIRST)
def lowest(session: nox.Session) -> None:
    """Test with the oldest versions of the dependencies that the package admits to."""
    lower_bounds = [line.split(",")[0] for line in PYPROJECT["project"]["dependencies"]]
    _install(session, *(bound.replace(">=", "==") + ".*" for bound in lower_bounds))
    session.run("python", "-m", "pytest", *(session.posargs or [*SHARED, *_without("chaos")]))


@nox.session(python=FIRST)
def aioresponses(session: nox.Session) -> None:
    """Test that programs can test themselves with aioresponses, which needs an aiohttp that it knows."""
    _install(session, "aiohttp==3.13.*", "aioresponses>=0.7.8")
    session.run("python", "-m", "pytest", *(session.posargs or ["tests/seed/with_aioresponses.py"]))


@nox.session(python=FIRST)
def benchmark(session: nox.Session) -> None:
    """Measure; figures are compared by people, so nothing fails."""
    _install(session)
    for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        session.run("python", str(script), *session.posargs)


def _without(markers: str | None) -> list[str]:
    return ["-m", f"not ({markers})"] if markers else []


def _module(session: nox.Session, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run a tool of the environment that nox itself is in."""
    session.run(sys.executable, "-m", name, *arguments, env=env, external=True)


def _snippets(page: Path, folder: Path) -> list[Path]:
    """Write each Python program of a page to a file of its own."""
    files = []
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL), 1):
        files.append(folder / f"{page.stem}_{number}.py")
        files[-1].write_text(code)
    return files


def _wheel(session: nox.Session) -> Path:
    """Return the wheel, built once in each run of nox, by way of the source archive."""
    if not _built:
        folder = ROOT / "dist"
        shutil.rmtree(folder, ignore_errors=True)
        _module(session, "build", "--outdir", str(folder))
        _built.extend(folder.glob("*.whl"))
    return _built[0]


def _install(session: nox.Session, *versions: str) -> None:
    """Install the wheel and what the tests need."""
    wheel = _wheel(session)
    session.install(*nox.project.dependency_groups(PYPROJECT, "test"), str(wheel), *versions)
    # The version number alone does not tell pip that this is another wheel.
    session.install("--force-reinstall", "--no-deps", str(wheel))
