"""Run the command line in this process, with its own streams, environment and configuration."""

from __future__ import annotations

import gc
import io
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aiosyncthing.cli import app, errors, process
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result, Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

LOGGER = logging.getLogger("aiosyncthing")

# What of the caller's environment would have an effect.
FOREIGN = (
    *("AIOSYNCTHING_PROFILE", "AIOSYNCTHING_URL", "AIOSYNCTHING_API_KEY_FILE", "AIOSYNCTHING_TLS"),
    *("AIOSYNCTHING_DEBUG", "CREDENTIALS_DIRECTORY", "STGUIADDRESS", "STGUIAPIKEY", "STHOMEDIR", "STCONFDIR"),
    *("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"),
)


@pytest.fixture(autouse=True)
def process_as_before() -> Iterator[None]:
    """Restore global state that the program changes: the library's log, hints, and the garbage collector."""
    handlers, level, propagate = LOGGER.handlers[:], LOGGER.level, LOGGER.propagate
    yield
    LOGGER.handlers[:] = handlers
    LOGGER.setLevel(level)
    LOGGER.propagate = propagate
    errors.use_in_hints(())
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean environment; returns the path of the profiles file, which doesn't exist."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # The search has tests of its own; here it would only cost time, and find other daemons of this machine.
    monkeypatch.setattr("aiosyncthing.local.computer.running", lambda _: ())
    return tmp_path / "config" / "aiosyncthing" / "config.toml"


@pytest.fixture
def cli(config: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line, run in this process."""

    def run(
        *arguments: str,
        columns: int = 0,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        stdout: TextIO | None = None,
    ) -> Result:
        stream = Screen if columns else io.StringIO
        with monkeypatch.context() as patch:
            for name, value in {**({"COLUMNS": str(columns)} if columns else {}), **(env or {})}.items():
                patch.setenv(name, value)
            out, err = stream(), stream()
            patch.setattr(sys, "stdin", (Screen if columns else io.StringIO)(stdin or ""))
            patch.setattr(sys, "stdout", stdout or out)
            patch.setattr(sys, "stderr", err)
            try:
                status = app.main(arguments)
            except process.Interrupted as interrupted:
                status = 128 + interrupted.signum
        return Result(status, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def nas(tmp_path: Path) -> Iterator[FakeSyncthing]:
    """A daemon on this computer, which the command line finds by itself."""
    with FakeSyncthing(name="nas", home=tmp_path / "home") as fake:
        yield fake


@pytest.fixture
def here(nas: FakeSyncthing, config: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSyncthing:
    """The same daemon, used by commands without options."""
    monkeypatch.setenv("STHOMEDIR", str(nas.home))
    (nas.home / "https-cert.pem").unlink()  # so that no command compares it, which takes a handshake
    return nas
