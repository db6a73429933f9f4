"""``rest/system``: the daemon itself."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast

from . import _routes
from ._http.failures import translate
from ._rest.checks import check_log_time, lines, mapping, required
from ._rest.namespace import Namespace
from .exceptions import PingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from . import types as t

__all__ = ["System"]


class System(Namespace):
    """The daemon itself: status, log, pausing devices, restarting."""

    async def ping(self, *, timeout: float | None = None) -> None:
        """Check that the daemon answers and accepts the key.

        Docs: ``rest/system-ping-get``.

        Args:
            timeout: Seconds for the request.

        Raises:
            PingError: It doesn't, for whatever reason; ``__cause__`` is the error that says which.
        """
        route = _routes.PING
        options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        try:
            answer: Any = await self._api.raw_request(route.path, **options)
        except Exception as error:  # noqa: BLE001 - the seed's promise: PingError for any failure
            cause = translate(error, route.method, route.path)
            raise PingError(
                str(cause.args[0] if cause.args else cause),
                method=cause.method,
                path=cause.path,
                status=cause.status,
                body=cause.body,
            ) from cause
        if not isinstance(answer, dict) or cast("dict[str, object]", answer).get("ping") != "pong":
            raise PingError("the answer to ping is not pong", method=route.method, path=route.path)

    async def version(self, *, timeout: float | None = None) -> t.SystemVersion:
        """Get version, system and build of the daemon.

        Docs: ``rest/system-version-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.VERSION, timeout=timeout)

    async def status(self, *, timeout: float | None = None) -> t.SystemStatus:
        """Get the daemon's own device ID, start time, memory, listeners and discovery.

        ``startTime`` changes when the daemon restarts; it has a resolution of a second.
        Docs: ``rest/system-status-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.STATUS, timeout=timeout)

    async def config(self, *, timeout: float | None = None) -> t.Configuration:
        """Get the whole configuration.

        Deprecated in Syncthing 1.12: use ``client.config.config()``. Docs: ``rest/system-config-get``.

        Args:
            timeout: Seconds for the request.
        """
        warnings.warn(
            "system.config() is deprecated in Syncthing's API; use config.config()",
            DeprecationWarning,
            stacklevel=2,
        )
        return await self._api.call(_routes.SYSTEM_CONFIG, timeout=timeout)

    async def connections(self, *, timeout: float | None = None) -> t.Connections:
        """Get the connection of each device, and the bytes that went over it.

        Version 1.19 lists the daemon's own device too. Docs: ``rest/system-connections-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.CONNECTIONS, timeout=timeout)

    async def error(self, *, timeout: float | None = None) -> t.SystemErrors:
        """Get the recent errors; ``errors`` is ``None`` when there are none.

        Version 1 keeps the last 5 warnings, version 2 the last 1000 errors, and no warnings.
        Docs: ``rest/system-error-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.ERRORS, timeout=timeout)

    async def post_error(self, message: str, *, timeout: float | None = None) -> None:
        """Add an error, which the web interface then shows.

        Version 2 wraps the text: ``External error report (error=... log.pkg=api)``. Docs: ``rest/system-error-post``.

        Args:
            message: The text.
            timeout: Seconds for the request.
        """
        data = required(message, "message").encode(errors="replace")
        await self._api.call(_routes.POST_ERROR, data=data, timeout=timeout)

    async def clear_errors(self, *, timeout: float | None = None) -> None:
        """Forget the recent errors.

        Docs: ``rest/system-error-clear-post``.

        Args:
            timeout: Seconds for the request.
        """
        await self._api.call(_routes.CLEAR_ERRORS, timeout=timeout)

    async def log(self, since: str | datetime | None = None, *, timeout: float | None = None) -> t.SystemLog:
        """Get the recent lines of the daemon's log; ``messages`` is ``None`` when there are none.

        Docs: ``rest/system-log-get``.

        Args:
            since: Only lines later than this; RFC 3339 or a `datetime` with time zone.
            timeout: Seconds for the request.

        Raises:
            BadRequestError: ``since`` is not a point in time; the daemon would answer with all lines.
        """
        return await self._api.call(_routes.LOG, params=_since(since), timeout=timeout)

    async def log_text(self, since: str | datetime | None = None, *, timeout: float | None = None) -> str:
        """Get the recent lines of the daemon's log as plain text.

        Docs: ``rest/system-log-get``.

        Args:
            since: Only lines later than this; RFC 3339 or a `datetime` with time zone.
            timeout: Seconds for the request.

        Raises:
            BadRequestError: ``since`` is not a point in time; the daemon would answer with all lines.
        """
        return await self._api.call(_routes.LOG_TEXT, params=_since(since), timeout=timeout)

    async def log_levels(self, *, timeout: float | None = None) -> t.LogLevels:
        """Get the log level of each package.

        Since Syncthing 2.0; before, see `debug_facilities`. Docs: ``rest/system-loglevels-get``.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return await self._api.call(_routes.LOG_LEVELS, timeout=timeout)

    async def set_log_levels(self, levels: Mapping[str, str], *, timeout: float | None = None) -> None:
        """Set the log level of packages; those that are not named keep theirs.

        Since Syncthing 2.0; before, see `set_debug_facilities`. Docs: ``rest/system-loglevels-post``.

        Args:
            levels: Level by package: ``DEBUG``, ``INFO``, ``WARN`` or ``ERROR``. The daemon takes any package name.
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is older.
            BadRequestError: There is no such level.
        """
        await self._api.call(_routes.SET_LOG_LEVELS, data=dict(mapping(levels, "levels")), timeout=timeout)

    async def debug_facilities(self, *, timeout: float | None = None) -> t.DebugFacilities:
        """Get the debugging facilities, and which are enabled.

        Before Syncthing 2.0; since then, see `log_levels`. Docs: ``rest/system-debug-get``.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is newer.
        """
        return await self._api.call(_routes.DEBUG_FACILITIES, timeout=timeout)

    async def set_debug_facilities(
        self, *, enable: Iterable[str] = (), disable: Iterable[str] = (), timeout: float | None = None
    ) -> None:
        """Enable and disable debugging facilities; those that are not named stay as they are.

        Before Syncthing 2.0; since then, see `set_log_levels`. Docs: ``rest/system-debug-post``.

        Args:
            enable: Names. The daemon ignores unknown ones.
            disable: Names.
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is newer.
        """
        params = {"enable": ",".join(lines(enable)), "disable": ",".join(lines(disable))}
        await self._api.call(
            _routes.SET_DEBUG_FACILITIES,
            params={key: value for key, value in params.items() if value},
            timeout=timeout,
        )

    async def paths(self, *, timeout: float | None = None) -> dict[str, str]:
        """Get the paths of the daemon's files, by purpose.

        Since Syncthing 1.21. Docs: ``rest/system-paths-get``.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return await self._api.call(_routes.PATHS, timeout=timeout)

    async def browse(
        self, current: str = "", *, filesystem: str | None = None, timeout: float | None = None
    ) -> list[str] | None:
        """Get the folders on the daemon's machine whose path begins with a text.

        With a final separator: the folders inside. Empty: the roots, or ``None`` where they can't be listed. Before
        1.29.4 the paths end in a separator. Docs: ``rest/system-browse-get``.

        Args:
            current: Beginning of the path.
            filesystem: The daemon's type of file system; default ``basic``.
            timeout: Seconds for the request.
        """
        params = {"current": current} if current else {}
        if filesystem is not None:
            params["filesystem"] = required(filesystem, "filesystem")
        return await self._api.call(_routes.BROWSE_SYSTEM, params=params, timeout=timeout)

    async def discovery(self, *, timeout: float | None = None) -> dict[str, t.DiscoveryEntry]:
        """Get the addresses that discovery has found, by device ID.

        Docs: ``rest/system-discovery-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DISCOVERY, timeout=timeout)

    async def pause(self, device_id: str | None = None, *, timeout: float | None = None) -> None:
        """Pause a device, or all of them.

        The daemon answers before the change is in effect, and saves it within 5 s:
        ``config.patch_device(device_id, paused=True)`` waits for both. Docs: ``rest/system-pause-post``.

        Args:
            device_id: The device; ``None`` for all.
            timeout: Seconds for the request.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: That is not a device ID.
        """
        await self._api.call(_routes.PAUSE, params=_device(device_id), timeout=timeout)

    async def resume(self, device_id: str | None = None, *, timeout: float | None = None) -> None:
        """Resume a device, or all of them.

        As with `pause`, the daemon answers before the change is in effect. Docs: ``rest/system-resume-post``.

        Args:
            device_id: The device; ``None`` for all, also those that were paused one by one.
            timeout: Seconds for the request.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: That is not a device ID.
        """
        await self._api.call(_routes.RESUME, params=_device(device_id), timeout=timeout)

    async def restart(self, *, timeout: float | None = None) -> t.Ok | None:
        """Restart the daemon. It goes on for some seconds until the API is back; event IDs then begin at 1 again.

        Docs: ``rest/system-restart-post``.

        Args:
            timeout: Seconds for the request.

        Returns:
            The daemon's words, or ``None`` where it ended before they were out.
        """
        return await self._api.call(_routes.RESTART, timeout=timeout)

    async def shutdown(self, *, timeout: float | None = None) -> t.Ok | None:
        """End the daemon.

        Docs: ``rest/system-shutdown-post``.

        Args:
            timeout: Seconds for the request.

        Returns:
            The daemon's words, or ``None`` where it ended before they were out.
        """
        return await self._api.call(_routes.SHUTDOWN, timeout=timeout)

    async def reset(self, folder_id: str | None = None, *, timeout: float | None = None) -> t.Ok | None:
        """Erase the database of a folder, or of all, and restart the daemon in any case.

        The files stay; they are scanned again. Docs: ``rest/system-reset-post``.

        Args:
            folder_id: The folder, which must be paused; ``None`` for all, which must all be paused.
            timeout: Seconds for the request; default 60.

        Returns:
            The daemon's words, or ``None`` where it ended before they were out.

        Raises:
            UnknownFolderError: There is no such folder.
            ServerError: The folder is not paused.
        """
        params = {} if folder_id is None else {"folder": required(folder_id, "folder_id")}
        return await self._api.call(_routes.RESET, params=params, timeout=timeout)

    async def check_upgrade(self, *, timeout: float | None = None) -> t.UpgradeInfo:
        """Ask whether there is a newer release.

        Docs: ``rest/system-upgrade-get``.

        Args:
            timeout: Seconds for the request; default 60.

        Raises:
            NotSupportedError: This build can't upgrade itself, as those of Linux distributions, or upgrades are
                switched off, as by `Daemon`; the daemon doesn't say which.
        """
        return await self._api.call(_routes.CHECK_UPGRADE, timeout=timeout)

    async def upgrade(self, *, timeout: float | None = None) -> t.Ok | None:
        """Upgrade the daemon to the newest release and restart it.

        Docs: ``rest/system-upgrade-post``.

        Args:
            timeout: Seconds for the request; default 600.

        Returns:
            The daemon's words when it restarts; ``None`` when there is nothing newer.

        Raises:
            NotSupportedError: This build can't upgrade itself, as those of Linux distributions, or upgrades are
                switched off, as by `Daemon`; the daemon doesn't say which.
        """
        return await self._api.call(_routes.UPGRADE, timeout=timeout)


def _device(device_id: str | None) -> dict[str, str]:
    return {} if device_id is None else {"device": required(device_id, "device_id")}


def _since(since: str | datetime | None) -> dict[str, str]:
    return {} if since is None else {"since": check_log_time(since)}
