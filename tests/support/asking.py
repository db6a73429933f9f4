"""A program that asks a daemon without any library."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_syncthing import FakeSyncthing

__all__ = ["ask"]


def ask(fake: FakeSyncthing, path: str) -> Any:
    """Return what a fake answers to a GET, decoded."""
    request = urllib.request.Request(f"{fake.url}/{path}", headers={"X-API-Key": fake.api_key})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
