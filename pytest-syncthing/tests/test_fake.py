"""The fake as a whole: its identity, its start and end, and what a test may change about it."""

import asyncio
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.asking import ask, happened
from tests.support.handshakes import Identity

from aiosyncthing import CertificateFile, DeviceID, Syncthing
from aiosyncthing.exceptions import BadRequestError, DaemonError, FingerprintMismatchError, UnauthorizedError
from aiosyncthing.local import discover
from pytest_syncthing import FakeFolder, FakeSyncthing
from pytest_syncthing.model.running import Running

STRANGER = DeviceID("P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2")


# --- Who it is ---


def test_the_name_makes_the_identity() -> None:
    """The same name gives the same device ID and keys in each run; another name gives others."""
    one, same, other = FakeSyncthing(name="a"), FakeSyncthing(name="a"), FakeSyncthing(name="b")
    assert (one.device_id, one.api_key) == (same.device_id, same.api_key)
    assert one.device_id != other.device_id
    assert one.api_key != other.api_key
    assert FakeSyncthing().device_id == "A3YSPWF-YMXM4GU-2WBZT67-JBM6ERU-ISFITE4-4T3F3M4-QDIW4QQ-Z76P3QD"
    assert len(one.api_key) == 32
    assert one.api_key.isalnum()
    given = FakeSyncthing(device_id=other.device_id.lower(), api_key="chosen")
    assert (given.device_id, given.api_key) == (other.device_id, "chosen")
    made: list[list[str]] = []
    for _ in range(2):
        with FakeSyncthing() as fake:
            made.append([fake.api_key, fake.change_key(), fake.change_key()])
    assert made[0] == made[1]
    assert len(set(made[0])) == 3


def test_its_key_is_hidden(fake: FakeSyncthing) -> None:
    """No repr shows the key, started or not."""
    assert fake.api_key not in repr(fake)
    assert fake.url in repr(fake)
    assert "not started" in repr(FakeSyncthing())


# --- Beginning and end ---


def test_before_and_after() -> None:
    """Outside of its block a fake can't be asked; starting or stopping it twice is fine."""
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


def test_a_start_that_fails(tmp_path: Path) -> None:
    """A failed start leaves nothing behind."""
    before = threading.active_count()
    (tmp_path / "file").touch()
    options: list[dict[str, Any]] = [{"socket": tmp_path / "file" / "socket"}, {"home": tmp_path / "file"}]
    for each in options:
        fake = FakeSyncthing(**each)
        with pytest.raises(OSError, match=r"Not a directory|File exists"):
            fake.start()
        assert not fake.running
    assert threading.active_count() == before


@pytest.mark.parametrize("step", ["start", "end"])
def test_a_step_that_fails(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a step of starting or stopping fails, the rest is still cleaned up: no file, thread or socket is left."""

    def fail(_: Running) -> None:
        raise OSError("no more descriptors")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Running, step, fail)
    before = threading.active_count()
    with (
        pytest.raises(OSError, match="no more descriptors"),
        FakeSyncthing(files_on_disk=True, socket=tmp_path / "api"),
    ):
        assert step == "end"
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


# --- Keys, homes and certificates ---


async def test_a_key_that_is_changed(fake: FakeSyncthing) -> None:
    """The old key is refused, also on open connections and in a stream; the fake and its client have the new one."""
    old = fake.api_key

    async def listen() -> None:
        async with fake.client() as client, client.events.stream() as stream:
            async for _ in stream:
                pass

    async with fake.client() as before, fake.client(api_key="the new one") as after:
        await before.system.status()
        with pytest.raises(UnauthorizedError):
            await after.system.status()
        listening = asyncio.create_task(listen())
        await fake.until(lambda: fake.polls_waiting)
        assert fake.change_key("the new one") == fake.api_key == "the new one" != old
        for refused in (listening, before.system.status()):
            with pytest.raises(UnauthorizedError):
                await refused
        assert (await after.config.gui())["apiKey"] == "the new one"
    async with fake.client() as client:
        assert (await client.system.status())["myID"] == fake.device_id


async def test_a_home_that_follows(fake: FakeSyncthing, tmp_path: Path) -> None:
    """`discover` in its home always finds the fake's current key and whether it uses HTTPS."""
    home = tmp_path / "home"
    with FakeSyncthing(fake.version, name="other", home=str(home)) as other:
        assert other.home == home
        async with other.client() as client:
            await client.config.patch_gui(apiKey="by a request", useTLS=True)
        found = await asyncio.to_thread(discover, home)
        assert (found.url, found.api_key) == (other.url.replace("http", "https"), "by a request")
        other.change_key("by the test")
        async with await asyncio.to_thread(Syncthing.local, home) as client:
            assert (await client.system.status())["myID"] == other.device_id
            await client.config.patch_gui(address="127.0.0.1:1")  # where it can't be reached: it stays where it is
        assert (await asyncio.to_thread(discover, home)).url == found.url
        assert {path.name for path in home.iterdir()} == {"config.xml", "cert.pem", "https-cert.pem"}
        assert {path.stat().st_mode & 0o077 for path in home.iterdir()} == {0}
        assert DeviceID.from_certificate((home / "cert.pem").read_bytes()) == other.device_id


def test_a_home_that_is_gone(tmp_path: Path) -> None:
    """A test may delete the home of a running fake."""
    home = tmp_path / "home"
    with FakeSyncthing(home=home) as fake:
        for path in home.iterdir():
            path.unlink()
        home.rmdir()
        fake.change_key()
        assert not home.exists()


async def test_a_certificate_that_is_renewed(tmp_path: Path) -> None:
    """A client that pins the home's certificate follows a renewal; one that pins the old one refuses the new."""
    with FakeSyncthing(name="renewing", home=tmp_path / "home", tls=True) as fake:
        assert fake.url.startswith("https://")
        old = fake.certificate
        pinned = fake.client()
        async with await asyncio.to_thread(Syncthing.local, tmp_path / "home") as client, pinned:
            await client.system.version()
            await pinned.system.version()
            new = fake.renew_certificate()
            assert new == fake.certificate != old
            assert (tmp_path / "home" / "https-cert.pem").read_text() == new
            await pinned.system.version()  # on the connection that it has
            fake.restart()
            await client.system.version()
            with pytest.raises(FingerprintMismatchError):
                await pinned.system.version()
        async with fake.client() as again:
            await again.system.version()


async def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """A fake can use a given certificate, from the start or later; a file without one is refused."""
    identity = Identity(tmp_path)
    file = tmp_path / "both.pem"
    file.write_bytes(identity.certificate.read_bytes() + identity.key.read_bytes())
    with FakeSyncthing(tls=True, certificate=file) as fake, FakeSyncthing(tls=True) as other:
        assert fake.certificate == identity.certificate.read_text() != other.certificate
        assert other.renew_certificate(str(file)) == fake.certificate
        for each in (fake, other):
            async with each.client(tls=CertificateFile(identity.certificate)) as client:
                await client.system.version()
        with pytest.raises(BadRequestError, match="can't be used"):
            other.renew_certificate(identity.certificate)
        assert other.certificate == fake.certificate
    with pytest.raises(BadRequestError, match="can't be used"):
        FakeSyncthing(certificate=tmp_path / "missing.pem")


def test_a_key_that_no_header_can_hold() -> None:
    """A key that no request could carry is refused, at first and later, and the old one stays."""
    with pytest.raises(BadRequestError, match="printable ASCII"):
        FakeSyncthing(api_key="a\nb")
    with FakeSyncthing() as fake:
        old = fake.api_key
        with pytest.raises(BadRequestError, match="printable ASCII"):
            fake.change_key("clé")
        assert fake.api_key == old


# --- Settings ---


def test_changed_settings(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """Settings are changed as by a request: all but names restart a folder, and the rest stays as it is."""
    since = fake.newest_event
    fake.set_folder("docs", label="Texts")
    assert fake.config == ask(fake, "rest/config")
    assert (docs.config["label"], docs.devices) == ("Texts", [phone])
    assert [event["kind"] for event in happened(fake, since)] == ["ConfigSaved"]
    fake.set_folder("docs", order="alphabetic")
    fake.wait_until(lambda: "idle" in [event["to"] for event in happened(fake, since, "StateChanged")])
    fake.set_device(phone, paused=True)
    assert not ask(fake, "rest/system/connections")["connections"][phone]["connected"]
    assert [event["kind"] for event in happened(fake, since)][-3:] == [
        "DevicePaused",
        "DeviceDisconnected",
        "ConfigSaved",
    ]


def test_removed_things(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A removed folder or device is gone, and folders are no longer shared with a removed device."""
    fake.remove_device(phone)
    assert docs.devices == []
    assert phone not in {device["deviceID"] for device in fake.config["devices"]}
    fake.remove_folder("docs")
    assert fake.config["folders"] == []
    with pytest.raises(KeyError):
        fake.folder("docs")


def test_settings_that_only_some_versions_have(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """They are not refused, and case is ignored, as by the daemon."""
    fake.set_folder("docs", group="x", weakHashThresholdPct=5, Label="y")
    assert docs.config["label"] == "y"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda fake: fake.set_folder("nope", paused=True), "status 404, 'No folder with given ID'"),
        (lambda fake: fake.set_device(STRANGER, paused=True), "status 404, 'No device with given ID'"),
        (lambda fake: fake.add_folder(""), "folder has empty ID"),
        (lambda fake: fake.set_options(maxSendKbps="x"), "cannot unmarshal string"),
        # The daemon would ignore these.
        (lambda fake: fake.add_folder("x", pathh="/x"), "settings of folder: pathh"),
        (lambda fake: fake.set_folder("docs", labell="x"), "settings of folder: labell"),
        (lambda fake: fake.add_device("x", pausd=True), "settings of device: pausd"),
        (lambda fake: fake.set_device(fake.device_id, pausd=True), "settings of device: pausd"),
        (lambda fake: fake.set_options(maxSendKbpss=1), "settings of options: maxSendKbpss"),
        (lambda fake: fake.set_gui(adress="x"), "settings of gui: adress"),
    ],
)
def test_what_can_not_be_set(
    fake: FakeSyncthing, docs: FakeFolder, change: Callable[[FakeSyncthing], object], why: str
) -> None:
    """What the daemon would refuse is an error with its message, and so is a misspelt name; nothing is changed."""
    before = fake.config
    with pytest.raises(BadRequestError) as caught:
        change(fake)
    assert why in str(caught.value)
    assert fake.config == before
