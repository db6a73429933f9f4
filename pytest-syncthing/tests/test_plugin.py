"""The pytest fixtures, used by projects that the tests write."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

NEEDS_A_DAEMON = """
    def test_one(syncthing_daemon):
        raise AssertionError("it is not to run")
"""


@pytest.fixture(autouse=True)
def loaded_as_installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load plugins in the projects as users do, whatever this run does."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    monkeypatch.delenv("SYNCTHING_BINARY", raising=False)


@pytest.fixture
def no_syncthing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Syncthing."""
    monkeypatch.setenv("PATH", str(tmp_path))


def test_tests_with_and_without_a_loop(pytester: pytest.Pytester) -> None:
    """Each test gets a fresh fake that answers; those of pytest-asyncio and anyio share nothing with its loop."""
    pytester.makepyfile("""
        import asyncio, json, urllib.request
        import anyio
        import pytest

        def ask(fake, path):
            request = urllib.request.Request(fake.url + path, headers={"X-API-Key": fake.api_key})
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)

        def test_one(fake_syncthing):
            assert fake_syncthing.version == "v1.29.5"
            fake_syncthing.add_folder("docs", files={"x": b"12345"})
            assert ask(fake_syncthing, "/rest/db/status?folder=docs")["localBytes"] == 5

        def test_other(fake_syncthing):
            assert ask(fake_syncthing, "/rest/config/folders") == []

        @pytest.mark.asyncio
        async def test_of_pytest_asyncio(fake_syncthing):
            async with fake_syncthing.client() as client:
                poll = asyncio.create_task(client.events.poll(fake_syncthing.newest_event))
                await fake_syncthing.until(lambda: fake_syncthing.polls_waiting)
                fake_syncthing.emit("StateChanged", {"folder": "docs", "from": "idle", "to": "scanning"})
                assert [event["type"] for event in await poll] == ["StateChanged"]

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_of_anyio(fake_syncthing):
            with anyio.fail_after(10):
                async with fake_syncthing.client() as client:
                    assert (await client.system.version())["version"] == fake_syncthing.version
    """)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=4)


def test_a_version_that_the_fake_does_not_play(pytester: pytest.Pytester) -> None:
    """An unknown version on the command line is a usage error, which names the known ones, and no test runs."""
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--syncthing-version", "3.0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    known = "the fake plays Syncthing 1.19.2, 1.29.5, 2.1.3, not '3.0'"
    result.stderr.fnmatch_lines([f"ERROR: --syncthing-version: {known}"])


def test_versions(pytester: pytest.Pytester) -> None:
    """The fake plays the version given on the command line, unless a project has a fixture for that."""
    pytester.makepyfile(
        test_option="""
            def test_it(fake_syncthing):
                assert fake_syncthing.version == "v2.1.3"
        """,
        test_fixture="""
            import pytest

            @pytest.fixture(params=["1.19", "2.1"])
            def syncthing_version(request):
                return request.param

            def test_it(fake_syncthing, syncthing_version):
                assert fake_syncthing.version.startswith(f"v{syncthing_version}.")
        """,
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--syncthing-version", "2.1")
    result.assert_outcomes(passed=3)


@pytest.mark.usefixtures("no_syncthing")
@pytest.mark.parametrize(
    ("option", "outcome", "name"),
    [
        ("-rs", "skipped", "syncthing"),
        ("--syncthing-required", "errors", "syncthing"),
        ("--syncthing-binary=/nowhere/it", "skipped", "/nowhere/it"),
    ],
    ids=["skipped", "required", "named"],
)
def test_no_daemon(pytester: pytest.Pytester, option: str, outcome: str, name: str) -> None:
    """Without a daemon, tests that need one are skipped, or fail if it is required; the reason says what to do."""
    pytester.makepyfile(NEEDS_A_DAEMON)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rs", option)
    result.assert_outcomes(**{outcome: 1})
    said = re.escape(f"a real Syncthing is needed, but the program {name!r} was not found: install Syncthing (")
    remedy = re.escape("), or name the program with --syncthing-binary or the environment variable SYNCTHING_BINARY")
    result.stdout.re_match_lines([f".*{said}.*{remedy}$"])


@pytest.mark.daemon
@pytest.mark.measured
def test_real_daemons(pytester: pytest.Pytester, newest_syncthing: Path) -> None:
    """The fixtures of real daemons serve tests with and without a loop, and leave nothing behind."""
    pytester.makepyfile("""
        import asyncio
        import os
        from pathlib import Path

        homes = []

        def test_one(syncthing_daemon):
            async def main():
                async with syncthing_daemon.client() as client:
                    return await client.system.status()

            assert asyncio.run(main())["myID"] == syncthing_daemon.device_id
            homes.append(syncthing_daemon.home)

        def test_pair(syncthing_pair):
            one, other = syncthing_pair
            assert one.device_id != other.device_id

            async def main():
                async with one.client() as client:
                    return (await client.system.connections())["connections"][other.device_id]["connected"]

            assert asyncio.run(main())
            homes.extend([one.home, other.home])

        def test_nothing_is_left():
            assert len(homes) == 3
            assert not any(home.exists() for home in homes)
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", f"--syncthing-binary={newest_syncthing}")
    result.assert_outcomes(passed=3)


def test_importing_it_is_cheap() -> None:
    """The plugin is imported in every run of pytest: it and the kit load nothing that takes time, such as asyncio."""
    code = (
        "import pytest, sys; before = set(sys.modules); import pytest_syncthing.plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["aiosyncthing", "aiosyncthing._lazy", "pytest_syncthing", "pytest_syncthing.plugin"]


def test_it_is_installed(pytester: pytest.Pytester) -> None:
    """A project has the fixtures without naming the plugin."""
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*fixtures defined from pytest_syncthing.plugin*"])
