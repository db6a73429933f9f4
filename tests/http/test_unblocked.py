"""Nothing blocks the event loop of a program such as Home Assistant: no import, no file access, no sleep."""

from __future__ import annotations

import asyncio
import base64
import json
import pickle
import sys
from collections.abc import KeysView
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.calls import CALLS, KEY
from tests.support.peers import short_folder
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(__file__).parents[1] / "support" / "integration.py"


async def run(*steps: str, **settings: Any) -> None:
    """Run steps of the program; none may block its event loop."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps({"steps": steps, **settings}).encode())
    assert process.returncode == 0
    blocked = json.loads(output)
    assert not blocked, "\n".join(f"{step}: {what}" for step in blocked for what in blocked[step])


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
        await run("calls", url=server.url, key=KEY, calls=base64.b64encode(pickle.dumps(calls)).decode())


@pytest.mark.parametrize(
    "step", ["requests", "listening", "streaming", "mirroring", "waiting", "trusting", "downloading", "discovering"]
)
async def test_use(fake: FakeSyncthing, tmp_path: Path, step: str) -> None:
    """Each part of such a program, in a process of its own, so that no other part has imported what it needs."""
    await run(
        step,
        url=fake.url,
        key=fake.api_key,
        home=str(fake.home),
        certificate=str(fake.home / "https-cert.pem"),
        file=str(tmp_path / "bundle.zip"),
    )


async def test_an_entry_of_home_assistant(fake: FakeSyncthing) -> None:
    """All of it in one process: config flow, set-up, listening during a restart of the daemon, unloading."""
    await run("entry", url=fake.url, key=fake.api_key)


async def test_a_socket() -> None:
    """The same through a Unix socket."""
    with short_folder() as folder, FakeSyncthing("1.29", socket=folder / "api.sock") as fake:
        fake.add_folder("docs", files={"a": b"a"})
        await run("streaming", "waiting", url=fake.url, key=fake.api_key)


async def test_launching() -> None:
    """A real daemon, from its start to its end."""
    await run("launching")
