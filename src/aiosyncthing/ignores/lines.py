r"""Lines of ``.stignore``, and which of them must not be sent to the daemon. Pure.

``.stignore`` has one pattern per line, and the daemon strips white space from both ends (``strings.TrimSpace`` in
lib/ignore/ignore.go). Spaces and tabs around a pattern are not meant to be part of a file name. Any other white space
is, as in macOS's ``Icon\r``, and once it is stripped, the pattern no longer matches that file.

A pattern with empty braces after other text, such as ``ab{``, crashes the daemon as soon as it sees a file ``ab``, and
again after each restart (``Row.matchAll`` in https://github.com/gobwas/glob; observed in 1.19.2 and 1.29.5).
"""

from __future__ import annotations

import json
import re
from typing import Final

# As in Go's unicode.IsSpace; str.isspace accepts a few more.
_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_BLANKS: Final = " \t"
# The default patterns are stored in config.xml. Go writes characters that XML 1.0 doesn't allow as U+FFFD.
_NOT_IN_XML: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
# Braces that contain only braces and commas, up to a closing one or the end. Braces that are escaped or in brackets are
# ordinary characters.
_EMPTY_BRACES: Final = r"\\.|\[(?:\\.|[^\]])*\]?|(\{[{},]*?(?:\}|$))"


def strip(line: str) -> str:
    """Return a line without the white space that the daemon strips."""
    return line.strip(_SPACE)


def quote(line: str) -> str:
    """Return a line in quotes, as in the daemon's errors."""
    return json.dumps(line, ensure_ascii=False)


def find_fault(line: str, *, stored: bool = False) -> str:
    """Return why the daemon would misread a pattern or crash on it; empty if it wouldn't.

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
    elif "{" in line and _has_empty_braces(line) and not strip(line).startswith("//"):
        return f"the ignore pattern {line!r} can't be used: the daemon may crash on empty braces"
    else:
        return ""
    return f"the ignore pattern {line!r} can't be used: {reason}. Use {shown!r} to match that name"


def _has_empty_braces(line: str) -> bool:
    return any(found[1] for found in re.finditer(_EMPTY_BRACES, line, re.DOTALL))
