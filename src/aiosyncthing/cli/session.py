"""One daemon that a command talks to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from . import names
from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from aiosyncthing import Syncthing, types as t

    from .schemas import Daemon
    from .target.target import Target

    T = TypeVar("T")


class Session:
    """A daemon, and its answers so far: its configuration is read only once per command.

    Attributes:
        target: The daemon.
        client: Its client, open while the command runs.
        name: Its name in rows of several daemons.
    """

    def __init__(self, target: Target, client: Syncthing) -> None:
        self.target = target
        self.client = client
        self.name: str = target.name
        self._asked: dict[Callable[[], Any], asyncio.Task[Any]] = {}

    async def config(self) -> t.Configuration:
        """Return the configuration."""
        return await self._once(self.client.config.config)

    @property
    def known_config(self) -> t.Configuration | None:
        """The configuration, if it has already been read."""
        task = self._asked.get(self.client.config.config)
        return task.result() if task is not None and task.done() and not task.cancelled() else None

    async def status(self) -> t.SystemStatus:
        """Return the daemon's own status."""
        return await self._once(self.client.system.status)

    async def version(self) -> t.SystemVersion:
        """Return the daemon's version."""
        return await self._once(self.client.system.version)

    async def own_id(self) -> str:
        """Return the daemon's own device ID."""
        return (await self.status())["myID"]

    async def folders(self) -> Sequence[t.FolderConfiguration]:
        """Return all folders."""
        return (await self.config())["folders"]

    async def devices(self) -> Sequence[t.DeviceConfiguration]:
        """Return all devices, including the daemon's own."""
        return (await self.config())["devices"]

    async def remotes(self) -> Sequence[t.DeviceConfiguration]:
        """Return all devices except the daemon's own."""
        own = await self.own_id()
        return [device for device in await self.devices() if device["deviceID"] != own]

    async def folder(self, text: str) -> t.FolderConfiguration:
        """Return a folder by its name, its ID, or a path of this computer in it."""
        if names.is_path(text):
            return (await self.place(text)).folder
        folders = await self.folders()
        with names.paths_recognised(text):
            return names.find_folder(text, folders)

    async def chosen_folders(self, texts: Sequence[str]) -> Sequence[t.FolderConfiguration]:
        """Return the named folders without duplicates; all if none are named."""
        if not texts:
            return await self.folders()
        found = [await self.folder(text) for text in texts]
        return list({folder["id"]: folder for folder in found}.values())

    async def either(
        self, text: str
    ) -> tuple[Literal["folder"], t.FolderConfiguration] | tuple[Literal["device"], t.DeviceConfiguration]:
        """Return a folder or device by its name; a path of this computer stands for the folder that contains it."""
        if names.is_path(text):
            return "folder", (await self.place(text)).folder
        return names.find_either(text, await self.folders(), await self.devices())

    async def device(self, text: str) -> t.DeviceConfiguration:
        """Return a device by its name or ID."""
        return names.find_device(text, await self.devices())

    async def place(self, text: str) -> names.Place:
        """Return the folder and the path in it for ``FOLDER:PATH`` or a path of this computer."""
        if not names.is_path(text):
            known = await self.folders()
            with names.paths_recognised(text):
                return names.find_place(text, known)
        if not self.target.local:
            raise UsageError(f"{text} is a path of this computer, but the daemon runs on another one: use FOLDER:PATH")
        folders, status = await asyncio.gather(self.folders(), self.status())
        return names.place_of_path(text, folders, status["tilde"])

    async def about(self) -> Daemon:
        """Return the description of the daemon in JSON documents."""
        status, version = await asyncio.gather(self.status(), self.version())
        return {"name": self.name, "url": self.client.url, "id": status["myID"], "version": version["version"]}

    async def _once(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Ask only once, even if several parts of a command ask at the same time."""
        if ask not in self._asked:
            self._asked[ask] = asyncio.create_task(ask())
        answer: T = await asyncio.shield(self._asked[ask])
        return answer

    async def close(self) -> None:
        """Cancel pending requests, and close the client."""
        for task in self._asked.values():
            task.cancel()
        try:
            await asyncio.gather(*self._asked.values(), return_exceptions=True)
        finally:
            await self.client.close()
