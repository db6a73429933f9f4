"""The ports of a private daemon: free ones on the loopback interface, and given ones."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.local import gui_address
from aiosyncthing.local.config_file import Problem, read_gui
from aiosyncthing.local.gui_address import GuiAddress

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_LOGGER = logging.getLogger("aiosyncthing.daemon")

LOOPBACK: Final = "127.0.0.1"
_HOST: Final = re.compile(r"(?:http://)?(\[[^]]+\]|[^:/\[\]]+):?[0-9]*/?", re.IGNORECASE)


class Port:
    """A port reserved for another program.

    On Linux it stays reserved until `close`: the system gives a port that is bound, but not listened on, to no other
    program except one that asks for exactly this number with SO_REUSEADDR, as Go programs do. On other systems another
    program may take it at any time.

    Args:
        host: An address of this computer; IPv6 without brackets.
        number: The port; 0 for a free one.

    Raises:
        OSError: Another program listens there, or this computer has no such address.
    """

    def __init__(self, host: str = LOOPBACK, number: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            if sys.platform == "linux":
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, number))
            self.number: int = self._socket.getsockname()[1]
        except OSError:
            self.close()
            raise
        if sys.platform != "linux":  # pragma: no cover - other systems
            self.close()

    def close(self) -> None:
        """Release it."""
        self._socket.close()


class Listening(NamedTuple):
    """Where a daemon's API listens.

    Attributes:
        gui: The address its client connects to.
        host: The address it listens on, possibly all interfaces; IPv6 in brackets, empty for a socket.
    """

    gui: GuiAddress
    host: str

    @classmethod
    def on_loopback(cls, port: int, host: str = LOOPBACK) -> Self:
        """Return a port of the loopback interface."""
        return cls(GuiAddress(host, port, "", tls=False), bracketed(host))

    @classmethod
    def given(cls, text: str) -> Self:
        """Parse an address given by the caller.

        Raises:
            BadRequestError: It names no IP address or socket, or requires TLS.
        """
        try:
            gui = gui_address.parse(text)
        except ValueError as error:
            reason = str(error)
        else:
            host = _listening_host(text)
            gui = gui._replace(host=LOOPBACK) if host == LOOPBACK else gui  # localhost may resolve to another address
            if gui.tls:
                reason = f"Daemon uses plain HTTP, not TLS: omit the scheme of {text!r}"
            elif gui.socket or host:
                return cls(gui, host)
            else:
                reason = (
                    f"the address {text!r} contains no IP address: write 127.0.0.1:{gui.port}, or 0.0.0.0:{gui.port} "
                    "for all interfaces"
                )
        raise BadRequestError(reason)

    @classmethod
    def kept(cls, home: Path) -> Self | None:
        """Return the address in a home's configuration, moved to the loopback interface.

        Returns:
            The address; ``None`` if it can't be used.
        """
        gui = read_gui(home)
        if isinstance(gui, Problem):
            return None
        try:
            address = gui_address.parse(gui.address)
        except ValueError:
            return None
        if address.socket:
            return cls(address._replace(tls=False), "")
        return cls.on_loopback(address.port, address.host if address.host == "::1" else LOOPBACK)

    @property
    def url(self) -> str:
        """Base URL for its client."""
        return self.gui.url(tls=False)

    @property
    def option(self) -> str:
        """The value of ``--gui-address``."""
        return f"http://{self.configured}" if self.host else self.url

    @property
    def configured(self) -> str:
        """The address as in config.xml."""
        return f"{self.host}:{self.gui.port}" if self.host else self.gui.socket

    def reserve(self) -> Port | None:
        """Reserve its port.

        Returns:
            The port; ``None`` for a socket.

        Raises:
            OSError: Another program listens there, or this computer has no such address.
        """
        return Port(self.host.strip("[]"), self.gui.port) if self.host else None


class Ports:
    """A daemon's addresses, reserved until `close`: its API's, and a free port for other devices.

    Args:
        api: Where its API listens; ``None`` for a free port of the loopback interface.

    Attributes:
        api: Where its API listens.
        sync: Where it listens for other devices, if its configuration is new: ``tcp://127.0.0.1:port``.
    """

    def __init__(self, api: Listening | None) -> None:
        sync = Port()
        try:
            port = Port() if api is None else api.reserve()
        except OSError:
            sync.close()
            raise
        self._reserved = [each for each in (sync, port) if each is not None]
        self.api: Listening = api or Listening.on_loopback(self._reserved[-1].number)
        self.sync: str = f"tcp://{LOOPBACK}:{sync.number}"

    @classmethod
    async def given(cls, api: Listening) -> Self:
        """Reserve this address for the API, and a free port for other devices.

        Raises:
            OSError: Another program listens there, or this computer has no such address.
        """
        if await is_taken(api.gui):  # a socket, or a system on which a port can't be reserved
            reason = os.strerror(errno.EADDRINUSE)
        else:
            try:
                return cls(api)
            except OSError as error:
                reason = str(error.strerror)
        raise OSError(f"can't listen on {api.configured}: {reason}")

    @classmethod
    async def kept_or_free(cls, api: Listening | None) -> Self:
        """Reserve the address that a home had before, or a free port if that is taken."""
        if api is not None:
            try:
                return await cls.given(api)
            except OSError as error:
                _LOGGER.warning("the daemon %s; it uses a free port for this run", error)
        return cls(None)

    def close(self) -> None:
        """Release them."""
        for port in self._reserved:
            port.close()


async def is_taken(address: GuiAddress) -> bool:
    """Return whether a program listens on an address."""
    try:
        if not address.socket:
            _, writer = await asyncio.open_connection(address.host, address.port)
        elif sys.platform == "win32":  # pragma: no cover - Windows
            return False
        else:
            _, writer = await asyncio.open_unix_connection(address.socket)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _listening_host(text: str) -> str:
    """Return the IP address in an address, IPv6 in brackets; empty if there is none."""
    match = _HOST.fullmatch(text.strip())
    host = "" if match is None else match[1].lower().replace("localhost", LOOPBACK)
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return ""
    return "" if "%" in host else host


def bracketed(host: str) -> str:
    """Return a host as it is written before a port."""
    return f"[{host}]" if ":" in host else host
