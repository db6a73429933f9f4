"""The commands in `scripts` do what they promise on machines of all kinds."""

import asyncio
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of the scripts folder."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module


@pytest.fixture
def apt(script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The module for packages, on a machine of release "old" that has no sources yet."""
    module = script("_apt")
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME="old"\n')
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    (tmp_path / "result").mkdir()
    monkeypatch.setattr(module, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(module, "SOURCES", tmp_path / "apt")
    return module


def written(apt: Any, folder: Path) -> list[list[str]]:
    """Have the sources written for release "new"; return the lines of each file."""
    apt._write_sources(folder, "new")
    return [file.read_text().splitlines() for file in sorted(folder.iterdir())]


def test_sources_list(apt: Any, tmp_path: Path) -> None:
    """Of sources.list, only the distribution's own main source is taken, with its options and another suite."""
    (tmp_path / "apt" / "sources.list").write_text(
        "# deb http://mirror.invalid/commented old main\n"
        "deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.invalid/debian old main contrib # ours\n"
        "deb http://mirror.invalid/debian stable main\n"
        "deb http://mirror.invalid/debian old-updates main\n"
        "deb http://mirror.invalid/security old-security main\n"
        "deb-src http://mirror.invalid/debian old main\n"
        "deb https://other.invalid/apt old stable\n"
        "\n"
    )
    assert written(apt, tmp_path / "result") == [
        [
            "deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.invalid/debian new main contrib",
            "deb http://mirror.invalid/debian new main",
        ]
    ]


def test_deb822_sources(apt: Any, tmp_path: Path) -> None:
    """Of .sources files, the distribution's own stanza is taken, keys included, and case is ignored."""
    (tmp_path / "apt" / "sources.list.d" / "debian.sources").write_text(
        "# a comment\n"
        "types: deb deb-src\n"
        "URIs: http://mirror.invalid/debian\n"
        "# in between\n"
        "Suites: old old-updates\n"
        "Components: main universe\n"
        "Signed-By:\n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
        " .\n"
        " abc\n"
        "\n"
        "Types: deb\n"
        "URIs: http://mirror.invalid/security\n"
        "Suites: old-security\n"
        "Components: main\n"
        "\n"
        "Enabled: no\n"
        "Types: deb\n"
        "URIs: http://off.invalid/debian\n"
        "Suites: old\n"
        "Components: main\n"
    )
    (tmp_path / "apt" / "sources.list.d" / "other.sources.disabled").write_text("Types: deb\n")
    assert written(apt, tmp_path / "result") == [
        [
            "Types: deb",
            "Uris: http://mirror.invalid/debian",
            "Suites: new",
            "Components: main universe",
            "Signed-By: ",
            " -----BEGIN PGP PUBLIC KEY BLOCK-----",
            " .",
            " abc",
            "Targets: Packages",
        ]
    ]


def test_no_source(apt: Any, tmp_path: Path) -> None:
    """A machine whose apt has no source of its own release gets that as the error, in one line."""
    with pytest.raises(apt.SetupError, match=r"\Athe apt configuration of this machine names no source of old\Z"):
        apt.unpack("syncthing", "new", tmp_path / "result")


def test_no_apt(apt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without apt gets that as the error, in one line."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(apt.SetupError, match=r"\Athis needs apt \(Debian or Ubuntu\): there is no apt-get here\Z"):
        apt.unpack("syncthing", "new", tmp_path / "result")


def test_unreachable_source(apt: Any, tmp_path: Path) -> None:
    """A source that cannot be reached is named in one line, and nothing is unpacked."""
    (tmp_path / "apt" / "sources.list").write_text(f"deb file:{tmp_path}/nowhere old main\n")
    with pytest.raises(apt.SetupError, match=r"\Acannot reach the package source: .*nowhere.*\Z"):
        apt.unpack("syncthing", "new", tmp_path / "result")
    assert not list((tmp_path / "result").iterdir())


def test_given_binaries(tmp_path: Path) -> None:
    """SYNCTHING_BINARIES takes the place of what would be fetched, in its own order."""
    given = [tmp_path / "2.1.3", tmp_path / "1.19.2"]
    for path in given:
        path.write_text(f"#!/bin/sh\necho syncthing v{path.name} and more\n")
        path.chmod(0o755)
    fetched = run([sys.executable, SCRIPTS / "fetch_syncthing.py"], SYNCTHING_BINARIES=os.pathsep.join(map(str, given)))
    assert (fetched.returncode, fetched.stdout.splitlines()) == (0, [str(path) for path in given])


@pytest.mark.parametrize(
    ("binary", "complaint"), [("/nowhere/syncthing", "does not run"), (shutil.which("true"), "is not Syncthing")]
)
def test_given_nonsense(binary: str, complaint: str) -> None:
    """A given binary that is not there, or is something else, is an error of one line."""
    fetched = run([sys.executable, SCRIPTS / "fetch_syncthing.py"], SYNCTHING_BINARIES=binary)
    assert (fetched.returncode, fetched.stdout, fetched.stderr.count("\n")) == (1, "", 1)
    assert fetched.stderr.startswith(f"fetch_syncthing: {binary} {complaint}")


@pytest.fixture
def names(tmp_path: Path) -> Path:
    """A folder for PATH, where python3 is too old, python3.13 is a shim that runs nothing, and the last one is good."""
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "python3").write_text("#!/bin/sh\nexit 1\n")
    (folder / "python3.13").write_text("#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    (folder / "python3.13").chmod(0o755)
    (folder / "python3").chmod(0o755)
    (folder / "dirname").symlink_to(shutil.which("dirname") or "")
    return folder


@pytest.mark.parametrize("name", ["demo", "fetch_python", "fetch_shells", "fetch_syncthing", "import_graph"])
def test_help(name: str) -> None:
    """Given --help or an unknown option, a command says how it is used and does nothing else."""
    command = [sys.executable, SCRIPTS / f"{name}.py"]
    helped = run([*command, "--help"])
    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout.startswith(f"usage: {name}.py")
    refused = run([*command, "--nonsense"])
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "usage:" in refused.stderr


START = ["/bin/sh", "-c", '. scripts/_lib.sh; printf "%s\\n" "$python"', "scripts/test"]


def test_start(names: Path) -> None:
    """The commands find a Python that runs and is new enough, whatever its name is."""
    (names / "python3.11").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (names / "python3.11").chmod(0o755)
    found = run(START, PATH=str(names), HOME=str(names), PYENV_ROOT="", PYTHON="")
    assert (found.returncode, found.stdout, found.stderr) == (0, "python3.11\n", "")


def test_start_without_python(names: Path) -> None:
    """Where there is no good Python, the commands say so in one line."""
    found = run(START, PATH=str(names), HOME=str(names), PYENV_ROOT="", PYTHON="")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("scripts/test: needs Python 3.11 or newer")
    assert found.stderr.count("\n") == 1


@pytest.fixture
def pythons(script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The module that finds Pythons, on a machine that has none but those a test adds."""
    module = script("_pythons")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path / "nothing"))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(module, "FETCHED", tmp_path / "fetched")
    return module


def write_python(path: Path, version: str) -> Path:
    """Write a program that answers as a Python of this version does, and say where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{version} {path}"\n')
    path.chmod(0o755)
    return path


def test_find_pythons(names: Path, pythons: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the Pythons to test with, each is one that runs and is what its name says, where it truly is."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    name = f"python3.{sys.version_info.minor}"
    for wrong in {"python3.12", "python3.13", "python3.14"} - {name}:
        (names / wrong).unlink(missing_ok=True)
        (names / wrong).symlink_to(base)
    (names / "python3.99").symlink_to("/nowhere")
    (names / "python3-config").touch()
    (names / name).unlink(missing_ok=True)
    (names / name).write_text(f'#!/bin/sh\nexec "{base}" "$@"\n')
    (names / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(names))
    found = pythons.find_pythons((3, 11))
    assert {version: path.resolve() for version, path in found.items()} == {name.removeprefix("python"): base}
    assert not pythons.find_pythons((3, sys.version_info.minor + 1))


def test_the_oldest_python(pythons: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest version is tested in its oldest patch release, wherever that is; others as PATH has them."""
    later = write_python(tmp_path / "first" / "python3.12", "3.12.7")
    write_python(tmp_path / "first" / "python3.11", "3.11.10")
    write_python(tmp_path / "second" / "python3.12", "3.12.1")
    oldest = write_python(tmp_path / "second" / "python3.11", "3.11.2")
    write_python(tmp_path / "pyenv" / "versions" / "3.11.9" / "bin" / "python3.11", "3.11.9")
    monkeypatch.setenv("PATH", f"{tmp_path}/first{os.pathsep}{tmp_path}/second")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert pythons.find_pythons((3, 11)) == {"3.11": oldest, "3.12": later}


def test_a_folder_that_cannot_be_read(pythons: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PYENV_ROOT, a version in it or a part of PATH that can't be read hides no Python elsewhere."""
    python = write_python(tmp_path / "good" / "python3.11", "3.11.2")
    other = write_python(tmp_path / "versions" / "2" / "bin" / "python3.12", "3.12.1")
    unreadable = "/x" + "x" * 5000  # not even root can read that
    monkeypatch.setenv("PATH", f"{unreadable}{os.pathsep}{tmp_path}/good")
    monkeypatch.setenv("PYENV_ROOT", unreadable)
    assert pythons.find_pythons((3, 11)) == {"3.11": python}
    for name in ("1", "3"):
        (tmp_path / "versions" / name).symlink_to("x" * 300)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.find_pythons((3, 11)) == {"3.11": python, "3.12": other}


@pytest.mark.parametrize("words", ["3.11 from the snake farm", "", "\\351 3.11.2"])
def test_a_program_that_is_no_python(pythons: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """A program that only has the name of a Python doesn't count as one, whatever it prints."""
    (tmp_path / "python3.11").write_text(f"#!/bin/sh\nprintf '{words}\n'\n")
    (tmp_path / "python3.11").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.find_pythons((3, 11)) == {}


@pytest.fixture
def package(script: Callable[[str], Any], pythons: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Have a package with a Python of some version, and return what fetches it."""
    module = script("fetch_python")
    monkeypatch.setattr(module, "FETCHED", pythons.FETCHED)
    monkeypatch.setattr(module, "codename", lambda: "bookworm")
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setattr(pythons, "_candidates", lambda: list(pythons.FETCHED.glob("*/usr/bin/python3.14")))

    def pack(version: str) -> Any:
        def unpack(package: str, suite: str, into: Path, *, dependencies: bool) -> None:
            assert (package, suite, dependencies) == ("python3.14", "forky", True)
            program = write_python(into / "usr" / "bin" / "python3.14", version)
            program.write_text(f'#!/bin/sh\necho "{version} $NAME"\n')
            write_python(into / "usr" / "bin" / "pydoc3.14", version)
            loader = write_python(into / "usr" / "lib" / "some-linux-gnu" / "ld-linux-some.so.2", "")
            loader.write_text(
                '#!/bin/sh\n[ -d "$2" ] && [ "$1 $3" = "--library-path --argv0" ] && NAME="$4" exec "$5"\n'
            )

        monkeypatch.setattr(module, "unpack", unpack)
        return module

    return pack


def test_fetching_a_python(package: Callable[[str], Any], pythons: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that the machine lacks is unpacked once, starts with a loader of its own, and adds nothing to PATH."""
    fetch_python = package("3.14.1")
    fetch_python.fetch()
    folder = pythons.FETCHED / "3.14" / "usr" / "bin"
    assert pythons.find_pythons((3, 11)) == {"3.14": folder / "python3.14"}
    assert sorted(path.name for path in folder.iterdir()) == ["python3.14", "python3.14.real"]
    monkeypatch.delattr(fetch_python, "unpack")
    fetch_python.fetch()


def test_a_fetched_python_that_does_not_run(package: Callable[[str], Any], pythons: Any) -> None:
    """A fetched Python that doesn't run is an error, and one that no longer runs is replaced."""
    fetch_python = package("3.13.1")
    with pytest.raises(fetch_python.SetupError, match=r"\Athe python3\.14 package of forky does not run here\Z"):
        fetch_python.fetch()
    package("3.14.1").fetch()
    assert list(pythons.find_pythons((3, 11))) == ["3.14"]
    assert [path.name for path in pythons.FETCHED.iterdir()] == ["3.14"]


def shell(script: str, name: str) -> list[str]:
    """Return a command that runs a shell script under a name."""
    return ["/bin/sh", "-c", script, name]


def test_lanes(script: Callable[[str], Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Commands run side by side; each output comes in one piece, the last one's at the end; a failure stops nothing."""
    os.mkfifo(tmp_path / "pipe")
    lanes = script("_lanes").Lanes(
        [
            shell(f"cat {tmp_path}/pipe", "reads"),
            shell("echo one; echo error >&2; exit 3", "fails"),
            shell(f"echo two > {tmp_path}/pipe; echo", "writes"),
            shell("echo end", "last"),
        ],
        lanes=2,
    )
    assert lanes.run() == ["fails"]
    *pieces, last = re.sub(r" in \d+ s\n", ": ", capfd.readouterr().out).split("\n##### ")
    assert last == "last: passed: end\n"
    assert sorted(pieces) == [
        "",
        "fails: failed: one\nerror\n",
        "reads: passed: two\n",
        "writes: passed: \n",
    ]


def test_interrupted_lanes(script: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends what runs, begins nothing new, and waits until all have ended."""
    module = script("_lanes")
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    os.mkfifo(tmp_path / "pipe")
    waits = f"trap 'echo > {tmp_path}/ended; exit' INT; echo > {tmp_path}/pipe; while :; do sleep 0.1; done"
    interrupts = f"read -r line < {tmp_path}/pipe; kill -s INT {os.getpid()}; exec sleep 100"
    lanes = module.Lanes(
        [
            shell(waits, "waits"),
            # After it, since Python itself can't bear KeyboardInterrupt at every step of starting a thread ("release
            # unlocked lock").
            shell("exit", "first"),
            shell(interrupts, "interrupts"),
            shell(f"echo > {tmp_path}/begun", "next"),
        ],
        lanes=2,
    )
    with pytest.raises(KeyboardInterrupt):
        lanes.run()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ended", "pipe"]


def test_lanes_interrupted_at_once(
    script: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C also ends what runs if it comes while the lanes are being started."""
    module = script("_lanes")
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    os.mkfifo(tmp_path / "pipe")
    waits = f"trap 'echo > {tmp_path}/ended; exit' INT; echo > {tmp_path}/pipe; while :; do sleep 0.1; done"
    submit = module.ThreadPoolExecutor.submit

    def interrupted(*arguments: Any) -> Any:
        submit(*arguments)
        (tmp_path / "pipe").read_text()
        raise KeyboardInterrupt

    monkeypatch.setattr(module.ThreadPoolExecutor, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        module.Lanes([shell(waits, "waits")], lanes=1).run()
    assert (tmp_path / "ended").exists()


def test_interrupts_in_the_background() -> None:
    """Tests that interrupt something also pass as a background job of a shell, which has these signals ignored."""
    code = (
        "import signal, conftest; conftest.pytest_configure()\n"
        "print({signal.getsignal(each) for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)} & {signal.SIG_IGN})"
    )
    # Not by "&", so that it can't outlive this test.
    done = run(["/bin/sh", "-c", 'trap "" INT QUIT HUP; exec "$@"', "sh", sys.executable, "-c", code])
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.daemon
def test_demo(newest_syncthing: Path, tmp_path: Path) -> None:
    """The demo verifies what it shows and leaves nothing behind."""
    shown = run([sys.executable, SCRIPTS / "demo.py"], SYNCTHING_BINARIES=str(newest_syncthing), TMPDIR=str(tmp_path))
    assert (shown.returncode, shown.stderr) == (0, "")
    shares = [line.split() for line in shown.stdout.splitlines() if line.startswith("  demo ")]
    assert [share[1:3] for share in shares] == [["in", "sync"]] * 2
    assert shown.stdout.splitlines()[-1].startswith("Verified: 400 files (50 MB) arrived")
    assert not list(tmp_path.iterdir())


async def test_demo_on_a_busy_machine(script: Callable[[str], Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The demo doesn't wait for events that the daemon has lost."""
    demo = script("demo")
    async with asyncio.timeout(10):
        await demo.show_progress({"a": demo.SIZE}, [{"type": "StreamUp"}, {"type": "EventsLost"}])
    assert "the rest is not shown" in capsys.readouterr().out


@pytest.mark.daemon
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_interrupted(newest_syncthing: Path, number: signal.Signals, tmp_path: Path) -> None:
    """Interrupted in the middle, the demo stops its daemons and leaves nothing behind."""
    environment = os.environ | {"SYNCTHING_BINARIES": str(newest_syncthing), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, SCRIPTS / "demo.py"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout
        while not demo.stdout.readline().startswith("Writing"):
            assert demo.poll() is None
        demo.send_signal(number)
        _, errors = demo.communicate()
    assert (demo.returncode, errors.strip()) == (130, "demo: interrupted; nothing is left behind")
    assert not list(tmp_path.iterdir())


def run(command: list[Any], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with some more environment."""
    return subprocess.run(
        command, check=False, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=100
    )
