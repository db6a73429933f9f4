"""Never run, only type-checked: what users of the client see."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_type

import aiohttp

from aiosyncthing import (
    API,
    CertificateFile,
    Daemon,
    DeviceID,
    Fingerprint,
    LocalDaemon,
    Pause,
    Syncthing,
    diff,
    exceptions,
    fetch_fingerprint,
    parse_time,
    redact,
    types,
)
from aiosyncthing.config import Changes
from aiosyncthing.ignores import IgnorePatterns, Pattern
from aiosyncthing.local import discover
from pytest_syncthing import FakeFault, FakeFolder, FakeSyncthing, Request


async def constructor() -> None:
    """The seed's arguments, by name and by position."""
    async with Syncthing("key") as client, aiohttp.ClientSession() as session:
        assert_type(client, Syncthing)
        assert_type(client.url, str)
        Syncthing("key", "http://127.0.0.1:8384", 10, True, None, session)
        Syncthing("key", url="http://127.0.0.1:8384", timeout=None, verify_ssl=False, loop=None, session=None)
        API("key", "http://127.0.0.1:8384", 10, True, None, session)
        Syncthing("key", direct=True)
        assert_type(API("key", direct=None).direct, bool)
        Syncthing()  # type: ignore[call-arg]


async def trust() -> None:
    """What to trust is any of these, as a keyword argument only."""
    url = "https://127.0.0.1:8384"
    fingerprint = await fetch_fingerprint(url)
    assert_type(fingerprint, Fingerprint)
    assert_type(Fingerprint.from_certificate(b""), Fingerprint)
    for kind in (Syncthing, API):
        kind("key", url, tls=fingerprint)
        kind("key", url, tls=CertificateFile(Path("https-cert.pem")))
        kind("key", url, tls="ca.pem")
        kind("key", url, tls=Path("ca.pem"))
        kind("key", url, tls=ssl.create_default_context())
        kind("key", url, tls=False)
        kind("key", url, tls=None)
    Syncthing("key", url, tls=True)  # type: ignore[arg-type]
    Syncthing("key", url, 10, True, None, None, None)  # type: ignore[call-arg]
    try:
        await Syncthing("key", url, tls=fingerprint).system.ping()
    except exceptions.FingerprintMismatchError as error:
        assert_type(error.expected, str)
        assert_type(error.actual, str)


def local() -> None:
    """The daemon of this computer, and a client of it."""
    daemon = discover()
    assert_type(daemon, LocalDaemon)
    assert_type(daemon.url, str)
    assert_type(daemon.certificate, Path | None)
    assert_type(Syncthing.local(), Syncthing)
    assert_type(Syncthing.local(Path("home"), timeout=5, tls=False), Syncthing)
    Syncthing.local(key="key")  # type: ignore[call-arg]


async def testing() -> None:
    """The fake daemon, also as a context manager of either kind."""
    with FakeSyncthing("2.1", name="nas") as fake:
        phone = fake.add_device("phone")
        assert_type(phone, DeviceID)
        folder = fake.add_folder("docs", files={"a": b"a", "b": "b", "c": None}, devices=[phone], label="Docs")
        assert_type(folder, FakeFolder)
        assert_type(folder.files, dict[str, bytes])
        assert_type(fake.hold("rest/system/status"), FakeFault)
        assert_type(fake.requests, list[Request])
        assert_type(fake.client(timeout=5), Syncthing)
    async with FakeSyncthing() as other:
        assert_type(other, FakeSyncthing)


async def answers(client: Syncthing) -> None:
    """Each method returns the type of its answer."""
    assert_type(await client.system.ping(), None)
    assert_type(await client.system.status(), types.SystemStatus)
    assert_type((await client.system.status())["myID"], str)
    assert_type(await client.system.restart(timeout=3), types.Ok | None)
    assert_type(await client.system.browse("/"), list[str] | None)
    assert_type(await client.config.folders(), list[types.FolderConfiguration])
    assert_type(await client.config.folders("docs"), types.FolderConfiguration)
    assert_type(await client.config.devices(), list[types.DeviceConfiguration])
    assert_type(await client.database.status("docs"), types.FolderSummary)
    edit = client.config.edit()
    async with edit as config:
        assert_type(config, types.Configuration)
        config["folders"][0]["paused"] = True
    assert_type(edit.changes, Changes)
    assert_type(edit.unconfirmed, Changes)
    assert_type([change.before for change in edit.changes], list[Any])
    assert_type(edit.changes.data, list[types.ConfigChange])
    assert_type(diff(config, config), Changes)
    assert_type(redact(config), types.Configuration)
    assert_type(redact(config["folders"][0], names=True), types.FolderConfiguration)
    assert_type(await client.config.backup(), types.Backup)
    async with client.database.edit_ignores("docs") as patterns:
        assert_type(patterns, IgnorePatterns)
        assert_type(patterns.match("a"), bool)
        assert_type(patterns.find("a"), Pattern | None)
    async with client.paused("docs") as pause, client.at_rest("docs", devices=None) as path:
        assert_type(pause, Pause)
        assert_type(await client.resume(pause.state), types.PauseState)
        assert_type(path, str)
    assert_type(client.database.iter_need("docs"), AsyncGenerator[types.FileInfo])
    assert_type(client.database.walk("docs"), AsyncGenerator[tuple[str, types.TreeEntry]])
    assert_type(client.database.conflicts(), AsyncGenerator[types.ConflictCopy])
    assert_type(await client.folder.restore("docs", {}), dict[str, str])
    assert_type(await client.folder.restore_at("docs", datetime.now(UTC), under="a"), types.RestoreReport)
    assert_type(await client.events.poll(), list[types.Event])
    assert_type(await client.stats.devices(), dict[str, types.DeviceStatistics])
    assert_type(await client.metrics(), str)
    assert_type(await client.qr_code("text"), bytes)
    assert_type(await client.debug.heap_profile("profile"), int)
    assert_type(await client.api.request("rest/system/ping"), Any)
    (await client.system.status())["myId"]  # type: ignore[typeddict-item]


async def events(client: Syncthing) -> None:
    """Polled events are distinguished by their type; the data of those that are listened to is left open."""
    for event in await client.events.poll():
        if event["type"] == "StateChanged":
            assert_type(event["data"], types.StateChangedData)
    async for heard in client.events.listen():
        assert_type(heard, types.AnyEvent)
        assert_type(heard["data"], Any)
    await client.events.poll(types={"StateChanged"})
    await client.events.poll(types="StateChange")  # type: ignore[arg-type]


async def stream(client: Syncthing) -> None:
    """The stream's own items are distinguished from the daemon's events by their type, too."""
    async with client.events.stream({"StateChanged"}, since="history") as items:
        async for item in items:
            match item["type"]:
                case "StateChanged":
                    assert_type(item["data"], types.StateChangedData)
                case "EventsLost":
                    assert_type(item["data"]["missed"], int | None)
                case _:
                    pass
        assert_type(items.cursor, types.Cursor | None)
    client.events.stream(since="yesterday")  # type: ignore[arg-type]


async def additions(client: Syncthing) -> None:
    """Further fields are keywords; wrong names and values are refused."""
    config, cluster = client.config, client.cluster
    assert_type(await config.add_device("A", "name", addresses=["dynamic"], paused=True), types.DeviceConfiguration)
    assert_type(await config.add_folder("f", "~/f", devices=["A"], ignores=["*.tmp"]), types.FolderConfiguration)
    await config.add_folder("f", "~/f", devices=[{"deviceID": "A", "encryptionPassword": "x"}], maxConflicts=0)
    assert_type(await config.share("f", "A", "B", encryption_password="x"), types.FolderConfiguration)
    assert_type(await config.unshare("f", "A"), types.FolderConfiguration)
    assert_type(await cluster.accept_device("A", name="x", introducer=True), types.DeviceConfiguration)
    assert_type(await cluster.accept_folder("f", "~/f", device_id=["A"], order="random"), types.FolderConfiguration)
    assert_type(await cluster.ignore_device("A"), types.ObservedDevice)
    assert_type(await cluster.ignore_folder("f", device_id="A"), list[types.DeviceConfiguration])
    await config.add_folder("f", "~/f", type="sendrecieve")  # type: ignore[arg-type]
    await config.add_folder("f", "~/f", pused=True)  # type: ignore[call-arg]
    await config.add_folder("f")  # type: ignore[call-arg]


async def changes(client: Syncthing) -> None:
    """Patches are keywords or a dict; wrong names and values are refused; a whole object goes back as it came."""
    await client.config.patch_folder("docs", paused=True)
    await client.config.patch_folder("docs", {"devices": [{"deviceID": "A"}]}, timeout=3)
    await client.config.patch_folder("docs", {"paused": True}, label="Docs")
    await client.config.patch_folder("docs", pause=True)  # type: ignore[call-arg]
    await client.config.patch_folder("docs", type="sendrecieve")  # type: ignore[arg-type]
    folder = await client.config.folders("docs")
    folder["label"] = "Docs"
    await client.config.set_folder(folder)
    await client.config.set_folder({"id": "docs", "path": "/srv/docs", "type": "receiveonly"})
    await client.config.set_folder({"id": "docs"})  # type: ignore[arg-type]
    await client.config.set_device({"deviceID": "A", "addresses": ["dynamic"]})
    await client.config.patch_options(maxSendKbps=100)
    await client.config.patch_gui(theme="dark")
    config = await client.config.config()
    await client.config.replace(config)


async def beside() -> None:
    """What needs no daemon, and what launches one."""
    assert_type(DeviceID("").short, str)
    parse_time("2026-01-01T00:00:00Z")
    async with Daemon() as daemon:
        assert_type(daemon.client, Syncthing)
