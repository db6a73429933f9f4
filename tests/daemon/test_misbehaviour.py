"""A private daemon that does not behave, or can't be started."""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aiosyncthing import Daemon
from aiosyncthing.daemon import ports, supervision
from aiosyncthing.exceptions import DaemonError
from tests.support.processes import alive, children, eventually, processes_with
from tests.support.values import OTHER

pytestmark = pytest.mark.usefixtures("scratch")

FOREVER = "print('up', flush=True); time.sleep(1000)"
IGNORE_SIGTERM = "signal.signal(signal.SIGTERM, signal.SIG_IGN); serve(identity())"


async def test_the_program_can_not_be_run(tmp_path: Path) -> None:
    """If there is no program, or the file is not one, the error names it, and no home is created."""
    missing, nonsense = tmp_path / "missing", tmp_path / "nonsense"
    nonsense.write_bytes(b"\x7fELF nonsense")
    nonsense.chmod(0o700)
    with pytest.raises(DaemonError, match=rf"{missing}.* was not found"):
        await Daemon(tmp_path / "home", missing).start()
    assert not (tmp_path / "home").exists()
    with pytest.raises(DaemonError, match=str(nonsense)):
        await Daemon(binary=nonsense).start()


async def test_stopped_between_crash_and_restart(imitate) -> None:
    """It can be killed, restarted or stopped in the pause after a crash."""
    binary = imitate("import threading; threading.Timer(0.3, os._exit, [7]).start(); serve(identity())")
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


async def test_the_port_of_a_home(
    imitate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If another program has the port that a home had before, it uses another one for this run, and logs that.

    So it does if another program takes the port during the start.
    """
    binary = imitate("serve(identity())")
    async with Daemon(tmp_path / "home", binary) as daemon:
        number = int(daemon.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", number)):
        async with Daemon(tmp_path / "home", binary) as daemon:
            assert not daemon.url.endswith(f":{number}")
    assert f"can't listen on 127.0.0.1:{number}" in caplog.text
    async with Daemon(tmp_path / "home", binary) as daemon:
        assert daemon.url == f"http://127.0.0.1:{number}"
    thieves: list[socket.socket] = []

    class StolenPort(ports.Port):
        def __init__(self, *given) -> None:
            super().__init__(*given)
            if self.number == number:
                thieves.append(socket.create_server((ports.LOOPBACK, number)))

    monkeypatch.setattr(ports, "Port", StolenPort)
    async with Daemon(tmp_path / "home", binary) as daemon:
        assert not daemon.url.endswith(f":{number}")
        assert daemon.url.startswith("http://127.0.0.1:")
    (thief,) = thieves
    thief.close()
    assert "Address already in use; it uses a free port for this run" in caplog.text


async def test_started_afresh_after_stop(imitate) -> None:
    """After `stop`, `start` begins afresh; stopping twice, or before the first start, does nothing."""
    daemon = Daemon(binary=imitate("serve(identity(b'\\x30\\x82\\x00\\x01' + os.urandom(1)))"))
    await daemon.stop()
    await daemon.start()
    first = daemon.home
    with pytest.raises(DaemonError, match="already running"):
        await daemon.start()
    await daemon.stop()
    await daemon.stop()
    assert not first.exists()
    await daemon.restart()
    assert daemon.home != first
    await daemon.stop()


async def test_a_loop_without_subprocesses(imitate, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the event loop can't start programs, as Windows' selector loop, the error says what to do."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "subprocess_exec", asyncio.AbstractEventLoop().subprocess_exec)
    with pytest.raises(DaemonError, match=r"this event loop \(\w+\) can't start programs\..*ProactorEventLoop"):
        await Daemon(binary=imitate("serve(identity())")).start()


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        pytest.param("sys.exit(1)", r"exit code 1\); it logged nothing", id="it exits silently"),
        pytest.param(FOREVER, r"not ready within 3 s: .*\n?.*up", id="it never answers"),
        pytest.param(
            "serve(identity(), refusals=10**9)", "not ready within 3 s: .*migration", id="it migrates for long"
        ),
        pytest.param("sys.exit(3)", "exited while starting .*exit code 3", id="it only asks for restarts"),
        pytest.param(f"identity(); serve({OTHER!r})", "another daemon answers, MFZWI3D", id="another one answers"),
        pytest.param("serve('')", r"not ready .*cert\.pem", id="it has no identity"),
        pytest.param(
            "sys.exit(os.environ['MY_VARIABLE'] + ', key ' + os.environ['STGUIAPIKEY'] + '!')",
            "variable, key <API key>!",
            id="it prints a given variable and its key",
        ),
    ],
)
async def test_a_daemon_that_does_not_become_ready(imitate, behaviour: str, message: str) -> None:
    """If it doesn't become ready, the error says why and shows its log without the key, and nothing is left."""
    daemon = Daemon(binary=imitate(behaviour), api_key="hush", env={"MY_VARIABLE": "variable"}, start_timeout=3)
    with pytest.raises(DaemonError, match=message) as caught:
        await daemon.start()
    assert "hush" not in str(caught.value)
    assert not daemon.running


async def test_arguments(imitate) -> None:
    """It uses only options that version 2 knows too; an unknown one that is given is reported with the details.

    The page that version 2 shows while it converts its database doesn't count as ready.
    """
    async with Daemon(binary=imitate("serve(identity(), refusals=3)"), arguments=["--audit"]) as daemon:
        assert daemon.version == "v2.9.9"
        assert await daemon.client.api.request("rest/system/status")
    daemon = Daemon(binary=imitate(FOREVER), arguments=["--no-default-folder"])
    with pytest.raises(DaemonError) as caught:
        await daemon.start()
    for words in ("unknown flag --no-default-folder", f"binary {daemon.binary}", f"home {daemon.home}", "exit code 80"):
        assert words in str(caught.value)
    assert daemon.returncode == 80


async def test_a_daemon_that_ignores_sigterm(imitate) -> None:
    """It is killed after a while, with its children."""
    behaviour = f"print(subprocess.Popen(['sleep', '1006']).pid, flush=True); {IGNORE_SIGTERM}"
    async with Daemon(binary=imitate(behaviour), stop_timeout=0.3) as daemon:
        child = int(daemon.log_tail[0])
        assert alive(child)
    assert daemon.returncode == -signal.SIGKILL
    await eventually(lambda: not alive(child))


@pytest.mark.parametrize("name", ["stop", "restart"])
async def test_cancelled_stop(imitate, name: str) -> None:
    """A `stop` or `restart` that is cancelled kills the daemon at once, and leaves nothing."""
    daemon = Daemon(binary=imitate(IGNORE_SIGTERM), stop_timeout=60)
    await daemon.start()
    task = asyncio.create_task(getattr(daemon, name)())
    await asyncio.sleep(0.1)
    task.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not daemon.running
    assert await daemon.wait() == -signal.SIGKILL


async def test_an_impossible_home(tmp_path: Path, imitate, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a home, given or temporary, can't be created, the error says so."""
    binary = imitate(FOREVER)
    (tmp_path / "file").touch()
    with pytest.raises(DaemonError, match=r"could not be started: .*file"):
        await Daemon(tmp_path / "file", binary).start()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(DaemonError, match=r"could not be started: .*missing"):
        await Daemon(binary=binary).start()


async def test_a_temporary_home_that_stays(imitate, tmp_path: Path) -> None:
    """If the temporary home can't be removed, the error says so, and everything else is cleaned up."""
    daemon = Daemon(binary=imitate("serve(identity())"))
    await daemon.start()
    daemon.home.rename(tmp_path / "elsewhere")
    daemon.home.touch()
    with pytest.raises(DaemonError, match="temporary home could not be removed"):
        await daemon.stop()
    assert not daemon.running
    daemon.home.unlink()


async def test_a_port_is_taken_while_down(imitate) -> None:
    """After a crash it is down; if another program takes its port, `start` says so instead of changing the address."""
    daemon = Daemon(binary=imitate("serve(identity())"), stop_timeout=0)
    await daemon.start()
    os.kill(daemon.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        assert await daemon.wait() == -signal.SIGKILL
    with (
        socket.create_server(("127.0.0.1", int(daemon.url.rpartition(":")[2]))),
        pytest.raises(DaemonError, match="another program has taken the daemon's port"),
    ):
        await daemon.start()


async def test_cancelled_at_each_step(imitate, scratch: Path) -> None:
    """At whatever step of the event loop a `start` is cancelled, nothing is left."""
    binary = imitate("serve(identity())")
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


async def test_a_full_disk(imitate) -> None:
    """If the configuration can't be written, nothing is left of the home."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    daemon = Daemon(binary=imitate(FOREVER))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(DaemonError, match=r"the daemon could not be started: \[Errno 27\]"):
            await daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_a_daemon_that_can_not_be_killed(imitate, monkeypatch: pytest.MonkeyPatch) -> None:
    """If even SIGKILL takes too long, an error says so instead of waiting forever; another `stop` can finish."""
    daemon = Daemon(binary=imitate("serve(identity())"), stop_timeout=0)
    await daemon.start()
    with monkeypatch.context() as patch:
        patch.setattr(supervision, "_KILL_TIMEOUT", 0)
        with pytest.raises(DaemonError, match="could not be killed"):
            await daemon.stop()
    await daemon.stop()
    assert daemon.returncode is not None


IN_LOOPS = """
import asyncio, os
from aiosyncthing import Daemon
from aiosyncthing.exceptions import EventLoopError

async def start_and(end):
    await daemon.start()
    await daemon.client.system.status()
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
os._exit(0)  # asyncio complains about a subprocess that outlives its loop
"""


async def test_several_event_loops(imitate, tmp_path: Path) -> None:
    """While it is down it can be started in another event loop; while it is up it belongs to its own."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "error::RuntimeWarning", "-c", IN_LOOPS],
        env=os.environ | {"SYNCTHING_BINARY": str(imitate("serve(identity())")), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    await eventually(lambda: not processes_with(str(tmp_path)))  # the last one ends with the program
