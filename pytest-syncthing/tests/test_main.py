"""``python -m pytest_syncthing``: a fake for clients in any language."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.local import discover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-W", "error", "-m", "pytest_syncthing"]
IGNORING = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")


@contextmanager
def serving(*options: str, before: tuple[str, ...] = ()) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the command; yield its process, and the URL and the key that it prints."""
    process = subprocess.Popen(
        [*before, *COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        printed = "".join(process.stdout.readline() for _ in range(3))
        found = re.search(r"^URL: (\S+)\nAPI key: (\S+)$", printed, re.MULTILINE)
        assert found, printed
        yield process, found[1], found[2]
    finally:
        process.kill()
        process.communicate()


def ask(url: str, key: str, path: str) -> Any:
    """Return the answer; its certificate is not verified."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"{url}/{path}", headers={"X-API-Key": key})
    with urllib.request.urlopen(request, timeout=30, context=context) as answer:
        return json.load(answer)


@pytest.mark.parametrize(
    ("before", "number"),
    [((), signal.SIGINT), ((), signal.SIGTERM), (IGNORING, signal.SIGINT)],
    ids=["SIGINT", "SIGTERM", "SIGINT that is ignored at first"],
)
def test_it_serves_until_a_signal(before: tuple[str, ...], number: signal.Signals) -> None:
    """It prints its URL and key, serves a sample folder, and exits silently."""
    with serving(before=before) as (process, url, key):
        assert ask(url, key, "rest/system/version")["version"] == "v1.29.5"
        status = ask(url, key, "rest/db/status?folder=sample")
        assert (status["localFiles"], status["needFiles"]) == (2, 1)
        process.send_signal(number)
        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 0


def test_options(tmp_path: Path) -> None:
    """The options are passed on to the fake."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        f"--port={port}",
        "--version=2.1",
        "--name=nas",
        "--api-key=secret",
        "--tls",
        "--files-on-disk",
        "--empty",
    ]
    with serving(*options, f"--home={tmp_path}") as (_, url, key):
        assert (url, key) == (f"https://127.0.0.1:{port}", "secret")
        assert ask(url, key, "rest/system/version")["version"] == "v2.1.3"
        assert ask(url, key, "rest/config/folders") == []
        assert [device["name"] for device in ask(url, key, "rest/config/devices")] == ["nas"]
        assert (discover(tmp_path).url, discover(tmp_path).api_key) == (url, key)


def test_what_can_not_be_served() -> None:
    """A port in use, one that doesn't exist, and a version that it doesn't play end it with the reason, in one line."""
    with serving() as (_, url, _key):
        place = url.removeprefix("http://")
        for option, code, words in (
            (f"--port={place.rpartition(':')[2]}", 1, f"can't listen on {place}: Address already in use"),
            ("--port=65536", 2, "port must be a number from 0 to 65535, not 65536"),
            ("--version=1.18", 2, "the fake plays Syncthing 1.19.2, 1.29.5, 2.1.3"),
        ):
            done = subprocess.run([*COMMAND, option], capture_output=True, text=True, timeout=30, check=False)
            assert (done.returncode, done.stdout) == (code, "")
            assert words in done.stderr.splitlines()[-1]
