"""``python -m pytest_syncthing``: a fake for clients in any language."""

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.local import discover
from pytest_syncthing.__main__ import main

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


def test_the_sample() -> None:
    """By default there is a sample folder, and Ctrl-C ends it silently, even where a shell has SIGINT ignored."""
    with serving(before=IGNORING) as (process, url, key):
        assert ask(url, key, "rest/system/version")["version"] == "v1.29.5"
        status = ask(url, key, "rest/db/status?folder=sample")
        assert (status["localFiles"], status["needFiles"]) == (2, 1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 0


def test_options(tmp_path: Path) -> None:
    """The options are passed on to the fake, which SIGTERM ends as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (f"--port={port}", "--version=2.1", "--name=nas", "--api-key=secret", "--tls", "--files-on-disk")
    with serving(*options, "--empty", f"--home={tmp_path}") as (process, url, key):
        assert (url, key) == (f"https://127.0.0.1:{port}", "secret")
        assert ask(url, key, "rest/system/version")["version"] == "v2.1.3"
        assert ask(url, key, "rest/config/folders") == []
        assert [device["name"] for device in ask(url, key, "rest/config/devices")] == ["nas"]
        assert (discover(tmp_path).url, discover(tmp_path).api_key) == (url, key)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_what_can_not_be_served(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use, one that doesn't exist, and a version that it doesn't play end it with the reason, in one line."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of the tests stay as they are
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        for option, code, words in (
            (f"--port={port}", 1, f"can't listen on 127.0.0.1:{port}: Address already in use"),
            ("--port=65536", 2, "port must be a number from 0 to 65535, not 65536"),
            ("--version=1.18", 2, "the fake plays Syncthing 1.19.2, 1.29.5, 2.1.3"),
        ):
            with pytest.raises(SystemExit) as ended:
                main([option])
            printed = capsys.readouterr()
            assert (ended.value.code, printed.out) == (code, "")
            assert words in printed.err.splitlines()[-1]
