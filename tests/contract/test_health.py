"""A check finds the problems of each daemon from its real answers."""

import asyncio
import json
import os
import shutil

import pytest

from aiosyncthing import Daemon
from aiosyncthing.health import Finding, Severity
from tests.support.waiting import until

from .conftest import STRANGER
from .folders import Folder, Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

PASSWORD = "an encryption password"


def spoil(lost: Folder, bare: Folder, ill: Folder) -> None:
    """Remove a folder's directory and another one's marker, and give the third a name that isn't UTF-8."""
    shutil.rmtree(lost.path)
    shutil.rmtree(bare.path / ".stfolder")
    (ill.path / os.fsdecode(b"odd\xff")).touch()


async def test_what_is_wrong(fresh: Daemon, folders: Folders) -> None:
    """Every problem of a daemon is found, and nothing else."""
    client = fresh.client
    await client.system.clear_errors()  # one about the user that runs this
    assert await client.check() == []
    await client.config.set_device({"deviceID": STRANGER, "name": "phone"})
    lost, bare, ill = [await folders.add(fresh, label=label) for label in ("Lost", "Bare", "")]
    asleep = await folders.add(fresh, paused=True)
    blind = await folders.add(fresh, filesystemType="fake", fsWatcherEnabled=True, ignoreDelete=True, maxConflicts=0)
    taken = await folders.add(fresh, type="receiveonly", disableFsync=True, minDiskFree={"value": 0, "unit": "%"})
    await asyncio.to_thread(spoil, lost, bare, ill)
    for folder in (lost, bare):
        with pytest.raises(Exception, match="missing"):
            await folder.scan()
    await ill.scan()
    await taken.write("mine.txt")
    await client.config.share(asleep.id, STRANGER, encryption_password=PASSWORD)
    await client.config.patch_options(minHomeDiskFree={"value": 0, "unit": "%"})
    await client.system.clear_errors()
    await client.system.post_error("disk is ill")
    expected = {
        Finding("folder_error", Severity.CRITICAL, lost.id),
        Finding("folder_error", Severity.CRITICAL, bare.id),
        Finding("failed_items", Severity.WARNING, ill.id),
        Finding("watch_error", Severity.WARNING, blind.id),
        Finding("deletions_ignored", Severity.WARNING, blind.id),
        Finding("conflicts_discarded", Severity.WARNING, blind.id),
        Finding("fsync_disabled", Severity.WARNING, taken.id),
        Finding("device_never_seen", Severity.WARNING, device=STRANGER),
        Finding("folder_paused", Severity.INFO, asleep.id),
        Finding("local_changes", Severity.INFO, taken.id),
        Finding("free_space_unchecked", Severity.INFO, taken.id),
        Finding("free_space_unchecked", Severity.INFO),
    }

    async def all_found() -> list[Finding]:
        found = await client.check()
        return found if expected <= set(found) else []

    found = await until(all_found)
    (message,) = set(found) - expected
    assert (message.kind, message.severity) == ("system_error", Severity.WARNING)
    texts = [finding.text for finding in found]
    assert "Folder Lost has stopped: folder path missing." in texts
    assert any(text.startswith("Folder Bare has stopped: folder marker missing") for text in texts)
    assert f"Folder {ill.id} has 1 failed item, such as odd\ufffd (scan: item is not in UTF8 encoding)." in texts
    assert "Device phone has never been connected." in texts
    assert any("disk is ill" in text for text in texts)
    gui = await client.config.gui()
    shown = json.dumps([finding.to_dict() for finding in found])
    assert [secret for secret in (gui["apiKey"], PASSWORD) if secret in shown] == []


async def test_where_to_get_the_rest(a: Daemon, b: Daemon, folders: Folders) -> None:
    """What a send-only folder doesn't take is found, and what a folder needs while the device that has it is away."""
    client = b.client
    mine, its = await folders.share(a, b)

    async def found() -> list[str]:
        return [finding.kind for finding in await client.check(its.id, [], ignore=["system_error"])]

    async def finds(*kinds: str) -> bool:
        return await found() == [*kinds]

    await client.config.patch_folder(its.id, type="sendonly")
    await mine.write("more.txt")
    await until(lambda: finds("remote_changes"))
    await client.config.patch_device(a.device_id, paused=True)
    await client.config.patch_folder(its.id, type="sendreceive")
    await until(lambda: finds("no_source"))
    await client.config.patch_device(a.device_id, paused=False)
    await until(lambda: mine.has_sent_all_to(its), timeout=90)
    await until(finds)
