"""Real daemons run like any user's, where `Daemon` would override the address and the key of the configuration."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiosyncthing import DeviceID
from aiosyncthing.daemon import home as daemon_home
from aiosyncthing.daemon.ports import Ports
from aiosyncthing.daemon.process import Process
from aiosyncthing.local.gui_address import parse

from .waiting import until

__all__ = ["KEY", "Stock"]

KEY: Final = "the-right-key"


class Stock:
    """A home, and the daemon that runs there and keeps to this computer.

    Args:
        binary: The daemon.
        folder: Where to make the home.
        ports: Its ports; by default its own.

    Attributes:
        ports: The same.
        folder: The same.
        certificate: The file of the certificate for TLS.
    """

    def __init__(self, binary: Path, folder: Path, ports: Ports | None = None) -> None:
        self.binary = binary
        self.folder = folder
        self.certificate = folder / "https-cert.pem"
        self.ports = ports or Ports(None)
        folder.mkdir(parents=True)
        self.configure(tls=True)

    @property
    def device_id(self) -> DeviceID:
        """The daemon's device ID, as soon as it has run."""
        return DeviceID.from_certificate((self.folder / "cert.pem").read_bytes())

    @property
    def port(self) -> int:
        """The port of the API on the loopback interface, unless that is configured to be elsewhere."""
        return self.ports.api.gui.port

    def configure(self, address: str = "", *, tls: bool) -> None:
        """Write the configuration.

        Args:
            address: Where to listen; empty for its port.
            tls: Whether to insist on TLS.
        """
        self.address = address or self.ports.api.configured
        text = daemon_home.configuration(self.ports, KEY).replace('tls="false"', f'tls="{str(tls).lower()}"')
        text = text.replace(f"<address>{self.ports.api.configured}<", f"<address>{self.address}<")
        (self.folder / "config.xml").write_text(text)

    def renew(self) -> None:
        """Have the daemon make another certificate at its next start, as it does some weeks before one expires."""
        self.certificate.unlink()
        (self.folder / "https-key.pem").unlink()

    @asynccontextmanager
    async def running(self, option: str = "", **environ: str) -> AsyncIterator[None]:
        """Run the daemon until it listens where the option, a variable or the configuration says.

        Args:
            option: The address to give on the command line; the daemon then runs below its monitor process.
            **environ: Further variables.
        """
        log: list[str] = []
        given = daemon_home.environment(os.environ, self.folder, "", {})
        del given["STGUIAPIKEY"]
        if option:
            del given["STMONITORED"]
        command = [str(self.binary), "serve", f"--home={self.folder}", "--no-browser"]
        command += [f"--gui-address={option}"] if option else []
        where = parse(option or environ.get("STGUIADDRESS") or self.address)
        process = Process(command, given | environ, self.folder, log.append)

        async def listens() -> bool:
            assert process.running, log
            try:
                if where.socket:
                    _, writer = await asyncio.open_unix_connection(where.socket)
                else:
                    _, writer = await asyncio.open_connection(where.host, where.port)
            except OSError:
                return False
            writer.close()
            return True

        try:
            await process.start()
            await until(listens)
            yield
        except BaseException:
            print(*log, sep="\n")
            raise
        finally:
            process.kill()
            await process.wait()
