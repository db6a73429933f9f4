"""`Unportable`, the base of objects that can't be copied or pickled."""

from __future__ import annotations

from typing import NoReturn


class Unportable:
    """An object that can't be copied or pickled, and says why."""

    def __reduce__(self) -> NoReturn:
        """Raise `TypeError`."""
        raise TypeError(
            f"a {type(self).__name__} can't be copied or pickled, because it has connections and a thread: create "
            "another one instead"
        )
