"""How several processes share the tests (pytest-xdist, ``--numprocesses``)."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

__all__ = ["Sharing"]

# Whose tests share something that takes long to make.
_WHOLE = (
    "tests/blocking/test_processes.py",
    "tests/project/test_docs.py::test_a_program",
    "tests/project/test_import_graph.py",
)


class Sharing(LoadScopeScheduling):
    """Each test goes to the next process that has nothing to do; what belongs together stays together.

    (pytest-xdist's own way to say so, the mark ``xdist_group``, has no effect with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        """Put the tests of one daemon together where they share daemons."""
        for whole in _WHOLE:
            if nodeid.startswith(whole):
                return whole
        match = re.match(r"tests/(contract|real/waiting)/.*?\[([^]-]+)", nodeid)  # the first parameter says which one
        return f"{match[1]} {match[2]}" if match else nodeid
