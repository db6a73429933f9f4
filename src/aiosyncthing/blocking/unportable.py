"""What belongs to a thread and to connections, and can't be copied."""

from __future__ import annotations

from typing import NoReturn


class Unportable:
    """Refuses to be copied and pickled, with a reason."""

    def __reduce__(self) -> NoReturn:
        """Refuse."""
        raise TypeError(
            f"a {type(self).__name__} can't be copied or pickled, because it has connections and a thread. Create one "
            "where you need it"
        )
