"""From a socket to a handler and back: the HTTP server of one fake.

Not aiohttp's: the bytes on the wire are to be those of the daemon, even where they are odd or broken on purpose, and a
thousand fakes with a waiting client each are to cost little.
"""

from __future__ import annotations

import asyncio
import inspect
from contextvars import ContextVar
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from aiosyncthing import _routes
from aiosyncthing._routes import Answer
from pytest_syncthing.certificate import Certificate

from .access import Access, has_login
from .connection import Connection
from .faults import Faults
from .messages import EMPTY, Headers, Refusal, Request, Response, as_text
from .router import Router

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Mapping

    from aiosyncthing._routes import Route
    from aiosyncthing.device_id import DeviceID
    from pytest_syncthing.clock import Clock
    from pytest_syncthing.facts import Facts

    from .faults import Fault
    from .listening import Listener
    from .parser import Message

    Handler = Callable[..., Response | Awaitable[Response]]

T = TypeVar("T")

_LOGINS: Final = frozenset({_routes.LOGIN, _routes.LOGOUT})
_MOST_UNCHUNKED: Final = 2048  # net/http's buffer
_IDLE: Final = 15.0  # lib/api's ReadTimeout
_JSON: Final = "application/json; charset=utf-8"
_PLAIN_JSON: Final = "application/json"
_STATUSES: Final = frozenset(HTTPStatus)  # proxies have others
_TEAPOT: Final = "the fake failed: "


class Daemon(Protocol):
    """Whose API is served.

    Attributes:
        facts: Its version.
        clock: Its clock.
        device_id: Its device ID.
        key: The API key that is valid beside the configured one.
        address: Where its API listens; set by the server.
    """

    facts: Facts
    clock: Clock
    device_id: DeviceID
    key: str
    address: str

    @property
    def config(self) -> dict[str, Any]:
        """Its configuration."""
        ...


class _Exchange:
    """A request under way."""

    __slots__ = ("actions", "begun", "close", "connection", "fault", "headers", "message", "over", "request", "route")

    def __init__(self, connection: Connection, message: Message, fault: Fault | None, request: Request) -> None:
        self.connection = connection
        self.message = message
        self.fault = fault
        self.request = request
        self.route: Route[Any] | None = None
        self.headers: list[tuple[str, str]] = []
        self.actions: list[Callable[[], object]] = []
        self.close = not message.keep_alive
        self.begun = False
        self.over = False


_current: ContextVar[_Exchange] = ContextVar("exchange")


class Server:
    """Serves the API of a daemon. To be used in the fake's thread only.

    Args:
        node: Whose API it is.
        listener: Where clients connect to.
        handlers: What answers each route, given the node, the request, and the IDs in its path.
        note_login: Called with the node, the request, a user name and ``success=`` when a request tries to log in.

    Attributes:
        node: Whose API it is.
        listener: Where clients connect to.
        access: Who may ask.
        faults: What goes wrong.
        certificate: What it shows on TLS, to those who connect from then on.
        requests: All requests that have come, in their order, also those that were refused.
        opened: How many connections were ever opened.
        answered: How many requests are finished, whatever the client received.
    """

    def __init__(
        self,
        node: Daemon,
        listener: Listener,
        handlers: Mapping[Route[Any], Handler],
        note_login: Callable[..., None],
    ) -> None:
        self.listener = listener
        self.belong_to(node)
        self.faults = Faults()
        self.certificate = Certificate.template()
        self.requests: list[Request] = []
        self.opened = 0
        self.answered = 0
        self._handlers = handlers
        self._note_login = note_login
        self._routes = frozenset(handlers)
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._arriving: set[asyncio.Task[Any]] = set()
        self._watchers: set[asyncio.Future[None]] = set()
        self._cut_off = 0
        self._finishing: _Exchange | None = None
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return len(self._connections)

    def belong_to(self, node: Daemon) -> None:
        """Serve the API of this node from now on."""
        self.node = node
        self.access = Access(node.facts, str(node.device_id))

    def start(self) -> None:
        """Accept connections. Sets ``node.address``."""
        self.node.address = self.listener.address
        if not self.listener.is_open:
            self.listener.open(self._accepted)

    def stop(self) -> None:
        """Accept no more connections: new ones are refused. Those that are open stay so."""
        self.listener.close()

    def cut(self, *, dead: bool = False) -> None:
        """Break all connections now, in the middle of whatever they are doing.

        The one whose request has led to this is spared, if there is one.

        Args:
            dead: The process is no more: nothing goes on behind broken connections.
        """
        spared = self._finishing.connection if self._finishing else None
        for connection in list(self._connections):
            if connection is not spared:
                connection.abort()
        self._cut_off = self.opened
        if dead:
            for task in self._tasks:
                if spared is None or task is not spared.task:
                    task.cancel()

    def fall_silent(self) -> None:
        """Stop reading and writing on all connections, without closing them."""
        for connection in self._connections:
            connection.forget()
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Give everything back."""
        self.faults.clear()
        self.listener.release()
        self.cut(dead=True)
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while left := [*self._tasks, *self._arriving]:
            await asyncio.wait(left)
        await self.until(lambda: not self._connections)

    @property
    def answering(self) -> bool:
        """Whether this is called by the handler of a request."""
        exchange = _current.get(None)
        return exchange is not None and not exchange.over

    def afterwards(self, action: Callable[[], object]) -> None:
        """Do something when the handler of this request is done, before its answer goes out and the connection ends.

        Whoever gets the answer then finds it done. At once, if this isn't called by the handler of a request.
        """
        if self.answering:
            _current.get().actions.append(action)
        else:
            action()

    def notify(self) -> None:
        """Make everything that waits in `until` check again."""
        for watcher in self._watchers:
            if not watcher.done():
                watcher.set_result(None)

    async def changed(self) -> None:
        """Wait until a request has come, begins to wait or is done with, or a connection was opened or lost."""
        watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.add(watcher)
        try:
            await watcher
        finally:
            self._watchers.discard(watcher)

    async def until(self, condition: Callable[[], T]) -> T:
        """Wait until something is true of requests and connections, and return it."""
        while not (found := condition()):
            await self.changed()
        return found

    # Connections

    def _accepted(self, sock: socket.socket) -> None:
        self.opened += 1
        connection = Connection(self.opened, self._started, self._changed, lambda: self.certificate.context)
        self._connections.add(connection)
        self.notify()
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._welcome(loop, sock, connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _welcome(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, connection: Connection) -> None:
        await loop.connect_accepted_socket(lambda: connection, sock)
        if connection.number <= self._cut_off:  # everything was cut while it was on its way
            connection.abort()

    def _changed(self, connection: Connection) -> None:
        if connection.lost:
            self._connections.discard(connection)
        elif self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_IDLE, self._drop_old)
        self.notify()

    def _drop_old(self) -> None:
        # By the real time, although everything else goes by the fake's clock: the time-outs by which clients avoid
        # such connections are real as well.
        loop = asyncio.get_running_loop()
        waiting = [c for c in self._connections if c.waiting_since is not None]
        now = loop.time()
        for connection in waiting:
            if connection.waiting_since is not None and connection.waiting_since + _IDLE <= now:
                connection.close()
        left = [c.waiting_since for c in waiting if c.waiting_since is not None and c.waiting_since + _IDLE > now]
        self._sweep = loop.call_at(min(left) + _IDLE, self._drop_old) if left else None

    # Requests

    def _started(self, connection: Connection, message: Message) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._serve(connection, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, connection: Connection, message: Message) -> None:
        request = Request(
            message.method,
            message.target,
            Headers(message.headers),
            message.body,
            connection.number,
            self.node.clock.date,
        )
        exchange = _Exchange(connection, message, self.faults.take(request), request)
        _current.set(exchange)
        self.requests.append(request)
        self.notify()
        try:
            await self._hold(exchange)
            response = await self._respond(exchange)
            self._finish(exchange)
            self._send(exchange, response)
        finally:
            exchange.over = True
            self.answered += 1
            self.notify()

    async def _hold(self, exchange: _Exchange) -> None:
        if fault := exchange.fault:
            if fault.delay:
                await self.node.clock.sleep(fault.delay)
            if fault.hold and not fault.made:
                await fault.wait()

    async def _respond(self, exchange: _Exchange) -> Response:
        fault = exchange.fault
        if fault is None or not fault.replaces:
            response = await self._process(exchange)
            if fault and fault.made:
                await fault.wait()
            return response
        instead = fault.response or EMPTY
        if fault.handled or not (fault.outside or fault.raw is not None):
            response = await self._process(exchange)
            if response.status in {401, 403} and not fault.outside and fault.raw is None:
                return response
        return instead

    async def _process(self, exchange: _Exchange) -> Response:
        node, request, fault = self.node, exchange.request, exchange.fault
        gui = node.config["gui"]
        admission = self.access.admit(
            request, gui, node.key, by_name=not self.listener.is_unix, secure=exchange.connection.secure
        )
        exchange.headers = admission.headers
        if admission.attempt:
            user, success = admission.attempt
            self._note_login(node, request, user, success=success)
        if admission.refusal is not None:
            return admission.refusal
        debugging = node.facts.ALWAYS_DEBUGGING or gui["debugging"]
        found = _router(node.facts, self._routes, has_login(gui)).find(request, debugging=debugging)
        exchange.headers += found.headers
        if found.route is None:
            return found.response
        if fault and fault.replaces and not fault.handled:
            return EMPTY
        exchange.route = found.route
        return await self._call(exchange, found.route, found.ids)

    async def _call(self, exchange: _Exchange, route: Route[Any], ids: tuple[str, ...]) -> Response:
        if route.poll:
            exchange.connection.polling = True
            if exchange.fault is None or not exchange.fault.replaces:
                exchange.begun = True
                exchange.connection.write(self._head(exchange, Response(content_type=_JSON), None))
            asyncio.get_running_loop().call_soon(self.notify)  # when the handler has begun to wait
        try:
            response = self._handlers[route](self.node, exchange.request, *ids)
            return await response if inspect.isawaitable(response) else response
        except Refusal as refusal:
            return as_text(refusal.text, refusal.status)
        except Exception as error:  # noqa: BLE001 - whatever it is, the fake goes on, and says so
            context = {"message": f"{_TEAPOT}{exchange.request}", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            return as_text(f"{_TEAPOT}{error!r}", 500)

    def _finish(self, exchange: _Exchange) -> None:
        if exchange.actions:
            exchange.close = True
            self._finishing = exchange
            try:
                for action in exchange.actions:
                    action()
            finally:
                self._finishing = None
        exchange.over = True

    # Answers

    def _send(self, exchange: _Exchange, response: Response) -> None:
        connection, fault, message = exchange.connection, exchange.fault, exchange.message
        if fault and fault.raw is not None:
            connection.write(fault.raw)
            connection.close()
            return
        body = b"" if message.method == "HEAD" or response.status == HTTPStatus.NO_CONTENT else response.body
        is_ok = exchange.route is not None and exchange.route.answer is Answer.OK and response.content_type != ""
        streamed = exchange.begun or is_ok or len(body) > _MOST_UNCHUNKED
        head = b"" if exchange.begun else self._head(exchange, response, None if streamed else len(response.body))
        cut = fault.cut_after if fault else None
        shown = body if cut is None else body[:cut]
        if streamed and message.minor:
            shown = b"%x\r\n%b\r\n" % (len(shown), shown) if shown else b""
            if cut is None:
                shown += b"0\r\n\r\n"
        connection.write(head + shown)
        if exchange.close or cut is not None:
            connection.close()

    def _head(self, exchange: _Exchange, response: Response, length: int | None) -> bytes:
        """Return the head, with the length of the body or without."""
        fault, minor = exchange.fault, exchange.message.minor
        headers = {} if fault and fault.outside else dict(exchange.headers)
        headers |= response.headers
        content_type = self._content_type(response, exchange)
        if content_type:
            headers["Content-Type"] = content_type
        if fault and fault.anonymous:
            headers = {name: value for name, value in headers.items() if not name.startswith("X-Syncthing-")}
        date = formatdate(self.node.clock.seconds, usegmt=True)
        if "Pragma" in headers:
            headers["Expires"] = date
        lines = sorted(headers.items())
        lines.append(("Date", date))
        if length is None and minor:
            lines.append(("Transfer-Encoding", "chunked"))
        elif length is None:
            exchange.close = True
        elif response.status != HTTPStatus.NO_CONTENT:
            lines.append(("Content-Length", str(length)))
        if exchange.close and minor:
            lines.append(("Connection", "close"))
        elif not exchange.close and not minor:
            lines.append(("Connection", "keep-alive"))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        phrase = HTTPStatus(response.status).phrase if response.status in _STATUSES else "Unknown"
        return f"HTTP/1.{minor and 1} {response.status} {phrase}\r\n{head}\r\n".encode()

    def _content_type(self, response: Response, exchange: _Exchange) -> str:
        fault = exchange.fault
        if fault and fault.content_type is not None:
            return fault.content_type
        is_poll = exchange.route is not None and exchange.route.poll
        if self.node.facts.PLAIN_JSON and not is_poll and response.content_type == _JSON:
            return _PLAIN_JSON
        return response.content_type


@lru_cache(maxsize=16)
def _router(facts: Facts, routes: frozenset[Route[Any]], login: bool) -> Router:  # noqa: FBT001 - a key of the cache
    return Router(route for route in routes if facts.has(route) and (login or route not in _LOGINS))
