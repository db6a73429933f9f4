"""Configurations, small ones and random ones."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from .calls import DEVICE

__all__ = ["CONFIGS", "OTHER", "config", "nested"]

OTHER: Final = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"

_FEW: Final = st.sampled_from([0, 1, 2])
_TEXTS: Final = st.sampled_from(["", "x", "y"])


def config(**settings: Any) -> dict[str, Any]:
    """Return a configuration with a folder ``a``.

    Args:
        **settings: Fields of the folder.
    """
    folder = {"id": "a", "path": "/a", "label": "", "devices": [], **settings}
    return {
        "version": 37,
        "folders": [folder],
        "devices": [{"deviceID": DEVICE, "name": "", "ignoredFolders": []}],
        "gui": {"theme": "default", "apiKey": "key"},
        "options": {"maxSendKbps": 0, "listenAddresses": []},
        "remoteIgnoredDevices": [],
    }


def nested(leaf: object) -> Any:
    """Return an object that contains an object, and so on, deeper than Python can follow."""
    found: Any = {"leaf": leaf}
    for _ in range(5000):
        found = {"x": found}
    return found


def _elements(key: str, names: list[str], **fields: Any) -> st.SearchStrategy[Any]:
    element = st.fixed_dictionaries({key: st.sampled_from(names)}, optional=fields)
    return st.lists(element, max_size=2, unique_by=lambda each: each[key])


_SHARES: Final = _elements("deviceID", [DEVICE, OTHER], encryptionPassword=_TEXTS)
_VERSIONING: Final = st.fixed_dictionaries(
    {"type": _TEXTS, "params": st.dictionaries(st.sampled_from(["keep", "maxAge"]), _TEXTS)}
)
_IGNORED: Final = _elements("id", ["a", "b"], label=_TEXTS)

CONFIGS: Final = st.fixed_dictionaries(
    {
        "folders": _elements("id", ["a", "devices", "label"], label=_TEXTS, devices=_SHARES, versioning=_VERSIONING),
        "devices": _elements(
            "deviceID", [DEVICE, OTHER], name=_TEXTS, addresses=st.lists(_TEXTS, max_size=2), ignoredFolders=_IGNORED
        ),
        "options": st.fixed_dictionaries({}, optional={"maxSendKbps": _FEW, "minHomeDiskFree": st.just({"value": 1})}),
    },
    optional={
        "remoteIgnoredDevices": _elements("deviceID", [DEVICE, OTHER], name=_TEXTS),
        "defaults": st.fixed_dictionaries({"folder": st.fixed_dictionaries({"label": _TEXTS, "devices": _SHARES})}),
        "future": st.dictionaries(_TEXTS, _FEW),
    },
)
"""Random configurations, small enough for two of them to have much in common."""
