"""Who a fake is: device ID, key and certificates that follow from its name, and a home directory that holds them."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.device_id import DeviceID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LINE: Final = 64
_SIZE: Final = 300
_SEQUENCE: Final = b"\x30\x82" + _SIZE.to_bytes(2)  # how any certificate begins


def certificate(name: str) -> str:
    """Return a stand-in for the certificate of a device, as PEM. It is good for its ID only."""
    der = _SEQUENCE + hashlib.shake_256(f"the certificate of {name}".encode()).digest(_SIZE)
    content = base64.b64encode(der).decode()
    lines = [content[start : start + _LINE] for start in range(0, len(content), _LINE)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def device_id(name: str) -> DeviceID:
    """Return the device ID that belongs to a name."""
    return DeviceID.from_certificate(certificate(name))


def api_key(name: str) -> str:
    """Return an API key as Syncthing makes them, which belongs to a name."""
    digest = hashlib.sha256(f"the key of {name}".encode()).digest()
    return base64.b64encode(digest, altchars=b"xy").decode()[:32]


def write_home(home: Path, name: str, gui: Mapping[str, Any], https: str) -> None:
    """Write what others read in a home directory: ``config.xml`` and the certificates (writes).

    Args:
        home: The directory.
        name: The name that the device ID belongs to.
        gui: The settings of the API.
        https: The certificate that is shown on HTTPS, as PEM.
    """
    home.mkdir(parents=True, exist_ok=True)
    _write(home / "cert.pem", certificate(name))
    write_certificate(home, https)
    write_config(home, gui)


def write_certificate(home: Path, https: str) -> None:
    """Write the certificate that is shown on HTTPS (writes). Nothing happens if the home is gone."""
    if home.is_dir():
        _write(home / "https-cert.pem", https)


def write_config(home: Path, gui: Mapping[str, Any]) -> None:
    """Rewrite ``config.xml``, as the daemon does when its configuration has changed (writes).

    Args:
        home: The directory; nothing happens if it is gone.
        gui: The settings of the API.
    """
    if home.is_dir():
        _write(
            home / "config.xml",
            f'<configuration version="37"><gui enabled="true" tls="{str(gui["useTLS"]).lower()}"><address>'
            f"{escape(gui['address'])}</address><apikey>{escape(gui['apiKey'])}</apikey></gui></configuration>\n",
        )


def _write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")  # so that no reader sees half of it, as in lib/config/wrapper.go
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    new.replace(path)
