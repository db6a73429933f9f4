"""How programs end, and what forked children can do: nothing hangs, nothing is left, and stderr stays empty."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.waiting import wait_until

# A server of processes: it has loaded everything, and forks for each program, which saves most of what a start costs.
_FORK_SERVER: Final = """
import gc, json, logging, os, sys, threading, time, warnings
import aiosyncthing.syncthing.syncthing, aiosyncthing.live.live
from aiosyncthing import exceptions
from aiosyncthing.blocking import Daemon, Syncthing
key, url = sys.argv[1:]
logging.getLogger("asyncio").setLevel(logging.ERROR)  # without what it warns of on a slow machine
gc.collect()
gc.freeze()  # what is loaded is not collected when a program ends, which saves most of what an end costs

for line in sys.stdin:
    code, out, err = json.loads(line)
    if pid := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        continue
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    break
else:
    code = ""
exec(compile(code, "<program>", "exec"))
"""


class Done(NamedTuple):
    """How a program has ended."""

    status: int
    out: str
    err: str

    @property
    def unclosed(self) -> list[str]:
        """What it was warned of, if stderr holds nothing else."""
        lines = [line for line in self.err.splitlines() if not line.startswith("  ")]
        assert all("ResourceWarning: unclosed" in line for line in lines), self.err
        return [line.partition("unclosed ")[2].partition(":")[0] for line in lines]


class ForkServer:
    """Runs programs."""

    def __init__(self, fake: FakeSyncthing, folder: Path) -> None:
        options = ["-X", "dev", "-W", "error", "-W", "always::ResourceWarning"]
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, *options, "-c", _FORK_SERVER, fake.api_key, fake.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> Done:
        """Run a program, which has a ``client``, and see how it ends."""
        assert self._process.stdin
        assert self._process.stdout
        files = [self._folder / "out", self._folder / "err"]
        for file in files:
            file.write_text("")
        self._process.stdin.write(json.dumps(["client = Syncthing(key, url)\n" + code, *map(str, files)]) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return Done(status, *(file.read_text() for file in files))

    def close(self) -> None:
        """End it."""
        self._process.communicate()


@pytest.fixture(scope="module")
def shared() -> Iterator[FakeSyncthing]:
    """A fake for all programs."""
    with FakeSyncthing() as fake:
        fake.add_folder("docs", files={"a.txt": b"12345"})
        yield fake


@pytest.fixture(scope="module")
def fork_server(shared: FakeSyncthing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Where programs are run."""
    found = ForkServer(shared, tmp_path_factory.mktemp("programs"))
    yield found
    found.close()


@pytest.mark.parametrize(
    ("code", "unclosed", "status"),
    [
        ("pass", [], 0),
        ("client.system.ping(); client.close()", [], 0),
        ("client.system.ping()", ["Syncthing"], 0),
        ("other = Syncthing(key, url); other.system.ping(); client.system.ping()", ["Syncthing", "Syncthing"], 0),
        ("stream = client.events.stream(since='history'); stream.__enter__(); next(stream)", ["Syncthing"], 0),
        ("items = client.events.listen(); next(items)", ["Syncthing"], 0),
        ("live = client.watch(); live.__enter__(); live.folders", ["Syncthing"], 0),
        ("block = client.database.edit_ignores('docs'); block.__enter__()", ["Syncthing"], 0),
        ("import atexit; atexit.register(lambda: (client.system.ping(), client.close())); client.system.ping()", [], 0),
        (
            (
                "def items():\n"
                "    with client, client.events.stream(since='history') as stream: yield from stream\n"
                "found = items(); next(found)"
            ),
            ["Syncthing"],
            0,
        ),
        ("client.system.ping(); os._exit(3)", [], 3),
        ("client.wait_in_sync('docs', devices=[], on_progress=lambda _: sys.exit(4))", ["Syncthing"], 4),
        ("with client: client.wait_in_sync('docs', devices=[], on_progress=lambda _: sys.exit(5))", [], 5),
    ],
)
def test_ending_without_closing(
    fork_server: ForkServer, shared: FakeSyncthing, code: str, unclosed: list[str], status: int
) -> None:
    """A program that closes nothing ends at once, with a warning for each client, and its connections are closed.

    `os._exit` and `sys.exit`, even in a callback, do what they always do.
    """
    done = fork_server.run(code)
    assert (done.status, done.unclosed) == (status, unclosed), done.err
    wait_until(lambda: shared.connections == 0)


def test_ending_while_threads_wait(fork_server: ForkServer) -> None:
    """The call of a daemon thread ends with an error of this package, not with a traceback of asyncio.

    Python waits for plain threads before anything else; a time limit ends their calls.
    """
    done = fork_server.run(
        "def call():\n"
        "    try: client.events.poll(since=10**6, timeout=60)\n"
        "    except exceptions.ClientClosedError: print('closed', flush=True)\n"
        "thread = threading.Thread(target=call, daemon=True); thread.start()\n"
        "while not client.api.daemon_version: client.system.ping()\n"
    )
    assert (done.status, done.unclosed) == (0, ["Syncthing"])
    assert done.out in {"closed\n", ""}  # as long as Python lets such threads run
    done = fork_server.run(
        "def call():\n"
        "    try: client.wait_in_sync('docs', stable_for=60, timeout=0.3)\n"
        "    except exceptions.WaitTimeoutError: print('late')\n"
        "client.system.ping()  # when the program ends, no thread can be started\n"
        "threading.Thread(target=call).start()"
    )
    assert (done.status, done.out, done.unclosed) == (0, "late\n", ["Syncthing"])


def test_an_interrupt(fork_server: ForkServer, shared: FakeSyncthing) -> None:
    """Ctrl-C in a call of a real program: the request has ended when KeyboardInterrupt comes out of the call."""
    held = shared.hold("rest/system/status")
    done = fork_server.run(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "main = threading.get_ident()\n"
        "threading.Timer(0.2, lambda: signal.pthread_kill(main, signal.SIGINT)).start()\n"
        "with client:\n"
        "    try: client.system.status()\n"
        "    except KeyboardInterrupt: print('interrupted')\n"
    )
    held.release()
    assert (done.status, done.out, done.err) == (0, "interrupted\n", "")


FORKED: Final = """
def forked(work):
    warnings.simplefilter('ignore', DeprecationWarning)  # Python 3.12 and newer warn of threads
    pid = os.fork()
    if not pid:
        try: work()
        except BaseException as error:
            print(type(error).__name__, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def old(): client.system.ping()
def new():
    with Syncthing(key, url) as mine: print(mine.system.version()['version'], flush=True)
"""


@pytest.mark.parametrize(
    ("code", "out"),
    [
        # A client that was used before is the parent's; a new one works; and the parent goes on.
        ("client.system.ping(); print(forked(old)); print(forked(new)); old()", ["BlockingCallError", "1", "v", "0"]),
        # One that was never used works in each child, as with servers that fork their workers.
        ("print(forked(old), forked(old)); old()", ["0 0"]),
        # A child leaves the parent's blocks and clients alone.
        (
            (
                "def leave():\n"
                "    block.__exit__(None, None, None); stream.close(); items.close(); client.close()\n"
                "block = client.database.edit_ignores('docs'); block.__enter__().add('x')\n"
                "stream = client.events.stream(since='history'); stream.__enter__(); next(stream)\n"
                "items = client.events.listen(); next(items)\n"
                "show = lambda: print(client.database.ignores('docs')['ignore'])\n"
                "print(forked(leave)); show()\n"
                "stream.close(); items.close(); block.__exit__(None, None, None); show()"
            ),
            ["0", "None", "['x']"],
        ),
        # A fork while another thread is in a call.
        (
            (
                "def poll():\n"
                "    try: client.events.poll(since=10**6, timeout=60)\n"
                "    except exceptions.ClientClosedError: pass\n"
                "thread = threading.Thread(target=poll); thread.start()\n"
                "while not client._bridge.busy: time.sleep(0.01)\n"
                "print(forked(old)); print(forked(new)); client.close(); thread.join()"
            ),
            ["BlockingCallError", "1", "v", "0"],
        ),
    ],
)
def test_forking(fork_server: ForkServer, code: str, out: list[str]) -> None:
    """A child refuses clients that its parent has used, with the reason, and can use new ones; the parent goes on."""
    done = fork_server.run(FORKED + code + "\nclient.close()")
    assert (done.status, done.err) == (0, "")
    lines = ["v" if line.startswith("v") else line for line in done.out.splitlines()]
    assert lines == out


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_multiprocessing(fork_server: ForkServer, method: str) -> None:
    """Child processes may have clients of their own; a client can't be sent to them, since it can't be pickled."""
    call = "__import__('aiosyncthing.blocking').blocking.Syncthing(%r, %r).system.version()['version']"
    done = fork_server.run(
        "import multiprocessing\n"
        "warnings.simplefilter('ignore')\n"
        "client.system.ping()\n"
        f"with multiprocessing.get_context({method!r}).Pool(1) as pool:\n"
        f"    print(pool.apply(eval, ({call!r} % (key, url),)))\n"
        "    try: pool.apply(repr, (client,))\n"
        "    except TypeError as error: print(str(error)[:35])\n"
        "client.close()"
    )
    assert done.status == 0, done.err
    assert done.out.splitlines()[1:] == ["a Syncthing can't be copied or pick"]
    assert done.out.startswith("v")
