r"""Lines of ``.stignore``, and those that no daemon should get. Pure.

``.stignore`` has one pattern per line, and the daemon strips white space from both ends (``strings.TrimSpace`` in
lib/ignore/ignore.go). Blanks around a pattern are never part of a file name. Anything else that is stripped is, as in
macOS's ``Icon\r``, which the pattern then no longer matches.

On a pattern with empty braces after a text, such as ``ab{``, the daemon crashes when it comes to a file ``ab``, and
again after each restart (``Row.matchAll`` in https://github.com/gobwas/glob; observed in 1.19.2 and 1.29.5).
"""

from __future__ import annotations

import json
import re
from typing import Final

# As in Go's unicode.IsSpace; str.isspace knows a few more.
_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_BLANKS: Final = " \t"
# The default patterns are stored in config.xml. Characters that XML 1.0 lacks are written as U+FFFD by Go.
_NOT_IN_XML: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
# Braces that hold nothing but braces and commas, up to a closing one or the end. What is escaped or in brackets has no
# meaning of its own.
_EMPTY_BRACES: Final = re.compile(r"\\.|\[(?:\\.|[^\]])*\]?|(\{[{},]*?(?:\}|$))", re.DOTALL)


def strip(line: str) -> str:
    """Return a line without the white space that the daemon strips."""
    return line.strip(_SPACE)


def quote(line: str) -> str:
    """Return a line in quotes, as the daemon's errors have it."""
    return json.dumps(line, ensure_ascii=False)


def find_fault(line: str, *, stored: bool = False) -> str:
    """Return why the daemon would read a pattern as another one, or crash on it; empty if it wouldn't.

    Args:
        line: The pattern.
        stored: Whether it is stored in the configuration.
    """
    if "\n" in line:
        reason, shown = "the daemon would read it as several patterns", line.replace("\n", "?")
    elif (read := strip(line)) != (meant := line.strip(_BLANKS)):
        reason = f"the daemon would read it as {read!r}"
        begin = len(meant) - len(meant.lstrip(_SPACE))
        shown = "?" * begin + read + "?" * (len(meant) - begin - len(read))
    elif stored and re.search(_NOT_IN_XML, line):
        reason = "the daemon's configuration can't store all of its characters"
        shown = re.sub(_NOT_IN_XML, "?", line)
    elif any(found[1] for found in _EMPTY_BRACES.finditer(line)) and not strip(line).startswith("//"):
        return f"the ignore pattern {line!r} can't be used: the daemon may crash on braces with nothing in them"
    else:
        return ""
    return f"the ignore pattern {line!r} can't be used: {reason}. Use {shown!r} to match that name"
