"""Changes of the configuration have the documented effect, without the daemon's side effects."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest
import pytest_asyncio

from aiosyncthing import Daemon, DeviceID, types
from aiosyncthing.exceptions import (
    UnknownDeviceError,
)

from .conftest import OTHER, STRANGER
from .folders import Folder, Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def no_device_is_left(lone: Daemon) -> AsyncIterator[None]:
    """Remove the devices that a test adds to the lone daemon."""
    yield
    for device in await lone.client.config.devices():
        if device["deviceID"] != lone.device_id:
            await lone.client.config.remove_device(device["deviceID"])


def passwords(folder: Any) -> dict[str, str]:
    """Return the encryption passwords of a folder, by device."""
    return {device["deviceID"]: device["encryptionPassword"] for device in folder["devices"]}


async def add_devices(daemon: Daemon) -> None:
    """Configure two devices that don't exist."""
    for device_id in (STRANGER, OTHER):
        await daemon.client.config.set_device({"deviceID": device_id, "paused": True})


async def add_encrypted(daemon: Daemon, folders: Folders) -> Folder:
    """Add a folder that is shared with the two, with a password for each."""
    await add_devices(daemon)
    folder = await folders.add(daemon)
    devices = [
        {"deviceID": STRANGER, "encryptionPassword": "secret of the stranger"},
        {"deviceID": OTHER, "encryptionPassword": "secret of the other"},
    ]
    await daemon.client.config.patch_folder(folder.id, devices=devices)
    own = {str(daemon.device_id): ""}
    assert passwords(await daemon.client.config.folders(folder.id)) == own | {
        STRANGER: "secret of the stranger",
        OTHER: "secret of the other",
    }
    return folder


async def test_folders(lone: Daemon, folders: Folders, tmp_path: Path) -> None:
    """A folder is added, changed field by field, replaced as a whole, and removed."""
    config = lone.client.config
    folder = await folders.add(lone, label="First", maxConflicts=3)
    written = await config.folders(folder.id)
    assert (written["id"], written["path"], written["label"]) == (folder.id, str(folder.path), "First")
    assert [device["deviceID"] for device in written["devices"]] == [lone.device_id]

    await config.patch_folder(folder.id, label="Second", minDiskFree={"value": 2.5})
    patched = await config.folders(folder.id)
    assert patched == {**written, "label": "Second", "minDiskFree": {**written["minDiskFree"], "value": 2.5}}

    await config.patch_folder(folder.id, {"versioning": {"type": "simple", "params": {"keep": "3"}}}, paused=True)
    versioning = (await config.folders(folder.id))["versioning"]
    assert (versioning["type"], versioning["params"]["keep"]) == ("simple", "3")

    await config.set_folder({**written, "label": "Third"})
    assert await config.folders(folder.id) == {**written, "label": "Third"}
    await config.set_folder({"id": folder.id, "path": str(tmp_path)})
    replaced = await config.folders(folder.id)
    assert (replaced["label"], replaced["path"], replaced["maxConflicts"]) == ("", str(tmp_path), 10)

    await config.remove_folder(folder.id)
    assert folder.id not in {each["id"] for each in await config.folders()}
    assert folder.path.exists()


async def test_devices(lone: Daemon, folders: Folders) -> None:
    """A device is added in any notation, changed, replaced and removed, also from the folders."""
    config = lone.client.config
    await config.set_device({"deviceID": STRANGER.lower().replace("-", " "), "name": "First", "paused": True})
    written = await config.devices(STRANGER)
    assert (written["deviceID"], written["name"]) == (STRANGER, "First")
    assert await config.devices(STRANGER.lower()) == written

    await config.patch_device(STRANGER, name="Second", ignoredFolders=[{"id": "x"}, {"id": "y", "label": "Y"}])
    patched = await config.devices(STRANGER)
    assert patched["name"] == "Second"
    assert {ignored["id"]: ignored["label"] for ignored in patched["ignoredFolders"]} == {"x": "", "y": "Y"}
    await config.patch_device(STRANGER, {"ignoredFolders": [{"id": "y"}]})
    assert [each["label"] for each in (await config.devices(STRANGER))["ignoredFolders"]] == ["Y"]

    for paused in (False, True):  # takes effect before the answer
        await config.patch_device(STRANGER, paused=paused)
        assert (await config.devices(STRANGER))["paused"] is paused
    await config.set_device(written)
    assert await config.devices(STRANGER) == written
    folder = await folders.add(lone, devices=[{"deviceID": STRANGER}])
    assert STRANGER in passwords(await config.folders(folder.id))
    await config.remove_device(STRANGER)
    assert STRANGER not in {each["deviceID"] for each in await config.devices()}
    assert STRANGER not in passwords(await config.folders(folder.id))


async def test_passwords_stay_with_their_devices(lone: Daemon, folders: Folders) -> None:
    """Patching the list of devices never moves a password to another device."""
    config = lone.client.config
    folder = await add_encrypted(lone, folders)
    kept = {str(lone.device_id): "", OTHER: "secret of the other"}
    await config.patch_folder(folder.id, devices=[{"deviceID": OTHER}])
    assert passwords(await config.folders(folder.id)) == kept
    await config.patch_folder(folder.id, devices=[{"deviceID": STRANGER}, {"deviceID": OTHER}])
    assert passwords(await config.folders(folder.id)) == kept | {STRANGER: ""}
    await config.patch_folder(folder.id, devices=[{"deviceID": each} for each in (OTHER, STRANGER, lone.device_id)])
    assert passwords(await config.folders(folder.id)) == kept | {STRANGER: ""}
    await config.patch_folder(folder.id, devices=[])
    assert list(passwords(await config.folders(folder.id))) == [lone.device_id]


async def test_what_the_daemon_would_do_without_a_word(lone: Daemon, folders: Folders) -> None:
    """Why the library completes or refuses some changes: the daemon does something else, and reports success."""
    config, request = lone.client.config, lone.client.api.request
    folder = await add_encrypted(lone, folders)
    uri = f"rest/config/folders/{folder.id}"

    async def patch(**changes: Any) -> Any:
        await request(uri, data=changes, method="PATCH")
        return await config.folders(folder.id)

    # In a list, a device inherits what was in its place.
    before = list(passwords(await config.folders(folder.id)).items())
    place, (_, password) = next((i, each) for i, each in enumerate(before) if each[1])
    devices: list[Any] = [{"deviceID": lone.device_id, "encryptionPassword": ""}] * place
    heir = next(device for device, _ in before if device not in {before[place][0], lone.device_id})
    assert passwords(await patch(devices=[*devices, {"deviceID": heir}]))[heir] == password
    # An unknown device is left out.
    unknown = [{"deviceID": str(DeviceID.from_bytes(bytes([5]) * 32))}]
    assert list(passwords(await patch(devices=unknown))) == [lone.device_id]
    with pytest.raises(UnknownDeviceError):
        await config.patch_folder(folder.id, devices=unknown)
    # An unknown value becomes the default, and an unknown key is ignored.
    assert (await patch(type="sendonly"))["type"] == "sendonly"
    assert (await patch(type="sendrecieve"))["type"] == "sendreceive"
    whole = await config.config()
    await patch(pused=True)
    await request("rest/config/options", data={"maxSendKbits": 1}, method="PATCH")
    assert await config.config() == whole
    # A list only adds and replaces.
    for section in ("folders", "devices"):
        await request(f"rest/config/{section}", data=[], method="PUT")
    assert await config.config() == whole
    # If path and body have different IDs, that in the body counts.
    await request(uri, data={"id": "another", "path": str(folder.path)}, method="PUT")
    assert {each["id"] for each in await config.folders()} == {folder.id, "another"}
    await config.remove_folder("another")


async def test_every_value_of_the_types_is_known(lone: Daemon, folders: Folders) -> None:
    """The values that the library accepts are those that the daemon keeps."""
    config = lone.client.config
    folder = await folders.add(lone)
    orders = {"order": types.PullOrder, "blockPullOrder": types.BlockPullOrder}
    settings = {**orders, "copyRangeMethod": types.CopyRangeMethod, "type": types.FolderType}
    for key, values in settings.items():
        for value in get_args(values):
            if value != "receiveencrypted":  # no folder can be changed to that
                change: Any = {key: value}
                await config.patch_folder(folder.id, change)
                assert (await config.folders(folder.id))[key] == value
    for kind in get_args(types.VersioningType):
        await config.patch_folder(folder.id, versioning={"type": kind, "params": {"command": "/bin/true"}})
        assert (await config.folders(folder.id))["versioning"]["type"] == kind
    encrypted = await folders.add(lone, type="receiveencrypted")
    assert (await config.folders(encrypted.id))["type"] == "receiveencrypted"


async def test_the_whole(lone: Daemon, folders: Folders) -> None:
    """The whole configuration is read, changed and sent back: what is left out is removed."""
    config = lone.client.config
    await add_devices(lone)
    first, second = await folders.add(lone), await folders.add(lone)
    whole = await config.config()
    await config.replace(whole)
    assert await config.config() == whole

    whole["folders"] = [each for each in whole["folders"] if each["id"] == second.id]
    whole["devices"] = [each for each in whole["devices"] if each["deviceID"] != STRANGER]
    whole["options"]["maxSendKbps"] = 1000
    await config.replace(whole)
    assert [each["id"] for each in await config.folders()] == [second.id]
    assert {each["deviceID"] for each in await config.devices()} == {OTHER, lone.device_id}
    assert (await config.options())["maxSendKbps"] == 1000
    await config.patch_options(maxSendKbps=0)
    assert first.path.exists()


async def test_general_settings(lone: Daemon) -> None:
    """Options, and those of LDAP, are patched and replaced."""
    config = lone.client.config
    before = await config.options()
    await config.patch_options(
        {"maxSendKbps": 5}, maxRecvKbps=6, minHomeDiskFree={"unit": "MB"}, alwaysLocalNets=["::1/128"]
    )
    expected: Any = {
        **before,
        "maxSendKbps": 5,
        "maxRecvKbps": 6,
        "minHomeDiskFree": {**before["minHomeDiskFree"], "unit": "MB"},
        "alwaysLocalNets": ["::1/128"],
    }
    assert await config.options() == expected
    await config.set_options(before)
    assert await config.options() == before
    ldap = await config.ldap()
    for transport in ("tls", "starttls", "plain"):
        await config.patch_ldap(address="ldap.example:389", transport=transport)
        assert (await config.ldap())["transport"] == transport
    await config.set_ldap(ldap)
    assert await config.ldap() == ldap


async def test_defaults(lone: Daemon, folders: Folders) -> None:
    """The defaults of new folders and devices are patched, replaced and used."""
    config = lone.client.config
    folder, device = await config.default_folder(), await config.default_device()
    try:
        await config.patch_default_folder(rescanIntervalS=77, devices=[{"deviceID": lone.device_id}])
        await config.patch_default_device(compression="always", ignoredFolders=[{"id": "x"}])
        assert (await config.default_folder())["rescanIntervalS"] == 77
        assert (await config.default_device())["compression"] == "always"
        made = await folders.add(lone, maxConflicts=1)
        await config.set_folder({"id": made.id, "path": str(made.path)})
        assert (await config.folders(made.id))["rescanIntervalS"] == 77
        await config.set_device({"deviceID": STRANGER})
        assert (await config.devices(STRANGER))["compression"] == "always"
    finally:
        await config.set_default_folder(folder)
        await config.set_default_device(device)
    assert await config.default_folder() == folder
    assert await config.default_device() == device

    await config.set_default_ignores(["*.tmp", "// a comment", "", "!keep"])
    assert await config.default_ignores() == {"lines": ["*.tmp", "// a comment", "", "!keep"]}
    await config.set_default_ignores([])
    assert await config.default_ignores() == {"lines": []}
