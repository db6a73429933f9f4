"""How the types are used. Never run: mypy and pyright must agree with every line.

What must be rejected carries a ``type: ignore``, which holds for both of them, and both complain about one that is
not needed: so it proves that both reject that line.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import Any, Unpack, assert_type

from aiosyncthing import types as t


async def get_folder(folder_id: str) -> t.FolderConfiguration:
    """Stand for a request."""
    raise NotImplementedError(folder_id)


async def put_folder(folder: t.FolderConfiguration | t.NewFolder) -> None:
    """Stand for a request."""
    raise NotImplementedError(folder)


async def patch_folder(folder_id: str, **changes: Unpack[t.FolderPatch]) -> None:
    """Stand for a request."""
    raise NotImplementedError(folder_id, changes)


async def add_folder(**folder: Unpack[t.NewFolder]) -> None:
    """Stand for a request."""
    raise NotImplementedError(folder)


async def add_device(**device: Unpack[t.NewDevice]) -> None:
    """Stand for a request."""
    raise NotImplementedError(device)


async def patch_device(device_id: str, **changes: Unpack[t.DevicePatch]) -> None:
    """Stand for a request."""
    raise NotImplementedError(device_id, changes)


async def patch_options(**changes: Unpack[t.OptionsPatch]) -> None:
    """Stand for a request."""
    raise NotImplementedError(changes)


async def patch_gui(**changes: Unpack[t.GUIPatch]) -> None:
    """Stand for a request."""
    raise NotImplementedError(changes)


async def patch_ldap(**changes: Unpack[t.LDAPPatch]) -> None:
    """Stand for a request."""
    raise NotImplementedError(changes)


def events_narrow_by_if(event: t.Event) -> None:
    """The type of an event determines the type of its data."""
    assert_type(event["id"], int)
    assert_type(event["time"], str)
    assert_type(event["type"], t.EventType)
    if event["type"] == "StateChanged":
        assert_type(event, t.StateChangedEvent)
        assert_type(event["data"], t.StateChangedData)
        assert_type(event["data"]["folder"], str)
        event["data"]["device"]  # type: ignore[typeddict-item]
    elif event["type"] == "ConfigSaved":
        assert_type(event["data"]["folders"], list[t.FolderConfiguration])
    elif event["type"] == "Failure":
        assert_type(event["data"], str | t.FailureData)
    elif event["type"] == "LocalChangeDetected" or event["type"] == "RemoteChangeDetected":
        assert_type(event, t.DiskEvent)
        assert_type(event["data"], t.DiskChangeData)


def events_narrow_by_match(event: t.Event) -> str:
    """A `match` of the type does the same."""
    match event["type"]:
        case "FolderCompletion":
            assert_type(event["data"], t.FolderCompletionData)
            return f"{event['data']['folder']} {event['data']['completion']:.0f} %"
        case "FolderSummary":
            assert_type(event["data"]["summary"], t.FolderSummary)
            return event["data"]["summary"]["state"]
        case "DownloadProgress":
            assert_type(event["data"], dict[str, dict[str, t.PullerProgress]])
            return "".join(event["data"])
        case "DevicePaused" | "DeviceResumed":
            assert_type(event["data"], t.DeviceData)
            return event["data"]["device"]
        case _:
            return "a newer daemon may send others"


def disk_events_are_events(event: t.DiskEvent) -> t.Event:
    """A function that takes any event takes those of the disk, too."""
    assert_type(event["data"]["path"], str)
    return event


def event_types_are_checked() -> None:
    """The names of events are known to the checkers."""
    wanted: set[t.EventType] = {"StateChanged", "FolderErrors"}
    wanted.add("StateChagned")  # type: ignore[arg-type]
    assert_type(t.EVENT_TYPES, tuple[t.EventType, ...])


async def get_change_put() -> None:
    """What was read can be changed and written back."""
    folder = await get_folder("docs")
    folder["paused"] = True
    folder["order"] = "smallestFirst"
    folder["minDiskFree"] = {"value": 5, "unit": "GB"}
    folder["versioning"]["params"]["keep"] = "5"
    folder["devices"].append({"deviceID": "", "introducedBy": "", "encryptionPassword": ""})
    if "group" in folder:
        folder["group"] = "work"
    await put_folder(folder)
    await put_folder({"id": "docs", "path": "/srv/docs"})

    folder["pasued"] = True  # type: ignore[typeddict-unknown-key]
    folder["paused"] = "yes"  # type: ignore[typeddict-item]
    folder["order"] = "smallest"  # type: ignore[typeddict-item]
    folder["group"]  # pyright: ignore[reportTypedDictNotRequiredAccess] - mypy accepts it


async def patches_are_keywords(
    folder: t.FolderConfiguration, device: t.DeviceConfiguration, partner: t.FolderDevicePatch
) -> None:
    """A patch takes the keys of the full form, what is nested in full or in part."""
    await patch_folder("docs", paused=True, fsWatcherDelayS=1)
    await patch_folder("docs", devices=folder["devices"])
    await patch_folder("docs", devices=[*folder["devices"], {"deviceID": "P56IOI7"}])
    await patch_folder("docs", devices=[*folder["devices"], partner])
    await patch_folder("docs", devices=[{"deviceID": "P56IOI7", "encryptionPassword": "secret"}])
    await patch_folder("docs", minDiskFree=folder["minDiskFree"])
    await patch_folder("docs", minDiskFree={"value": 2.5})
    await patch_folder("docs", versioning=folder["versioning"])
    await patch_folder("docs", versioning={"params": None})
    await patch_folder("docs", xattrFilter={"entries": [{"match": "user.*", "permit": True}]})
    await patch_device("P56IOI7", ignoredFolders=device["ignoredFolders"])
    await patch_device("P56IOI7", ignoredFolders=[{"id": "docs"}], compression="always")
    await patch_options(maxSendKbps=100, minHomeDiskFree={"unit": "%"})
    await patch_gui(authMode="ldap")
    await patch_ldap(transport="starttls")

    await patch_folder("docs", pasued=True)  # type: ignore[call-arg]
    await patch_folder("docs", paused="yes")  # type: ignore[arg-type]
    await patch_folder("docs", type="sendrecieve")  # type: ignore[arg-type]
    await patch_folder("docs", devices=[{}])  # type: ignore[list-item]
    await patch_folder("docs", devices=[{"device": ""}])  # type: ignore[list-item]
    await patch_device("P56IOI7", compression="yes")  # type: ignore[arg-type]
    await patch_device("P56IOI7", addresses="dynamic")  # type: ignore[arg-type]
    await patch_options(maxSendKpbs=100)  # type: ignore[call-arg]
    await patch_gui(authMode="none")  # type: ignore[arg-type]
    await patch_ldap(transport="nontls")  # type: ignore[arg-type]


async def new_objects_need_their_ids() -> None:
    """A new folder needs an ID and a path, a new device its ID."""
    await add_folder(id="docs", path="/srv/docs")
    await add_folder(id="docs", path="/srv/docs", type="receiveonly", devices=[{"deviceID": "P56IOI7"}])
    await add_device(deviceID="P56IOI7", name="laptop")

    await add_folder(id="docs")  # type: ignore[call-arg]
    await add_device(name="laptop")  # type: ignore[call-arg]


def answers_are_described(
    status: t.SystemStatus,
    connections: t.Connections,
    file: t.FileStatus,
    tree: list[t.TreeEntry],
    device: t.DeviceIDAnswer,
) -> None:
    """Required keys are there, others must be looked for, and what Go may leave empty can be `None`."""
    assert_type(status["uptime"], int)
    assert_type(status.get("discoveryEnabled"), bool | None)
    assert_type(connections["connections"]["P56IOI7"]["connected"], bool)
    assert_type(connections["connections"]["P56IOI7"]["type"], t.ConnectionType)
    assert_type(file["global"], t.FileInfo)
    assert_type(file["global"]["numBlocks"], int | None)
    assert_type(file["availability"], list[t.Availability] | None)
    assert_type(tree[0].get("children", []), list[t.TreeEntry])
    if "id" in device:
        assert_type(device, t.ValidDeviceID)
    else:
        assert_type(device["error"], str)

    for addresses in (listener["lanAddresses"] for listener in status["connectionServiceStatus"].values()):
        addresses.append("")  # type: ignore[union-attr]
    status["themes"]  # type: ignore[typeddict-item]


def states_are_open(summary: t.FolderSummary) -> bool:
    """A state can be compared with any text, since newer daemons may have more."""
    return summary["state"] in {"idle", "a state of tomorrow"}


def unknown_keys_survive(folder: t.FolderConfiguration) -> dict[str, Any]:
    """A copy keeps unknown keys."""
    return {**folder}
