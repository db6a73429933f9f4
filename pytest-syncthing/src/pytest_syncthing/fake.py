"""`FakeSyncthing`: a Syncthing daemon for tests, without Syncthing."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakKeyDictionary

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.syncthing import Syncthing
from aiosyncthing.tls import Fingerprint

from . import host as _host, identity
from .certificate import Certificate
from .clock import Clock
from .config import configuration
from .config.schema import is_known
from .facts import Facts
from .handles import FakeFolder
from .http.listening import Listener
from .http.messages import Refusal
from .http.server import Server
from .life import Life
from .model.connections import World
from .model.core import Core
from .model.directory_disk import DirectoryDisk
from .model.memory_disk import MemoryDisk
from .model.node import Node
from .model.running import Running
from .model.simulating import UserFiles
from .observations import Observations
from .troubles import Troubles

if TYPE_CHECKING:
    from typing import ParamSpec, TypeVar

    from .host import Host

    P = ParamSpec("P")
    T = TypeVar("T")

__all__ = ["FakeSyncthing"]

_WORLDS: Final[WeakKeyDictionary[Host, World]] = WeakKeyDictionary()
_PORTS: Final = itertools.count(22001)
_STRUCTS: Final = {
    "folder": "config.FolderConfiguration",
    "device": "config.DeviceConfiguration",
    "options": "config.OptionsConfiguration",
    "gui": "config.GUIConfiguration",
}
_LOOK: Final = 0.02  # seconds after which a condition is looked at again where no change was noticed


class FakeSyncthing(Troubles, Observations):
    """A daemon that exists for a test: its API is real, everything behind it is state that the test changes.

    ::

        with FakeSyncthing() as fake:
            fake.add_folder("docs", files={"readme.txt": b"hello"})
            ...  # let the program under test ask fake.url with fake.api_key

    Also an asynchronous context manager. All fakes live in one thread of their own, beside the program under test and
    its loop; every method here may be called from any thread and returns when its effect is there.

    Args:
        version: The version to play: ``1.19``, ``1.29`` or ``2.1``.
        name: The name of its device; different names have different device IDs and keys.
        api_key: Its API key; by default one that follows from the name.
        device_id: Its device ID; by default one that follows from the name.
        home: A directory to write ``config.xml`` and certificates to, so that `aiosyncthing.local.discover` finds the
            fake, also after its key or its settings have changed; by default there is none.
        socket: Path of a Unix socket to listen on, in place of a free port of the loopback interface.
        tls: Whether its settings ask for HTTPS (``gui.useTLS``): then plain requests are redirected. TLS is spoken on
            the same port in any case, as real daemons do, with a self-signed certificate that follows from the name.
        certificate: A PEM file with another certificate to show there, and its key.
        user: User name of the web interface; empty for no login.
        password: The password to it.
        files_on_disk: Whether folders are real directories, instead of memory: files then really arrive there. Those
            for which no ``path`` is given lie in a temporary directory, which `stop` removes.
        start: What its clock shows at first.

    Raises:
        BadRequestError: It doesn't play that version, or the file can't be used as a certificate.
    """

    def __init__(
        self,
        version: str = "1.29",
        *,
        name: str = "fake",
        api_key: str | None = None,
        device_id: str | None = None,
        home: str | Path | None = None,
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
        self._device_id = DeviceID(device_id) if device_id else identity.device_id(name)
        self._home = None if home is None else Path(home)
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
        """Let another daemon take its place: a new one with nothing in it, at the same address, with the same key.

        What was got from `folder` before belongs to the one that is gone; a ``home`` is left as it is.

        Args:
            name: The name of its device.
            device_id: Its device ID; by default one that follows from the name.
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
        """The home directory that it tells."""
        return self._home or Path("/home/syncthing/.config/syncthing")

    @property
    def certificate(self) -> str:
        """The certificate of its HTTPS, as PEM. With `renew_certificate` it is another one."""
        return self._certificate.text

    @property
    def sync_address(self) -> str:
        """Where other fakes reach it: ``tcp://127.0.0.1:port``. Nobody listens there; it is a name."""
        return self._started.node.core.sync_address

    def client(self, *, api_key: str | None = None, **options: Any) -> Syncthing:
        """Return a client of it, to be closed by whoever asked for it.

        Args:
            api_key: The key; by default the right one.
            **options: As for `Syncthing`.
        """
        if self._tls and not options.keys() & {"tls", "verify_ssl"}:
            options["tls"] = Fingerprint.from_certificate(self.certificate.encode())
        return Syncthing(self._api_key if api_key is None else api_key, self.url, **options)

    # --- What is in it ---

    @property
    def config(self) -> dict[str, Any]:
        """Its configuration; a copy."""
        return self._call(lambda: configuration.copy(self._started.node.config))

    def set_options(self, **changes: Any) -> None:
        """Change general settings (``rest/config/options``) as a request would.

        Raises:
            BadRequestError: The daemon refuses that, or no version has such a setting.
        """
        self._patch("options", changes)

    def set_gui(self, **changes: Any) -> None:
        """Change settings of the API (``rest/config/gui``) as a request would; the listener is opened anew."""
        self._patch("gui", changes)

    def change_key(self, api_key: str | None = None) -> str:
        """Give it another API key, as somebody does in its web interface: the one before is refused from then on.

        Args:
            api_key: The new key; by default some other one.

        Returns:
            The new key, which `api_key` tells then, too.
        """
        new = api_key or identity.api_key(self._api_key)

        def change() -> None:
            self._commit(configuration.patch_section, "gui", {"apiKey": new})
            self._started.node.key = self._api_key = new

        self._call(change)
        return new

    def renew_certificate(self, certificate: str | Path | None = None) -> str:
        """Give it another certificate, as the daemon does by itself at a start some weeks before the old one expires.

        It is shown to those who connect from then on, and lies in its ``home``. To have it as after such a start, call
        `restart` as well.

        Args:
            certificate: A PEM file with the new certificate and its key; by default some other one.

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

    def set_device(self, device: str, **changes: Any) -> None:
        """Change the configuration of a device, such as ``paused=True``, as a request would.

        Raises:
            BadRequestError: The daemon refuses that, say because there is no such device.
        """
        _check_settings("device", changes)
        self._call(lambda: self._commit(configuration.patch_device, DeviceID(device), changes))

    def set_folder(self, folder_id: str, **changes: Any) -> None:
        """Change the configuration of a folder, such as ``label="Pictures"``, as a request would.

        Raises:
            BadRequestError: The daemon refuses that, say because there is no such folder.
        """
        _check_settings("folder", changes)
        self._call(lambda: self._commit(configuration.patch_folder, folder_id, changes))

    def remove_device(self, device: str) -> None:
        """Remove a device from the configuration."""
        self._call(lambda: self._commit(configuration.delete_device, DeviceID(device)))

    def remove_folder(self, folder_id: str) -> None:
        """Remove a folder from the configuration. Its files stay on the fake's disk."""
        self._call(lambda: self._commit(configuration.delete_folder, folder_id))

    def add_device(self, name: str, *, device_id: str | None = None, **settings: Any) -> DeviceID:
        """Let it know another device, which exists only as far as the test says.

        Args:
            name: Its name.
            device_id: Its ID; by default one that follows from the name.
            **settings: Further fields of its configuration.

        Returns:
            Its ID.
        """
        found = DeviceID(device_id) if device_id else identity.device_id(name)
        _check_settings("device", settings)
        body = {"deviceID": found, "name": name, **settings}
        self._call(lambda: self._commit(configuration.put_device, body))
        return found

    def add_folder(
        self,
        folder_id: str,
        *,
        files: Mapping[str, bytes | str | None] | None = None,
        devices: Iterable[str] = (),
        **settings: Any,
    ) -> FakeFolder:
        """Add a folder that holds these files, and scan it.

        Args:
            folder_id: Its ID.
            files: Content by name; ``None`` for a directory.
            devices: IDs of the devices to share it with. Those that the test has made accept it when they are
                connected.
            **settings: Further fields of its configuration.
        """
        life = self._started
        _check_settings("folder", settings)
        body = {
            "id": folder_id,
            "path": f"{life.directory or '/srv'}/{self._name}/{folder_id.replace('/', '_')}",
            "devices": [{"deviceID": DeviceID(device)} for device in devices],
            "fsWatcherEnabled": False,
            "rescanIntervalS": 0,
            **settings,
        }

        async def add() -> None:
            self._commit(configuration.put_folder, body)
            folder = life.node.cluster.folders[folder_id]
            if files:
                await UserFiles(folder.replica).write(files)
            if not body.get("paused"):
                await folder.scan()

        life.host.run(add())
        return self.folder(folder_id)

    def folder(self, folder_id: str) -> FakeFolder:
        """Return a folder that it has.

        Raises:
            KeyError: It has none of that ID.
        """
        life = self._started
        self._call(lambda: life.node.cluster.folders[folder_id])
        return FakeFolder(life.host, life.node, folder_id)

    def connect(self, device: str) -> None:
        """Let a device that the test has made connect. It has accepted all folders that are shared with it.

        `aiosyncthing.Syncthing.wait_in_sync` gives it 3 s to tell what it has; with ``fake.advance(3)`` these are over.

        Raises:
            KeyError: There is no such device.
        """
        self._call(lambda: self._started.node.cluster.simulated.connect(DeviceID(device)))

    def disconnect(self, device: str) -> None:
        """Let a device that the test has made go away."""
        self._call(lambda: self._started.node.cluster.simulated.disconnect(DeviceID(device)))

    def finish_sync(self, folder_id: str | None = None) -> None:
        """Let everything arrive, here and on all connected devices.

        Args:
            folder_id: ID of the folder; ``None`` for all.
        """
        folders = self._call(lambda: list(self._started.node.cluster.folders))
        for each in folders if folder_id is None else [folder_id]:
            self.folder(each).finish_sync()

    def link(self, other: FakeSyncthing) -> None:
        """Let this fake and another one know and reach each other; folders that they share then synchronise."""
        self.add_device(other._name, device_id=other.device_id, addresses=[other.sync_address])
        other.add_device(self._name, device_id=self.device_id, addresses=[self.sync_address])

    def offer_device(self, name: str, *, device_id: str | None = None, address: str = "192.0.2.1:22000") -> DeviceID:
        """Let a device that it doesn't know ask for a connection, so that it is pending.

        Returns:
            Its ID.
        """
        found = DeviceID(device_id) if device_id else identity.device_id(name)
        self._call(lambda: self._started.node.cluster.simulated.offer_device(found, name, address))
        return found

    def offer_folder(self, device: str, folder_id: str, *, label: str = "", encrypted: bool = False) -> None:
        """Let a device offer a folder, so that it is pending.

        Args:
            device: ID of the device, which has to be known.
            folder_id: ID of the folder.
            label: Its label.
            encrypted: Whether it is to be received encrypted.
        """
        self._call(
            lambda: self._started.node.cluster.simulated.offer_folder(
                DeviceID(device), folder_id, label, receive_encrypted=encrypted
            )
        )

    def delay_summaries(self, seconds: float) -> None:
        """Tell sums (``FolderSummary``, ``FolderCompletion``) that have changed only after a while, as real daemons do.

        Those look every 2 seconds. What a folder has got from another fake is told at once by them, too.

        Args:
            seconds: After how many, on the fake's clock; 0 for as soon as the folder rests, as at first.
        """

        def delay() -> None:
            self._started.node.core.summary_delay = seconds

        self._call(delay)

    def emit(self, kind: str, data: Any = None, *, count: int = 1) -> None:
        """Let an event happen that the state doesn't bring about.

        Args:
            kind: Its type.
            data: What it says.
            count: How often it happens, with nothing in between.
        """

        def emit() -> None:
            for _ in range(count):
                self._started.node.events.emit(kind, {} if data is None else data)

        self._call(emit)

    # --- How it is made ---

    async def _begin(self, host: Host) -> Life:
        """Make everything, in the fakes' thread."""
        async with AsyncExitStack() as stack:
            directory = ""
            if self._files_on_disk:
                temporary = tempfile.TemporaryDirectory(prefix="aiosyncthing-", ignore_cleanup_errors=True)
                stack.push_async_callback(asyncio.to_thread, temporary.cleanup)
                directory = temporary.name
            listener = Listener(self._socket)
            stack.callback(listener.release)
            node = self._make_node(host, listener, Clock(self._start_time))
            stack.callback(node.clock.close)
            server = Server(node, listener)
            server.certificate = self._certificate
            stack.push_async_callback(server.close)
            life = Life(host, node, listener, server, Running(node, server), directory, AsyncExitStack())
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
        self._name, self._device_id = name, found
        life.node = self._make_node(life.host, life.listener, life.node.clock)
        life.server.belong_to(life.node)
        life.running = Running(life.node, life.server)
        life.running.start()

    def _commit(self, change: Callable[..., dict[str, Any]], *args: Any) -> None:
        node = self._started.node
        try:
            node.commit(change(self._facts, self._device_id, node.config, *args))
        except Refusal as refusal:
            raise BadRequestError("the daemon refuses that", status=refusal.status, body=refusal.text) from None

    def _patch(self, section: str, changes: Mapping[str, Any]) -> None:
        _check_settings(section, changes)
        self._call(lambda: self._commit(configuration.patch_section, section, changes))


def _check_settings(kind: str, settings: Mapping[str, Any]) -> None:
    """Refuse what no version has: the daemon would pass over a misspelt name, and the test would mean nothing."""
    if unknown := [name for name in settings if not is_known(_STRUCTS[kind], name)]:
        raise BadRequestError(f"no version of Syncthing has these settings of {kind}: {', '.join(unknown)}")


async def _end(life: Life) -> None:
    """End the process that runs by then."""
    life.running.end()
    await life.node.cluster.halted()
