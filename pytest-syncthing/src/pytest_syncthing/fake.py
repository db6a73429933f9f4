"""`FakeSyncthing`: a Syncthing daemon for tests, without Syncthing."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakKeyDictionary

from aiosyncthing.daemon.home import check_key
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.syncthing import Syncthing
from aiosyncthing.tls import Fingerprint

from . import host as _host, identity
from .certificate import Certificate
from .clock import Clock
from .config import configuration
from .contents import Contents
from .facts import Facts
from .http.listening import Listener
from .http.server import Server
from .life import Life
from .model.connections import World
from .model.core import Core
from .model.directory_disk import DirectoryDisk
from .model.memory_disk import MemoryDisk
from .model.node import Node
from .model.running import Running
from .observations import Observations
from .rest import HANDLERS
from .rest.noauth import note_login
from .troubles import Troubles

if TYPE_CHECKING:
    from typing import ParamSpec, TypeVar

    from .host import Host

    P = ParamSpec("P")
    T = TypeVar("T")

__all__ = ["FakeSyncthing"]

_WORLDS: Final[WeakKeyDictionary[Host, World]] = WeakKeyDictionary()
_PORTS: Final = itertools.count(22001)
_LAST_PORT: Final = 65535


class FakeSyncthing(Contents, Troubles, Observations):
    """A daemon for a test: its API is real, and everything behind it is state that the test changes.

    ::

        with FakeSyncthing() as fake:
            fake.add_folder("docs", files={"readme.txt": b"hello"})
            ...  # let the program under test ask fake.url with fake.api_key

    Also an asynchronous context manager. All fakes live in one thread of their own, beside the program under test and
    its loop; every method here may be called from any thread and returns when its effect is there.

    Args:
        version: The version to play: ``1.19``, ``1.29`` or ``2.1``.
        name: The name of its device; different names have different device IDs and keys.
        api_key: Its API key; by default one derived from the name.
        device_id: Its device ID; by default one derived from the name.
        home: A directory to write ``config.xml`` and certificates to, so that `aiosyncthing.local.discover` finds the
            fake, also after its key or its settings have changed; by default there is none.
        port: The port of the loopback interface to listen on; 0 for a free one.
        socket: Path of a Unix socket to listen on, in place of a port.
        tls: Whether its settings ask for HTTPS (``gui.useTLS``): then plain requests are redirected. TLS is spoken on
            the same port in any case, as real daemons do, with a self-signed certificate derived from the name.
        certificate: A PEM file with another certificate for it, and its key.
        user: User name of the web interface; empty for no login.
        password: The password to it.
        files_on_disk: Whether folders are real directories instead of memory. Those without a ``path`` of their own are
            in a temporary directory, which `stop` removes.
        start: What its clock shows at first.

    Raises:
        BadRequestError: It doesn't play that version, the key can't be sent in a header, there is no such port, or the
            file can't be used as a certificate.
    """

    def __init__(
        self,
        version: str = "1.29",
        *,
        name: str = "fake",
        api_key: str | None = None,
        device_id: str | None = None,
        home: str | Path | None = None,
        port: int = 0,
        socket: str | Path = "",
        tls: bool = False,
        certificate: str | Path | None = None,
        user: str = "",
        password: str = "",
        files_on_disk: bool = False,
        start: datetime | None = None,
    ) -> None:
        super().__init__()
        self._facts = Facts.of(version)
        self._name = name
        self._api_key = api_key or identity.api_key(name)
        check_key(self._api_key)
        self._device_id = DeviceID(device_id) if device_id else identity.device_id(name)
        self._home = None if home is None else Path(home)
        if not 0 <= port <= _LAST_PORT:
            raise BadRequestError(f"port must be a number from 0 to {_LAST_PORT}, not {port}")
        self._port = port
        self._socket = str(socket)
        self._tls = tls
        self._certificate = Certificate.named(name) if certificate is None else Certificate.given(Path(certificate))
        self._renewals = 0
        self._login = {"user": user, "password": password} if user else {}
        self._files_on_disk = files_on_disk
        self._start_time = start

    def __repr__(self) -> str:
        """Show where it is, without the key."""
        if not hasattr(self, "_start_time"):  # its arguments were refused
            return object.__repr__(self)
        state = self.url if self._life else "not started"
        return f"<{type(self).__name__} {self.version} {self._name!r}: {state}>"

    # --- Life ---

    def start(self) -> None:
        """Start it. Nothing happens if it is started already."""
        if self._life is not None:
            return
        host = _host.acquire()
        try:
            self._life = host.run(self._begin(host))
        except BaseException:
            host.release()
            raise

    def stop(self) -> None:
        """End it, with everything that it has. May be called twice; `start` then makes another one."""
        life, self._life = self._life, None
        if life is not None:
            try:
                life.host.run(life.ending.aclose())
            finally:
                life.host.release()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        await asyncio.to_thread(self.stop)

    def replace(self, name: str, *, device_id: str | None = None) -> None:
        """Put another daemon in its place: a new one with nothing in it, at the same address, with the same key.

        Folders that `folder` returned before belong to the daemon that is gone; a ``home`` is left as it is.

        Args:
            name: The name of its device.
            device_id: Its device ID; by default one derived from the name.
        """
        life = self._started
        life.host.run(self._replace(life, name, device_id))

    # --- What it is ---

    @property
    def url(self) -> str:
        """Base URL of its API, such as ``http://127.0.0.1:40123``; it stays the same until `stop`."""
        address = self._started.listener.address
        if address.startswith("/"):
            return f"{'unixs' if self._tls else 'unix'}://{address}"
        return f"{'https' if self._tls else 'http'}://{address}"

    @property
    def api_key(self) -> str:
        """Its API key. It is valid beside the one of the configuration, which a program may change.

        With `change_key` it is another one, and this is refused.
        """
        return self._api_key

    @property
    def device_id(self) -> DeviceID:
        """Its device ID."""
        return self._device_id

    @property
    def version(self) -> str:
        """The version that it reports, such as ``v1.29.5``."""
        return f"v{self._facts.name}"

    @property
    def home(self) -> Path:
        """The home directory that it reports."""
        return self._home or Path("/home/syncthing/.config/syncthing")

    @property
    def certificate(self) -> str:
        """The certificate of its HTTPS, as PEM. With `renew_certificate` it is another one."""
        return self._certificate.text

    @property
    def sync_address(self) -> str:
        """Where other fakes reach it: ``tcp://127.0.0.1:port``. It is only a name; nothing listens there."""
        return self._started.node.core.sync_address

    def client(self, *, api_key: str | None = None, **options: Any) -> Syncthing:
        """Return a client for it, which the caller closes.

        Args:
            api_key: The key; by default the right one.
            **options: As for `Syncthing`.
        """
        if self._tls and not options.keys() & {"tls", "verify_ssl"}:
            options["tls"] = Fingerprint.from_certificate(self.certificate.encode())
        return Syncthing(self._api_key if api_key is None else api_key, self.url, **options)

    # --- What may change about it ---

    def change_key(self, api_key: str | None = None) -> str:
        """Change its API key, as from its web interface: the old one is refused from then on.

        Args:
            api_key: The new key; by default any other one.

        Returns:
            The new key, which is also in `api_key`.

        Raises:
            BadRequestError: The key can't be sent in a header.
        """
        new = api_key or identity.api_key(self._api_key)
        check_key(new)

        def change() -> None:
            self._commit(configuration.patch_section, "gui", {"apiKey": new})
            self._started.node.key = self._api_key = new

        self._call(change)
        return new

    def renew_certificate(self, certificate: str | Path | None = None) -> str:
        """Change its certificate, as the daemon does by itself when it starts some weeks before the old one expires.

        New connections get the new one, which is also written to its ``home``. Call `restart` as well for what such a
        start does to those that are open.

        Args:
            certificate: A PEM file with the new certificate and its key; by default any other one.

        Returns:
            The new certificate, as PEM.

        Raises:
            BadRequestError: The file can't be used as a certificate.
        """
        if certificate is None:
            self._renewals += 1
            new = Certificate.named(self._name, self._renewals)
        else:
            new = Certificate.given(Path(certificate))

        def renew() -> None:
            self._certificate = self._started.server.certificate = new
            if self._home is not None:
                identity.write_certificate(self._home, new.text)

        self._call(renew)
        return new.text

    def link(self, other: FakeSyncthing) -> None:
        """Connect this fake and another one, which then synchronise the folders that they share."""
        self.add_device(other._name, device_id=other.device_id, addresses=[other.sync_address])
        other.add_device(self._name, device_id=self.device_id, addresses=[self.sync_address])

    # --- How it is made ---

    async def _begin(self, host: Host) -> Life:
        """Make everything, in the fakes' thread."""
        async with AsyncExitStack() as stack:
            directory = "/srv"  # in memory
            if self._files_on_disk:
                temporary = tempfile.TemporaryDirectory(prefix="aiosyncthing-", ignore_cleanup_errors=True)
                stack.push_async_callback(asyncio.to_thread, temporary.cleanup)
                directory = temporary.name
            listener = Listener(self._socket, self._port)
            stack.callback(listener.release)
            node = self._make_node(host, listener, Clock(self._start_time))
            stack.callback(node.clock.close)
            server = Server(node, listener, HANDLERS, note_login)
            server.certificate = self._certificate
            stack.push_async_callback(server.close)
            life = Life(host, node, listener, server, Running(node, server), directory, self._name, AsyncExitStack())
            stack.push_async_callback(_end, life)
            if self._home is not None:
                await asyncio.to_thread(
                    identity.write_home, self._home, self._name, node.config["gui"], self.certificate
                )
            life.running.start()
            life.ending = stack.pop_all()
        return life

    def _make_node(self, host: Host, listener: Listener, clock: Clock) -> Node:
        """Make a daemon with nothing in it."""
        sync_address = f"tcp://127.0.0.1:{next(_PORTS)}"
        config = configuration.fresh(
            self._facts,
            self._device_id,
            self._name,
            api_key=self._api_key,
            gui_address=listener.address,
            listen_address=sync_address,
        )
        config = configuration.patch_section(
            self._facts, self._device_id, config, "gui", {"useTLS": self._tls, **self._login}
        )
        disk = DirectoryDisk() if self._files_on_disk else MemoryDisk()
        core = Core(self._facts, clock, disk, self._device_id, sync_address, config)
        node = Node(core, _WORLDS.setdefault(host, World()), key=self._api_key, home=str(self.home))
        node.on_save = self._home_follows(node, listener)
        return node

    def _home_follows(self, node: Node, listener: Listener) -> Callable[[], None]:
        """Return what brings the home up to date with the settings of the API."""
        home, written = self._home, node.config["gui"]

        def follow() -> None:
            nonlocal written
            if home is not None and node.config["gui"] != written:
                written = node.config["gui"]
                identity.write_config(home, {**written, "address": listener.address})  # where it really listens

        return follow

    async def _replace(self, life: Life, name: str, device_id: str | None) -> None:
        found = DeviceID(device_id) if device_id else identity.device_id(name)
        life.running.end()
        await life.node.cluster.halted()
        self._name = life.name = name
        self._device_id = found
        life.node = self._make_node(life.host, life.listener, life.node.clock)
        life.server.belong_to(life.node)
        life.running = Running(life.node, life.server)
        life.running.start()


async def _end(life: Life) -> None:
    """End the process that is running then."""
    life.running.end()
    await life.node.cluster.halted()
