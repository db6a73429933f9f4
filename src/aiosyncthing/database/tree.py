"""The two forms of answers to ``db/browse``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import checked
from aiosyncthing.exceptions import InvalidResponseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosyncthing import types as t


def tree_entries(answer: Any) -> Iterator[t.TreeEntry]:
    """Yield the entries of one level, without children.

    Args:
        answer: A list of entries (since 1.14), or the older map from name to ``[modTime, size]`` for a file, or to a
            map for a directory.

    Raises:
        InvalidResponseError: It is neither.
    """
    if not isinstance(answer, dict):
        for entry in checked(_routes.DB_BROWSE, answer):
            entry.pop("children", None)
            yield entry
        return
    for name, value in cast("dict[str, Any]", answer).items():
        match value:
            case dict():
                yield {"name": name, "modTime": "", "size": 0, "type": "FILE_INFO_TYPE_DIRECTORY"}
            case [str() as modified, int() as size]:
                yield {"name": name, "modTime": modified, "size": size, "type": "FILE_INFO_TYPE_FILE"}
            case _:
                route = _routes.DB_BROWSE
                problem = f"the answer is invalid: [{name[:80]!r}]: neither a file nor a directory"
                raise InvalidResponseError(problem, method=route.method, path=route.path)
