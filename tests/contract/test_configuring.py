"""Changes of the configuration have the documented effect, without the daemon's side effects."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

import pytest
import pytest_asyncio

from aiosyncthing import Syncthing, types
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    PingError,
    UnauthorizedError,
    UnknownDeviceError,
)
from tests.support.waiting import until

from . import listener
from .conftest import STRANGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiosyncthing import Daemon

    from .folders import Folder, Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

OTHER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"


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


async def test_passwords_that_the_daemon_moves(lone: Daemon, folders: Folders) -> None:
    """The reason for completing lists: in the daemon, a device inherits what was in its place."""
    folder = await add_encrypted(lone, folders)
    before = list(passwords(await lone.client.config.folders(folder.id)).items())
    place, (_, password) = next((i, each) for i, each in enumerate(before) if each[1])
    devices: list[Any] = [{"deviceID": lone.device_id, "encryptionPassword": ""}] * place
    heir = next(device for device, _ in before if device not in {before[place][0], lone.device_id})
    uri = f"rest/config/folders/{folder.id}"
    await lone.client.api.request(uri, data={"devices": [*devices, {"deviceID": heir}]}, method="PATCH")
    assert passwords(await lone.client.config.folders(folder.id))[heir] == password


async def test_unknown_devices_are_not_shared_with(lone: Daemon, folders: Folders) -> None:
    """The daemon leaves out a device that it doesn't know, so the library refuses to share with it."""
    config = lone.client.config
    folder = await folders.add(lone)
    with pytest.raises(UnknownDeviceError):
        await config.patch_folder(folder.id, devices=[{"deviceID": STRANGER}])
    with pytest.raises(UnknownDeviceError):
        await config.set_folder({"id": folder.id, "path": str(folder.path), "devices": [{"deviceID": STRANGER}]})
    uri = f"rest/config/folders/{folder.id}"
    await lone.client.api.request(uri, data={"devices": [{"deviceID": STRANGER}]}, method="PATCH")
    assert list(passwords(await config.folders(folder.id))) == [lone.device_id]


async def test_untrusted_devices_get_no_plain_files(lone: Daemon, folders: Folders) -> None:
    """Without a password the daemon would leave out an untrusted device, or (1.19) send it plain files."""
    config = lone.client.config
    await config.set_device({"deviceID": STRANGER, "untrusted": True, "paused": True})
    folder = await folders.add(lone)
    with pytest.raises(BadRequestError, match="encryptionPassword"):
        await config.patch_folder(folder.id, devices=[{"deviceID": STRANGER}])
    await config.patch_folder(folder.id, devices=[{"deviceID": STRANGER, "encryptionPassword": "secret"}])
    assert passwords(await config.folders(folder.id))[STRANGER] == "secret"
    await config.patch_folder(folder.id, label="x", devices=[{"deviceID": STRANGER}])
    assert passwords(await config.folders(folder.id))[STRANGER] == "secret"


async def test_the_own_device_stays(lone: Daemon) -> None:
    """The daemon's own device can't be removed: it would come back without its settings."""
    await lone.client.config.patch_device(lone.device_id, name="its own name")
    for notation in (str(lone.device_id), lone.device_id.lower(), lone.device_id.replace("-", "")):
        with pytest.raises(BadRequestError, match="own device"):
            await lone.client.config.remove_device(notation)
    assert (await lone.client.config.devices(lone.device_id))["name"] == "its own name"


async def test_a_folder_needs_a_path(lone: Daemon) -> None:
    """A folder without a path, for which version 1 would share the home directory, or ID is refused."""
    before = await lone.client.config.folders()
    bodies: list[Any] = [{"id": "x"}, {"id": "x", "path": ""}, {"id": "", "path": "/x"}, {"path": "/x"}]
    for body in bodies:
        with pytest.raises(BadRequestError) as refused:
            await lone.client.config.set_folder(body)
        assert refused.value.status is None
    assert await lone.client.config.folders() == before


async def test_another_id_is_not_another_folder(lone: Daemon, folders: Folders) -> None:
    """A body with another ID than the object's is refused: the daemon would add an object."""
    folder = await folders.add(lone)
    with pytest.raises(BadRequestError):
        await lone.client.config.patch_folder(folder.id, id="another")
    with pytest.raises(BadRequestError):
        await lone.client.config.patch_device(lone.device_id, deviceID=STRANGER)
    assert [each["id"] for each in await lone.client.config.folders()] == [folder.id]
    # What the daemon does if path and body have different IDs.
    body = {"id": "another", "path": str(folder.path)}
    await lone.client.api.request(f"rest/config/folders/{folder.id}", data=body, method="PUT")
    assert {each["id"] for each in await lone.client.config.folders()} == {folder.id, "another"}
    await lone.client.config.remove_folder("another")


async def test_misspelt_values(lone: Daemon, folders: Folders) -> None:
    """The daemon uses its default for a value that it doesn't know, so the library refuses it."""
    config = lone.client.config
    folder = await folders.add(lone, type="sendonly")
    wrong: Any = "sendrecieve"
    with pytest.raises(BadRequestError, match="must be one of"):
        await config.patch_folder(folder.id, type=wrong)
    with pytest.raises(BadRequestError):
        await config.patch_folder(folder.id, order=wrong)
    with pytest.raises(BadRequestError):
        await config.patch_folder(folder.id, versioning={"type": wrong})
    with pytest.raises(BadRequestError):
        await config.patch_device(lone.device_id, compression=wrong)
    with pytest.raises(BadRequestError):
        await config.patch_ldap(transport=wrong)
    with pytest.raises(BadRequestError):
        await config.patch_gui(authMode=wrong)
    with pytest.raises(BadRequestError):
        await config.patch_default_folder(blockPullOrder=wrong)
    assert (await config.folders(folder.id))["type"] == "sendonly"
    await lone.client.api.request(f"rest/config/folders/{folder.id}", data={"type": wrong}, method="PATCH")
    assert (await config.folders(folder.id))["type"] == "sendreceive"


async def test_every_value_of_the_types_is_known(lone: Daemon, folders: Folders) -> None:
    """The values that the library accepts are those that the daemon keeps."""
    config = lone.client.config
    folder = await folders.add(lone)
    settings = {
        "order": types.PullOrder,
        "blockPullOrder": types.BlockPullOrder,
        "copyRangeMethod": types.CopyRangeMethod,
        "type": types.FolderType,
    }
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


async def test_lists_do_not_remove(lone: Daemon, folders: Folders) -> None:
    """A list of folders only adds and replaces: the daemon removes none, so there is no method for it."""
    folder = await folders.add(lone)
    await lone.client.api.request("rest/config/folders", data=[], method="PUT")
    await lone.client.api.request("rest/config/devices", data=[], method="PUT")
    assert folder.id in {each["id"] for each in await lone.client.config.folders()}


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


async def test_a_whole_that_is_not_one(lone: Daemon) -> None:
    """Without the version or API key, for which the daemon would migrate or lock us out, it is refused."""
    whole = await lone.client.config.config()
    broken: list[Any] = [
        {key: value for key, value in whole.items() if key != "version"},
        {**whole, "version": 0},
        {**whole, "gui": {}},
        {**whole, "folders": [{"id": "x"}]},
        {**whole, "devices": [{"name": "x"}]},
    ]
    for each in broken:
        with pytest.raises(BadRequestError) as refused:
            await lone.client.config.replace(each)
        assert refused.value.status is None
    assert await lone.client.config.config() == whole


async def test_general_settings(lone: Daemon) -> None:
    """Options are patched and replaced."""
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


async def test_ldap_settings(lone: Daemon) -> None:
    """LDAP settings are patched and replaced."""
    config = lone.client.config
    before = await config.ldap()
    for transport in ("tls", "starttls", "plain"):
        await config.patch_ldap(address="ldap.example:389", transport=transport)
        assert (await config.ldap())["transport"] == transport
    await config.set_ldap(before)
    assert await config.ldap() == before


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


async def test_settings_of_the_api(fresh: Daemon) -> None:
    """Settings of the API, even its key, are patched and replaced; the listener is reopened on the same port."""
    config = fresh.client.config
    before = await config.gui()
    assert await listener.change(fresh, theme="dark") == {**before, "theme": "dark"}
    gui = await listener.changed(fresh, lambda: config.set_gui(before), theme=before["theme"])
    assert {**gui, "password": ""} == {**before, "password": ""}  # some versions hash an empty password
    for change in ({"apiKey": ""}, {"theme": "dark", "apiKey": ""}):
        with pytest.raises(BadRequestError, match="lock this client out"):
            await config.patch_gui(change)
    with pytest.raises(BadRequestError, match="lock this client out"):
        await config.set_gui({**before, "apiKey": ""})

    # The key that a daemon is started with stays valid in addition to the configured one.
    await listener.change(fresh, apiKey="another key")
    async with Syncthing("another key", fresh.url) as client:
        await until(lambda: lets_in(client))


async def lets_in(client: Syncthing) -> bool:
    """Return whether the daemon answers and accepts the key."""
    try:
        await client.system.status()
    except (UnauthorizedError, ConnectionFailedError):
        return False
    return True


async def test_a_misspelt_setting(lone: Daemon, folders: Folders) -> None:
    """The daemon would ignore it, so it is refused; everything that the daemon sends can be sent back."""
    folder = await folders.add(lone)
    config = lone.client.config
    before = await config.config()
    for path, body in ((f"folders/{folder.id}", {"pused": True}), ("options", {"maxSendKbits": 1})):
        await lone.client.api.request(f"rest/config/{path}", data=body, method="PATCH")
    assert await config.config() == before
    misspelt: dict[str, Any] = {"pused": True}
    with pytest.raises(BadRequestError, match="did you mean 'paused'"):
        await config.patch_folder(folder.id, misspelt)
    with pytest.raises(BadRequestError, match="did you mean 'devices'"):
        await config.set_folder({"id": folder.id, "path": str(folder.path), "devises": []})
    await config.replace(before)
    await config.set_options(before["options"])
    assert await config.config() == before


async def test_two_changes_of_the_listener_at_once(fresh: Daemon) -> None:
    """Changes of the GUI's settings are made one after another, since concurrent ones can deadlock the API."""
    config = fresh.client.config
    whole = await config.config()
    whole["gui"]["theme"] = "light"
    changes = (config.patch_gui(theme="dark"), config.patch_gui(theme="black"), config.replace(whole))
    for failure in await asyncio.gather(*changes, return_exceptions=True):
        # On a busy machine the listener may end before the answer is sent, although the change is made (`set_gui`).
        assert failure is None or isinstance(failure, ConnectionFailedError)
    await until(lambda: answers(fresh))
    assert (await config.gui())["theme"] == "light"


async def answers(daemon: Daemon) -> bool:
    """Return whether the API is available."""
    try:
        await daemon.client.system.ping()
    except PingError:
        return False
    return True
