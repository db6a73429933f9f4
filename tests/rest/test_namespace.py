"""What all namespaces have in common."""

from __future__ import annotations

import pytest

from aiosyncthing import API
from aiosyncthing._rest.namespace import Namespace
from aiosyncthing.database import Database


@pytest.mark.parametrize("kind", [Namespace, Database])
def test_repr_shows_where_and_no_key(kind: type[Namespace]) -> None:
    """The repr names the class and the URL, and neither key nor password."""
    shown = repr(kind(API("the-key", "https://user:password@host:1/base")))
    assert shown == f"<{kind.__name__} of <API 'https://host:1/base'>>"
