"""A check finds what depends on the network of a real daemon."""

import json
import socket
from pathlib import Path

import pytest

from aiosyncthing import Daemon
from aiosyncthing.health import Finding, Severity
from tests.support.waiting import until

pytestmark = pytest.mark.daemon


async def test_listeners_discovery_and_restart(syncthing_binary: Path, free_port: int) -> None:
    """A port in use, an unreachable relay and discovery server, and a setting that needs a restart are found."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        with socket.create_server(("127.0.0.1", 0)) as server:
            taken, closed = (f"127.0.0.1:{port}" for port in (server.getsockname()[1], free_port))
            await daemon.client.config.patch_options(
                listenAddresses=[f"tcp://{taken}", f"relay://{closed}/?id=AAAA&token=hush"],
                relaysEnabled=True,
                globalAnnounceEnabled=True,
                globalAnnounceServers=[f"https://{closed}/?insecure"],
                databaseTuning="large",
            )
            expected = {
                Finding("listener_failed", Severity.WARNING, subject=f"tcp://{taken}"),
                Finding("listener_failed", Severity.WARNING, subject=f"relay://{closed}/"),
                Finding("discovery_failed", Severity.WARNING, subject=f"global@https://{closed}/"),
                Finding("restart_required", Severity.WARNING),
            }

            async def all_found() -> list[Finding]:
                found = await daemon.client.check(ignore=["system_error"])
                return found if set(found) == expected else []

            found = await until(all_found)
            assert "hush" not in json.dumps([finding.to_dict() for finding in found])
            assert any("address already in use" in finding.text for finding in found)
