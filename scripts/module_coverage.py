"""A plugin for pytest: shows how much of each module its own test file covers.

A module that is covered only because other tests happen to pass through it is not tested: nothing holds what it
promises. So the lines that count for src/aiosyncthing/X.py are those that tests/test_X.py has reached (or
tests/test_X_more.py).

Loaded through the environment variable PYTEST_PLUGINS, since it has to measure before the first conftest.py is
imported, also in the processes that pytest-xdist starts. The package has a plugin itself, which pytest would import
earlier still: so plugins must not load by themselves (PYTEST_DISABLE_PLUGIN_AUTOLOAD), and that one is loaded here.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

# The one tracer that can note on every Python which test a line was run for.
os.environ["COVERAGE_CORE"] = "ctrace"

import coverage
import pytest

PACKAGE = "aiosyncthing"

# Modules that get by with less than is required, with the reason.
EXCEPTIONS: dict[str, tuple[float, str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the option that lets a run fail."""
    parser.addoption("--require-coverage", type=float, default=0, metavar="PERCENT", help="for each module")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin to measure."""
    recorder = coverage.Coverage(data_file=None)
    recorder.start()
    early_config.pluginmanager.register(ModuleCoverage(recorder), "module-coverage")
    plugin = importlib.import_module("pytest_syncthing.plugin")
    if not early_config.pluginmanager.is_registered(plugin):
        early_config.pluginmanager.register(plugin)


class Row(NamedTuple):
    """What the table says of one module."""

    module: str
    percent: float
    required: float
    missing: str


class ModuleCoverage:
    """Notes which test file runs which lines, and adds the table to pytest's summary."""

    def __init__(self, recorder: coverage.Coverage) -> None:
        self._recorder = recorder
        self._modules: dict[str, Path] = {}
        self._rows: list[Row] = []

    def pytest_sessionstart(self) -> None:
        """Import every module now, so that lines run by importing belong to no test in particular."""
        package = importlib.import_module(PACKAGE)
        names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
        for name in [PACKAGE, *sorted(names)]:
            file = importlib.import_module(name).__file__
            assert file
            self._modules[name] = Path(file)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Attribute what follows to the file of the test that begins."""
        self._recorder.switch_context(Path(nodeid.partition("::")[0]).name)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process of pytest-xdist has measured; one that has crashed leaves nothing."""
        if measured := getattr(node, "workeroutput", {}).get(PACKAGE):
            data = coverage.CoverageData(no_disk=True)
            data.loads(measured)
            self._recorder.get_data().update(data)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop measuring; fail the run when a module falls short."""
        self._recorder.stop()
        to_controller = getattr(session.config, "workeroutput", None)
        if to_controller is not None:
            to_controller[PACKAGE] = self._recorder.get_data().dumps()
            return
        required = session.config.getoption("require_coverage")
        self._rows = [self._measure(name, file, required) for name, file in self._modules.items()]
        if session.exitstatus == pytest.ExitCode.OK and any(row.percent < row.required for row in self._rows):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print the table, unless the run was cut short."""
        if exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            return
        terminalreporter.section("each module covered by its own tests")
        for row in self._rows:
            verdict = "" if row.percent >= row.required else f"  below {row.required:g}%"
            terminalreporter.line(f"{row.module:32}{row.percent:7.1f}%{verdict}  {row.missing}".rstrip())
        for module, (percent, reason) in EXCEPTIONS.items():
            terminalreporter.line(f"{module} needs only {percent:g}%: {reason}")

    def _measure(self, name: str, file: Path, required: float) -> Row:
        short_name = name.removeprefix(f"{PACKAGE}.")
        # The context without a name is that of the imports.
        own = f"^({own_tests(short_name)})?$"
        with tempfile.NamedTemporaryFile("r", suffix=".json") as report:
            self._recorder.json_report(morfs=[str(file)], contexts=[own], outfile=report.name)
            (found,) = json.load(report)["files"].values()
        lines = [str(line) for line in found["missing_lines"]]
        branches = [f"{start}->{end if end > 0 else 'exit'}" for start, end in found["missing_branches"]]
        enough, _ = EXCEPTIONS.get(short_name, (required, ""))
        percent = found["summary"]["percent_covered"]
        return Row(short_name, percent, min(required, enough), " ".join(lines + branches)[:120])


def own_tests(module: str) -> str:
    """Return a pattern for the names of a module's test files: test_wire.py, test__wire.py, test_wire_errors.py."""
    name = "init" if module == PACKAGE else module.replace(".", "_").strip("_")
    return rf"test_+{re.escape(name)}(_\w+)?\.py"
