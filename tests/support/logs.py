"""Everything that is logged, from DEBUG up."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["recorded"]


class _Recorder(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def recorded() -> Iterator[list[logging.LogRecord]]:
    """Record everything that is logged, instead of all other handlers: pytest's own write to a file, which blocks."""
    root, recorder = logging.getLogger(), _Recorder()
    handlers, level = root.handlers, root.level
    root.handlers = [recorder]
    root.setLevel(logging.DEBUG)
    try:
        yield recorder.records
    finally:
        root.handlers = handlers
        root.setLevel(level)
