# Generated from aiosyncthing.system by scripts/make_blocking.py; change that.
"""``rest/system``: the daemon itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from aiosyncthing import types as t
from aiosyncthing._rest.deprecation import deprecated
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.system import System as Inner


class System(Blocking["Inner"]):
    """The daemon itself: status, log, pausing devices, restarting."""

    def ping(self, *, timeout: float | None = None) -> None:
        """Check that the daemon answers and accepts the API key.

        Docs: https://docs.syncthing.net/rest/system-ping-get.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            PingError: It doesn't, for whatever reason; ``__cause__`` is the error that says why.
        """
        return self._run(self._inner.ping(timeout=timeout))

    def version(self, *, timeout: float | None = None) -> t.SystemVersion:
        """Get the daemon's version, operating system and build.

        Docs: https://docs.syncthing.net/rest/system-version-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.version(timeout=timeout))

    def status(self, *, timeout: float | None = None) -> t.SystemStatus:
        """Get the daemon's device ID, start time, memory use, listeners and discovery state.

        ``startTime`` changes when the daemon restarts; its resolution is one second.
        Docs: https://docs.syncthing.net/rest/system-status-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.status(timeout=timeout))

    @deprecated("system.config() is deprecated in Syncthing's API; use config.config()")
    def config(self, *, timeout: float | None = None) -> t.Configuration:
        """Get the whole configuration.

        Deprecated since Syncthing 1.12: use ``client.config.config()``.
        Docs: https://docs.syncthing.net/rest/system-config-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.config(timeout=timeout))  # pyright: ignore[reportDeprecated] - so is this

    def connections(self, *, timeout: float | None = None) -> t.Connections:
        """Get the connection of each device, and the bytes transferred.

        Syncthing 1.19 also lists the daemon's own device.
        Docs: https://docs.syncthing.net/rest/system-connections-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.connections(timeout=timeout))

    def error(self, *, timeout: float | None = None) -> t.SystemErrors:
        """Get the recent errors; ``errors`` is ``None`` if there are none.

        Syncthing 1 keeps the last 5 warnings, Syncthing 2 the last 1000 errors and no warnings.
        Docs: https://docs.syncthing.net/rest/system-error-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.error(timeout=timeout))

    def post_error(self, message: str, *, timeout: float | None = None) -> None:
        """Add an error, which the web interface then shows.

        Syncthing 2 wraps the message: ``External error report (error=... log.pkg=api)``.
        Docs: https://docs.syncthing.net/rest/system-error-post.html

        Args:
            message: The message.
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.post_error(message, timeout=timeout))

    def clear_errors(self, *, timeout: float | None = None) -> None:
        """Remove the recent errors.

        Docs: https://docs.syncthing.net/rest/system-error-clear-post.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.clear_errors(timeout=timeout))

    def log(self, since: str | datetime | None = None, *, timeout: float | None = None) -> t.SystemLog:
        """Get the recent log lines; ``messages`` is ``None`` if there are none.

        Docs: https://docs.syncthing.net/rest/system-log-get.html

        Args:
            since: Only lines logged after this time: RFC 3339, or a `datetime` with a time zone.
            timeout: Time limit for the request, in seconds.

        Raises:
            BadRequestError: ``since`` is not a valid time. The daemon would ignore it and return every line.
        """
        return self._run(self._inner.log(since, timeout=timeout))

    def log_text(self, since: str | datetime | None = None, *, timeout: float | None = None) -> str:
        """Get the recent log lines as plain text.

        Docs: https://docs.syncthing.net/rest/system-log-get.html

        Args:
            since: Only lines logged after this time: RFC 3339, or a `datetime` with a time zone.
            timeout: Time limit for the request, in seconds.

        Raises:
            BadRequestError: ``since`` is not a valid time. The daemon would ignore it and return every line.
        """
        return self._run(self._inner.log_text(since, timeout=timeout))

    def log_levels(self, *, timeout: float | None = None) -> t.LogLevels:
        """Get the log level of each package.

        Since Syncthing 2.0; for older versions see `debug_facilities`.
        Docs: https://docs.syncthing.net/rest/system-loglevels-get.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return self._run(self._inner.log_levels(timeout=timeout))

    def set_log_levels(self, levels: Mapping[str, str], *, timeout: float | None = None) -> None:
        """Set the log levels of some packages; others keep theirs.

        Since Syncthing 2.0; for older versions see `set_debug_facilities`.
        Docs: https://docs.syncthing.net/rest/system-loglevels-post.html

        Args:
            levels: Level by package: ``DEBUG``, ``INFO``, ``WARN`` or ``ERROR``. The daemon accepts any package name.
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is older.
            BadRequestError: There is no such level.
        """
        return self._run(self._inner.set_log_levels(levels, timeout=timeout))

    def debug_facilities(self, *, timeout: float | None = None) -> t.DebugFacilities:
        """Get the debug facilities, and which of them are enabled.

        Before Syncthing 2.0; for newer versions see `log_levels`.
        Docs: https://docs.syncthing.net/rest/system-debug-get.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is newer.
        """
        return self._run(self._inner.debug_facilities(timeout=timeout))

    def set_debug_facilities(
        self, *, enable: Iterable[str] = (), disable: Iterable[str] = (), timeout: float | None = None
    ) -> None:
        """Enable and disable debug facilities; others stay as they are.

        Before Syncthing 2.0; for newer versions see `set_log_levels`.
        Docs: https://docs.syncthing.net/rest/system-debug-post.html

        Args:
            enable: Names of facilities. The daemon ignores unknown ones.
            disable: Names of facilities.
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is newer.
        """
        return self._run(self._inner.set_debug_facilities(enable=enable, disable=disable, timeout=timeout))

    def paths(self, *, timeout: float | None = None) -> dict[str, str]:
        """Get the paths of the daemon's files, by purpose.

        Since Syncthing 1.21.
        Docs: https://docs.syncthing.net/rest/system-paths-get.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return self._run(self._inner.paths(timeout=timeout))

    def browse(
        self, current: str = "", *, filesystem: str | None = None, timeout: float | None = None
    ) -> list[str] | None:
        """Get the directories on the daemon's machine whose paths start with a prefix.

        With a trailing separator, these are the directories inside. Before 1.29.4 the paths end with a separator.
        Docs: https://docs.syncthing.net/rest/system-browse-get.html

        Args:
            current: The prefix; empty for the roots.
            filesystem: Type of the file system; the daemon's default is ``basic``.
            timeout: Time limit for the request, in seconds.

        Returns:
            The paths; ``None`` if the roots can't be listed.
        """
        return self._run(self._inner.browse(current, filesystem=filesystem, timeout=timeout))

    def discovery(self, *, timeout: float | None = None) -> dict[str, t.DiscoveryEntry]:
        """Get the addresses found by discovery, by device ID.

        Docs: https://docs.syncthing.net/rest/system-discovery-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.discovery(timeout=timeout))

    def pause(self, device_id: str | None = None, *, timeout: float | None = None) -> None:
        """Pause a device, or all devices.

        The daemon answers before the change takes effect, and saves it within 5 s. To wait for both, use
        ``config.patch_device(device_id, paused=True)``.
        Docs: https://docs.syncthing.net/rest/system-pause-post.html

        Args:
            device_id: ID of the device; ``None`` for all.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: `device_id` is not a device ID.
        """
        return self._run(self._inner.pause(device_id, timeout=timeout))

    def resume(self, device_id: str | None = None, *, timeout: float | None = None) -> None:
        """Resume a device, or all devices.

        As with `pause`, the daemon answers before the change takes effect.
        Docs: https://docs.syncthing.net/rest/system-resume-post.html

        Args:
            device_id: ID of the device; ``None`` for all, including those that were paused individually.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: `device_id` is not a device ID.
        """
        return self._run(self._inner.resume(device_id, timeout=timeout))

    def restart(self, *, timeout: float | None = None) -> t.Ok | None:
        """Restart the daemon. The API is away for some seconds, and event IDs start at 1 again.

        Docs: https://docs.syncthing.net/rest/system-restart-post.html

        Args:
            timeout: Time limit for the request, in seconds.

        Returns:
            The daemon's message, or ``None`` if it stopped before sending one.
        """
        return self._run(self._inner.restart(timeout=timeout))

    def shutdown(self, *, timeout: float | None = None) -> t.Ok | None:
        """Shut the daemon down.

        Docs: https://docs.syncthing.net/rest/system-shutdown-post.html

        Args:
            timeout: Time limit for the request, in seconds.

        Returns:
            The daemon's message, or ``None`` if it stopped before sending one.
        """
        return self._run(self._inner.shutdown(timeout=timeout))

    def reset(self, folder_id: str | None = None, *, timeout: float | None = None) -> t.Ok | None:
        """Erase the database of a folder, or of all folders, and restart the daemon.

        The files stay, and are scanned again.
        Docs: https://docs.syncthing.net/rest/system-reset-post.html

        Args:
            folder_id: ID of the folder, which must be paused; ``None`` for all folders, which must all be paused.
            timeout: Time limit for the request, in seconds; by default 60.

        Returns:
            The daemon's message, or ``None`` if it stopped before sending one.

        Raises:
            UnknownFolderError: There is no such folder.
            ServerError: The folder is not paused.
        """
        return self._run(self._inner.reset(folder_id, timeout=timeout))

    def check_upgrade(self, *, timeout: float | None = None) -> t.UpgradeInfo:
        """Check for a newer release.

        Docs: https://docs.syncthing.net/rest/system-upgrade-get.html

        Args:
            timeout: Time limit for the request, in seconds; by default 60.

        Raises:
            NotSupportedError: This build can't upgrade itself, as in Linux distributions, or upgrades are disabled, as
                by `Daemon`; the daemon doesn't say which.
        """
        return self._run(self._inner.check_upgrade(timeout=timeout))

    def upgrade(self, *, timeout: float | None = None) -> t.Ok | None:
        """Upgrade the daemon to the newest release and restart it.

        Docs: https://docs.syncthing.net/rest/system-upgrade-post.html

        Args:
            timeout: Time limit for the request, in seconds; by default 600.

        Returns:
            The daemon's message if it restarts; ``None`` if there is nothing newer.

        Raises:
            NotSupportedError: This build can't upgrade itself, as in Linux distributions, or upgrades are disabled, as
                by `Daemon`; the daemon doesn't say which.
        """
        return self._run(self._inner.upgrade(timeout=timeout))
