"""How several processes share the tests (pytest-xdist, ``--numprocesses``)."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

__all__ = ["Sharing"]

# Whose tests take long, and mostly share nothing: each goes to the next process that has nothing to do.
_SLOW = ("tests/chaos/", "tests/cli/", "tests/daemon/", "tests/project/", "tests/real/")

# Among them, those that share something that takes long to make.
_WHOLE = ("tests/project/test_docs.py::test_a_program", "tests/project/test_import_graph.py")


class Sharing(LoadScopeScheduling):
    """The tests of a file run in one process, and so do those of one daemon where they share daemons.

    Slow tests are spread. Spreading all would cost more than it saves: the scheduler goes through what a process has
    had so far after each test. (pytest-xdist's own way to keep tests together, the mark ``xdist_group``, has no effect
    with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        # The first parameter says which daemon.
        if match := re.match(r"tests/(contract|real/waiting)/.*?\[([^]-]+)", nodeid):
            return f"{match[1]} {match[2]}"
        if whole := next(filter(nodeid.startswith, _WHOLE), None):
            return whole
        return nodeid if nodeid.startswith(_SLOW) else nodeid.partition("::")[0]
