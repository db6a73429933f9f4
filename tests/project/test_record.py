"""The recorder, which makes the recordings that so many tests read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recordings import VERSIONS, Exchange, exchanges, replay
from tests.support.scenario import SCENARIO

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("version", VERSIONS)
def test_recordings_follow_the_scenario(version: str) -> None:
    """Each recording has the scenario's requests in its order, but for those that were added later."""
    assert [step for step in replay(version) if isinstance(step, Exchange)] == list(exchanges(version))


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("--help",), 0)])
def test_how_to_use_it(arguments: tuple[str, ...], code: int) -> None:
    """Without a binary, or when asked, it says what it takes."""
    command = [sys.executable, ROOT / "scripts" / "record.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "record.py [-h] binary [file]" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.daemon
@pytest.mark.timeout(300)
def test_a_recording(newest_syncthing: Path, tmp_path: Path) -> None:
    """A recording has the whole scenario, and answers as an earlier one of that version has them; no path leaks."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "record.py", newest_syncthing, tmp_path / "recording.json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "recording.json")), done.stderr
    text = (tmp_path / "recording.json").read_text()
    assert str(tmp_path) not in text
    recording = json.loads(text)
    recorded = [Exchange(**exchange) for exchange in recording["exchanges"]]
    assert len(recorded) == sum(not isinstance(step, str) for step in SCENARIO)
    assert recording["events"].keys() == {f"{node}:{stream}" for node in "abc" for stream in ("default", "all", "disk")}
    version = recording["version"].removeprefix("v")
    if version in VERSIONS:
        earlier = {kind(exchange) for exchange in exchanges(version)}
        assert earlier <= {kind(exchange) for exchange in recorded}
    assert [path.name for path in tmp_path.iterdir()] == ["recording.json"]


def kind(exchange: Exchange) -> tuple[object, ...]:
    """Return what is the same in each recording."""
    path = "/".join(exchange.path.split("/")[:4])
    return exchange.node, exchange.method, path, exchange.note, exchange.status, exchange.content_type, exchange.kind
