"""Pictures of terminals: the text in them."""

from __future__ import annotations

import html
import re

__all__ = ["lines_of"]

_TEXT = re.compile(r'<text class="\S+-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>')
_WIDE = 12.2  # of a character


def lines_of(svg: str) -> list[str]:
    """Return the lines of a picture that rich or textual has drawn, without those that are empty."""
    rows: dict[str, list[tuple[float, str]]] = {}
    for x, y, text in _TEXT.findall(svg):
        rows.setdefault(y, []).append((float(x), html.unescape(text).replace("\xa0", " ")))
    lines = []
    for row in rows.values():
        line = ""
        for x, text in sorted(row):
            line = line.ljust(round(x / _WIDE)) + text
        lines.append(line.rstrip())
    return lines
