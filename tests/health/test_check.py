"""`Syncthing.check` as a whole: what it asks, what it finds, and what it does when the daemon doesn't answer."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from aiosyncthing import API
from aiosyncthing.exceptions import (
    BadRequestError,
    InvalidDeviceIDError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    UnreachableError,
)
from aiosyncthing.health import Finding, Severity
from pytest_syncthing import FakeSyncthing
from tests.support.server import DAEMON_ID
from tests.support.synced import REFUSED, asked, connections_in_use, docs, left, synced
from tests.support.values import OTHER, THIRD

DAY = 24 * 60 * 60
BASIC = {
    *("config", "system/status", "system/connections", "stats/device", "cluster/pending/devices"),
    *("cluster/pending/folders", "config/restart-required", "system/error"),
}


async def check(fake: FakeSyncthing, *args: Any, **options: Any) -> list[Finding]:
    """Check a daemon with a client of its own."""
    async with fake.client() as client:
        return await client.check(*args, **options)


async def kinds(fake: FakeSyncthing, *args: Any, **options: Any) -> list[str]:
    """Return the kinds of the findings."""
    return [finding.kind for finding in await check(fake, *args, **options)]


@pytest.mark.parametrize("version", ["1.19", "2.1"])
async def test_other_versions(version: str) -> None:
    """What the oldest and the newest daemon send is enough to find nothing."""
    with synced(version) as fake:
        assert await check(fake) == []


async def test_a_healthy_daemon(fake: FakeSyncthing) -> None:
    """It has no findings, which takes 8 requests and one for each folder, at most 4 at a time."""
    for number in range(5):
        device = fake.add_device(f"device {number}")
        fake.add_folder(f"folder {number}", devices=[OTHER, device])
        fake.connect(device)
    fake.finish_sync()
    held = fake.hold("rest/db/status", times=None)
    async with fake.client() as client:
        task = asyncio.create_task(client.check())
        await fake.until(lambda: held.hits == 4)
        assert connections_in_use(client) == 4
        held.release()
        assert await task == []
    assert asked(fake) == {**dict.fromkeys(BASIC, 1), "db/status": 6}


async def test_everything_at_once() -> None:
    """A neglected daemon: each part of it is found, the most severe first, and twice the same."""
    with FakeSyncthing(device_id=DAEMON_ID) as fake:
        fake.freeze()
        fake.add_device("phone", device_id=OTHER)
        fake.add_device("nas", device_id=THIRD)
        fake.connect(OTHER)
        fake.add_folder("lost", devices=[OTHER]).set_error("folder path missing")
        fake.add_folder("asleep", paused=True)
        fake.add_folder("ill", devices=[OTHER], label="Pictures", ignoreDelete=True).fail("a.jpg", "permission denied")
        fake.folder("ill").set_watch_error("too many files")
        fake.add_folder("needy", devices=[OTHER]).remote_write(OTHER, {"b.txt": b"12345"})
        fake.disconnect(OTHER)
        fake.advance(31 * DAY)
        fake.offer_device("stranger")
        fake.set_gui(address="0.0.0.0:8384")
        fake.set_options(globalAnnounceEnabled=True, localAnnounceEnabled=True)
        fake.fail_discovery("IPv4 local", "no network")
        fake.fail_listener(fake.sync_address, "address already in use")
        async with fake.client() as client:
            await client.config.patch_options(databaseTuning="large")
            await client.system.post_error("disk error")
            found = await client.check()
            assert await client.check() == found
        assert [(finding.kind, finding.folder, finding.device) for finding in found] == [
            ("folder_error", "lost", ""),
            ("gui_without_password", "", ""),
            ("failed_items", "ill", ""),
            ("no_source", "needy", ""),
            ("watch_error", "ill", ""),
            ("device_unseen", "", OTHER),
            ("device_never_seen", "", THIRD),
            ("gui_without_tls", "", ""),
            ("deletions_ignored", "ill", ""),
            ("listener_failed", "", ""),
            ("restart_required", "", ""),
            ("system_error", "", ""),
            ("folder_paused", "asleep", ""),
            ("pending_device", "", found[13].device),
            ("discovery_failed", "", ""),
        ]
        assert found[2].text == "Folder Pictures has 1 failed item, such as a.jpg (permission denied)."
        for finding in found:
            assert fake.api_key not in str(finding.to_dict())


async def test_a_folder_that_needs_something(fake: FakeSyncthing) -> None:
    """While a connected device may have what is needed, the folder is just not done yet."""
    docs(fake).remote_write(OTHER, {"b.txt": b"12345"})
    assert await check(fake) == []
    docs(fake).fail("b.txt", "syncing: no connected device has the required version of this file")
    (finding,) = await check(fake)
    assert finding.text == "Folder docs lacks 1 item (5 B), and no connected device has b.txt."
    fake.disconnect(OTHER)
    assert await check(fake) == [finding] == [Finding("no_source", Severity.WARNING, "docs")]


# --- What to check ---


async def test_chosen_folders_and_devices(fake: FakeSyncthing) -> None:
    """Only what was chosen is asked about and found; what concerns the daemon as a whole is always checked."""
    fake.add_folder("asleep", paused=True)
    fake.add_folder("lost").set_error("folder path missing")
    fake.add_device("nas", device_id=THIRD, paused=True)
    fake.offer_folder(OTHER, "new")
    async with fake.client() as client:
        await client.system.post_error("disk error")
    every = ["folder_error", "system_error", "folder_paused", "device_paused", "pending_folder"]
    assert await kinds(fake) == every
    assert await kinds(fake, "asleep") == ["system_error", "folder_paused", "device_paused"]
    assert await kinds(fake, ["lost", "docs"], []) == ["folder_error", "system_error"]
    before = asked(fake)
    assert await kinds(fake, [], THIRD.lower().replace("-", "")) == ["system_error", "device_paused"]
    assert asked(fake) - before == Counter(BASIC)
    assert await kinds(fake, devices=[OTHER]) == ["folder_error", "system_error", "folder_paused", "pending_folder"]
    assert await kinds(fake, ignore=["folder_error", "device_paused"]) == [every[1], every[2], every[4]]
    assert await kinds(fake, ignore="system_error") == [every[0], *every[2:]]


async def test_impossible_arguments(fake: FakeSyncthing) -> None:
    """A typo must not look like a healthy daemon."""
    for args, options, error in (
        (("nope",), {}, UnknownFolderError),
        ((["docs", ""],), {}, BadRequestError),
        ((None, THIRD), {}, UnknownDeviceError),
        ((None, DAEMON_ID), {}, UnknownDeviceError),
        ((None, ["phone"]), {}, InvalidDeviceIDError),
        ((5,), {}, BadRequestError),
        *(((), {"ignore": ignore}, BadRequestError) for ignore in ("folder_eror", None, [5])),
        *(((), {"unseen_days": days}, BadRequestError) for days in ("30", -1, float("nan"))),
    ):
        with pytest.raises(error):
            await check(fake, *args, **options)


async def test_the_number_of_days(fake: FakeSyncthing) -> None:
    """When a device has been away for too long is the caller's choice."""
    fake.disconnect(OTHER)
    fake.advance(2 * DAY)
    assert await check(fake) == []
    (finding,) = await check(fake, unseen_days=1.5)
    assert finding.seconds == 2 * DAY
    assert finding.text == "Device other was last seen 2 days ago."


async def test_a_newer_version_is_looked_for_when_asked(fake: FakeSyncthing) -> None:
    """Only then does the daemon ask a server. A build that can't upgrade, or no network, doesn't fail the check."""
    upgrade = {"running": "v1.29.5", "latest": "v1.30.0", "newer": True, "majorNewer": False}
    fake.respond("rest/system/upgrade", json=upgrade)
    assert await check(fake) == []
    assert asked(fake)["system/upgrade"] == 0
    assert await kinds(fake, upgrade=True) == ["upgrade_available"]
    assert [(each.kind, each.severity) for each in await check(fake, upgrade=True)] == [("unchecked", 0)]
    fake.respond("rest/system/upgrade", status=500, text="no network")
    (finding,) = await check(fake, upgrade=True)
    assert (finding.kind, finding.severity, finding.subject) == ("unchecked", 1, "rest/system/upgrade")
    assert "no network" in finding.text


async def test_conflict_copies_are_looked_for_when_asked(fake: FakeSyncthing) -> None:
    """Only then are the trees of the chosen folders walked, unless they are paused."""
    name = f"sub/a.sync-conflict-20260301-120000-{OTHER[:7]}.txt"
    docs(fake).write({name: b"1"})
    fake.finish_sync()
    fake.add_folder("asleep", paused=True)
    assert await kinds(fake, ["docs"]) == []
    assert asked(fake)["db/browse"] == 0
    (finding,) = await check(fake, ["docs"], conflicts=True)
    assert finding.text == f"Folder docs has 1 conflict copy, such as {name}."
    assert await kinds(fake, conflicts=True) == ["conflict_copies", "folder_paused"]
    fake.respond("rest/db/browse", status=500, text="disk error")
    assert await kinds(fake, ["docs"], conflicts=True) == ["unchecked"]
    fake.respond("rest/db/browse", status=404, text="folder is paused")
    assert await kinds(fake, ["docs"], conflicts=True) == []


# --- What can't be asked ---


@pytest.mark.parametrize(
    ("path", "answer", "severity"),
    [
        ("rest/stats/device", {"status": 500, "text": "disk error"}, 1),
        ("rest/system/error", {"status": 404, "text": "404 page not found"}, 0),
        ("rest/config/restart-required", {"status": 501, "text": "no"}, 0),
        ("rest/db/status", {"status": 500, "text": "disk error"}, 1),
    ],
)
async def test_one_answer_is_missing(fake: FakeSyncthing, path: str, answer: Any, severity: int) -> None:
    """What the daemon can't answer is a finding, and everything else is checked all the same."""
    fake.add_folder("asleep", paused=True)
    fake.respond(path, **answer)
    found = await check(fake)
    unchecked = Finding("unchecked", Severity(severity), "docs" if "/db/" in path else "", subject=path)
    assert set(found) == {unchecked, Finding("folder_paused", Severity.INFO, "asleep")}


async def test_an_answer_that_takes_too_long(fake: FakeSyncthing) -> None:
    """A folder whose status takes the daemon too long is a finding."""
    held = fake.hold("rest/db/status")
    found = await check(fake, timeout=2)
    assert [(each.kind, each.folder, each.subject) for each in found] == [("unchecked", "docs", "rest/db/status")]
    held.release()


async def test_time_limits(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that the daemon answers from its database get a minute by default, and others the usual time."""
    limits: dict[str, float | None] = {}
    send = API.raw_request

    async def note(self: API, uri: str, *args: Any, **options: Any) -> Any:
        limits[uri.removeprefix("rest/")] = options.get("timeout")
        return await send(self, uri, *args, **options)

    monkeypatch.setattr(API, "raw_request", note)
    for timeout, expensive, other in ((None, 60, None), (70, 70, 70)):
        assert await check(fake, timeout=timeout) == []
        assert limits == {**dict.fromkeys(BASIC, other), "db/status": expensive}


async def test_what_goes_meanwhile(fake: FakeSyncthing) -> None:
    """A folder that was removed or paused since is not reported; a failure without a name counts all the same."""
    fake.respond("rest/db/status", status=404, text="no such folder")
    assert await check(fake) == []
    docs(fake).fail("x", "y")
    fake.respond("rest/folder/errors", json={"folder": "docs", "errors": None, "page": 1, "perpage": 10})
    (finding,) = await check(fake)
    assert (finding.count, finding.items) == (1, ())


async def test_a_daemon_that_can_not_be_asked(fake: FakeSyncthing) -> None:
    """Then there are no findings but an error, as with every call."""
    fake.respond("rest/cluster/pending/devices", **REFUSED)
    with pytest.raises(UnauthorizedError):
        await check(fake)
    fake.truncate("rest/db/status", after=10, times=None)
    with pytest.raises(UnreachableError):
        await check(fake)
    fake.stop_daemon()
    with pytest.raises(UnreachableError):
        await check(fake)


async def test_a_cancelled_check_leaves_nothing(fake: FakeSyncthing) -> None:
    """A check that is cancelled ends its requests, and its task is cancelled once."""
    held = fake.hold("rest/system/status")
    async with fake.client() as client:
        task = asyncio.create_task(client.check())
        await fake.until(lambda: held.hits)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelling() == 1
        assert connections_in_use(client) == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}
    held.release()
    await left(fake)
