r"""Ignore patterns that the daemon would read as other ones. Pure.

``.stignore`` has one pattern per line, and the daemon strips white space from both ends (``strings.TrimSpace`` in
lib/ignore/ignore.go). Blanks around a pattern are never part of a file name. Anything else that is stripped is, as in
macOS's ``Icon\r``, which the pattern then no longer matches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiosyncthing.exceptions import BadRequestError

from .checks import lines as to_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

# As in Go's unicode.IsSpace; str.isspace knows a few more.
_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_BLANKS: Final = " \t"
# The default patterns are stored in config.xml. Characters that XML 1.0 lacks are written as U+FFFD by Go.
_NOT_IN_XML: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


def check_patterns(lines: Iterable[str], *, stored: bool = False) -> list[str]:
    """Return patterns as a list if the daemon reads them as they are.

    Args:
        lines: The patterns.
        stored: Whether they are stored in the configuration.

    Raises:
        BadRequestError: It doesn't; the message says what to write instead.
    """
    found = to_lines(lines)
    for line in found:
        if reason := find_misread(line, stored=stored):
            raise BadRequestError(reason)
    return found


def find_misread(line: str, *, stored: bool) -> str:
    """Return why the daemon would read a pattern as another one; empty if it wouldn't.

    Args:
        line: The pattern.
        stored: Whether it is stored in the configuration.
    """
    if "\n" in line:
        reason, shown = "the daemon would read it as several patterns", line.replace("\n", "?")
    elif (read := line.strip(_SPACE)) != (meant := line.strip(_BLANKS)):
        reason = f"the daemon would read it as {read!r}"
        begin = len(meant) - len(meant.lstrip(_SPACE))
        shown = "?" * begin + read + "?" * (len(meant) - begin - len(read))
    elif stored and re.search(_NOT_IN_XML, line):
        reason = "the daemon's configuration can't store all of its characters"
        shown = re.sub(_NOT_IN_XML, "?", line)
    else:
        return ""
    return f"the ignore pattern {line!r} can't be used: {reason}. Use {shown!r} to match that name"
