"""What a test puts into the fake, and what its API then says."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.asking import ask

from aiosyncthing import DeviceID, Syncthing
from aiosyncthing.exceptions import BadRequestError, ConnectionFailedError, DaemonError, UnauthorizedError
from pytest_syncthing import VERSIONS, FakeSyncthing
from pytest_syncthing.model.running import Running

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_syncthing import FakeFolder


@pytest.fixture(params=VERSIONS)
def syncthing_version(request: pytest.FixtureRequest) -> str:
    """Each version."""
    version: str = request.param
    return version


# --- Who it is ---


def test_it_is_who_it_says(fake: FakeSyncthing) -> None:
    """Version, device ID, address and home are those that the API tells."""
    status = ask(fake, "rest/system/status")
    assert status["myID"] == fake.device_id
    assert f"http://{status['guiAddressUsed']}" == fake.url
    assert ask(fake, "rest/system/version")["version"] == fake.version
    history = ask(fake, "rest/events?timeout=0")
    assert (history[0]["type"], history[0]["data"]["home"]) == ("Starting", str(fake.home))
    assert fake.config == ask(fake, "rest/config")


def test_the_name_makes_the_identity() -> None:
    """The same name is the same device with the same key, in each run; another name is another one."""
    one, same, other = FakeSyncthing(name="a"), FakeSyncthing(name="a"), FakeSyncthing(name="b")
    assert (one.device_id, one.api_key) == (same.device_id, same.api_key)
    assert one.device_id != other.device_id
    assert one.api_key != other.api_key
    given = FakeSyncthing(device_id=other.device_id.lower(), api_key="chosen")
    assert (given.device_id, given.api_key) == (other.device_id, "chosen")


def test_its_key_is_hidden(fake: FakeSyncthing) -> None:
    """No repr shows it, started or not."""
    assert fake.api_key not in repr(fake)
    assert fake.url in repr(fake)
    assert "not started" in repr(FakeSyncthing())


def test_a_version_that_it_does_not_play() -> None:
    """It says which it plays."""
    with pytest.raises(BadRequestError, match=r"1\.19\.2, 1\.29\.5, 2\.1\.3"):
        FakeSyncthing("1.18")


def test_before_and_after() -> None:
    """Outside of its block there is nothing to ask; ending it twice is fine, and so is starting it twice."""
    fake = FakeSyncthing()
    assert not fake.running
    with pytest.raises(DaemonError, match="not started"):
        fake.url  # noqa: B018 - it raises
    with fake:
        url = fake.url
        fake.start()
        assert fake.url == url
    fake.stop()
    with pytest.raises(DaemonError, match="not started"):
        fake.emit("StateChanged")
    with fake:
        assert ask(fake, "rest/config/folders") == []


def test_its_thread_ends_with_the_last() -> None:
    """All fakes share a thread, which is gone when none is left."""
    before = threading.active_count()
    with ExitStack() as stack:
        for number in range(5):
            stack.enter_context(FakeSyncthing(name=str(number)))
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


async def test_it_is_an_asynchronous_context_manager_too() -> None:
    """For tests in which everything is."""
    async with FakeSyncthing() as fake, fake.client() as client:
        await client.system.ping()
    async with Syncthing("key", "http://127.0.0.1:1") as client:
        with pytest.raises(ConnectionFailedError):
            await client.system.status()


def test_a_start_that_fails(tmp_path: Path) -> None:
    """Nothing is left of it."""
    before = threading.active_count()
    (tmp_path / "file").touch()
    options: list[dict[str, Any]] = [{"socket": tmp_path / "file" / "socket"}, {"home": tmp_path / "file"}]
    for each in options:
        fake = FakeSyncthing(**each)
        with pytest.raises(OSError, match=r"Not a directory|File exists"):
            fake.start()
        assert not fake.running
    assert threading.active_count() == before


def test_a_start_that_fails_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of what was made before: no directory, no thread, and no socket."""

    def fail(_: Running) -> None:
        raise OSError("no more descriptors")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Running, "start", fail)
    before = threading.active_count()
    fake = FakeSyncthing(files_on_disk=True, socket=tmp_path / "socket")
    with pytest.raises(OSError, match="no more descriptors"):
        fake.start()
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


def test_an_end_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong at the end keeps nothing else from ending."""

    def fail(_: Running) -> None:
        raise OSError("it does not end")

    before = threading.active_count()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fake = FakeSyncthing(files_on_disk=True, socket=tmp_path / "socket")
    fake.start()
    monkeypatch.setattr(Running, "end", fail)
    with pytest.raises(OSError, match="it does not end"):
        fake.stop()
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_key(fake: FakeSyncthing) -> None:
    """A client may be given another one, which is refused."""

    async def main() -> None:
        async with fake.client(api_key="wrong") as client:
            await client.system.status()

    with pytest.raises(UnauthorizedError):
        asyncio.run(main())


def test_a_login() -> None:
    """With a user and a password, a wrong key is refused in other words, as by the daemon."""
    with FakeSyncthing(user="me", password="secret") as fake:
        assert fake.config["gui"]["user"] == "me"

        async def main() -> None:
            async with fake.client() as client:
                await client.noauth.login("me", "secret")
            async with fake.client(api_key="wrong") as client:
                await client.system.status()

        with pytest.raises(UnauthorizedError, match="Forbidden"):
            asyncio.run(main())


async def test_a_unix_socket(tmp_path: Path) -> None:
    """It listens on one, and its client asks there."""
    with FakeSyncthing(socket=tmp_path / "socket") as fake:
        assert fake.url == f"unix://{tmp_path}/socket"
        async with fake.client() as client:
            assert (await client.system.status())["myID"] == fake.device_id


async def test_tls() -> None:
    """With TLS its client trusts its certificate, and nothing else."""
    with FakeSyncthing(tls=True) as fake:
        assert fake.url.startswith("https://")
        async with fake.client() as client:
            assert (await client.system.status())["myID"] == fake.device_id
        async with fake.client(verify_ssl=False) as client:
            await client.system.ping()


async def test_a_home(tmp_path: Path) -> None:
    """The home that it is given tells where it is, how to ask it, and who it is."""
    home = tmp_path / "home"
    with FakeSyncthing(tls=True, home=home) as fake:
        assert fake.home == home
        assert DeviceID.from_certificate((home / "cert.pem").read_bytes()) == fake.device_id
        client = await asyncio.to_thread(Syncthing.local, home)
        async with client:
            assert (await client.system.status())["myID"] == fake.device_id


# --- What is in it ---


def test_settings_of_folders_and_devices(fake: FakeSyncthing) -> None:
    """Further fields are those of the configuration."""
    device = fake.add_device("nas", untrusted=True)
    folder = fake.add_folder("x/y", label="Pictures", type="receiveonly", paused=True)
    assert ask(fake, f"rest/config/devices/{device}")["untrusted"]
    assert folder.config["label"] == "Pictures"
    assert folder.state == ""
    folder.finish_sync()  # nothing happens to what is paused


def test_settings(fake: FakeSyncthing) -> None:
    """General settings and those of the API are changed as by a request."""
    fake.set_options(maxSendKbps=5)
    fake.set_gui(theme="dark")
    assert ask(fake, "rest/config/options")["maxSendKbps"] == 5
    assert ask(fake, "rest/config/gui")["theme"] == "dark"


def test_connections(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A device that the test has made comes and goes as it says."""
    assert ask(fake, "rest/system/connections")["connections"][phone]["connected"]
    fake.disconnect(phone)
    assert not ask(fake, "rest/system/connections")["connections"][phone]["connected"]
    with pytest.raises(KeyError):
        fake.connect(FakeSyncthing(name="stranger").device_id)
    docs.write({"b.txt": b"b"})
    fake.finish_sync()
    assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["needItems"] == 1
    fake.connect(phone)
    fake.finish_sync("docs")
    assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["needItems"] == 0


def test_offers(fake: FakeSyncthing, phone: DeviceID) -> None:
    """Strangers and folders that are offered are pending."""
    laptop = fake.offer_device("laptop")
    fake.offer_folder(phone, "music", label="Music", encrypted=True)
    assert ask(fake, "rest/cluster/pending/devices")[laptop]["name"] == "laptop"
    offered = ask(fake, "rest/cluster/pending/folders")["music"]["offeredBy"][phone]
    assert (offered["label"], offered["receiveEncrypted"]) == ("Music", True)


def test_linked_fakes() -> None:
    """Two fakes that are linked synchronise by themselves."""
    with FakeSyncthing(name="a") as a, FakeSyncthing("2.1", name="b") as b:
        a.link(b)
        mine = a.add_folder("docs", files={"x": b"x"}, devices=[b.device_id])
        its = b.add_folder("docs", devices=[a.device_id])
        b.wait_until(lambda: its.files == {"x": b"x"})
        its.write({"y": b"y"})
        a.wait_until(lambda: mine.files == {"x": b"x", "y": b"y"})
        assert ask(a, "rest/system/connections")["connections"][b.device_id]["clientVersion"] == b.version


def test_files_on_the_disk(tmp_path: Path) -> None:
    """With files on the disk, what arrives is really there."""
    with FakeSyncthing(files_on_disk=True) as fake:
        phone = fake.add_device("phone")
        docs = fake.add_folder("docs", path=str(tmp_path / "docs"), files={"a.txt": b"a"}, devices=[phone])
        fake.connect(phone)
        docs.remote_write(phone, {"b.txt": b"b"})
        docs.finish_sync()
        assert (tmp_path / "docs" / "a.txt").read_bytes() == b"a"
        assert (tmp_path / "docs" / "b.txt").read_bytes() == b"b"
        (tmp_path / "docs" / "c.txt").write_text("c")
        docs.scan()
        assert ask(fake, "rest/db/status?folder=docs")["localFiles"] == 3


def test_events_of_any_kind(fake: FakeSyncthing) -> None:
    """A test may let anything happen."""
    fake.emit("DeviceDiscovered", {"device": "x", "addrs": []})
    fake.emit("Failure")
    events = ask(fake, f"rest/events?since={fake.newest_event - 2}&timeout=0")
    assert [(event["type"], event["data"]) for event in events] == [
        ("DeviceDiscovered", {"device": "x", "addrs": []}),
        ("Failure", {}),
    ]


def test_misspelt_settings(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A setting that no version has is refused, since the daemon would pass over it; one that only some have is not."""
    with pytest.raises(BadRequestError, match="settings of folder: pathh"):
        fake.add_folder("x", pathh="/x")
    with pytest.raises(BadRequestError, match="settings of folder: labell"):
        fake.set_folder("docs", labell="x")
    with pytest.raises(BadRequestError, match="settings of device: pausd"):
        fake.add_device("x", pausd=True)
    with pytest.raises(BadRequestError, match="settings of device: pausd"):
        fake.set_device(phone, pausd=True)
    with pytest.raises(BadRequestError, match="settings of options: maxSendKbpss"):
        fake.set_options(maxSendKbpss=1)
    with pytest.raises(BadRequestError, match="settings of gui: adress"):
        fake.set_gui(adress="x")
    fake.set_folder("docs", group="x", weakHashThresholdPct=5, Label="y")
    assert docs.config["label"] == "y"
    assert [folder["id"] for folder in fake.config["folders"]] == ["docs"]
