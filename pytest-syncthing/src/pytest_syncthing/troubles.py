"""What a test can make go wrong: its process, its connections, its events, single requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiosyncthing.exceptions import BadRequestError

from .handles import FakeFault
from .http.faults import HOST_CHECK, MIGRATION, Fault
from .http.messages import Response, as_json, as_text
from .life import Living
from .rest.system import discovery_methods, listeners


class Troubles(Living):
    """What goes wrong when a test says so."""

    @property
    def running(self) -> bool:
        """Whether the daemon's process runs; false after `stop_daemon`, and after a shutdown requested over the API."""
        life = self._life
        return life is not None and self._call(lambda: life.node.running)

    @property
    def returncode(self) -> int | None:
        """The exit code of the daemon's process, if it has ended for good."""
        return self._call(lambda: self._started.running.exit_code)

    @property
    def starts(self) -> int:
        """How often the daemon's process was started."""
        return self._call(lambda: self._started.node.generation)

    def restart(self, *, cut: bool = True) -> None:
        """Restart the daemon: connections break, event IDs start at 1 again, and what is on its disk stays.

        Args:
            cut: Whether connections break. Otherwise they stay open but silent until the client sends something, as
                when the daemon's machine loses power.
        """
        self._call(lambda: self._started.running.restart(cut=cut))

    def stop_daemon(self) -> None:
        """Stop the daemon: connections break, and new ones are refused until `start_daemon`."""
        self._call(self._started.running.end)

    def start_daemon(self) -> None:
        """Start the daemon again after it has ended."""
        self._call(self._started.running.start)

    def cut(self) -> None:
        """Break all connections to its API, in the middle of whatever they are doing."""
        self._call(self._started.server.cut)

    def overflow(self) -> None:
        """Make it forget all events but the newest, as it forgets those before the last 1000."""
        self._call(self._started.node.events.overflow)

    def lose(self, kind: str, count: int = 1) -> None:
        """Make events happen that the daemon drops: they use up IDs, and nothing else of them remains.

        Args:
            kind: Their type.
            count: How many.
        """

        def lose() -> None:
            for _ in range(count):
                self._started.node.events.emit(kind, {}, keep=False)

        self._call(lose)

    def migrate(self) -> None:
        """Answer every request with a text about a migration, as version 2 does while it converts an old database."""
        self._answer_all("migration", MIGRATION)

    def end_migration(self) -> None:
        """End the migration: the API answers again."""
        self._answer_no_more("migration")

    def refuse_host(self) -> None:
        """Refuse the host name of all requests, as a daemon on loopback does behind a proxy."""
        self._answer_all("host check", HOST_CHECK)

    def accept_host(self) -> None:
        """Accept the host name again."""
        self._answer_no_more("host check")

    def fail_listener(self, address: str, error: str | None) -> None:
        """Make it fail to listen for other devices, as ``rest/system/status`` then shows.

        Args:
            address: The address, as in its settings; those that ``default`` stands for are listed one by one.
            error: The reason; ``None`` ends that.

        Raises:
            BadRequestError: It doesn't listen there.
        """
        self._fail(self._started.node.listener_errors, listeners, address, error)

    def fail_discovery(self, method: str, error: str | None) -> None:
        """Make a method of discovery fail, as ``rest/system/status`` then shows.

        Args:
            method: Its name there, such as ``IPv4 local``.
            error: The reason; ``None`` ends that.

        Raises:
            BadRequestError: It is not in use.
        """
        self._fail(self._started.node.discovery_errors, discovery_methods, method, error)

    def delay(self, path: str, seconds: float, *, method: str = "*", times: int | None = 1) -> FakeFault:
        """Answer later.

        Args:
            path: Which requests: their path, such as ``rest/db/status``; ``*`` stands for anything.
            seconds: How much later, on the fake's clock.
            method: Their method; ``*`` for any.
            times: With how many of them, the next ones; ``None`` for all until the fault is released.
        """
        return self._fault(Fault(method=method, path=path, times=times, delay=seconds))

    def hold(self, path: str, *, made: bool = False, method: str = "*", times: int | None = 1) -> FakeFault:
        """Don't answer before the fault that is returned is released.

        Args:
            path: As for `delay`.
            made: Make the answer when the request comes, and hold back only that: it is an old one then.
            method: As for `delay`.
            times: As for `delay`.
        """
        return self._fault(Fault(method=method, path=path, times=times, hold=True, made=made))

    def respond(
        self,
        path: str,
        *,
        status: int = 200,
        json: Any = None,
        text: str | None = None,
        body: bytes = b"",
        content_type: str = "",
        raw: bytes | None = None,
        from_proxy: bool = False,
        handled: bool = False,
        method: str = "*",
        times: int | None = 1,
    ) -> FakeFault:
        """Answer with something else, in place of what the daemon would answer; it does nothing, unless `handled`.

        Args:
            path: As for `delay`.
            status: HTTP status.
            json: The answer, to be encoded.
            text: The answer, as one line of plain text.
            body: The answer, as bytes.
            content_type: Type of the answer; by default that of JSON or text, and none for bytes.
            raw: What to send in place of status line, headers and all; the connection is closed afterwards.
            from_proxy: Whether the answer comes from something in front of the daemon: without the headers that
                identify a daemon, and also to requests with a wrong key.
            handled: Whether the daemon does what was asked for all the same, so that only its answer is lost.
            method: As for `delay`.
            times: As for `delay`.
        """
        if json is not None:
            made = as_json(json)
        elif text is not None:
            made = as_text(text)
        else:
            made = Response(bytes(memoryview(body)))  # text is refused here, not in the fake's thread
        response = Response(made.body, status, content_type or made.content_type, made.headers)
        return self._fault(
            Fault(
                method=method,
                path=path,
                times=times,
                response=response,
                raw=raw,
                outside=from_proxy,
                handled=handled,
            )
        )

    def mislabel(
        self,
        path: str,
        *,
        content_type: str | None = None,
        anonymous: bool = False,
        method: str = "*",
        times: int | None = 1,
    ) -> FakeFault:
        """Answer as the daemon does, with other headers.

        Args:
            path: As for `delay`.
            content_type: The content type to send; ``None`` for the right one.
            anonymous: Whether the headers by which a daemon is known are left out, as some proxies do.
            method: As for `delay`.
            times: As for `delay`.
        """
        return self._fault(Fault(method=method, path=path, times=times, content_type=content_type, anonymous=anonymous))

    def truncate(self, path: str, *, after: int = 0, method: str = "*", times: int | None = 1) -> FakeFault:
        """Break the connection in the middle of the answer.

        Args:
            path: As for `delay`.
            after: After so many bytes of its body.
            method: As for `delay`.
            times: As for `delay`.
        """
        return self._fault(Fault(method=method, path=path, times=times, cut_after=after))

    def clear_faults(self) -> None:
        """Remove all faults."""
        life = self._started
        life.standing.clear()
        self._call(life.server.faults.clear)

    def _fail(
        self, errors: dict[str, str], used: Callable[[dict[str, Any]], list[str]], name: str, error: str | None
    ) -> None:
        def change() -> None:
            errors.pop(name, None)
            if error is not None:
                errors[name] = error

        known = self._call(lambda: used(self._started.node.config["options"]))
        if name not in known:
            raise BadRequestError(f"{name!r} is not in use; what is: {', '.join(known) or 'nothing'}")
        self._call(change)

    def _answer_all(self, name: str, response: Response) -> None:
        standing = self._started.standing
        if name not in standing:
            standing[name] = self._add(Fault(times=None, response=response, outside=True))

    def _answer_no_more(self, name: str) -> None:
        fault = self._started.standing.pop(name, None)
        if fault is not None:
            self._call(self._started.server.faults.remove, fault)

    def _add(self, fault: Fault) -> Fault:
        return self._call(lambda: self._started.server.faults.add(fault))

    def _fault(self, fault: Fault) -> FakeFault:
        life = self._started
        return FakeFault(life.host, life.server.faults, self._add(fault))
