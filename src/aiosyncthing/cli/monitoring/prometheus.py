"""Prometheus's text format: the daemon's metrics, and the file for node_exporter's textfile collector. Pure.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

Word: TypeAlias = Literal["NaN", "+Inf", "-Inf"]

_SAMPLE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?")
_LABEL: Final = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')
_COMMENT: Final = re.compile(r"#\s+(HELP|TYPE)\s+(\S+)(?:\s+(.*))?")
_PARTS: Final = ("_bucket", "_sum", "_count")  # suffixes of the samples of histograms and summaries
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_UNESCAPES: Final = {"n": "\n"}
_WORDS: Final[Mapping[str, Word]] = {"nan": "NaN", "inf": "+Inf", "+inf": "+Inf", "-inf": "-Inf"}


class Gauge(NamedTuple):
    """A metric to write.

    Attributes:
        name: Its name.
        help: Its description in one line; the same in each file, or the collector refuses them all.
        samples: Its values, each with labels.
    """

    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], float]]


class Sample(NamedTuple):
    """A parsed sample.

    Attributes:
        name: Name of the metric.
        labels: Its labels.
        value: The value; ``NaN``, ``+Inf`` and ``-Inf`` are strings, since JSON has no such numbers.
        kind: ``counter``, ``gauge``, ``histogram``, ``summary`` or ``untyped``.
        help: Its description; empty if unknown.
    """

    name: str
    labels: dict[str, str]
    value: float | Word
    kind: str
    help: str


def exposition(gauges: Iterable[Gauge]) -> str:
    """Return gauges in the text format, without those that have no samples."""
    lines: list[str] = []
    for gauge in gauges:
        if gauge.samples:
            lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
            lines += [f"{gauge.name}{_labels(labels)} {_number(value)}" for labels, value in gauge.samples]
    return "".join(f"{line}\n" for line in lines)


def read_samples(text: str) -> Iterator[Sample]:
    """Parse the text format; lines that can't be parsed are skipped."""
    known: dict[str, dict[str, str]] = {"TYPE": {}, "HELP": {}}
    for line in text.split("\n"):
        if comment := _COMMENT.fullmatch(line.strip()):
            known[comment[1]][comment[2]] = comment[3] or ""
        elif match := _SAMPLE.fullmatch(line.strip()):
            value = _value(match[3])
            if value is not None:
                family = _family(match[1], known["TYPE"])
                labels = {name: _unescaped(text) for name, text in _LABEL.findall(match[2] or "")}
                kind, about = known["TYPE"].get(family, "untyped"), known["HELP"].get(family, "")
                yield Sample(match[1], labels, value, kind, about)


def grep(text: str, pattern: re.Pattern[str]) -> str:
    """Return the samples whose lines match, with their comments, in the text format."""
    kinds = {match[2]: "" for match in map(_COMMENT.fullmatch, text.split("\n")) if match}
    lines = text.split("\n")
    found = [line for line in lines if line and not line.startswith("#") and pattern.search(line)]
    families = {_family(re.split(r"[{\s]", line, maxsplit=1)[0], kinds) for line in found}
    chosen = frozenset(found)
    kept = [line for line in lines if line in chosen or ((about := _COMMENT.fullmatch(line)) and about[2] in families)]
    return "".join(f"{line}\n" for line in kept)


def _labels(labels: Mapping[str, str]) -> str:
    parts = [f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items()]
    return f"{{{','.join(parts)}}}" if parts else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _UNESCAPES.get(match[1], match[1]), text)


def _value(text: str) -> float | Word | None:
    if word := _WORDS.get(text.lower()):
        return word
    try:
        return float(text)
    except ValueError:
        return None


def _family(name: str, kinds: Mapping[str, str]) -> str:
    if name in kinds:
        return name
    return next((base for part in _PARTS if (base := name.removesuffix(part)) != name and base in kinds), name)
