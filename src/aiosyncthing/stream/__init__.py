"""The resilient event stream."""

from __future__ import annotations

from .stream import EventStream

__all__ = ["EventStream"]
