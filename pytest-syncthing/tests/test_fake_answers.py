"""Answers of the fake that the contract tests, which also run on real daemons, don't cover."""

import asyncio
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.asking import ask, fetch, happened, send

from aiosyncthing import DeviceID
from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing import VERSIONS, FakeFolder, FakeSyncthing

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
NEVER = "0001-01-01T00:00:00Z"


@pytest.fixture(params=VERSIONS)
def syncthing_version(request: pytest.FixtureRequest) -> str:
    """Each version."""
    version: str = request.param
    return version


@pytest.fixture
def one() -> Iterator[FakeSyncthing]:
    """A fake, where the version makes no difference."""
    with FakeSyncthing() as fake:
        yield fake


# --- rest/system ---


def test_the_status(fake: FakeSyncthing) -> None:
    """The status contains the start time, and the state of discovery and listeners."""
    fake.freeze()
    before = ask(fake, "rest/system/status")
    assert "discoveryEnabled" not in before
    (listener,) = before["connectionServiceStatus"]
    assert listener == fake.sync_address
    fake.advance(61)
    fake.set_options(
        globalAnnounceEnabled=True,
        localAnnounceEnabled=True,
        relaysEnabled=True,
        listenAddresses=["default", "tcp://0.0.0.0:22000"],
    )
    status = ask(fake, "rest/system/status")
    assert (status["startTime"], status["uptime"]) == (before["startTime"], before["uptime"] + 61)
    assert status["discoveryMethods"] == len(status["discoveryStatus"]) == 3
    listeners = status["connectionServiceStatus"]
    assert {"tcp://0.0.0.0:22000", "quic://0.0.0.0:22000"} < listeners.keys()
    assert [uri for uri, state in listeners.items() if state["lanAddresses"] is None] == [
        uri for uri in listeners if "relay" in uri
    ]
    fake.set_options(relaysEnabled=False)
    assert len(ask(fake, "rest/system/status")["connectionServiceStatus"]) == 2


def test_browsing_at_home(fake: FakeSyncthing, syncthing_version: str) -> None:
    """The tilde stands for the home; old versions return the expanded path."""
    fake.add_folder("docs", path=f"{fake.home}/docs")
    expected = [f"{fake.home}/docs/"] if syncthing_version == "1.19.2" else ["~/docs"]
    assert ask(fake, "rest/system/browse?current=~/d") == expected


def test_errors_and_the_log(fake: FakeSyncthing, syncthing_version: str) -> None:
    """A start is logged; version 1 keeps the first ten lines, a mark and the last ones, and few errors."""
    fake.freeze()
    text = send(fake, "GET", "rest/system/log.txt").text
    assert fake.device_id in text
    assert fake.url.removeprefix("http://") in text
    assert ask(fake, "rest/system/log?since=2020")["messages"][0]["message"] in text
    for number in range(260):
        assert send(fake, "POST", "rest/system/error", f"error {number}".encode()) == (200, "")
    messages = [line["message"] for line in ask(fake, "rest/system/log")["messages"]]
    errors = ask(fake, "rest/system/error")["errors"]
    if syncthing_version == "2.1.3":
        assert (len(errors), messages.count("...")) == (260, 0)
    else:
        assert (len(errors), len(messages), messages.index("...")) == (5, 250, 10)
    assert "error 259" in messages[-1]
    fake.advance(1)
    assert ask(fake, f"rest/system/log?since={fake.now:%Y-%m-%dT%H:%M:%SZ}")["messages"] is None


def test_log_levels() -> None:
    """In version 2, a level may lie between the named ones; an invalid one is refused with the whole request."""
    with FakeSyncthing("2.1") as fake:
        right: list[Any] = [{"model": "debug", "unknown": "WARN-1"}, {}, b"null"]
        for body in right:
            assert send(fake, "POST", "rest/system/loglevels", body) == (200, "")
        levels = ask(fake, "rest/system/loglevels")["levels"]
        assert (levels["model"], levels["unknown"]) == ("DEBUG", "INFO+3")
        wrong: list[Any] = [{"api": "DEBUG", "model": "loud"}, {"api": "INFO+x"}, {"api": 1}, [1], b"", b"{"]
        for body in wrong:
            assert send(fake, "POST", "rest/system/loglevels", body).status == 400
        assert ask(fake, "rest/system/loglevels")["levels"] == levels


# --- rest/db, rest/folder, rest/stats ---


def test_parameters_that_make_no_sense(one: FakeSyncthing) -> None:
    """A parameter that is not a number, or out of range, gets its default."""
    one.add_folder("docs", files=dict.fromkeys("abc", "1"), type="receiveonly")
    for query, page, count in (("page=0&perpage=0", 1, 3), ("page=-1&perpage=x", 1, 3), ("page=2&perpage=2", 2, 1)):
        listed = ask(one, f"rest/db/localchanged?folder=docs&{query}")
        assert (listed["page"], len(listed["files"])) == (page, count)
    for query in ("since=x", "limit=x", "since=", "timeout=0"):
        assert ask(one, f"rest/events?{query}")[0]["id"] == 1
    one.freeze()
    assert ask(one, f"rest/events?since={one.newest_event}&timeout=0&events=Nonsense") == []


@pytest.mark.parametrize("body", [[], "x", {"ignore": "x"}, {"ignore": [1]}, b"", b"{"])
def test_ignore_patterns_that_are_none(one: FakeSyncthing, body: Any) -> None:
    """A body that is no list of strings is refused; ``null`` is none."""
    one.add_folder("docs")
    path = "rest/db/ignores?folder=docs"
    assert send(one, "POST", path, body).status == 500
    assert json.loads(send(one, "POST", path, b"null").text)["ignore"] is None


def test_restoring_versions(one: FakeSyncthing) -> None:
    """If the disk fails, its error is the reason why a version isn't restored; a body of another form is refused."""
    files = {".stversions/x~20260201-000000": "old", ".stversions/y~20260201-000000": "old"}
    docs = one.add_folder("docs", files=files, versioning={"type": "simple", "params": {"keep": "3"}})
    path = "rest/folder/versions?folder=docs"
    wanted = {name: ask(one, path)[name][0]["versionTime"] for name in "xy"}
    docs.write({"y/in the way": "1"})
    reply = json.loads(send(one, "POST", path, wanted).text)
    assert list(reply) == ["y"]
    assert "simple versioner: restore: " in reply["y"]
    one.wait_until(lambda: ask(one, "rest/db/status?folder=docs")["localFiles"] == 2)
    assert docs.files["x"] == b"old"
    bodies: list[Any] = [b"", [], {"x": 5}, {"x": "notatime"}]
    for body in bodies:
        assert send(one, "POST", path, body).status == 500
    assert send(one, "POST", path, b"null") == (200, "{}\n")


def test_statistics(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID, syncthing_version: str) -> None:
    """A device was last seen when it connected, since 1.20 while it is connected; what never happened has no time."""
    fake.freeze()
    fake.disconnect(phone)
    fake.connect(phone)
    connected = f"{fake.now:%Y-%m-%dT%H:%M:%SZ}"
    fake.advance(5)
    devices = ask(fake, "rest/stats/device")
    now = f"{fake.now:%Y-%m-%dT%H:%M:%SZ}"
    assert devices[phone]["lastSeen"] == (connected if syncthing_version == "1.19.2" else now)
    assert devices[fake.device_id]["lastSeen"] == "1970-01-01T00:00:00Z"
    assert ask(fake, "rest/stats/folder")["docs"]["lastFile"] == {"at": NEVER, "filename": "", "deleted": False}
    docs.remote_write(phone, {"b.txt": b"b"})
    docs.finish_sync()
    last = ask(fake, "rest/stats/folder")["docs"]["lastFile"]
    assert last == {"at": now, "filename": "b.txt", "deleted": False}
    fake.disconnect(phone)
    assert ask(fake, "rest/stats/device")[phone]["lastConnectionDurationS"] == 5


def test_pending_offers(one: FakeSyncthing) -> None:
    """Offers that are to be ignored are not recorded, and dismissed ones are forgotten."""
    phone = one.add_device("phone", ignoredFolders=[{"id": "unwanted", "time": NEVER}])
    path = "rest/cluster/pending/folders"
    for folder in ("unwanted", "odd/id", "music"):
        one.offer_folder(phone, folder, label="Music", encrypted=True)
    offers = ask(one, path)
    assert sorted(offers) == ["music", "odd/id"]
    offer = offers["music"]["offeredBy"][phone]
    assert (offer["label"], offer["receiveEncrypted"]) == ("Music", True)
    assert ask(one, f"{path}?device={STRANGER}") == {}
    assert send(one, "DELETE", f"{path}?folder=music&device={STRANGER}").status == 200
    assert sorted(ask(one, path)) == ["music", "odd/id"]
    assert send(one, "DELETE", f"{path}?folder=odd/id").status == 200
    one.remove_device(phone)
    assert ask(one, path) == {}
    whole = one.config
    whole["remoteIgnoredDevices"] = [{"deviceID": STRANGER, "time": NEVER}]
    assert send(one, "PUT", "rest/config", whole).status == 200
    one.offer_device("stranger", device_id=STRANGER)
    assert ask(one, "rest/cluster/pending/devices") == {}


# --- rest/debug ---


def test_files_from_inside(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID, syncthing_version: str) -> None:
    """Version 1 lists which device has which version; version 2 fills in zero values for what is missing."""
    fake.set_gui(debugging=True)
    docs.remote_write(phone, {"a.txt": "2"})
    answer = ask(fake, "rest/debug/file?folder=docs&file=a.txt")
    if syncthing_version == "2.1.3":
        assert "globalVersions" not in answer
        for place in ("folder=nope&file=a.txt", "folder=docs&file=nope"):
            answer = ask(fake, f"rest/debug/file?{place}")
            assert (answer["global"]["name"], answer["availability"]) == ("", None)
        return
    versions = [
        " ".join(f"{{{each.replace(':', ' ')}}}" for each in answer[side]["version"]) for side in ("local", "global")
    ]
    assert answer["globalVersions"] == (
        f"[{{Version:{{[{versions[0]}]}}, Deleted:false, Devices:[7777777], Invalid:[]}}, "
        f"{{Version:{{[{versions[1]}]}}, Deleted:false, Devices:[{phone.short}], Invalid:[]}}]"
    )
    assert send(fake, "GET", "rest/debug/file?folder=docs&file=nope").status == 404
    docs.write({"b.txt": "3"})
    fake.add_folder("empty", devices=[phone])
    fake.add_folder("paused", devices=[phone], paused=True)
    assert ask(fake, "rest/debug/peerCompletion") == {phone: 75}


async def test_profiles(one: FakeSyncthing) -> None:
    """A CPU profile takes its duration on the fake's clock, or no time if that isn't positive; it is compressed."""
    one.set_gui(debugging=True)
    for duration in ("0s", "-3s"):
        assert gzip.decompress(await asyncio.to_thread(fetch, one, f"rest/debug/cpuprof?duration={duration}"))
    one.freeze()

    async def check(query: str, seconds: int) -> None:
        before = len(one.requests)
        asking = asyncio.create_task(asyncio.to_thread(fetch, one, f"rest/debug/cpuprof{query}"))
        await one.until(lambda: len(one.requests) > before)
        one.advance(seconds - 1)
        assert not asking.done()
        one.advance(1)
        assert gzip.decompress(await asking)

    for query, seconds in (("?duration=1m5s", 65), ("", 30), ("?duration=x", 30)):
        await check(query, seconds)


def test_support_bundles(fake: FakeSyncthing, phone: DeviceID, syncthing_version: str) -> None:
    """A bundle has everything that can be inspected, but no key, user name or password."""
    fake.set_gui(user="the-user", password="the-password", debugging=True)
    fake.add_folder("docs", path="/x")
    fake.set_folder("docs", devices=[{"deviceID": phone, "encryptionPassword": "the-secret"}])
    send(fake, "POST", "rest/system/error", b"oops")
    with zipfile.ZipFile(io.BytesIO(fetch(fake, "rest/debug/support"))) as archive:
        files = {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}
    for secret in (fake.api_key, "the-user", "the-password", "the-secret"):
        assert not [name for name, content in files.items() if secret in content]
    assert json.loads(files["config.json.txt"])["gui"]["apiKey"] == "REDACTED"
    assert all("oops" in files[name] for name in ("errors.json.txt", "log-inmemory.txt"))
    for name in ("metrics.txt", "connection-stats.json.txt"):
        assert (name in files) == (syncthing_version != "1.19.2")


# --- rest/svc, rest/noauth, and what is beside rest ---


def test_reports(fake: FakeSyncthing) -> None:
    """The version of the report can be chosen, the newest is the default, and it counts what the fake has."""
    assert "urVersion" not in ask(fake, "rest/svc/report?version=1")
    for query, version in (("?version=2", 2), ("", 3), ("?version=0", 3), ("?version=x", 3)):
        assert ask(fake, f"rest/svc/report{query}")["urVersion"] == version
    fake.set_options(relaysEnabled=True)
    fake.add_device("introducer", introducer=True)
    fake.add_folder("docs", files={"x": b"1" * (3 << 20)}, maxConflicts=0, versioning={"type": "trashcan"})
    report = ask(fake, "rest/svc/report")
    assert (report["totFiles"], report["folderMaxMiB"], report["relays"]) == (1, 3, {"enabled": True})
    assert report["deviceUses"]["introducer"] == report["folderUsesV3"]["conflictsDisabled"] == 1
    assert report["folderUses"]["trashcanVersioning"] == 1


def test_a_login_that_can_not_be_read(syncthing_version: str) -> None:
    """Such a login fails differently from a wrong password, and is no attempt; version 1.19 has no such login."""
    with FakeSyncthing(syncthing_version, user="me", password="secret") as fake:
        is_old = syncthing_version == "1.19.2"
        bodies: list[Any] = [b"", [], b"{"]
        for body in bodies:
            assert send(fake, "POST", "rest/noauth/auth/password", body).status == (404 if is_old else 400)
        assert happened(fake, 0, "LoginAttempt") == []
        if not is_old:
            wrong = {"username": "me", "password": "wrong"}
            assert send(fake, "POST", "rest/noauth/auth/password", wrong) == (403, "Forbidden\n")
            log = send(fake, "GET", "rest/system/log.txt").text
            assert "Wrong credentials supplied during API authorization" in log


def test_pages(fake: FakeSyncthing, phone: DeviceID, syncthing_version: str) -> None:
    """In place of the web interface there are a page, a script with the device ID, and metrics."""
    for path in ("", "index.html"):
        assert send(fake, "GET", path).text.startswith("<!DOCTYPE html>")
    assert fake.device_id in send(fake, "GET", "meta.js").text
    if syncthing_version != "1.19.2":
        fake.connect(phone)
        assert f'syncthing_connections_active{{device="{phone}"}} 1\n' in send(fake, "GET", "metrics").text


def test_listeners_and_discovery_can_fail(one: FakeSyncthing) -> None:
    """The status says what fails and why, until that ends; what isn't in use can't fail."""
    with pytest.raises(BadRequestError, match="not in use; what is: nothing"):
        one.fail_discovery("IPv4 local", "no network")
    with pytest.raises(BadRequestError, match=f"not in use; what is: {one.sync_address}"):
        one.fail_listener("tcp://192.0.2.1:1", "no network")
    one.set_options(localAnnounceEnabled=True, listenAddresses=["default"], relaysEnabled=True)
    one.fail_discovery("IPv4 local", "no network")
    for address in ("tcp://0.0.0.0:22000", "dynamic+https://relays.syncthing.net/endpoint"):
        one.fail_listener(address, "refused")
    status = ask(one, "rest/system/status")
    assert status["discoveryErrors"] == {"IPv4 local": "no network"}
    assert {name: each["error"] for name, each in status["discoveryStatus"].items()} == {
        "IPv4 local": "no network",
        "IPv6 local": None,
    }
    assert [each["error"] for each in status["connectionServiceStatus"].values()].count("refused") == 2
    one.fail_discovery("IPv4 local", None)
    one.fail_listener("tcp://0.0.0.0:22000", None)
    status = ask(one, "rest/system/status")
    assert status["discoveryErrors"] == {}
    assert [each["error"] for each in status["connectionServiceStatus"].values()].count("refused") == 1


def test_an_address_for_all_interfaces(one: FakeSyncthing) -> None:
    """The status reports such an address as Go does, while the fake stays on loopback."""
    before = one.url
    for address in ("0.0.0.0:8384", ":8384", "[::]:8384"):
        one.set_gui(address=address)
        assert ask(one, "rest/system/status")["guiAddressUsed"] == "[::]:8384", address
    assert one.url == before
