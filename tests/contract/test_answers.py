"""Each daemon answers each request, with exactly what the types describe."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from aiosyncthing import Daemon, Syncthing, _routes, parse_time
from aiosyncthing.exceptions import NotSupportedError

from .conftest import PASSWORD, STRANGER, USER, Pair
from .observer import Observer
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Endpoints that some supported versions don't have.
SOMETIMES: list[tuple[str, Callable[[Syncthing], Awaitable[Any]]]] = [
    ("METRICS", lambda client: client.metrics()),
    ("PATHS", lambda client: client.system.paths()),
    ("DEBUG_FACILITIES", lambda client: client.system.debug_facilities()),
    ("SET_DEBUG_FACILITIES", lambda client: client.system.set_debug_facilities(enable=["main"], disable=["main"])),
    ("LOG_LEVELS", lambda client: client.system.log_levels()),
    ("SET_LOG_LEVELS", lambda client: client.system.set_log_levels({"model": "INFO"})),
    ("HEALTH", lambda client: client.noauth.health()),
    ("LOGIN", lambda client: client.noauth.login(USER, PASSWORD)),
    ("LOGOUT", lambda client: client.noauth.logout()),
    ("PEER_COMPLETION", lambda client: client.debug.peer_completion()),
    ("HTTP_METRICS", lambda client: client.debug.http_metrics()),
]


async def ask_everything(client: Syncthing) -> None:
    """Make every request that changes nothing and that every supported daemon can answer."""
    await client.system.ping()
    await client.system.version()
    await client.system.status()
    await client.system.connections()
    await client.system.discovery()
    await client.system.error()
    await client.system.log()
    await client.system.log_text()
    await client.system.browse()
    with pytest.deprecated_call():
        await client.system.config()
    await client.config.config()
    await client.config.restart_required()
    await client.config.options()
    await client.config.gui()
    await client.config.ldap()
    await client.config.default_folder()
    await client.config.default_device()
    await client.config.default_ignores()
    await client.cluster.pending_devices()
    await client.cluster.pending_folders()
    await client.events.poll(timeout=0)
    await client.events.disk(timeout=0)
    await client.stats.devices()
    await client.stats.folders()
    await client.svc.languages()
    await client.svc.random_string()
    await client.qr_code("text")
    await client.meta()
    for device in await client.config.devices():
        await client.config.devices(device["deviceID"])
        await client.database.completion(device_id=device["deviceID"])
        await client.cluster.pending_folders(device["deviceID"])
    for folder in await client.config.folders():
        await ask_everything_about(client, folder["id"])


async def ask_everything_about(client: Syncthing, folder_id: str) -> None:
    """Make every request about a folder."""
    folder = await client.config.folders(folder_id)
    await client.database.status(folder_id)
    await client.database.completion(folder_id)
    await client.database.browse(folder_id)
    await client.database.ignores(folder_id)
    await client.database.need(folder_id)
    await client.database.local_changed(folder_id)
    await client.folder.errors(folder_id)
    if folder["versioning"]["type"]:
        await client.folder.versions(folder_id)
    for device in folder["devices"]:
        await client.database.completion(folder_id, device["deviceID"])
        await client.database.remote_need(folder_id, device["deviceID"])
    async with aclosing(client.database.walk(folder_id)) as entries:
        async for path, _ in entries:
            await client.database.file(folder_id, path)


async def test_questions_to_a_fresh_daemon(fresh: Daemon) -> None:
    """A new daemon without any data answers everything; what never happened has no time."""
    history = await fresh.client.events.poll(timeout=0)
    assert (history[0]["id"], history[0]["type"]) == (1, "Starting")
    assert history[0]["data"]["home"] == str(fresh.home)
    await ask_everything(fresh.client)
    await fresh.client.config.set_device({"deviceID": STRANGER})
    assert parse_time((await fresh.client.stats.devices())[STRANGER]["lastSeen"]) is None
    assert parse_time((await fresh.client.system.connections())["connections"][STRANGER]["startedAt"]) is None


async def test_questions_to_a_daemon_at_work(pair: Pair) -> None:
    """Daemons with folders, files and a connection answer everything."""
    (pair.docs_a.path / "link").symlink_to("readme.txt")
    (pair.docs_a.path / "empty").mkdir(exist_ok=True)
    (pair.docs_a.path / "sub" / "more.txt").unlink(missing_ok=True)
    await pair.docs_a.scan()
    await ask_everything(pair.a.client)  # while the other daemon is still pulling it
    await ask_everything(pair.b.client)


async def test_names_for_old_programs(a: Daemon, observer: Observer) -> None:
    """The paths kept by the daemon for old programs do the same as those used by the methods."""
    request = a.client.api.request
    config = await request("rest/system/config")
    assert config == await a.client.config.config()
    assert await request("rest/system/config", data=config, method="POST") is None
    assert await request("rest/config/folders", data=config["folders"], method="PUT") is None
    assert await request("rest/config/devices", data=config["devices"], method="PUT") is None
    assert await request("rest/config/devices", data=config["devices"][0], method="POST") is None
    assert await a.client.config.config() == config
    assert await request("rest/system/config/insync") == {"configInSync": True}
    assert await request("rest/config/insync") == {"configInSync": True}
    assert await request("rest/system/ping", method="POST") == {"ping": "pong"}
    folder_id = config["folders"][0]["id"]
    errors = await request("rest/folder/pullerrors", {"folder": folder_id})
    assert errors == await a.client.folder.errors(folder_id)
    aliases = {name for name, route in _routes.ROUTES.items() if route.alias}
    assert aliases <= observer.answered


async def test_what_only_some_versions_have(lone: Daemon, version: Version) -> None:
    """A version has an endpoint, or the error says since or until when it exists."""
    for name, ask in SOMETIMES:
        route = _routes.ROUTES[name]
        if version.has(route):
            await ask(lone.client)
        else:
            with pytest.raises(NotSupportedError, match=f"has no such endpoint: .*{route.until or route.since}"):
                await ask(lone.client)


async def test_who_it_is(a: Daemon, b: Daemon, version: Version) -> None:
    """Everything that identifies the daemon agrees."""
    client = a.client
    status = await client.system.status()
    reported = await client.system.version()
    assert client.api.daemon_id == status["myID"] == a.device_id
    assert client.api.daemon_version == reported["version"] == a.version
    assert client.url == a.url == f"http://{status['guiAddressUsed']}"
    assert str(a.device_id) in await client.meta()
    assert parse_time(status["startTime"]) is not None
    assert parse_time(reported["date"]) is not None

    others = (await client.system.connections())["connections"]
    assert others[b.device_id]["connected"]
    assert others[b.device_id]["clientVersion"] == b.version
    if not (1, 20) <= version < (1, 29):  # in one of these, its own device disappeared
        assert (str(a.device_id) in others) == (version < (1, 20))
    assert str(a.device_id) in await client.stats.devices()
    assert str(a.device_id) in {device["deviceID"] for device in await client.config.devices()}


async def test_small_services(a: Daemon, version: Version) -> None:
    """Random strings have the requested length, languages come from the header, an image and metrics are such."""
    client = a.client
    assert len((await client.svc.random_string())["random"]) == 32
    assert len((await client.svc.random_string(7))["random"]) == 7
    assert await client.svc.languages() == [""]
    assert await client.svc.languages("de, en;q=0.5") == ["de", "en"]
    image = await client.qr_code("ä&b=c #?%+ ;")
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert image != await client.qr_code("ä")
    report = await client.svc.report(2)
    assert report["numDevices"] == 2
    if version.has(_routes.METRICS):
        lines = (await client.metrics()).splitlines()
        assert any(line.startswith("syncthing_") for line in lines)
