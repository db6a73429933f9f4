"""Loads what others would load in the middle of a running event loop, when they first need it."""

from __future__ import annotations

from importlib import import_module

from yarl import URL


def preload() -> None:
    """Load it. Called when the first module that may need it is imported."""
    import_module("concurrent.futures.thread")  # asyncio, for all that is done in a thread, such as looking up a name
    import_module("encodings.idna")  # ssl, for the name of any host
    URL("http://\N{LATIN SMALL LETTER U WITH DIAERESIS}.invalid")  # idna, for names of hosts that are not ASCII
