# Generated from aiosyncthing.daemon by scripts/make_blocking.py; change that.
"""`Daemon`, the launcher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.syncthing import BorrowedClient, Syncthing
from aiosyncthing.device_id import DeviceID

if TYPE_CHECKING:
    from aiosyncthing.daemon import Daemon as Inner


class DaemonMethods(Blocking["Inner"]):
    """The methods of `Daemon`."""

    @property
    def client(self) -> Syncthing:
        """A client of this daemon. It stays the same across restarts, and `stop` closes it."""
        return self._twin(BorrowedClient, self._inner.client)

    @property
    def url(self) -> str:
        """Base URL of the API, valid until `stop`."""
        return self._inner.url

    @property
    def api_key(self) -> str:
        """The API key."""
        return self._inner.api_key

    @property
    def device_id(self) -> DeviceID:
        """The daemon's device ID."""
        return self._inner.device_id

    @property
    def sync_address(self) -> str:
        """Where other daemons on this computer reach it: ``tcp://127.0.0.1:port``.

        Raises:
            DaemonError: It is not started, or its configuration has no address for TCP.
        """
        return self._inner.sync_address

    @property
    def version(self) -> str:
        """Its version, such as ``v1.29.5``."""
        return self._inner.version

    @property
    def home(self) -> Path:
        """Its directory for configuration, identity and database."""
        return self._inner.home

    @property
    def binary(self) -> Path:
        """The program."""
        return self._inner.binary

    @property
    def pid(self) -> int | None:
        """Its process ID, which changes with every restart; ``None`` while it is down."""
        return self._inner.pid

    @property
    def running(self) -> bool:
        """Whether it is up, or about to be restarted after a request over the API or a crash."""
        return self._inner.running

    @property
    def returncode(self) -> int | None:
        """Its last exit code, negative for a signal; ``None`` while it is up."""
        return self._inner.returncode

    @property
    def log_tail(self) -> list[str]:
        """The last 2000 lines of its log, across restarts, without the key.

        The logger ``aiosyncthing.daemon`` receives each of them as a debug message.
        """
        return self._inner.log_tail

    def start(self) -> None:
        """Start the daemon and wait until its API is ready.

        After `kill`, a crash or a shutdown it uses the same ports again; after `stop` it starts afresh.

        Raises:
            DaemonError: It is already running, or could not be started; the message ends with its log. Nothing is left
                behind, nor after a cancellation.
        """
        return self._run(self._inner.start())

    def stop(self) -> None:
        """Ask the daemon to exit, kill it if it doesn't, and clean up client, ports and temporary home.

        May be called twice. If cancelled, it kills the daemon at once.

        Raises:
            DaemonError: It could not even be killed, or its temporary home could not be removed.
        """
        return self._run(self._inner.stop())

    def restart(self) -> None:
        """Stop the daemon and start it again, with the same URL, key, home and identity.

        Raises:
            DaemonError: As for `start`.
        """
        return self._run(self._inner.restart())

    def kill(self) -> None:
        """Kill the daemon, as a crash or power failure would. `start` brings it back."""
        return self._run(self._inner.kill())

    def wait(self) -> int | None:
        """Wait until the daemon is down for good: shut down, crashed, killed or stopped. Restarts don't count.

        Returns:
            Its exit code, negative for a signal.
        """
        return self._run(self._inner.wait())
