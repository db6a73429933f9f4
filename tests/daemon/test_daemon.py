"""A private daemon is ready when it is said to be, alone, and gone when it should be."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from aiosyncthing import Daemon, DeviceID, Syncthing
from aiosyncthing.daemon import ports, supervision
from aiosyncthing.daemon.ports import Port
from aiosyncthing.exceptions import BadRequestError, DaemonError, NotSupportedError, SyncthingError, UnauthorizedError
from tests.support.fake_daemon import fake_daemon
from tests.support.processes import alive, children, command_of, eventually, processes_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosyncthing.daemon import Crash

pytestmark = pytest.mark.daemon

OTHER_ID = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"
FOR_EVER = "print('up', flush=True); time.sleep(1000)"


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Temporary homes are made here; no test leaves a process or a temporary home."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    gc.collect()
    assert children() == []
    assert processes_with(str(tmp_path)) == []
    assert list(folder.iterdir()) == []


@pytest.fixture
def fake(tmp_path: Path):
    """Make a program that pretends to be Syncthing."""
    return lambda behaviour: fake_daemon(tmp_path, behaviour)


async def answers(daemon: Daemon) -> bool:
    """Tell whether the daemon answers at this moment."""
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


async def test_ready_when_started(syncthing_binary: Path, scratch: Path) -> None:
    """What is started answers at once, as itself, and says where everything is."""
    async with Daemon(binary=syncthing_binary) as daemon:
        status = await daemon.client.system.status()
        version = await daemon.client.system.version()
        assert daemon.running
        assert daemon.returncode is None
        assert daemon.device_id == status["myID"]
        assert isinstance(daemon.device_id, DeviceID)
        assert daemon.version == version["version"]
        assert daemon.url == f"http://{status['guiAddressUsed']}"
        assert list(status["connectionServiceStatus"]) == [daemon.sync_address]
        assert status["connectionServiceStatus"][daemon.sync_address]["error"] is None
        assert daemon.home.parent == scratch
        assert daemon.binary == syncthing_binary
        assert daemon.client.url == daemon.url
        assert any("GUI and API listening" in line for line in daemon.log_tail)
    assert not daemon.running
    assert daemon.pid is None
    assert daemon.returncode == 0
    assert not daemon.home.exists()
    assert "Exiting" in daemon.log_tail[-1]


async def test_key_is_hidden(syncthing_binary: Path) -> None:
    """Nobody can read the API key from the process list, and it is in no repr, log or message."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0, arguments=["--audit", "--auditfile=-"]) as daemon:
        assert daemon.api_key
        await daemon.client.config.patch_options({"maxSendKbps": 1})
        await eventually(lambda: any("ConfigSaved" in line for line in daemon.log_tail))
        shown = [repr(daemon), command_of(daemon.pid), str(daemon._error("x")), *daemon.log_tail, *children()]
        assert not [text for text in shown if daemon.api_key in text]
        assert any("<API key>" in line for line in daemon.log_tail)


async def test_given_key(syncthing_binary: Path) -> None:
    """A given key is the one that works."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0, api_key="<&'\" any key") as daemon:
        assert daemon.api_key == "<&'\" any key"
        assert await answers(daemon)
        gui = await daemon.client.config.gui()
        assert gui["apiKey"] == daemon.api_key


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": "a\nb"},
        {"address": ":0"},
        {"arguments": ["--gui-address=127.0.0.1:1"]},
        {"arguments": ["--home", "/a"]},
        {"env": {"STGUIAPIKEY": "key"}},
        {"env": {"STHOMEDIR": "/a"}},
        {"on_crash": "again"},
        {"crash_limit": -1},
    ],
)
def test_impossible_options(options: dict[str, Any]) -> None:
    """What can't be, or contradicts what it sets itself, is refused before anything is started."""
    with pytest.raises(BadRequestError):
        Daemon(**options)


async def test_isolated(syncthing_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps to the loopback interface, and neither the user's variables nor home matter to it."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("STHOMEDIR", "/nonexistent")
    monkeypatch.setenv("STGUIADDRESS", "127.0.0.1:1")
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        status = await daemon.client.system.status()
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
        listing = await asyncio.to_thread(sockets_of, daemon.pid)
        assert len(listing) >= 2
        assert [address for address in listing if not address.startswith("0100007F:")] == []


def sockets_of(pid: int) -> list[str]:
    """Return the local addresses of all sockets of a process (Linux), as hexadecimal numbers."""
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    rows = [
        line.split()
        for name in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[9] in inodes]


async def test_two_meet(syncthing_binary: Path) -> None:
    """Two daemons that are told each other's ID and address connect."""
    one, other = (Daemon(binary=syncthing_binary, stop_timeout=0) for _ in range(2))
    async with one, other:
        assert one.device_id != other.device_id
        await other.client.config.set_device({"deviceID": one.device_id, "addresses": [one.sync_address]})
        await one.client.config.set_device({"deviceID": other.device_id, "addresses": [other.sync_address]})
        async with asyncio.timeout(30):
            while True:
                connections = (await one.client.system.connections())["connections"]
                if connections[other.device_id]["connected"]:
                    break
                await asyncio.sleep(0.05)


async def test_five_at_once(syncthing_binary: Path) -> None:
    """Many daemons can be started and stopped at the same time."""
    daemons = [Daemon(binary=syncthing_binary, stop_timeout=0) for _ in range(5)]
    try:
        await asyncio.gather(*(daemon.start() for daemon in daemons))
        assert all([await answers(daemon) for daemon in daemons])
        assert len({daemon.device_id for daemon in daemons}) == 5
    finally:
        await asyncio.gather(*(daemon.stop() for daemon in daemons))


async def test_restart_by_api(syncthing_binary: Path) -> None:
    """A restart asked by the API works as on a real installation: same address, key and identity, another process."""
    async with Daemon(binary=syncthing_binary) as daemon:
        pid, url = daemon.pid, daemon.url
        waiting = asyncio.create_task(daemon.wait())
        await daemon.client.system.restart()
        await comes_back(daemon, pid)
        assert (await daemon.client.system.status())["myID"] == daemon.device_id
        assert daemon.url == url
        assert daemon.running
        assert not waiting.done()
    assert await waiting == 0


async def test_shutdown_by_api(syncthing_binary: Path) -> None:
    """After a shutdown by the API it stays down; started again it is the same."""
    async with Daemon(binary=syncthing_binary) as daemon:
        url, device_id, client = daemon.url, daemon.device_id, daemon.client
        await daemon.client.system.shutdown()
        async with asyncio.timeout(30):
            assert await daemon.wait() == 0
        assert not daemon.running
        assert daemon.pid is None
        assert not await answers(daemon)
        await daemon.start()
        assert (daemon.url, daemon.device_id, daemon.client) == (url, device_id, client)
        assert await answers(daemon)


async def test_restart(syncthing_binary: Path) -> None:
    """A restart keeps everything but the process."""
    async with Daemon(binary=syncthing_binary) as daemon:
        before = (daemon.url, daemon.api_key, daemon.device_id, daemon.sync_address, daemon.home, daemon.client)
        pid = daemon.pid
        waiting = asyncio.create_task(daemon.wait())
        await daemon.client.config.set_device({"deviceID": OTHER_ID})
        await daemon.restart()
        assert daemon.pid != pid
        assert (
            daemon.url,
            daemon.api_key,
            daemon.device_id,
            daemon.sync_address,
            daemon.home,
            daemon.client,
        ) == before
        assert len(await daemon.client.config.devices()) == 2
        assert not waiting.done()
    assert await waiting == 0


async def test_kill_and_start(syncthing_binary: Path) -> None:
    """A killed daemon is down until it is started again, with the same address and identity."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        pid, url, device_id = daemon.pid, daemon.url, daemon.device_id
        await daemon.kill()
        assert not alive(pid)
        assert await daemon.wait() == daemon.returncode == -signal.SIGKILL
        assert not daemon.running
        await daemon.kill()
        await daemon.start()
        assert (daemon.url, daemon.device_id) == (url, device_id)
        assert daemon.returncode is None
        assert await answers(daemon)


async def test_restarted_after_crashes(syncthing_binary: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With on_crash="restart" a killed daemon comes back as it was, and beyond the limit stays down, until a start."""
    crashes: list[Crash] = []
    options = {"on_crash": "restart", "crash_limit": 1, "crash_handler": crashes.append}
    async with Daemon(binary=syncthing_binary, stop_timeout=0, **options) as daemon:
        pid, url, device_id = daemon.pid, daemon.url, daemon.device_id
        waiting = asyncio.create_task(daemon.wait())
        os.kill(daemon.pid, signal.SIGKILL)
        await comes_back(daemon, pid)
        assert (await daemon.client.system.status())["myID"] == device_id
        assert (daemon.url, daemon.running, waiting.done()) == (url, True, False)
        os.kill(daemon.pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            assert await waiting == -signal.SIGKILL
        assert (daemon.running, daemon.pid) == (False, None)
        assert [(crash.returncode, crash.restarting) for crash in crashes] == [(-9, True), (-9, False)]
        await daemon.start()
        assert (daemon.url, daemon.device_id) == (url, device_id)
        await daemon.client.system.shutdown()
        async with asyncio.timeout(30):
            assert await daemon.wait() == 0
    assert len(crashes) == 2
    assert [record.levelname for record in caplog.records if "crashed" in record.getMessage()] == ["WARNING"] * 2


async def test_stopped_while_it_crashes(fake) -> None:
    """It can be killed, restarted or stopped while it is about to come back after a crash."""
    binary = fake("import threading; threading.Timer(0.3, os._exit, [7]).start(); serve(identity())")
    crashed = asyncio.Event()
    daemon = Daemon(binary=binary, on_crash="restart", crash_handler=lambda _: crashed.set(), stop_timeout=60)
    for end in (daemon.kill, daemon.restart, daemon.stop):
        if not daemon.running:
            await daemon.start()
        crashed.clear()
        async with asyncio.timeout(30):
            await crashed.wait()
            await end()
        assert daemon.running == (end == daemon.restart)
    assert daemon.returncode == 7


async def test_fixed_address(syncthing_binary: Path, tmp_path: Path) -> None:
    """It listens where it shall; its home keeps that port; and if another program has it, the start says so."""
    with closing(Port()) as free:
        number = free.number
    home = tmp_path / "home"
    async with Daemon(home, syncthing_binary, address=f"0.0.0.0:{number}", stop_timeout=0) as daemon:
        assert daemon.url == f"http://127.0.0.1:{number}"
        assert (await daemon.client.system.status())["guiAddressUsed"] in {f"0.0.0.0:{number}", f"[::]:{number}"}
    async with Daemon(home, syncthing_binary, stop_timeout=0) as daemon:
        assert daemon.url == f"http://127.0.0.1:{number}"
        assert (await daemon.client.system.status())["guiAddressUsed"] == f"127.0.0.1:{number}"
    with socket.create_server(("127.0.0.1", number)):
        other = Daemon(binary=syncthing_binary, address=f"127.0.0.1:{number}")
        with pytest.raises(DaemonError, match=rf"can't listen on 127\.0\.0\.1:{number}: .*in use"):
            await other.start()


async def test_kept_port_is_taken(fake, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If another program has the port that a home had before, it is started on another one, and that is logged."""
    binary = fake("serve(identity())")
    async with Daemon(tmp_path / "home", binary) as daemon:
        number = int(daemon.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", number)):
        async with Daemon(tmp_path / "home", binary) as daemon:
            assert not daemon.url.endswith(f":{number}")
    assert f"can't listen on 127.0.0.1:{number}" in caplog.text
    async with Daemon(tmp_path / "home", binary) as daemon:
        assert daemon.url == f"http://127.0.0.1:{number}"


async def test_unix_socket(syncthing_binary: Path, tmp_path: Path) -> None:
    """Its API can listen on a Unix socket, also over restarts, and nobody else's is taken away."""
    async with Daemon(binary=syncthing_binary, address=f"unix://{tmp_path}/a.sock", stop_timeout=0) as daemon:
        assert daemon.url == f"unix://{tmp_path}/a.sock"
        await daemon.restart()
        assert await answers(daemon)
        with pytest.raises(DaemonError, match="in use"):
            await Daemon(binary=syncthing_binary, address=str(tmp_path / "a.sock")).start()
        assert await answers(daemon)


async def test_loop_without_subprocesses(fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an event loop that can't start programs the error says so, and nothing remains."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "subprocess_exec", asyncio.AbstractEventLoop().subprocess_exec)
    with pytest.raises(DaemonError, match="can't start programs"):
        await Daemon(binary=fake("serve(identity())")).start()


async def test_environment_counts(syncthing_binary: Path, tmp_path: Path) -> None:
    """What is given as environment goes before what it sets itself."""
    env = {"HOME": str(tmp_path), "STNOUPGRADE": "0", "STTRACE": "main"}
    async with Daemon(binary=syncthing_binary, stop_timeout=0, env=env) as daemon:
        assert Path((await daemon.client.system.status())["tilde"]) == tmp_path
        assert b"\0STNOUPGRADE=0\0" in await asyncio.to_thread(Path(f"/proc/{daemon.pid}/environ").read_bytes)


async def test_upgrades_that_are_switched_off(syncthing_binary: Path) -> None:
    """Whoever asks for upgrades is pointed to the switches too, since they may be off only here."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        with pytest.raises(NotSupportedError, match="STNOUPGRADE switches upgrades off, as Daemon does"):
            await daemon.client.system.check_upgrade()


async def test_crash_is_noticed(syncthing_binary: Path) -> None:
    """A crash is recorded, not hidden by another start."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        os.kill(daemon.pid, signal.SIGABRT)
        async with asyncio.timeout(30):
            assert await daemon.wait() == daemon.returncode != 0
        assert not daemon.running
        assert any("SIGABRT" in line for line in daemon.log_tail)


async def test_given_home(syncthing_binary: Path, tmp_path: Path) -> None:
    """A given home is made, kept, and used again: same identity, its own settings untouched."""
    home = tmp_path / "some" / "home"
    async with Daemon(home, syncthing_binary) as first:
        device_id = first.device_id
        sync_address = first.sync_address
        await first.client.config.patch_gui({"theme": "dark"})
    gui = ElementTree.parse(home / "config.xml").find("gui")
    async with Daemon(str(home), syncthing_binary) as second:
        assert second.device_id == device_id
        assert second.sync_address == sync_address
        assert second.url == first.url
        assert second.api_key != first.api_key
        assert (await second.client.config.gui())["theme"] == "dark"
    after = ElementTree.parse(home / "config.xml").find("gui")
    for element in ("address", "apikey"):
        assert after.findtext(element) == gui.findtext(element)


async def test_relative_home(syncthing_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative home counts from where we are."""
    monkeypatch.chdir(tmp_path)
    async with Daemon("home", syncthing_binary, stop_timeout=0) as daemon:
        assert daemon.home == tmp_path / "home"
        assert (tmp_path / "home" / "config.xml").exists()


async def test_home_in_use(syncthing_binary: Path, tmp_path: Path) -> None:
    """A second daemon does not get the home of a running one, and does it no harm."""
    async with Daemon(tmp_path / "home", syncthing_binary, stop_timeout=0) as first:
        with pytest.raises(DaemonError, match="ended while it was starting"):
            await Daemon(tmp_path / "home", syncthing_binary, stop_timeout=0).start()
        assert await answers(first)
        assert (tmp_path / "home" / "config.xml").exists()


async def test_other_listeners(syncthing_binary: Path, tmp_path: Path) -> None:
    """A home whose configuration has no address for TCP can be used; only asking for that address is an error."""
    async with Daemon(tmp_path / "home", syncthing_binary) as daemon:
        await daemon.client.config.patch_options({"listenAddresses": ["quic://127.0.0.1:0"]})
        await daemon.restart()
        with pytest.raises(DaemonError, match="no listen address for TCP"):
            _ = daemon.sync_address


async def test_again_after_stop(syncthing_binary: Path) -> None:
    """After `stop` a start begins anew; stopping twice, or before the first start, does nothing."""
    daemon = Daemon(binary=syncthing_binary)
    await daemon.stop()
    await daemon.start()
    first = daemon.device_id
    with pytest.raises(DaemonError, match="running already"):
        await daemon.start()
    await daemon.stop()
    await daemon.stop()
    await daemon.restart()
    assert daemon.device_id != first
    await daemon.stop()


@pytest.mark.parametrize("name", ["client", "url", "device_id", "sync_address", "version", "home", "binary"])
def test_not_started(name: str) -> None:
    """What is only known when it runs is an error before that."""
    daemon = Daemon()
    assert "down" in repr(daemon)
    assert daemon.pid is None
    assert daemon.returncode is None
    assert daemon.log_tail == []
    with pytest.raises(DaemonError, match="not started"):
        getattr(daemon, name)


async def test_log_goes_to_logging(syncthing_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's log can be had through `logging`."""
    logger = logging.getLogger("aiosyncthing.daemon")
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", records.append)
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "propagate", False)
    logger.setLevel(logging.DEBUG)
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        pass
    logger.setLevel(logging.NOTSET)
    assert [record.getMessage() for record in records] == daemon.log_tail


async def test_missing_binary(tmp_path: Path) -> None:
    """Without a program nothing is made."""
    with pytest.raises(DaemonError, match="there is no program"):
        await Daemon(tmp_path / "home", tmp_path / "missing").start()
    assert not (tmp_path / "home").exists()


async def test_unknown_flag(fake) -> None:
    """A daemon that does not know an option ends with a usage error, which is shown with all that helps."""
    binary = fake(FOR_EVER)
    daemon = Daemon(binary=binary, arguments=["--no-default-folder"])
    with pytest.raises(DaemonError) as caught:
        await daemon.start()
    message = str(caught.value)
    assert "unknown flag --no-default-folder" in message
    assert f"binary {binary}" in message
    assert f"home {daemon.home}" in message
    assert "exit code 80" in message
    assert daemon.returncode == 80


async def test_only_common_flags(fake) -> None:
    """By itself it uses only options that version 2 knows too."""
    async with Daemon(binary=fake("serve(identity())"), arguments=["--audit"]) as daemon:
        assert daemon.version == "v2.9.9"


async def test_not_a_program(tmp_path: Path) -> None:
    """A file that is no program, though it is marked as one, is an error that names it."""
    binary = tmp_path / "syncthing"
    binary.write_bytes(b"\x7fELF nonsense")
    binary.chmod(0o700)
    with pytest.raises(DaemonError, match=str(binary)):
        await Daemon(binary=binary).start()


async def test_silent_exit(fake) -> None:
    """One that ends at once, without a word, is said to have done just that."""
    with pytest.raises(DaemonError, match=r"exit code 1\); it has logged nothing"):
        await Daemon(binary=fake("sys.exit(1)")).start()


async def test_never_ready(fake) -> None:
    """One that never answers is given up, with the reason, the end of its log, and itself."""
    with pytest.raises(DaemonError, match=r"not ready within 1 s: .*\n?.*up") as caught:
        await Daemon(binary=fake(FOR_EVER), start_timeout=1).start()
    assert "exit code" not in str(caught.value)


async def test_migration_is_not_ready(fake) -> None:
    """The page that version 2 shows while it converts its database is waited out."""
    async with Daemon(binary=fake("serve(identity(), refusals=3)")) as daemon:
        assert await daemon.client.api.request("rest/system/status")


async def test_long_migration(fake) -> None:
    """If the conversion takes too long, the error says that it was going on."""
    with pytest.raises(DaemonError, match=r"not ready within 1 s: .*migration"):
        await Daemon(binary=fake("serve(identity(), refusals=10**9)"), start_timeout=1).start()


async def test_somebody_else_answers(fake) -> None:
    """An answer with another identity than that of the home is not taken for its own."""
    behaviour = f"identity(); serve({OTHER_ID!r})"
    with pytest.raises(DaemonError, match="another one answers, MFZWI3D"):
        await Daemon(binary=fake(behaviour), start_timeout=1).start()


async def test_no_certificate(fake) -> None:
    """An answer before there is an identity is not taken for its own."""
    with pytest.raises(DaemonError, match=r"not ready .*cert\.pem"):
        await Daemon(binary=fake("serve('')"), start_timeout=1).start()


async def test_restart_while_starting(fake) -> None:
    """One that asks to be restarted while it is starting (as after an upgrade) is started again."""
    async with Daemon(binary=fake("sys.exit(4 if run == 1 else 3) if run < 3 else serve(identity())")) as daemon:
        assert (daemon.home / "runs").read_text() == "3"


async def test_restarts_are_paced(fake, tmp_path: Path) -> None:
    """One that asks for nothing but restarts gets one in a second, not all of the processor."""
    with pytest.raises(DaemonError, match=r"not ready within 1\.5 s"):
        await Daemon(tmp_path / "home", fake("sys.exit(3)"), start_timeout=1.5).start()
    assert int((tmp_path / "home" / "runs").read_text()) <= 2


async def test_cannot_be_started_again(fake, tmp_path: Path) -> None:
    """If a restart asked by the API fails, it is down, and its log says why."""
    binary = fake("import threading; threading.Timer(0.5, os._exit, [3]).start(); serve(identity())")
    async with Daemon(tmp_path / "home", binary) as daemon:
        (tmp_path / "home").rename(tmp_path / "elsewhere")
        async with asyncio.timeout(10):
            assert await daemon.wait() is None
        assert not daemon.running
        assert "could not be started again" in daemon.log_tail[-1]


async def test_stubborn_daemon(fake) -> None:
    """One that ignores SIGTERM is killed after a while, with its children."""
    behaviour = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['sleep', '1006']).pid, flush=True)\n"
        "serve(identity())"
    )
    async with Daemon(binary=fake(behaviour), stop_timeout=0.3) as daemon:
        child = int(daemon.log_tail[0])
        assert alive(child)
    assert daemon.returncode == -signal.SIGKILL
    await eventually(lambda: not alive(child))


async def test_cancelled_stop(fake) -> None:
    """A stop that is cancelled does not wait for politeness, and still leaves nothing."""
    binary = fake("signal.signal(signal.SIGTERM, signal.SIG_IGN); serve(identity())")
    daemon = Daemon(binary=binary, stop_timeout=60)
    await daemon.start()
    task = asyncio.create_task(daemon.stop())
    await asyncio.sleep(0.1)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert daemon.returncode == -signal.SIGKILL


async def test_cancelled_restart(fake) -> None:
    """A restart that is cancelled leaves nothing: neither the old process nor a new one."""
    binary = fake("signal.signal(signal.SIGTERM, signal.SIG_IGN); serve(identity())")
    daemon = Daemon(binary=binary, stop_timeout=60)
    await daemon.start()
    task = asyncio.create_task(daemon.restart())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not daemon.running
    assert await daemon.wait() == -signal.SIGKILL


async def test_key_in_output(fake) -> None:
    """If a daemon prints its key, we don't."""
    with pytest.raises(DaemonError, match="key is <API key>!") as caught:
        await Daemon(binary=fake("sys.exit('key is ' + os.environ['STGUIAPIKEY'] + '!')"), api_key="hush").start()
    assert "hush" not in str(caught.value)


async def test_environment_option(fake) -> None:
    """Further variables reach the daemon."""
    with pytest.raises(DaemonError, match="it is this"):
        await Daemon(binary=fake("sys.exit('it is ' + os.environ['MY_VARIABLE'])"), env={"MY_VARIABLE": "this"}).start()


async def test_home_is_impossible(tmp_path: Path, fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, given or temporary, that can't be made is an error that says so."""
    binary = fake(FOR_EVER)
    (tmp_path / "file").touch()
    with pytest.raises(DaemonError, match=r"could not be started: .*file"):
        await Daemon(tmp_path / "file", binary).start()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(DaemonError, match=r"could not be started: .*missing"):
        await Daemon(binary=binary).start()


async def test_temporary_home_stays(fake, tmp_path: Path) -> None:
    """If the temporary home can't be removed that is said, and everything else is cleaned up."""
    daemon = Daemon(binary=fake("serve(identity())"))
    await daemon.start()
    daemon.home.rename(tmp_path / "elsewhere")
    daemon.home.touch()
    with pytest.raises(DaemonError, match="temporary home can't be removed"):
        await daemon.stop()
    assert not daemon.running
    daemon.home.unlink()


def taken_ports(monkeypatch: pytest.MonkeyPatch, *numbers: int | None) -> None:
    """Let the first ports that are chosen be these; ``None`` for one that is free."""
    numbers_left = list(numbers)

    class TakenPort(Port):
        def __init__(self, *given) -> None:
            super().__init__(*given)
            if numbers_left and (number := numbers_left.pop(0)):
                self.number = number

    monkeypatch.setattr(ports, "Port", TakenPort)


async def test_port_is_taken(syncthing_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If somebody takes one of its ports before the daemon does, it is started on others."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        taken_ports(monkeypatch, number, None, None, number)
        async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
            assert await answers(daemon)
            assert str(number) not in daemon.url + daemon.sync_address
            status = await daemon.client.system.status()
            assert list(status["connectionServiceStatus"]) == [daemon.sync_address]


async def test_all_ports_are_taken(syncthing_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If that happens again and again, it is given up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        taken_ports(monkeypatch, *[number] * 10)
        with pytest.raises(DaemonError, match=f"another program took the daemon's port: http://127.0.0.1:{number}"):
            await Daemon(binary=syncthing_binary, stop_timeout=0).start()


async def test_other_daemon_has_the_port(syncthing_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Syncthing at the chosen port is not mistaken for the new one, nor harmed."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as first:
        taken_ports(monkeypatch, int(first.url.rpartition(":")[2]))
        async with Daemon(binary=syncthing_binary, stop_timeout=0) as second:
            assert second.device_id != first.device_id
            assert second.url != first.url
        assert await answers(first)


async def test_port_is_taken_while_down(syncthing_binary: Path) -> None:
    """If somebody takes its port while it is down, the start says so instead of changing the address."""
    daemon = Daemon(binary=syncthing_binary, stop_timeout=0)
    await daemon.start()
    await daemon.kill()
    with (
        socket.create_server(("127.0.0.1", int(daemon.url.rpartition(":")[2]))),
        pytest.raises(DaemonError, match="another program took the daemon's port"),
    ):
        await daemon.start()


@pytest.mark.chaos
async def test_cancelled_start(syncthing_binary: Path) -> None:
    """A start can be cancelled at any time, and leaves neither process nor folder."""
    for hundredths in (0, 1, 2, 3, 5, 8, 13, 20, 30, 40, 50, 60):
        daemon = Daemon(binary=syncthing_binary, stop_timeout=0)
        task = asyncio.create_task(daemon.start())
        await asyncio.sleep(hundredths / 100)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            assert not daemon.running
            assert children() == []
            assert len(asyncio.all_tasks()) == 1
        else:
            await daemon.stop()


async def test_cancelled_at_each_step(fake, scratch: Path) -> None:
    """That holds for every step of the event loop."""
    binary = fake("serve(identity())")
    for steps in [*range(25), *range(25, 400, 25), 1000, 2000, 4000]:
        daemon = Daemon(binary=binary)
        task = asyncio.create_task(daemon.start())
        for _ in range(steps):
            await asyncio.sleep(0)
        if task.done():  # a busy machine needs fewer steps
            await daemon.stop()
        else:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert not daemon.running
        assert os.listdir(scratch) == []  # noqa: PTH208 - pathlib's is refused in asynchronous functions
        assert len(asyncio.all_tasks()) == 1
    assert children() == []


async def test_timeout_around_start(syncthing_binary: Path) -> None:
    """A time-out of the caller is a time-out, not an error of the daemon."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), Daemon(binary=syncthing_binary):
            pass


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

    LAUNCH
"""
IN_MAIN_THREAD = "asyncio.run(main())"
IN_OTHER_THREAD = "thread = threading.Thread(target=asyncio.run, args=[main()]); thread.start(); thread.join()"


@contextmanager
def running_program(binary: Path, scratch: Path, launch: str = IN_MAIN_THREAD) -> Iterator[subprocess.Popen[str]]:
    """Run a program that runs a daemon, and kill it in the end."""
    script = textwrap.dedent(PROGRAM).replace("LAUNCH", launch)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(binary)],
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
    """Tell whether nobody listens on a port. The last thread of a dead process closes its sockets."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("launch", [IN_MAIN_THREAD, IN_OTHER_THREAD], ids=["main thread", "other thread"])
async def test_program_is_killed(syncthing_binary: Path, tmp_path: Path, launch: str) -> None:
    """When the program is killed its daemon dies too, and the port is free."""
    with running_program(syncthing_binary, tmp_path, launch) as program:
        pid, url = (await asyncio.to_thread(program.stdout.readline)).split()
        assert alive(int(pid))
    await eventually(lambda: not alive(int(pid)))
    await eventually(lambda: is_free(int(url.rpartition(":")[2])))


@pytest.mark.chaos
async def test_program_is_killed_while_starting(syncthing_binary: Path, tmp_path: Path) -> None:
    """That holds while the daemon is starting, too."""
    for tenths in range(8):
        with running_program(syncthing_binary, tmp_path):
            await asyncio.sleep(0.2 + tenths / 10)
        await eventually(lambda: not processes_with(f"--home={tmp_path}"))


async def test_control_c(syncthing_binary: Path, scratch: Path) -> None:
    """Ctrl-C does not reach the daemon: it is stopped politely and cleaned up by the program."""
    with running_program(syncthing_binary, scratch) as program:
        pid = int((await asyncio.to_thread(program.stdout.readline)).split()[0])
        os.killpg(program.pid, signal.SIGINT)
        output, errors = await asyncio.to_thread(program.communicate)
    assert output.strip() == "0"
    assert "KeyboardInterrupt" in errors
    assert "Warning" not in errors
    assert not alive(pid)


async def test_full_disk(fake, tmp_path: Path) -> None:
    """If the configuration can't be written, nothing is left of the home."""
    script = """
        import asyncio, resource, signal, sys
        from aiosyncthing import Daemon
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        asyncio.run(Daemon(binary=sys.argv[1]).start())
    """
    result = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", textwrap.dedent(script), str(fake(FOR_EVER))],
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "DaemonError: the daemon could not be started: [Errno 27]" in result.stderr


async def test_wrong_key_is_refused(syncthing_binary: Path) -> None:
    """Only who has the key gets in."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        with pytest.raises(UnauthorizedError):
            async with Syncthing("wrong", daemon.url) as client:
                await client.system.status()


async def test_cannot_be_killed(fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """If even SIGKILL does not end it in time, that is said instead of waiting for ever; another stop can finish."""
    daemon = Daemon(binary=fake("serve(identity())"), stop_timeout=0)
    await daemon.start()
    with monkeypatch.context() as patch:
        patch.setattr(supervision, "_KILL_TIMEOUT", 0)
        with pytest.raises(DaemonError, match="can't be killed"):
            await daemon.stop()
    await daemon.stop()
    assert daemon.returncode is not None


IN_LOOPS = """
import asyncio, os
from aiosyncthing import Daemon
from aiosyncthing.exceptions import EventLoopError

async def start_and(end):
    await daemon.start()
    await daemon.client.system.ping()
    await end()

async def both():  # wait for each other
    await asyncio.gather(daemon.stop(), daemon.stop())

daemon = Daemon(stop_timeout=0)
for end in (both, daemon.kill, both):
    asyncio.run(start_and(end))
    asyncio.run(daemon.wait())
asyncio.run(daemon.start())
for use in (daemon.start, daemon.stop, daemon.restart, daemon.kill, daemon.wait):
    try:
        asyncio.run(use())
    except EventLoopError as error:
        assert "the daemon belongs to another event loop, which is closed" in str(error), error
    else:
        raise AssertionError(use)
os._exit(0)  # asyncio complains of a subprocess that outlives its loop
"""


def test_several_event_loops(syncthing_binary: Path) -> None:
    """While it is down it can be started in another loop; while it is up it belongs to the one it was started in."""
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", IN_LOOPS],
        env=os.environ | {"SYNCTHING_BINARY": str(syncthing_binary)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
