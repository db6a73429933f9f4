"""Run the command line in this process, with its own streams, environment and configuration."""

import gc
import io
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.cli import app, errors, process, values
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result, Screen

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


@pytest.fixture
def pi(here: FakeSyncthing) -> DeviceID:
    """A connected device of the daemon, whose clock stands still."""
    here.freeze()
    pi = here.add_device("pi")
    here.connect(pi)
    return pi


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same time in each run: five days after the fake's beginning."""
    monkeypatch.setattr(values, "now", lambda: datetime(2026, 3, 6, 12, tzinfo=UTC))


@pytest.fixture
def by_address(tmp_path: Path) -> Callable[[str, str], list[str]]:
    """Options that name a daemon by its address and its key, which is in a file."""

    def options(url: str, api_key: str) -> list[str]:
        file = tmp_path / "the key"
        file.write_text(api_key)
        file.chmod(0o600)
        return ["--url", url, "--api-key-file", str(file)]

    return options


@pytest.fixture
def profiles(config: Path) -> Callable[[Mapping[str, FakeSyncthing | None]], None]:
    """Write profiles; at the address of one without a daemon nothing answers."""

    def write(daemons: Mapping[str, FakeSyncthing | None]) -> None:
        config.parent.mkdir(parents=True)
        for name, fake in daemons.items():
            url, api_key = (fake.url, fake.api_key) if fake else ("http://127.0.0.1:1", "k")
            table = f"[profiles.{json.dumps(name)}]\nurl = {json.dumps(url)}\napi-key = {json.dumps(api_key)}\n"
            with config.open("a") as file:
                file.write(table)

    return write


@pytest.fixture
def later(here: FakeSyncthing) -> Iterator[Callable[..., None]]:
    """Do something as soon as the command waits for events, or something else is true."""
    threads: list[threading.Thread] = []

    def start(what: Callable[[], object], when: Callable[[], object] = lambda: here.polls_waiting) -> None:
        def run() -> None:
            here.wait_until(when)
            what()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


@pytest.fixture
def no_reader() -> Iterator[TextIO]:
    """A stream whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        yield stream
