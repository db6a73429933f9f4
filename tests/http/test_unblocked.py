"""Nothing blocks the event loop of a program such as Home Assistant: no import, no file access, no sleep."""

import asyncio
import base64
import json
import pickle
import sys
from collections.abc import Iterator, KeysView
from pathlib import Path
from typing import Any

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.calls import CALLS, KEY
from tests.support.peers import short_folder
from tests.support.server import Server

PROGRAM = Path(__file__).parents[1] / "support" / "integration.py"


async def run(*steps: tuple[str, dict[str, Any]]) -> None:
    """Run steps of the program, each with its settings; none may block its event loop."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps(steps).encode())
    assert process.returncode == 0
    found = [json.loads(line) for line in output.splitlines()]
    assert len(found) == 1 + len(steps)
    assert not any(found), "\n".join(f"{step}: {what}" for each in found for step in each for what in each[step])


def _plain(value: Any) -> Any:
    """Return an equivalent value that can be pickled."""
    return list(value) if isinstance(value, (KeysView, tuple)) else value


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeSyncthing]:
    """Run a fake with a folder."""
    with FakeSyncthing("1.29", home=tmp_path / "home") as fake:
        fake.add_folder("docs", files={"a": b"a"})
        yield fake


async def test_calls() -> None:
    """Every method of the namespaces, once."""
    answers = [answer for call in CALLS for answer in (*(answer for _, answer in call.before), call.answer)]
    calls = [
        (call.name, _plain(call.args), {name: _plain(value) for name, value in call.options.items()}) for call in CALLS
    ]
    async with Server(*answers) as server:
        settings = {"url": server.url, "key": KEY, "calls": base64.b64encode(pickle.dumps(calls)).decode()}
        await run(("calls", settings))


async def test_use(fake: FakeSyncthing, tmp_path: Path) -> None:
    """Each part of such a program by itself, as no other part has imported what it needs; some through a Unix socket.

    One part is an entry of Home Assistant: config flow, set-up, listening during a restart, unloading.
    """
    settings = {
        "url": fake.url,
        "key": fake.api_key,
        "home": str(fake.home),
        "certificate": str(fake.home / "https-cert.pem"),
        "file": str(tmp_path / "bundle.zip"),
    }
    names = ("requests", "listening", "streaming", "mirroring", "waiting", "trusting", "downloading", "discovering")
    parts = [(name, settings) for name in (*names, "entry")]
    with short_folder() as folder, FakeSyncthing("1.29", socket=folder / "api.sock") as local:
        local.add_folder("docs", files={"a": b"a"})
        through_socket = {"url": local.url, "key": local.api_key}
        await run(*parts, ("streaming", through_socket), ("waiting", through_socket))


async def test_launching() -> None:
    """A real daemon, from its start to its end."""
    await run(("launching", {}))
