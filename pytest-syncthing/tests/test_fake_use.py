"""The fake as authors of other programs use it: what they run into first."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.handshakes import Identity

from aiosyncthing import CertificateFile, Syncthing
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import (
    BadRequestError,
    DaemonError,
    FingerprintMismatchError,
    NotSyncthingError,
    SyncthingError,
    UnauthorizedError,
)
from aiosyncthing.local import discover
from pytest_syncthing import VERSIONS, FakeSyncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiosyncthing import SyncProgress

STRANGER = DeviceID("P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2")


@pytest.fixture(params=VERSIONS)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeSyncthing]:
    """A fake of each version."""
    with FakeSyncthing(request.param) as fake:
        yield fake


# --- Keys ---


async def test_a_key_that_is_changed(fake: FakeSyncthing) -> None:
    """The key before is refused, also on open connections; the new one is what the fake and its client have."""
    old = fake.api_key
    async with fake.client() as before, fake.client(api_key="the new one") as after:
        await before.system.status()
        with pytest.raises(UnauthorizedError):
            await after.system.status()
        assert fake.change_key("the new one") == fake.api_key == "the new one" != old
        with pytest.raises(UnauthorizedError):
            await before.system.status()
        assert (await after.config.gui())["apiKey"] == "the new one"
    async with fake.client() as client:
        assert (await client.system.status())["myID"] == fake.device_id


async def test_a_key_that_is_changed_while_somebody_listens(fake: FakeSyncthing) -> None:
    """A stream ends with the error that asks for another key."""

    async def listen() -> None:
        async with fake.client() as client, client.events.stream() as stream:
            async for _ in stream:
                pass

    listening = asyncio.create_task(listen())
    await fake.until(lambda: fake.polls_waiting)
    fake.change_key()
    with pytest.raises(UnauthorizedError):
        await listening


def test_keys_that_are_made() -> None:
    """Without a wish it is another one each time, and no two runs differ."""
    made: list[list[str]] = []
    for _ in range(2):
        with FakeSyncthing() as fake:
            made.append([fake.api_key, fake.change_key(), fake.change_key()])
    assert made[0] == made[1]
    assert len(set(made[0])) == 3


# --- Homes ---


async def test_a_home_that_follows(fake: FakeSyncthing, tmp_path: Path) -> None:
    """What is found by a home is always the fake as it is now: its key and whether it wants HTTPS."""
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


def test_a_home_that_is_gone(tmp_path: Path) -> None:
    """A test may delete the home of a fake that runs."""
    home = tmp_path / "home"
    with FakeSyncthing(home=home) as fake:
        for path in home.iterdir():
            path.unlink()
        home.rmdir()
        fake.change_key()
        assert not home.exists()


# --- Certificates ---


async def test_a_certificate_that_is_renewed(tmp_path: Path) -> None:
    """A client that pins the home's certificate follows a renewal; one that pins the old one refuses the new."""
    with FakeSyncthing(name="renewing", home=tmp_path / "home", tls=True) as fake:
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
    """A fake can show a given certificate, at first or later; a file that has none is refused."""
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


def test_each_name_has_its_certificate() -> None:
    """Fakes with different names show different certificates, the same in each run."""
    made = [FakeSyncthing(name=name).certificate for name in ("one", "other", "one")]
    assert made[0] == made[2] != made[1]


# --- Faults of answers ---


async def test_an_answer_that_is_lost(fake: FakeSyncthing) -> None:
    """With handled the daemon does what was asked for, and only the answer is another one."""
    async with fake.client() as client:
        for handled, kbps in ((False, 0), (True, 7)):
            fake.respond("rest/config/options", status=502, text="lost", from_proxy=True, handled=handled)
            with pytest.raises(SyncthingError):
                await client.config.patch_options({"maxSendKbps": 7})
            assert fake.config["options"]["maxSendKbps"] == kbps


async def test_an_answer_that_is_mislabelled(fake: FakeSyncthing) -> None:
    """The answer is the daemon's, under another type or without its name."""
    async with fake.client() as client:
        fake.mislabel("rest/system/version", content_type="text/html", anonymous=True)
        with pytest.raises(NotSyncthingError):
            await client.system.version()
        fault = fake.mislabel("rest/system/version", anonymous=True, times=None)
        await client.system.version()
        assert client.api.daemon_id is None
        fault.release()
        await client.system.version()
        assert client.api.daemon_id == fake.device_id


# --- Disks ---


def test_files_on_a_disk() -> None:
    """A folder without a path lies where it is in nobody's way, and is gone with the fake."""
    with FakeSyncthing(files_on_disk=True) as fake:
        docs = fake.add_folder("docs", files={"a.txt": b"a"})
        path = Path(docs.config["path"])
        assert path.is_relative_to(tempfile.gettempdir())
        assert (path / "a.txt").read_bytes() == b"a"
    assert not path.parent.parent.exists()


# --- Mistakes ---


def test_a_folder_of_a_fake_that_was_stopped() -> None:
    """The error says what is the matter, whether or not there are other fakes by then."""
    fake = FakeSyncthing()
    fake.start()
    folder = fake.add_folder("docs")
    fake.stop()
    for _ in range(2):
        with pytest.raises(DaemonError, match="was stopped"):
            print(folder.state)
        with pytest.raises(DaemonError, match="was stopped"):
            folder.write({"a.txt": b"a"})
        fake.start()
    fake.stop()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda fake: fake.set_folder("nope", paused=True), "status 404, 'No folder with given ID'"),
        (lambda fake: fake.set_device(STRANGER, paused=True), "status 404, 'No device with given ID'"),
        (lambda fake: fake.add_folder(""), "folder has empty ID"),
        (lambda fake: fake.set_options(maxSendKbps="x"), "cannot unmarshal string"),
    ],
)
def test_what_the_daemon_refuses(change: Callable[[FakeSyncthing], object], why: str) -> None:
    """A change that the daemon would refuse is an error in its words."""
    with FakeSyncthing() as fake:
        with pytest.raises(BadRequestError) as caught:
            change(fake)
        assert why in str(caught.value)


def test_a_device_that_does_not_share_the_folder(fake: FakeSyncthing) -> None:
    """It can't change anything there: the test forgot to share it."""
    phone = fake.add_device("phone")
    docs = fake.add_folder("docs", files={"a.txt": b"a"})
    fake.connect(phone)
    for change in (
        lambda: docs.remote_write(phone, {"b.txt": b"b"}),
        lambda: docs.remote_delete(phone, "a.txt"),
        lambda: docs.remote_pull(phone),
        lambda: docs.remote_write(STRANGER, {"b.txt": b"b"}),
    ):
        with pytest.raises(BadRequestError, match="docs is not shared with"):
            change()
    with pytest.raises(BadRequestError, match="valid, paused, notSharing"):
        docs.set_remote_state(phone, "sharing")
    fake.set_folder("docs", devices=[{"deviceID": phone}])
    docs.remote_write(phone, {"b.txt": b"b"})
    docs.finish_sync()
    assert set(docs.files) == {"a.txt", "b.txt"}


async def test_a_disk_that_nobody_watches(fake: FakeSyncthing) -> None:
    """Files change also while their folder is paused or the daemon is down; it finds that when it is back."""
    docs = fake.add_folder("docs", files={"a.txt": b"a"})
    docs.pause()
    docs.write({"b.txt": b"b"})
    docs.link("link", "b.txt")
    docs.resume()
    fake.stop_daemon()
    docs.delete("a.txt")
    fake.start_daemon()
    async with fake.client() as client:
        await client.wait_in_sync("docs", timeout=10)
        items = [item["name"] for item in await client.database.browse("docs")]
    assert sorted(items) == ["b.txt", "link"]


async def test_what_never_becomes_true(fake: FakeSyncthing) -> None:
    """The error says for how long it was waited, and one in the condition itself comes through."""
    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        await fake.until(lambda: False, timeout=0.05)
    with pytest.raises(ZeroDivisionError):
        await fake.until(lambda: 1 // 0)


# --- Time ---


@pytest.mark.parametrize("files_on_disk", [False, True])
def test_changes_while_the_clock_stands_still(*, files_on_disk: bool, tmp_path: Path) -> None:
    """Each is found, although neither time nor size tells."""
    with FakeSyncthing(files_on_disk=files_on_disk) as fake:
        docs = fake.add_folder("docs", path=str(tmp_path / "docs"))
        fake.freeze()
        for content in (b"1", b"2", b"3"):
            before = fake.newest_event
            docs.write({"a.txt": content})
            assert docs.files == {"a.txt": content}
            assert "LocalIndexUpdated" in asyncio.run(kinds(fake, before))


async def kinds(fake: FakeSyncthing, since: int) -> list[str]:
    """Return the types of the events since then."""
    async with fake.client() as client:
        return [event["type"] for event in await client.events.poll(since, timeout=0)]


@pytest.mark.parametrize("newer", ["one", "two"])
def test_which_of_two_changes_is_newer(newer: str) -> None:
    """The clock of the fake says it, and that of the other one may have another time."""
    with FakeSyncthing(name="one") as one, FakeSyncthing(name="two") as two:
        for fake in (one, two):
            fake.freeze()
        one.link(two)
        here = one.add_folder("docs", files={"a.txt": b"?"}, devices=[two.device_id])
        there = two.add_folder("docs", devices=[one.device_id])
        two.wait_until(lambda: there.files == here.files)
        one.set_device(two.device_id, paused=True)
        (one if newer == "one" else two).advance(60)
        here.write({"a.txt": b"one"})
        there.write({"a.txt": b"two"})
        one.set_device(two.device_id, paused=False)
        two.wait_until(lambda: len(there.files) == 2 and there.files == here.files)
        assert there.files["a.txt"] == newer.encode()


async def test_a_connection_that_is_not_new(fake: FakeSyncthing) -> None:
    """Waiting for a folder to be in sync costs a test no time where the fake's clock has moved on by 4 s.

    That is the 3 s of grace, and one more because the daemon gives the present time in whole seconds.
    """
    phone = fake.add_device("phone")
    fake.add_folder("docs", files={"a.txt": b"a"}, devices=[phone])
    fake.connect(phone)
    fake.finish_sync()
    fake.advance(4)
    told: list[SyncProgress] = []
    async with fake.client() as client:
        await client.wait_in_sync("docs", rescan=True, timeout=10, on_progress=told.append)
    reasons = [missing.reason for progress in told for missing in progress.missing]
    assert not [reason for reason in reasons if "just connected" in reason or "just started" in reason]
