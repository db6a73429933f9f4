"""Never run, only type-checked: what users of the blocking client see."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

from aiosyncthing import DeviceID, SyncProgress, types
from aiosyncthing.blocking import BlockingContext, BlockingIterator, Config, Daemon, EventStream, Live, Pause, Syncthing
from aiosyncthing.ignores import IgnorePatterns
from aiosyncthing.live import Change, LiveFolder, Snapshot


def calls() -> None:
    """Answers have the types of the asynchronous client, with overloads and keywords."""
    with Syncthing("key", tls="ca.pem", in_loop=True) as client:
        assert_type(client, Syncthing)
        assert_type(client.config, Config)
        assert_type(client.system.ping(), None)
        assert_type(client.system.status(), types.SystemStatus)
        assert_type(client.config.folders(), list[types.FolderConfiguration])
        assert_type(client.config.folders("docs"), types.FolderConfiguration)
        client.config.patch_folder("docs", paused=True)
        client.config.patch_folder("docs", pausd=True)  # type: ignore[call-arg]
        client.system.status(1)  # type: ignore[call-arg]
        Syncthing("key", session=None)  # type: ignore[call-arg]


def waiting(client: Syncthing) -> None:
    """Functions that are called are plain ones."""
    progress = client.wait_in_sync("docs", on_progress=print)
    assert_type(progress, SyncProgress)

    def report(progress: int) -> None:
        print(progress)

    client.wait_in_sync("docs", on_progress=report)  # type: ignore[arg-type]


def iterators(client: Syncthing) -> None:
    """Iterators know what they yield."""
    found = client.database.iter_need("docs")
    assert_type(found, BlockingIterator[types.FileInfo])
    for item in found:
        assert_type(item, types.FileInfo)
    assert_type(found.next(timeout=1), types.FileInfo)
    with client.database.walk("docs") as entries:
        assert_type(next(entries), tuple[str, types.TreeEntry])
    with client.events.stream(since="history") as stream:
        assert_type(stream, EventStream)
        assert_type(stream.cursor, types.Cursor | None)
        for event in stream:
            if event["type"] == "StateChanged":
                assert_type(event["data"]["folder"], str)


def blocks(client: Syncthing) -> None:
    """Blocks know their value."""
    with client.database.edit_ignores("docs") as patterns:
        assert_type(patterns, IgnorePatterns)
    assert_type(client.at_rest("docs"), BlockingContext[str])
    with client.paused("docs") as pause:
        assert_type(pause, Pause)
        assert_type(pause.state, types.PauseState)
    with client.watch() as live:
        assert_type(live, Live)
        assert_type(live.folders["docs"], LiveFolder)
        assert_type(live.snapshot(), Snapshot)
        assert_type(next(live.changes()), Change)
        live.until(lambda live: live.settled)
    with Daemon() as daemon:
        assert_type(daemon.client, Syncthing)
        assert_type(daemon.device_id, DeviceID)
