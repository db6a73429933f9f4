"""How a folder is encrypted for an untrusted device (lib/protocol/encryption.go). Pure.

Names have the form of real ones and sizes grow by as much, but the contents are only hashes of password and plain
content: they can't be decrypted.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .items import Kind, block_size

if TYPE_CHECKING:
    from .items import Item

_MODIFIED: Final = 1234567890 * 1_000_000_000
_SHORT_ID: Final = "AAAAAAA"
_SMALLEST: Final = 1024
_PER_BLOCK: Final = 40
_TRAILER: Final = 364
_FILE_MODE: Final = 0o644
_PARENT: Final = re.compile(r"[^/]\.syncthing-enc(?:/[^/]{2}(?:/[^/]{200})*)?")


def is_encrypted_parent(name: str) -> bool:
    """Return whether a directory is only part of encrypted names, and not an item."""
    return _PARENT.fullmatch(name) is not None


class Encryption:
    """Encrypts one folder for one device.

    Args:
        password: The password.
        folder_id: ID of the folder.
    """

    def __init__(self, password: str, folder_id: str) -> None:
        self.password = password
        self._key = f"{folder_id}\0{password}\0".encode()
        self._plain: dict[tuple[str, object], Item] = {}
        self._names: dict[str, str] = {}

    def name(self, plain: str) -> str:
        """Return the encrypted name of an item."""
        text = base64.b32hexencode(self._hash(plain.encode(), 32 + len(plain.encode()))).decode().rstrip("=")
        parts = [f"{text[0]}.syncthing-enc", text[1:3], *(text[i : i + 200] for i in range(3, len(text), 200))]
        return "/".join(parts)

    def conceal(self, item: Item) -> Item:
        """Return the encrypted item, and remember which one it stands for."""
        is_file = item.kind is Kind.FILE
        content = None if item.digest is None else base64.b64encode(self._hash(item.digest.encode(), 32)).decode()
        made = replace(
            item,
            name=self.name(item.name),
            kind=Kind.FILE if is_file else Kind.DIRECTORY,
            size=_size(item.size) if is_file and not item.deleted else 0,
            modified=_MODIFIED,
            modified_by=_SHORT_ID,
            version=((_SHORT_ID, sum(counter for _, counter in item.version)),),
            permissions=_FILE_MODE,
            digest=content,
            previous_digest=None,
            target="",
        )
        self._names[made.name] = item.name
        self._plain[made.name, made.version] = item
        return made

    def reveal(self, item: Item) -> Item | None:
        """Return the item that an encrypted one stands for; ``None`` for an unknown one."""
        plain = self._plain.get((item.name, item.version))
        if plain is None:
            return None
        return replace(plain, sequence=item.sequence, invalid_elsewhere=item.invalid, local_flags=0)

    def plain_name(self, name: str) -> str:
        """Return the name that an encrypted name stands for."""
        return self._names[name]

    def content(self, plain: bytes) -> bytes:
        """Return the encrypted content of a file."""
        return self._hash(plain, _size(len(plain)))

    def _hash(self, data: bytes, size: int) -> bytes:
        return hashlib.shake_256(self._key + data).digest(size)


def _size(plain: int) -> int:
    blocks = max(1, -(-plain // block_size(plain)))
    return max(_SMALLEST, plain) + blocks * _PER_BLOCK + _TRAILER
