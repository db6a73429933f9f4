"""Homes of Syncthing as its versions write them, and readers who may not look into them."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["CONFIGS", "KEY", "as_nobody", "config", "make_home"]

KEY: Final = "a-key-that-nobody-may-see"
_NOBODY: Final = 65534

_FOLDER: Final = """\
    <folder id="default" label="Default &amp; more" path="~" type="sendreceive" rescanIntervalS="3600">
        <filesystemType>basic</filesystemType>
        <device id="MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD" introducedBy=""></device>
        <address>not-of-the-gui:1</address>
    </folder>
    <device id="MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD" name="tëst" compression="metadata">
        <address>dynamic</address>
    </device>
"""
_REST: Final = """\
    <ldap></ldap>
    <options>
        <listenAddress>default</listenAddress>
        <globalAnnounceEnabled>true</globalAnnounceEnabled>
    </options>
"""
# <gui> as the versions write it: the number of the configuration, its attributes, and what is between key and end.
_GUIS: Final = {
    "1.19": ("35", 'enabled="{enabled}" tls="{tls}" debugging="false"', "<theme>default</theme>"),
    "1.29": (
        "37",
        'enabled="{enabled}" tls="{tls}" debugging="false" sendBasicAuthPrompt="false"',
        "<metricsWithoutAuth>false</metricsWithoutAuth><theme>black</theme>",
    ),
    "2.1": (
        "52",
        'enabled="{enabled}" tls="{tls}" sendBasicAuthPrompt="false"',
        "<theme>default</theme><sessionCookieDurationS>604800</sessionCookieDurationS>",
    ),
}
CONFIGS: Final = tuple(_GUIS)


def config(
    address: str = "127.0.0.1:8384",
    *,
    key: str = KEY,
    tls: bool = False,
    enabled: bool = True,
    version: str = "1.29",
) -> str:
    """Compose a config.xml."""
    number, attributes, more = _GUIS[version]
    attributes = attributes.format(enabled=str(enabled).lower(), tls=str(tls).lower())
    gui = (
        f"    <gui {attributes}>\n        <address>{address}</address>\n        <user>me</user>\n"
        f"        <password>$2a$10$abc</password>\n        <apikey>{key}</apikey>\n        {more}\n    </gui>\n"
    )
    return f'<configuration version="{number}">\n{_FOLDER}{gui}{_REST}</configuration>\n'


def make_home(folder: Path, text: str | bytes | None = None) -> Path:
    """Make a home with this config.xml, or with an ordinary one."""
    folder.mkdir(parents=True, exist_ok=True)
    content = config() if text is None else text
    (folder / "config.xml").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@contextmanager
def as_nobody(path: Path) -> Iterator[None]:
    """Take away our own right to read a file or folder, also if we are root, who may read everything."""
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        path.chmod(mode)
