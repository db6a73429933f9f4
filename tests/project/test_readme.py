"""README is what a newcomer follows: every Python snippet in it runs, and it names what there is."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from pathlib import Path

import pytest

import aiosyncthing
from aiosyncthing import Daemon, Syncthing, exceptions

README = (Path(__file__).parents[2] / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.daemon
@pytest.mark.parametrize("number", range(len(SNIPPETS)))
async def test_snippet_runs(number: int, syncthing_binary: Path, tmp_path: Path) -> None:
    """Each snippet runs as it stands, against a daemon with a folder, and says nothing on stderr."""
    async with Daemon(binary=syncthing_binary) as daemon:
        await daemon.client.config.set_folder({"id": "docs", "path": str(tmp_path / "docs")})
        code = SNIPPETS[number].replace("your API key", daemon.api_key)
        code = code.replace("http://127.0.0.1:8384", daemon.url)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-W", "error", "-c", code),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
            env={"SYNCTHING_BINARY": str(syncthing_binary), "PATH": "/usr/bin:/bin"},
        )
        output, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert output or "iter_need" in code  # which has nothing to tell of a folder that needs nothing


def test_table_of_namespaces_is_complete() -> None:
    """The table names every public method, and no other."""
    rows = dict(re.findall(r"^\| `(client[.\w]*)` \| `([\w ]+)`", README, re.MULTILINE))
    client = Syncthing("key")
    for place, methods in rows.items():
        target = client
        for name in place.split(".")[1:]:
            target = getattr(target, name)
        public = {name for name, _ in inspect.getmembers(type(target)) if not name.startswith("_")}
        documented = set(methods.split())
        if place in {"client", "client.api"}:
            assert documented <= public, place
        else:
            assert documented == public, place
    assert len(rows) == 12


def test_table_of_errors_is_complete() -> None:
    """Every error class is explained, but those that are the root or belong to the launcher."""
    explained = set(re.findall(r"`(\w+Error)`", README))
    assert set(exceptions.__all__) - {"SyncthingError", "DaemonError"} <= explained
    assert aiosyncthing.DeviceID.__name__ in README
