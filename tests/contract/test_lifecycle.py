"""A daemon restarts, shuts down, or is away for a moment: its answers, and what its clients notice."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)
from tests.support.waiting import until

from . import listener
from .folders import Folders
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def answers_as_another(daemon: Daemon, pid: int | None) -> bool:
    """Return whether another process answers."""
    if daemon.pid in {None, pid}:
        return False
    try:
        await daemon.client.system.ping()
    except SyncthingError:
        return False
    return True


async def test_restarts_and_a_shutdown(fresh: Daemon, version: Version, tmp_path: Path) -> None:
    """A restart is answered; the client continues afterwards, and event IDs start at 1 again.

    Before it, a change may have required a restart, even if it was undone. The index of a paused folder is erased by a
    reset, and the daemon restarts; likewise for all folders at once. A shutdown is answered, running requests are cut
    off instead of ending empty, and then nothing answers.
    """
    client = fresh.client
    assert await client.config.restart_required() == {"requiresRestart": False}
    key, values = ("databaseTuning", ("small", "auto")) if version < (2,) else ("auditEnabled", (True, False))
    for value in values:
        change: Any = {key: value}
        await client.config.patch_options(change)
        assert await client.config.restart_required() == {"requiresRestart": True}
    last = (await client.events.poll(timeout=0))[-1]["id"]
    started = (await client.system.status())["startTime"]
    pid = fresh.pid
    assert await client.system.restart() in ({"ok": "restarting"}, None)
    await until(lambda: answers_as_another(fresh, pid))
    assert await client.config.restart_required() == {"requiresRestart": False}
    assert (await client.system.status())["startTime"] >= started
    history = await client.events.poll(timeout=0)
    assert history[0]["id"] == 1
    assert await client.events.poll(since=last + 1000, timeout=1) == []  # silence, as if nothing had happened

    folder = await Folders(tmp_path, "reset").add(fresh, "odd/ name", files=["x"])
    for reset in (folder.id, None):
        with pytest.raises(ServerError, match="folder must be paused"):
            await client.system.reset(reset)
    await client.config.patch_folder(folder.id, paused=True)
    for reset in (folder.id, None):
        pid = fresh.pid
        said = await client.system.reset(reset)
        assert said is None or said["ok"] == f"resetting {f'folder {reset}' if reset else 'database'}"
        await until(lambda pid=pid: answers_as_another(fresh, pid))
    await client.config.patch_folder(folder.id, paused=False)
    await folder.scan()
    assert (await folder.status())["globalFiles"] == 1

    poll = await polling(fresh)
    assert await client.system.shutdown() in ({"ok": "shutting down"}, None)
    with pytest.raises(ConnectionFailedError):
        await poll
    assert await fresh.wait() == 0
    with pytest.raises(ConnectionFailedError):
        await client.system.status()
    with pytest.raises(ConnectionFailedError):
        await client.config.patch_options(maxSendKbps=1)


async def polling(daemon: Daemon) -> asyncio.Task[Any]:
    """Return a poll that waits at the daemon for what doesn't happen."""
    await daemon.client.events.poll(types="LoginAttempt", timeout=0)
    poll = asyncio.create_task(daemon.client.events.poll(types="LoginAttempt", timeout=60))
    await asyncio.sleep(0)  # the poll uses the open connection, and what follows a new one
    await daemon.client.system.ping()  # by then the poll has been sent
    return poll


async def test_changes_of_the_listener(fresh: Daemon) -> None:
    """Settings of the API, even its key, are patched and replaced; the listener is reopened on the same port.

    Changes are made one after another, since concurrent ones can deadlock the API. They cut off other requests; after
    several in a row the daemon stays away. It would come back after up to 22 s, for which this doesn't wait.
    """
    client, config = fresh.client, fresh.client.config
    before = await config.gui()
    assert await listener.change(fresh, theme="dark") == {**before, "theme": "dark"}
    gui = await listener.change(fresh, lambda: config.set_gui(before), theme=before["theme"])
    assert {**gui, "password": ""} == {**before, "password": ""}  # some versions hash an empty password
    for key in ({"apiKey": ""}, {"theme": "dark", "apiKey": ""}):
        with pytest.raises(BadRequestError, match="lock this client out"):
            await config.patch_gui(key)
    with pytest.raises(BadRequestError, match="lock this client out"):
        await config.set_gui({**before, "apiKey": ""})

    # The key that a daemon is started with stays valid in addition to the configured one.
    await listener.change(fresh, apiKey="another key")
    async with Syncthing("another key", fresh.url) as other:
        await until(lambda: lets_in(other))

    whole = await config.config()
    whole["gui"]["theme"] = "light"
    changes = (config.patch_gui(theme="dark"), config.patch_gui(theme="black"), config.replace(whole))
    for failure in await asyncio.gather(*changes, return_exceptions=True):
        # On a busy machine the listener may end before the answer is sent, although the change is made (`set_gui`).
        assert failure is None or isinstance(failure, ConnectionFailedError)
    await until(lambda: lets_in(client))
    assert (await config.gui())["theme"] == "light"
    poll = await polling(fresh)

    async def change(theme: str) -> None:
        """Change a setting without waiting for the listener, unlike the method."""
        await client.api.request("rest/config/gui", data={"theme": theme}, method="PATCH")

    with suppress(ConnectionFailedError):  # its own answer may be cut off, too
        await change("dark")
    with pytest.raises(ConnectionFailedError):
        await poll

    async def is_away_after_another() -> bool:
        with suppress(ConnectionFailedError):
            gui = await client.config.gui()
            await change("light" if gui["theme"] == "dark" else "dark")
            return False
        try:
            async with asyncio.timeout(1):
                while True:
                    with suppress(ConnectionFailedError):
                        await client.system.status()
                        return False
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return True

    await until(is_away_after_another)
    with pytest.raises(ConnectionFailedError, match="Is Syncthing running there"):
        await client.system.status()


async def lets_in(client: Syncthing) -> bool:
    """Return whether the daemon answers and accepts the key."""
    try:
        await client.system.status()
    except (UnauthorizedError, ConnectionFailedError):
        return False
    return True
