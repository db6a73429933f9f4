"""Detects what blocks an event loop: the calls that Home Assistant's own detector reports, and imports.

It uses only the standard library, so that it imports nothing that the watched program may need.
"""

import asyncio
import os
import ssl
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Detector"]

_EVENTS: Final = (
    "open",
    "time.sleep",
    "glob.",
    "shutil.",
    "tempfile.",
    "os.",
    "socket.getaddrinfo",
    "socket.gethostby",
)
# Calls for subprocesses, by programs and asyncio.
_ALLOWED: Final = {"os.kill", "os.killpg", "os.fork", "os.putenv", "os.unsetenv"}
_CERTIFICATES: Final = ("load_default_certs", "load_verify_locations", "load_cert_chain", "set_default_verify_paths")


class Detector:
    """Records each import, file access, sleep and name resolution in a running event loop.

    They are in ``seen``, each with its place in the code. It can't be removed again: use it in a process of its own.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._noting = False
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]  # all that is asked of a finder is `find_spec`
        sys.addaudithook(self._audit)
        for module, name in ((os, "stat"), (os, "lstat"), (os, "access"), (os, "readlink"), (os, "getcwd")):
            setattr(module, name, self._watched(f"os.{name}", getattr(module, name)))
        for name in _CERTIFICATES:
            setattr(ssl.SSLContext, name, self._watched(f"SSLContext.{name}", getattr(ssl.SSLContext, name)))

    def find_spec(self, name: str, *_: object) -> None:
        """Record an import, and leave it to the other finders."""
        self._note(f"import {name}")

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and (isinstance(args[0], int) or args[0] == os.devnull):
            return  # an open descriptor; asyncio does both for each subprocess
        if event.startswith(_EVENTS) and event not in _ALLOWED:
            self._note(f"{event} {args[:1]}")

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self._note(f"{name} {args[:1]}")
            return function(*args, **options)

        return call

    def _note(self, what: str) -> None:
        if self._noting or asyncio._get_running_loop() is None:
            return
        self._noting = True  # finding the place is a blocking call itself
        try:
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_stack()[:-2]]
        finally:
            self._noting = False
        mine = [place for place in places if "importlib" not in place]
        self.seen.append(f"{what} at {' < '.join(reversed(mine[-12:]))}")
