"""Adding and sharing: what is sent, and what is left when it is interrupted."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import API, DeviceID, Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    InvalidDeviceIDError,
    InvalidResponseError,
    NotFoundError,
    UnknownDeviceError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.calls import DEVICE, KEY
from tests.support.server import DAEMON_ID, Answer, Request, Server, as_json, as_text

SECRET = {"deviceID": DEVICE, "encryptionPassword": "secret", "introducedBy": "X", "fromTheFuture": [1]}
OTHER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
ANOTHER = str(DeviceID.from_bytes(bytes([1]) * 32))
UNKNOWN = str(DeviceID.from_bytes(bytes([2]) * 32))
OLD = {"X-Syncthing-Version": "v1.19.2"}


def folder(*devices: Any, **more: Any) -> Answer:
    """Answer with a folder."""
    return as_json({"id": "f", "path": "/x", "type": "sendreceive", "devices": list(devices), **more})


async def test_unknown_fields_survive() -> None:
    """Only the list of devices is sent, with every field of every element, and zero where a new one has none."""
    new = {"deviceID": OTHER, "introducedBy": "", "encryptionPassword": "", "fromTheFuture": []}
    devices = as_json([{"deviceID": DEVICE}, {"deviceID": OTHER}])
    answers = folder(SECRET), devices, folder(SECRET), Answer(), folder(new, SECRET)
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.share("f", OTHER)
    assert server.requests[3].json() == {"devices": [SECRET, new]}


async def test_the_own_device_without_asking() -> None:
    """As soon as the daemon's ID is known, its own device is refused, before anything is sent."""
    async with Server(as_json({"ping": "pong"})) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        with pytest.raises(BadRequestError, match="own device"):
            await client.config.add_device(client.api.daemon_id or DAEMON_ID)
    assert len(server.requests) == 1


async def test_what_is_not_sent() -> None:
    """A mistyped ID is refused by every method that takes one; so is another ID among the settings, or another type."""
    wrong = f"{DEVICE[:-1]}{'A' if DEVICE[-1] != 'A' else 'B'}"
    async with Server() as server, Syncthing(KEY, server.url) as client:
        config, cluster, typo = client.config, client.cluster, "typo"
        odd: Any = config
        for call, reason in (
            (config.add_device(wrong), typo),
            (config.add_folder("f", "/srv/f", devices=[OTHER, wrong]), typo),
            (config.add_folder("f", "/srv/f", devices=[{"deviceID": wrong}]), typo),
            (config.share("f", OTHER, wrong), typo),
            (config.unshare("f", wrong), typo),
            (cluster.accept_device(wrong), typo),
            (cluster.accept_folder("f", "/srv/f", device_id=wrong), typo),
            (cluster.ignore_device(wrong), typo),
            (cluster.ignore_folder("f", device_id=[OTHER, wrong]), typo),
            (cluster.dismiss_device(wrong), typo),
            (cluster.dismiss_folder("f", wrong), typo),
            (client.check(devices=wrong), typo),
            (client.wait_in_sync(devices=wrong), typo),
            (odd.add_device(DEVICE, deviceID=OTHER), "deviceID can't be one of the settings"),
            (odd.add_folder("f", "/srv/f", id="g"), "id can't be one of the settings"),
            (odd.add_folder("f", "/srv/f", devices=None), "devices must be a string or a list of them, not NoneType"),
            (odd.add_folder("f", "/srv/f", ignores="*.tmp"), "patterns must be a list of strings, not str"),
        ):
            with pytest.raises(InvalidDeviceIDError if reason == typo else BadRequestError, match=reason):
                await call
        with pytest.raises(InvalidDeviceIDError):
            client.paused(devices=wrong)
        assert server.requests == []


STARTING: dict[str, Any] = {
    "id": 1,
    "globalID": 2,
    "time": "2026-11-27T12:55:31Z",
    "type": "Starting",
    "data": {"home": "/srv/home", "myID": DEVICE},
}


@pytest.mark.parametrize(
    ("event", "path", "asked_last"),
    [
        (STARTING, "/srv", "events?since=0&timeout=1"),
        (
            STARTING | {"id": 1001, "type": "FolderSummary"},
            "/srv//home/",
            "system/browse?current=%2Fsrv%2Fhome%2Findex-v",
        ),
    ],
)
async def test_a_home_that_an_old_daemon_does_not_report(event: dict[str, Any], path: str, asked_last: str) -> None:
    """Before 1.21, its first event names it; if that is gone, a path with a database in it is the home of a daemon."""
    asked: list[str] = []

    async def answer(request: Request) -> Answer:
        asked.append(str(request))
        if request.path.endswith("/status"):
            return as_json({"tilde": "/home/user", "pathSeparator": "/"}, headers=OLD)
        if request.path.endswith("/version"):
            return as_json({"os": "linux", "version": "v1.19.2"}, headers=OLD)
        if request.path.endswith("/paths"):
            return as_text("404 page not found", 404, headers=OLD)
        if request.path.endswith("/events"):
            return as_json([event], headers=OLD)
        return as_json(["/srv/home/index-v0.14.0.db/"], headers=OLD)

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(BadRequestError, match="daemon's own home, which has its keys and database"):
            await client.config.add_folder("f", path)
    assert asked[-1] == f"GET /rest/{asked_last}"


async def test_other_file_systems() -> None:
    """The path of a folder with another ``filesystemType`` is not a path on the disk, so it isn't checked."""
    answers = (*(2 * (as_json({"folders": []}),)), Answer(), folder(), as_json({"folders": [{"id": "f"}]}))
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.add_folder("f", "fake?files=10", filesystemType="fake")
        assert server.requests[2].json()["path"] == "fake?files=10"
        with pytest.raises(InvalidResponseError, match=r"folders\[0\].path: missing"):
            await client.config.add_folder("f", "x", filesystemType="fake")


async def test_refusals_that_depend_on_what_is_there() -> None:
    """Requests that conflict with the configuration are refused, and nothing is changed."""
    async with FakeSyncthing() as fake, fake.client() as client:
        config, cluster = client.config, client.cluster
        await config.add_device(OTHER, introducer=True)
        await config.set_device({"deviceID": DEVICE, "introducedBy": OTHER})
        await config.add_folder("a/b", "/srv/f", devices=[OTHER])
        await config.add_folder("f", "/srv/g", devices=[{"deviceID": DEVICE, "introducedBy": OTHER}, OTHER])
        await config.add_device(ANOTHER, untrusted=True)
        changes = client.api.changes
        for call, reason in (
            (config.add_folder("h", "/srv/h", devices=[ANOTHER]), "untrusted.*encryptionPassword"),
            (config.add_device(DEVICE), f"exists already, added by the introducer {OTHER}"),
            (config.add_device(OTHER), "exists already: change it"),
            (config.add_folder("a/b", "/srv/h"), "exists already"),
            (config.add_folder("h", "/srv/f/x"), "inside"),
            (config.unshare("f", DEVICE), f"the introducer {OTHER}"),
            (cluster.accept_device(DEVICE), "exists already, added by"),
            (cluster.accept_device(fake.device_id), "own device"),
            (cluster.accept_folder("a/b", "/srv/h"), "exists already: use share"),
            (cluster.ignore_device(DEVICE), "is configured"),
            (cluster.ignore_folder("f", device_id=OTHER), "is shared"),
            (cluster.ignore_folder("f", device_id=fake.device_id), "own device"),
            (cluster.ignore_folder("a/b", device_id=[DEVICE, OTHER]), f"is shared with device {OTHER}"),
        ):
            with pytest.raises(BadRequestError, match=reason):
                await call
        for pending, hint in (
            (cluster.accept_device(UNKNOWN), "it has not tried to connect.*config.add_device"),
            (cluster.accept_folder("h", "/srv/h"), "no device offers it.*config.add_folder"),
            (cluster.ignore_folder("h"), "pass device_id"),
        ):
            with pytest.raises(NotFoundError, match=f"^(device {UNKNOWN}|folder 'h') is not pending.*{hint}"):
                await pending
        with pytest.raises(UnknownDeviceError):
            await cluster.ignore_folder("h", device_id=[DEVICE, UNKNOWN])
        assert client.api.changes == changes
        assert len((await config.unshare("f", OTHER))["devices"]) == 2
        assert len((await config.share("a/b", DEVICE))["devices"]) == 3


async def test_what_is_ignored() -> None:
    """It is ignored once, and the error of accepting it says so, and how to stop ignoring it."""
    async with FakeSyncthing() as fake, fake.client() as client:
        await client.config.add_device(OTHER)
        cluster = client.cluster
        ignored = [await cluster.ignore_device(each) for each in (DEVICE, UNKNOWN)]
        assert await cluster.ignore_device(DEVICE) == ignored[0]
        assert sorted((await client.config.config())["remoteIgnoredDevices"], key=str) == sorted(ignored, key=str)
        (device,) = await cluster.ignore_folder("h", device_id=OTHER)
        assert [each["id"] for each in device["ignoredFolders"]] == ["h"]
        assert await cluster.ignore_folder("h", device_id=[OTHER]) == [device]
        with pytest.raises(UnknownDeviceError, match=f"device {UNKNOWN} is not pending: it is ignored.*add_device"):
            await cluster.accept_device(UNKNOWN)
        with pytest.raises(NotFoundError, match=f"'h' is not pending: offers.* ignored for.*: {OTHER}.*add_folder"):
            await cluster.accept_folder("h", "/srv/h")


@pytest.mark.parametrize("settings", [{}, {"filesystemType": "fake"}])
async def test_patterns_that_can_not_be_parsed(settings: Any) -> None:
    """Unusable patterns, given or default ones, are refused before the folder is added; others can be given instead."""
    async with FakeSyncthing() as fake, fake.client() as client:
        config = client.config
        with pytest.raises(BadRequestError, match=r"nothing was sent.* parse the ignore patterns: .*\["):
            await config.add_folder("f", "/srv/f", ignores=["*.tmp", "["], **settings)
        await config.set_default_ignores(["["])
        with pytest.raises(BadRequestError, match=r"default ignore patterns.*set_default_ignores"):
            await config.add_folder("f", "/srv/f", **settings)
        assert await config.folders() == []
        for ignores in ([], ["*.tmp"]):
            assert (await config.add_folder("f", "/srv/f", ignores=ignores, **settings))["paused"] is False
            await config.remove_folder("f")


def ending_after(number: int) -> Callable[..., Any]:
    """Return a method in place of `API.raw_request` after whose n-th request the program ends."""
    send = API.raw_request
    left = number

    async def request(*args: Any, **options: Any) -> Any:
        nonlocal left
        answer = await send(*args, **options)
        left -= 1
        if not left:
            raise asyncio.CancelledError
        return answer

    return request


@pytest.mark.parametrize("version", ["1.19", "2.1"])
async def test_what_is_left_of_a_folder_with_patterns(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the program ends after any request: no folder, or one that is paused, or all; and it can be made good."""
    found: list[tuple[bool, bool]] = []
    for number in range(1, 20):
        with FakeSyncthing(version, home=tmp_path / str(number), files_on_disk=True) as fake:
            async with fake.client() as client:
                place = tmp_path / f"files-{number}"
                place.mkdir()
                (place / "x.tmp").write_text("text")
                with monkeypatch.context() as patch:
                    patch.setattr(API, "raw_request", ending_after(number))
                    adding = asyncio.create_task(client.config.add_folder("f", str(place), ignores=["*.tmp"]))
                    (error,) = await asyncio.gather(adding, return_exceptions=True)
            async with fake.client() as client:
                folders = await client.config.folders()
                if not isinstance(error, asyncio.CancelledError):
                    assert folders == [error]
                    break
                if folders:
                    patterns = (await client.database.ignores("f"))["ignore"]
                    found.append((folders[0]["paused"], patterns == ["*.tmp"]))
                    await client.database.set_ignores("f", ["*.tmp"])
                    await client.config.patch_folder("f", paused=False)
                    await client.database.scan("f")
                    assert not await client.database.browse("f")
                    await client.config.remove_folder("f")
                await client.config.add_folder("f", str(place), ignores=["*.tmp"])
    else:
        pytest.fail("it never ends")
    assert found == [(True, False), (True, True), (False, True), (False, True)]
