"""Never run, only type-checked: what Home Assistant's integration does with answers and events."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiosyncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVENTS = {"FolderSummary": "summary", "StateChanged": "state", "FolderPaused": "paused", "DeviceConnected": "connected"}
STATE_ATTRIBUTES = {"errors": "errors", "globalBytes": "global_bytes", "state": "state", "deviceID": "device_id"}


async def listen(client: aiosyncthing.Syncthing, send: Callable[[str, dict[str, Any]], None]) -> None:
    """Events go on to whom they concern; what is history is passed over."""
    try:
        await client.system.ping()
        async for event in client.events.listen():
            if client.events.last_seen_id == 0 or event["type"] not in EVENTS:
                continue
            folder = event["data"].get("folder") or event["data"]["id"]
            send(f"{EVENTS[event['type']]}-{folder}", dict(event))
            if "summary" in event["data"]:
                filter_state(event["data"]["summary"])
    except aiosyncthing.exceptions.SyncthingError as error:
        print(error)


def filter_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what is shown."""
    return {STATE_ATTRIBUTES[key]: value for key, value in state.items() if key in STATE_ATTRIBUTES}


def rename(state: dict[str, Any]) -> dict[str, Any]:
    """Change a dict."""
    state["state"] = "paused"
    return state


class FolderSensor:
    """Shows one folder."""

    def __init__(self, client: aiosyncthing.Syncthing, folder_id: str) -> None:
        self._client = client
        self._folder_id = folder_id
        self._state: dict[str, Any] | None = None

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What is shown."""
        return self._state

    async def update(self) -> None:
        """Read it again."""
        try:
            state = await self._client.database.status(self._folder_id)
        except aiosyncthing.exceptions.SyncthingError:
            self._state = None
        else:
            self._state = filter_state(state)
            rename(state)  # type: ignore[arg-type]
            rename(dict(state))


async def update_device(client: aiosyncthing.Syncthing, device_id: str) -> dict[str, Any]:
    """A copy of an answer takes keys that the answer doesn't have."""
    state: dict[str, Any] = dict(await client.config.devices(device_id))
    state["state"] = "online" if state["deviceID"] == "A" else "unknown"
    return filter_state(state)
