"""What a fake is made of while it is started, and the way to it from other threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiosyncthing.exceptions import DaemonError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack
    from typing import ParamSpec, TypeVar

    from .host import Host
    from .http.faults import Fault
    from .http.listening import Listener
    from .http.server import Server
    from .model.node import Node
    from .model.running import Running

    P = ParamSpec("P")
    T = TypeVar("T")


@dataclass(slots=True)
class Life:
    """What there is between start and stop. Made, and to be used, in the fakes' thread only.

    Attributes:
        host: The fakes' thread.
        node: The daemon.
        listener: Where its API listens.
        server: Its API.
        running: The life of its process.
        directory: Where folders without a path of their own are, below the name of the fake.
        name: The name of the fake.
        ending: What gives everything back, in the end or when a start fails half-way.
        standing: Faults that have a name.
    """

    host: Host
    node: Node
    listener: Listener
    server: Server
    running: Running
    directory: str
    name: str
    ending: AsyncExitStack
    standing: dict[str, Fault] = field(default_factory=dict[str, "Fault"])


class Living:
    """Something that is started and stopped, and lives in the fakes' thread meanwhile."""

    def __init__(self) -> None:
        self._life: Life | None = None

    @property
    def _started(self) -> Life:
        if self._life is None:
            raise DaemonError("the fake is not started: use it as a context manager, or call start()")
        return self._life

    def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._started.host.call(function, *args, **kwargs)
