"""How the fake keeps the password of the web interface.

Syncthing keeps a bcrypt hash. The fake's looks like one and costs nothing: what it protects is made up as well. A real
hash, put into the configuration by hand, fits no password.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from typing import Final

_PREFIX: Final = "$2a$10$"
_LENGTH: Final = 53
_HASHED: Final = re.compile(r"\$2[aby]\$\d+\$.{50,}")


def is_hashed(password: str) -> bool:
    """Tell whether a password is one that Syncthing takes for a hash already (lib/config/guiconfiguration.go)."""
    return _HASHED.match(password) is not None


def hash_password(password: str) -> str:
    """Return what the configuration has in place of a password: the same for the same password."""
    digest = hashlib.sha512(password.encode(errors="replace")).digest()
    return _PREFIX + b64encode(digest, b"./").decode()[:_LENGTH]


def check_password(hashed: str, password: str) -> bool:
    """Tell whether a password is the one that the configuration has."""
    return bool(hashed) and hashed == hash_password(password)
