"""A pytest plugin that shows how much of each room its own tests cover.

Code that other tests only happen to pass through is not tested: no test checks what it promises.
So only the lines that the tests in a room's own folder have reached count; `_rooms` defines that folder.

It needs Python 3.14, the first that records branches by itself, at little cost.

Loaded through the environment variable PYTEST_PLUGINS, since it has to measure before the first conftest.py is
imported, even in the processes of pytest-xdist. The kit has a plugin itself, which pytest would import even earlier,
so plugins must not load automatically (PYTEST_DISABLE_PLUGIN_AUTOLOAD), and that one is loaded here.
"""

from __future__ import annotations

import importlib
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import coverage
import pytest
from _rooms import PACKAGES

# The key of the data that a pytest-xdist process returns.
MEASURED = "room_coverage"

# The executed arcs, from line to line, by file.
Arcs: TypeAlias = dict[str, list[tuple[int, int]]]

# The context of lines that run on import.
IMPORTS = "imports"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that sets the required coverage."""
    parser.addoption("--require-coverage", type=float, default=0, metavar="PERCENT", help="for each room")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start measuring."""
    early_config.pluginmanager.register(RoomCoverage(), "room-coverage")
    plugin = importlib.import_module("pytest_syncthing.plugin")
    if not early_config.pluginmanager.is_registered(plugin):
        early_config.pluginmanager.register(plugin)


class Row(NamedTuple):
    """The table's row for one room.

    Attributes:
        name: Its package and name.
        tests: The tests that have to cover it.
        percent: How much of it they cover.
        missing: A table of its files that are not covered, with the lines and branches.
    """

    name: str
    tests: str
    percent: float
    missing: str


class RoomCoverage:
    """Records which folder's tests run which lines, and adds the table to pytest's summary.

    Each folder has its own recorder. One recorder with contexts would do, but coverage has no contexts where Python
    itself records what was reached.
    """

    def __init__(self) -> None:
        self._folders = {tests for package in PACKAGES for room in package.rooms for tests in room.tests}
        self._recorders: dict[str, coverage.Coverage] = {}
        self._reached: dict[str, Arcs] = {}
        self._files: dict[str, str] = {}
        self._rows: list[Row] = []
        self._required = 0.0
        self._folder = IMPORTS
        self._recorder().start()

    def pytest_sessionstart(self) -> None:
        """Import every module now, so that lines that run on import are not attributed to a test."""
        for module in (module for package in PACKAGES for module in package.files()):
            file = importlib.import_module(module).__file__
            assert file
            self._files[module] = file

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Attribute the following lines to the folder of the test that starts."""
        parents = (parent.as_posix() for parent in Path(nodeid.partition("::")[0]).parents)
        folder = next((parent for parent in parents if parent in self._folders), "elsewhere")
        if folder != self._folder:
            self._recorder().stop()
            self._folder = folder
            self._recorder().start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the data of a pytest-xdist process; one that has crashed has none."""
        self._add(getattr(node, "workeroutput", {}).get(MEASURED, {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop measuring; fail the run if a room is below the required coverage."""
        self._recorder().stop()
        reached = {folder: _arcs(recorder) for folder, recorder in self._recorders.items()}
        to_controller = getattr(session.config, "workeroutput", None)
        if to_controller is not None:
            to_controller[MEASURED] = reached
            return
        self._add(reached)
        self._required = session.config.getoption("require_coverage")
        for package in PACKAGES:
            for room in package.rooms:
                files = [self._files[module] for module in package.files() if package.room(module) == room]
                self._rows.append(self._measure(f"{package.name}: {room.name}", files, room.tests))
        if session.exitstatus == pytest.ExitCode.OK and any(row.percent < self._required for row in self._rows):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print the table, unless the run was cut short."""
        if exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            return
        terminalreporter.section("rooms covered by their own tests")
        for row in self._rows:
            short = row.percent < self._required
            verdict = f"  below {self._required:g}%: add tests to {row.tests} that reach these lines" if short else ""
            percent = math.floor(10 * row.percent) / 10  # 94.99 % must not be shown as 95.0 %
            terminalreporter.line(f"{row.name:36}{percent:7.1f}%{verdict}")
            if short:
                terminalreporter.write(row.missing)

    def _recorder(self) -> coverage.Coverage:
        """Return the recorder of the folder whose tests run now."""
        return self._recorders.setdefault(self._folder, coverage.Coverage(data_file=None))

    def _add(self, reached: dict[str, Arcs]) -> None:
        for folder, files in reached.items():
            mine = self._reached.setdefault(folder, {})
            for file, arcs in files.items():
                mine[file] = [*mine.get(file, []), *arcs]

    def _measure(self, name: str, files: list[str], tests: tuple[str, ...]) -> Row:
        reporter = coverage.Coverage(data_file=None)
        lines = io.StringIO()
        with _data(reporter) as data:
            for folder in (IMPORTS, *tests):
                data.add_arcs(self._reached.get(folder, {}))
            percent = reporter.report(files, show_missing=True, skip_covered=True, file=lines)
        return Row(name, " or ".join(tests), percent, lines.getvalue())


@contextmanager
def _data(recorder: coverage.Coverage) -> Iterator[coverage.CoverageData]:
    data = recorder.get_data()
    try:
        yield data
    finally:
        data.close(force=True)


def _arcs(recorder: coverage.Coverage) -> Arcs:
    with _data(recorder) as data:
        return {file: data.arcs(file) or [] for file in data.measured_files()}
