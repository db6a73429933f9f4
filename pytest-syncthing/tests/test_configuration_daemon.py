"""The fake and a real daemon handle the same requests in the same way."""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from tests.support.configuring import Change, Drawer, apply
from yarl import URL

from aiosyncthing import Daemon
from pytest_syncthing.config.preparing import HOST_NAME
from pytest_syncthing.facts import Facts
from pytest_syncthing.http.messages import Refusal

COUNT = 400
SEED = 7


def worded(answer: tuple[int, str]) -> tuple[int, str]:
    """Leave out what differs between builds of Go, and the exact wording for what is no JSON."""
    status, text = answer
    if text.startswith(("parsing time", "Time.UnmarshalJSON")):
        return status, "no time"
    return (status, "no JSON") if text.startswith(("invalid character", "unexpected end")) else answer


@pytest.mark.daemon
async def test_the_same_as_a_daemon(syncthing_binary: Path, tmp_path: Path) -> None:
    """After each of many random requests, the answer and the configuration are the real daemon's."""
    async with Daemon(binary=syncthing_binary) as daemon, aiohttp.ClientSession() as session:
        key = (await daemon.client.config.gui())["apiKey"]
        version = (await daemon.client.system.version())["version"].removeprefix("v").partition("-")[0]
        facts, device_id = Facts.of(version), daemon.device_id
        assert device_id is not None

        async def send(change: Change) -> tuple[int, str]:
            method, path, body = change
            url = URL(f"{daemon.url.rstrip('/')}/rest/config{quote(path)}", encoded=True)
            async with session.request(method, url, data=body, headers={"X-API-Key": key}) as response:
                return response.status, (await response.text()).strip()

        async def present() -> Any:
            _, text = await send(("GET", "", b""))
            config = json.loads(text)
            for device in config["devices"]:
                device["name"] = HOST_NAME if device["name"] == socket.gethostname() else device["name"]
            return config

        config = await present()
        drawer = Drawer(config, str(device_id), facts.name, str(tmp_path), SEED)
        for number in range(COUNT):
            change = drawer.change()
            answer = await send(change)
            try:
                expected, words = apply(facts, device_id, config, *change), (200, "")
            except Refusal as refusal:
                expected, words = config, (refusal.status, refusal.text)
            assert worded(answer) == worded(words), (number, change)
            config = await present()
            assert list(config) == list(expected)
            assert config == expected, (number, change)
