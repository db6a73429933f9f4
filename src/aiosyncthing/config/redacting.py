"""Remove secrets and private data from a configuration. Pure.

Text is kept only under keys that are known to be harmless, so a secret that a newer daemon adds is removed as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints, is_typeddict
from urllib.parse import urlsplit

from aiosyncthing import types as t
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError

REDACTED: Final = "<redacted>"
"""The text that replaces a removed one."""

_T = TypeVar("_T")
_PROJECT: Final = ".syncthing.net"
_KEYWORDS: Final = frozenset({"dynamic", "default", "default-v4", "default-v6"})
_USER: Final = re.compile(r"((?:^|[/\\])(?:home|users)[/\\]+)[^/\\]+", re.IGNORECASE)
_LOGIN: Final = re.compile(r"//[^/@]*@")
_SUSPICIOUS: Final = re.compile(r"pass|secret|token|credential|private|salt|hash|key|cookie|auth", re.IGNORECASE)


class _Wishes(NamedTuple):
    """What to remove besides secrets."""

    names: bool = False
    paths: bool = False
    addresses: bool = True
    pseudonym: Callable[[str], str] = str


_Rule: TypeAlias = Callable[[str, _Wishes], str]


def redact(config: _T, *, names: bool = False, paths: bool = False, device_ids: bool = False) -> _T:
    """Return a copy of a configuration that is fit for a bug report.

    ``<redacted>`` replaces: the API key, the user name and password of the login, the passwords of encrypted folders,
    the accounts of an LDAP server, the unique ID of usage reports, the command of external versioning, addresses and
    networks except loopback ones and those of Syncthing's own services, the user's name in a path
    (``/home/<redacted>/Sync``), and all text under keys that this library doesn't know, such as those of a newer
    daemon. Empty texts, numbers and booleans are kept. So are texts that people choose, such as the ID of a folder,
    except as follows.

    Args:
        config: A whole configuration, or any part of it, such as a folder, a device or a list of them. A backup
            (`Config.backup`) is accepted, too.
        names: Also remove names of devices and groups, labels of folders, and ignore patterns.
        paths: Also remove whole paths.
        device_ids: Replace device IDs with ``device-1``, ``device-2`` and so on, consistently.

    Returns:
        The copy, of the same type.

    Raises:
        BadRequestError: It is nested too deeply.
    """
    known: dict[str, str] = {}

    def pseudonym(device_id: str) -> str:
        try:
            return known.setdefault(str(DeviceID(device_id)), f"device-{len(known) + 1}")
        except InvalidDeviceIDError:
            return REDACTED

    wishes = _Wishes(names, paths, pseudonym=pseudonym if device_ids else str)
    try:
        return cast("_T", _redacted(config, wishes))
    except RecursionError:
        raise BadRequestError("the configuration is nested too deeply") from None


def without_secrets(value: object, key: str, parent: str = "") -> object:
    """Return a value without passwords, keys and tokens, but with addresses.

    Args:
        value: The value.
        key: Its key.
        parent: The key of the object that it is in.
    """
    return _redacted(value, _Wishes(addresses=False), key, parent)


def contains_redacted(value: object) -> bool:
    """Return whether a value comes from a redacted configuration."""
    if isinstance(value, Mapping):
        return any(map(contains_redacted, cast("Mapping[str, object]", value).values()))
    if isinstance(value, list):
        return any(map(contains_redacted, cast("list[object]", value)))
    return isinstance(value, str) and REDACTED in value


def _redacted(value: object, wishes: _Wishes, key: str = "", parent: str = "") -> object:
    """Return a copy of a value.

    Args:
        value: The value.
        wishes: What to remove besides secrets.
        key: Its key, or that of the list that it is in; empty for the outermost value.
        parent: The key of the object that it is in.
    """
    rule = _rule(key, parent)
    if rule is _secret and not isinstance(value, str):
        return value if isinstance(value, bool) or not value else REDACTED
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {name: _redacted(each, wishes, str(name) or "?", key) for name, each in fields.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(each, wishes, key, parent) for each in cast("list[object]", value)]
    if isinstance(value, str):
        return rule(value, wishes) if value else value
    return value if value is None or isinstance(value, (bool, int, float)) else REDACTED  # bytes may be text, too


def _rule(key: str, parent: str) -> _Rule:
    if parent in _MAPS:
        return _MAPS[parent].get(key, _MAPS[parent][""])
    if not key or key in _keys():
        return _RULES.get(key, _harmless)
    return _secret if _SUSPICIOUS.search(key) else _unknown


def _secret(_: str, __: _Wishes) -> str:
    return REDACTED


def _unknown(_: str, __: _Wishes) -> str:
    return REDACTED


def _harmless(value: str, _: _Wishes) -> str:
    return _USER.sub(rf"\1{REDACTED}", value)


def _name(value: str, wishes: _Wishes) -> str:
    return REDACTED if wishes.names else value


def _path(value: str, wishes: _Wishes) -> str:
    return REDACTED if wishes.paths else _harmless(value, wishes)


def _device_id(value: str, wishes: _Wishes) -> str:
    return wishes.pseudonym(value)


def _place(value: str, wishes: _Wishes) -> str:
    """Redact a network, or an account of an LDAP server."""
    return REDACTED if wishes.addresses else value


def _address(value: str, wishes: _Wishes) -> str:
    """Redact an address except for its scheme. Loopback addresses and those of the Syncthing project stay."""
    if value in _KEYWORDS:
        return value
    if value.startswith("/"):  # of a Unix socket
        return _path(value, wishes)
    if not wishes.addresses:
        return _LOGIN.sub("//", value.partition("?")[0])
    scheme, colon, rest = value.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host = parts.hostname or ""
    except ValueError:
        return REDACTED
    near = host in {"", "localhost"} or host.endswith(_PROJECT) or _is_nowhere(host)
    return f"{scheme}{colon}{parts.netloc.rpartition('@')[2] if near else REDACTED}"


def _is_nowhere(host: str) -> bool:
    """Return whether an address is the same on each computer."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or address.is_multicast


_RULES: Final[Mapping[str, _Rule]] = {
    **dict.fromkeys(("apiKey", "password", "encryptionPassword", "user", "urUniqueId"), _secret),
    **dict.fromkeys(("bindDN", "searchBaseDN", "searchFilter", "allowedNetworks", "alwaysLocalNets"), _place),
    **dict.fromkeys(("address", "addresses", "listenAddresses", "globalAnnounceServers", "stunServers"), _address),
    **dict.fromkeys(("localAnnounceMCAddr", "urURL", "releasesURL", "crURL"), _address),
    **dict.fromkeys(("name", "label", "group", "certName", "lines"), _name),
    **dict.fromkeys(("path", "fsPath", "auditFile"), _path),
    **dict.fromkeys(("deviceID", "introducedBy"), _device_id),
}
# Objects whose keys are data; the empty key is for those that are not named.
_MAPS: Final[Mapping[str, Mapping[str, _Rule]]] = {
    "params": {
        "": _secret,  # the command of external versioning may contain anything
        **dict.fromkeys(("keep", "cleanoutDays", "maxAge", "cleanInterval"), _harmless),
        **dict.fromkeys(("fsPath", "versionsPath"), _path),
    },
    "ignores": {"": _name},  # of a backup, or with ``lines``, of the defaults
    "unread": {"": _path},
}


@cache
def _keys() -> frozenset[str]:
    """Return the known keys of values that are not objects."""
    return frozenset(_keys_of(t.Configuration) | _keys_of(t.Backup))


def _keys_of(kind: Any) -> set[str]:
    found: set[str] = set()
    for key, hint in get_type_hints(kind).items():
        below = get_args(hint)[0] if get_origin(hint) is list else hint
        if is_typeddict(below):
            found |= _keys_of(below)
        elif get_origin(below) is not dict:
            found.add(key)
    return found
