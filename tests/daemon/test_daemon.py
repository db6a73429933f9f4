"""A private daemon is ready when it is started, isolated, and gone when it is stopped."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from aiosyncthing import Daemon, DeviceID
from aiosyncthing.daemon import Crash, daemon as launcher, ports
from aiosyncthing.daemon.ports import Port
from aiosyncthing.exceptions import DaemonError, SyncthingError
from tests.support.processes import alive, children, command_of, eventually, processes_with
from tests.support.values import OTHER

pytestmark = [pytest.mark.daemon, pytest.mark.usefixtures("scratch")]


async def answers(daemon: Daemon) -> bool:
    """Return whether the daemon answers right now."""
    try:
        await daemon.client.system.ping(timeout=1)
    except SyncthingError:
        return False
    return True


async def comes_back(daemon: Daemon, pid: int | None) -> None:
    """Wait until another process answers."""
    async with asyncio.timeout(30):
        while daemon.pid in {None, pid} or not await answers(daemon):  # noqa: ASYNC110 - it sends no event yet
            await asyncio.sleep(0.05)


def lasting(daemon: Daemon) -> tuple[Any, ...]:
    """Return what a restart doesn't change."""
    return daemon.url, daemon.api_key, daemon.device_id, daemon.sync_address, daemon.home, daemon.client


async def test_a_started_daemon(
    syncthing_binary: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It answers at once, as itself, and says where everything is; its log also goes to `logging`.

    It stays on the loopback interface, whatever the user's variables, proxies and home are.
    """
    caplog.set_level(logging.DEBUG, "aiosyncthing.daemon")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("STHOMEDIR", "/nonexistent")
    monkeypatch.setenv("STGUIADDRESS", "127.0.0.1:1")
    async with Daemon(binary=syncthing_binary) as daemon:
        status = await daemon.client.system.status()
        version = await daemon.client.system.version()
        assert daemon.running
        assert daemon.returncode is None
        assert daemon.device_id == status["myID"]
        assert isinstance(daemon.device_id, DeviceID)
        assert daemon.version == version["version"]
        assert daemon.client.url == daemon.url == f"http://{status['guiAddressUsed']}"
        assert list(status["connectionServiceStatus"]) == [daemon.sync_address]
        assert status["connectionServiceStatus"][daemon.sync_address]["error"] is None
        assert daemon.home.parent == scratch
        assert daemon.binary == syncthing_binary
        assert any("GUI and API listening" in line for line in daemon.log_tail)

        assert Path(status["tilde"]).is_relative_to(daemon.home)
        assert "discoveryEnabled" not in status
        assert await daemon.client.config.folders() == []
        options = await daemon.client.config.options()
        assert options["listenAddresses"] == [daemon.sync_address]
        for option in ("globalAnnounceEnabled", "localAnnounceEnabled", "relaysEnabled", "natEnabled"):
            assert options[option] is False
        assert options["crashReportingEnabled"] is False
        assert options["urAccepted"] == -1
        assert options["stunKeepaliveStartS"] == 0
        assert b"\0STNOUPGRADE=1\0" in await asyncio.to_thread(Path(f"/proc/{daemon.pid}/environ").read_bytes)
        listing = await asyncio.to_thread(sockets_of, daemon.pid)
        assert len(listing) >= 2
        assert [address for address in listing if not address.startswith("0100007F:")] == []
    assert not daemon.running
    assert daemon.pid is None
    assert daemon.returncode == 0
    assert not daemon.home.exists()
    assert "Exiting" in daemon.log_tail[-1]
    assert [record.message for record in caplog.records if record.name == "aiosyncthing.daemon"] == daemon.log_tail


def sockets_of(pid: int) -> list[str]:
    """Return the local addresses of a process's sockets (on Linux), as hexadecimal numbers."""
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    rows = [
        line.split()
        for name in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[9] in inodes]


async def test_the_key(newest_syncthing: Path) -> None:
    """A given key works, and appears in no repr, log, message or command line."""
    options = {"stop_timeout": 0, "api_key": "any key", "arguments": ["--audit", "--auditfile=-"]}
    async with Daemon(binary=newest_syncthing, **options) as daemon:
        assert daemon.api_key == (await daemon.client.config.gui())["apiKey"] == "any key"
        await daemon.client.config.patch_options({"maxSendKbps": 1})
        await eventually(lambda: any("<API key>" in line for line in daemon.log_tail))
        shown = [repr(daemon), command_of(daemon.pid), str(daemon._error("x")), *daemon.log_tail, *children()]
        assert not [text for text in shown if daemon.api_key in text]


async def test_restarts(newest_syncthing: Path) -> None:
    """A restart, by the API or by `restart`, keeps everything but the process, and `wait` doesn't notice it."""
    async with Daemon(binary=newest_syncthing) as daemon:
        before = lasting(daemon)
        waiting = asyncio.create_task(daemon.wait())
        await daemon.client.config.set_device({"deviceID": OTHER})
        for restart in (daemon.client.system.restart, daemon.restart):
            pid = daemon.pid
            await restart()
            await comes_back(daemon, pid)
            assert lasting(daemon) == before
            assert (await daemon.client.system.status())["myID"] == daemon.device_id
            assert len(await daemon.client.config.devices()) == 2
            assert (daemon.running, waiting.done()) == (True, False)
    assert await waiting == 0


async def test_down_and_started_again(newest_syncthing: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A crashed daemon is restarted up to the limit, with on_crash="restart". Beyond that it stays down.

    So it does after `kill`, or a shutdown by the API. `start` brings the same daemon back.
    """
    crashes: list[Crash] = []
    options = {"on_crash": "restart", "crash_limit": 1, "crash_handler": crashes.append}

    async with Daemon(binary=newest_syncthing, stop_timeout=0, **options) as daemon:
        before, pid = lasting(daemon), daemon.pid

        async def is_down(waiting: asyncio.Task[int | None] | None = None) -> int | None:
            async with asyncio.timeout(30):
                code = await (waiting or daemon.wait())
            assert (daemon.running, daemon.pid, daemon.returncode) == (False, None, code)
            assert not await answers(daemon)
            return code

        async def is_started_again() -> None:
            await daemon.start()
            assert (lasting(daemon), daemon.returncode) == (before, None)
            assert await answers(daemon)

        waiting = asyncio.create_task(daemon.wait())
        os.kill(daemon.pid, signal.SIGKILL)
        await comes_back(daemon, pid)
        assert (lasting(daemon), daemon.running, waiting.done()) == (before, True, False)
        os.kill(daemon.pid, signal.SIGABRT)
        code = await is_down(waiting)
        assert code not in {0, None}
        assert any("SIGABRT" in line for line in daemon.log_tail)
        assert [(crash.returncode, crash.restarting) for crash in crashes] == [(-9, True), (code, False)]
        await is_started_again()

        pid = daemon.pid
        await daemon.kill()
        assert not alive(pid)
        await daemon.kill()
        assert await is_down() == -signal.SIGKILL
        await is_started_again()
        await daemon.client.system.shutdown()
        assert await is_down() == 0
    assert len(crashes) == 2
    assert [record.levelname for record in caplog.records if "crashed" in record.getMessage()] == ["WARNING"] * 2


async def test_a_unix_socket(newest_syncthing: Path, tmp_path: Path) -> None:
    """The API can listen on a Unix socket, across restarts, and takes it from no other daemon."""
    async with Daemon(binary=newest_syncthing, address=f"unix://{tmp_path}/a.sock", stop_timeout=0) as daemon:
        assert daemon.url == f"unix://{tmp_path}/a.sock"
        await daemon.restart()
        assert await answers(daemon)
        with pytest.raises(DaemonError, match="in use"):
            await Daemon(binary=newest_syncthing, address=str(tmp_path / "a.sock")).start()
        assert await answers(daemon)


async def test_the_environment(newest_syncthing: Path, tmp_path: Path) -> None:
    """Given variables override those it sets itself, such as the one that disables upgrades."""
    env = {"HOME": str(tmp_path), "STNOUPGRADE": "0", "STTRACE": "main"}
    async with Daemon(binary=newest_syncthing, stop_timeout=0, env=env) as daemon:
        assert Path((await daemon.client.system.status())["tilde"]) == tmp_path
        assert b"\0STNOUPGRADE=0\0" in await asyncio.to_thread(Path(f"/proc/{daemon.pid}/environ").read_bytes)


async def test_a_given_home(newest_syncthing: Path, tmp_path: Path) -> None:
    """A given home is created, kept, and used again with the same identity, port and settings, by one at a time.

    The daemon listens on the given address; if another program has it, `start` says so.
    """
    home = tmp_path / "some" / "home"
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    async with Daemon(home, newest_syncthing, address=f"0.0.0.0:{number}") as first:
        assert first.url == f"http://127.0.0.1:{number}"
        assert (await first.client.system.status())["guiAddressUsed"] in {f"0.0.0.0:{number}", f"[::]:{number}"}
        before = first.url, first.device_id, first.sync_address
        await first.client.config.patch_gui({"theme": "dark"})
    gui = ElementTree.parse(home / "config.xml").find("gui")
    async with Daemon(str(home), newest_syncthing, stop_timeout=0) as second:
        assert (second.url, second.device_id, second.sync_address) == before
        assert (await second.client.system.status())["guiAddressUsed"] == f"127.0.0.1:{number}"
        assert second.api_key != first.api_key
        assert (await second.client.config.gui())["theme"] == "dark"
        with pytest.raises(DaemonError, match="exited while starting"):  # the home is in use
            await Daemon(home, newest_syncthing, stop_timeout=0).start()
        assert await answers(second)
        # Without a listen address for TCP, only reading `sync_address` is an error.
        await second.client.config.patch_options({"listenAddresses": ["quic://127.0.0.1:0"]})
        await second.restart()
        with pytest.raises(DaemonError, match="no listen address for TCP"):
            _ = second.sync_address
    after = ElementTree.parse(home / "config.xml").find("gui")
    for element in ("address", "apikey"):
        assert after.findtext(element) == gui.findtext(element)
    with socket.create_server(("127.0.0.1", number)):
        other = Daemon(home, newest_syncthing, address=f"127.0.0.1:{number}")
        with pytest.raises(DaemonError, match=rf"can't listen on 127\.0\.0\.1:{number}: .*in use"):
            await other.start()


def choose_ports(monkeypatch: pytest.MonkeyPatch, *numbers: int | None) -> None:
    """Replace the first ports that are chosen; ``None`` leaves a free one."""
    numbers_left = list(numbers)

    class ChosenPort(Port):
        def __init__(self, *given) -> None:
            super().__init__(*given)
            if numbers_left and (number := numbers_left.pop(0)):
                self.number = number

    monkeypatch.setattr(ports, "Port", ChosenPort)


async def test_a_port_is_taken(newest_syncthing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a program takes a port before the daemon does, it is started on others, and given up in the end.

    Even if that program is another Syncthing, it is neither mistaken for the new one nor harmed.
    """
    async with Daemon(binary=newest_syncthing, stop_timeout=0) as first:
        api, sync = (int(address.rpartition(":")[2]) for address in (first.url, first.sync_address))
        choose_ports(monkeypatch, api, None, None, sync)
        async with Daemon(binary=newest_syncthing, stop_timeout=0) as second:
            assert second.device_id != first.device_id
            assert not {first.url, first.sync_address} & {second.url, second.sync_address}
            status = await second.client.system.status()
            assert list(status["connectionServiceStatus"]) == [second.sync_address]
        assert await answers(first)
        monkeypatch.setattr(launcher, "_PORT_ATTEMPTS", 2)
        choose_ports(monkeypatch, *[api] * 10)
        with pytest.raises(DaemonError, match=f"program has taken the daemon's port: http://127.0.0.1:{api}"):
            await Daemon(binary=newest_syncthing, stop_timeout=0).start()


PROGRAM = """
import asyncio, sys, threading
from aiosyncthing import Daemon

async def main():
    daemon = Daemon(binary=sys.argv[1])
    try:
        async with daemon:
            print(daemon.pid, daemon.url, flush=True)
            await asyncio.sleep(60)
    finally:
        print(daemon.returncode, flush=True)

"""
LAUNCH = "asyncio.run(main())"
LAUNCH_TWO = "threading.Thread(target=asyncio.run, args=[main()]).start(); " + LAUNCH


@contextmanager
def running_program(binary: Path, scratch: Path, launch: str = LAUNCH) -> Iterator[subprocess.Popen[str]]:
    """Run a program that runs a daemon, and kill it at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + launch, str(binary)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port. The last thread of a dead process closes its sockets."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


async def test_the_program_is_killed(newest_syncthing: Path, tmp_path: Path) -> None:
    """When the program is killed, its daemons die too, in whatever thread they run, and the ports are free."""
    with running_program(newest_syncthing, tmp_path, LAUNCH_TWO) as program:
        started = [(await asyncio.to_thread(program.stdout.readline)).split() for _ in range(2)]
        for pid, _ in started:
            assert alive(int(pid))
            assert processes_with(f"sh {pid}"), "its guard"
    for pid, url in started:
        await eventually(lambda pid=pid: not alive(int(pid)) and not processes_with(f"sh {pid}"))
        await eventually(lambda url=url: is_free(int(url.rpartition(":")[2])))


@pytest.mark.chaos
async def test_the_program_is_killed_while_starting(newest_syncthing: Path, tmp_path: Path) -> None:
    """This holds while the daemon is starting, too."""
    for tenths in (0, 2, 4, 6):
        with running_program(newest_syncthing, tmp_path):
            await asyncio.sleep(0.2 + tenths / 10)
        await eventually(lambda: not processes_with(f"--home={tmp_path}"))


async def test_control_c(newest_syncthing: Path, scratch: Path) -> None:
    """Ctrl-C doesn't reach the daemon: the program stops it properly and cleans up."""
    with running_program(newest_syncthing, scratch) as program:
        pid = int((await asyncio.to_thread(program.stdout.readline)).split()[0])
        os.killpg(program.pid, signal.SIGINT)
        output, errors = await asyncio.to_thread(program.communicate)
    assert output.strip() == "0"
    assert "KeyboardInterrupt" in errors
    assert "Warning" not in errors
    assert not alive(pid)
